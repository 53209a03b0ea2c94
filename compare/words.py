"""At most five plain sentences, made from verdicts, numbers, the differing fields and their remedies."""

from __future__ import annotations

from dataclasses import replace

from compare.behaviours import Judged, ask, told
from compare.gates import NAMES, pair_told
from compare.outputs import numbers
from compare.parting import Leftover
from compare.proofs import fields_told, limits, listed, proof, remedies_told, shares_told
from compare.result import Result
from compare.segments import LOSS
from compare.statistics import prediction_interval
from compare.verdict import (
    DEFAULTS,
    ELSEWHERE,
    NOBODY,
    NOT_REPRODUCED,
    UNASKED,
    UNCOMPARED,
    UNEXPLAINED,
    UNIVERSAL,
    YOURS,
    Verdict,
    neighbours,
    title,
)
from frameworks import FRAMEWORKS
from frameworks.accuracy import TITLES
from frameworks.quirks import Value, in_plain_words, newer, versions_told
from scenarios.fields import differences
from scenarios.scenario import Behaviour

MOST_OPEN = 2
"""Unexplained differences that the answer names; the report has all of them."""


def sentences(result: Result) -> list[str]:
    """The short answer, your numbers beside ours, why, what to change in your code, what stays open."""
    largest = numbers.largest(result)
    differs = [numbers.sentence(result, largest)] if largest else []
    if not result.scenario.behaviours:
        told = differs or [_no_difference(result)]
        return [*told, *([open_told] if (open_told := _listed_open(unexplained(result)[:MOST_OPEN])) else [])]
    behaviour = result.scenario.behaviours[0]
    verdict = result.verdicts[behaviour.name]
    first = [_short_answer(result, behaviour, verdict)]
    if verdict.belongs_to in (UNASKED, UNCOMPARED):  # the question has no answer here, and the numbers have
        first = differs + first
    elif verdict.belongs_to in (NOBODY, NOT_REPRODUCED):
        first += differs
    told = [*first, _numbers(result), _why(result, behaviour, verdict), _change(result, verdict), _open(result)]
    return [sentence[0].upper() + sentence[1:] for sentence in told if sentence]


def _no_difference(result: Result) -> str:
    """What is said where no number differs: what was compared, and what could not be."""
    compared = [one for one in result.differences if one.differs is False]
    if not compared:
        return "Nothing was compared: no two frameworks have numbers of the same variant."
    said = [f"the {one.quantity.title} of {one.variant} after epoch {one.epoch} to within {one.rounding:.1g}"
            for one in compared]
    sides = listed(dict.fromkeys(title(side) for one in compared for side in one.sides))
    return f"{sides} have the same {said[0].removeprefix('the ')}" + "".join(f", {one}" for one in said[1:]) + "."


def _short_answer(result: Result, behaviour: Behaviour, verdict: Verdict) -> str:
    showing, missing = (listed(map(title, names)) for names in (verdict.showing, verdict.missing))
    own = any(suspect.yours for suspect in verdict.suspects) or _told(result, verdict, "cure")
    whose = f"as the textbook has it, and {verdict.departing}" if verdict.departing else \
        {YOURS: "your own model", DEFAULTS: "neither side's fault: their defaults differ"}.get(
            verdict.belongs_to, verdict.belongs_to + (", and partly your own model" if own else
                                                      ", not you" if verdict.cleared else ""))
    same = "from the same start and the same batches" if result.start == "shared" else "each from its own start"
    return {
        UNIVERSAL: f"It is {_nobodys(verdict)}: {behaviour.title} with {showing} alike, {same}; the reason is in the "
                   "model.",
        ELSEWHERE: f"It was Keras, and is no longer: that {behaviour.title} is known of {_known(verdict)}, and not "
                   f"seen with {missing}.",
        NOBODY: f"We could not reproduce it: that {behaviour.title} is not seen with {missing}. The cause is something "
                "that this scenario does not contain: your data, your versions, or code around the model.",
        NOT_REPRODUCED: f"We could not reproduce it: that {behaviour.title} is not seen with {missing}, which is what "
                        f"was asked about, but with {showing}. The cause is something that this scenario does not "
                        "contain: your data, your versions, or code around the model.",
        UNEXPLAINED: f"{showing} and {missing} differ, and no known difference between them explains it: "
                     f"{behaviour.title} with {showing} only{_at_gate(result, verdict)}.",
        UNCOMPARED: f"This run cannot tell whose it is: {behaviour.title} with {showing}, and " +
                    (f"of the others there is no answer ({_reasons(result, behaviour)})." if verdict.unasked else
                     "nobody else was asked."),
        UNASKED: f"This run cannot tell whether {behaviour.title} ({_reasons(result, behaviour)}).",
    }.get(verdict.belongs_to, f"It is {whose}: {behaviour.title} with {showing}, and not with {missing}, "
                              f"{same}.")


def _nobodys(verdict: Verdict) -> str:
    """Whose doing it is not, where the textbook shows it too; named are only frameworks that were run."""
    kinds = {FRAMEWORKS[name].realization for name in verdict.showing}
    both = {"keras", "lightning"} <= kinds
    return "neither Keras nor PyTorch" if both else "not Keras" if "keras" in kinds else "not PyTorch"


def _numbers(result: Result) -> str:
    """Reported numbers beside ours, on full MNIST only: nobody reported what other images give."""
    if not result.mnist:
        reported = any(one.asked is not None for one in result.scenario.behaviours) or \
            any(variant.asked for variant in result.scenario.variants)
        return "the comparison with the reported numbers needs full MNIST (data=mnist)." if reported else ""
    parts = []
    for behaviour in result.scenario.behaviours:
        answers = result.answers[behaviour.name]
        ours = [f"{title(name)} {told(behaviour, answer.number)}" for name, answer in answers.items() if answer.numbers]
        if behaviour.asked is not None and ours:
            parts.append(f"{behaviour.quantity}: yours {told(behaviour, behaviour.asked)}, {', '.join(ours)}")
    return f"Your numbers beside ours: {'; '.join(parts)}." if parts else ""


def _why(result: Result, behaviour: Behaviour, verdict: Verdict) -> str:
    if verdict.belongs_to == ELSEWHERE:
        parts = [_filled_in(verdict.elsewhere[0], behaviour, result) + _by_old_rule(result, behaviour)]
    else:
        rows = [row for suspect in verdict.suspects for row in suspect.sources if row and row.plain]
        parts = [_filled_in(row, behaviour, result) for row in rows]
        own = [fields_told(suspect) for suspect in verdict.suspects if suspect.yours]
        parts += [f"of your own model: {listed(own)}"] if own else []
        parts += [shown] if (shown := proof(verdict)) else []
        parts += [f"of the gap, {shares}" for cause in verdict.causes if (shares := shares_told(cause))]
    if verdict.belongs_to == UNIVERSAL and not verdict.causes:
        cured = _cured(result, behaviour)
        parts += [f"it is gone where one trains {listed(cured)}"] if cured else []
    parts += _told(result, verdict, "reason")
    return f"Why: {'; '.join(dict.fromkeys(parts))}." if parts else ""


def _at_gate(result: Result, verdict: Verdict) -> str:
    """Where what is unexplained was first seen, as in `; it is unexplained from the loss on: …`."""
    seen = [leftover for leftover in result.leftovers if leftover.framework in verdict.showing + verdict.missing]
    return "".join(f"; it is unexplained from the {NAMES[one.gate.name]} on: {leftover_told(one)}" for one in seen[:1])


TENSOR_TITLES = {LOSS: "loss", "loss_after": "loss after the step", "train/loss": "training loss",
                 "train/accuracy": "training accuracy", "test/loss": "test loss", "test/accuracy": "test accuracy",
                 "frozen/test/loss": "test loss", "evaluated/logits": "logits in evaluation",
                 "evaluated/outputs": "outputs in evaluation", "evaluated/loss": "loss in evaluation",
                 "evaluated/accuracy": "accuracy in evaluation"}
"""Of tensors whose stage alone does not say what they are."""


def leftover_told(leftover: Leftover) -> str:
    """What a side did, against what the table says that it does."""
    gate = leftover.gate
    values = pair_told(gate.values)
    what = TENSOR_TITLES.get(gate.tensor, NAMES[gate.name])
    seen = "step" if leftover.first else "first seen at step"
    return (f"{leftover.variant}, {seen} {gate.step + 1}: {title(leftover.framework)} has {what} {values[0]} "
            f"({gate.tensor}) where the table says {values[1]} (rounding explains {gate.noise:.2g})")


def _change(result: Result, verdict: Verdict) -> str:
    departs = 1 if verdict.departing else 0
    rows = list(verdict.elsewhere[:1]) + [suspect.sources[departs] for suspect in verdict.suspects]
    remedies = [row.remedy for row in rows if row and row.remedy]
    remedies += remedies_told(verdict)
    told = _told(result, verdict, "cure") + _told(result, verdict, "warning")
    parts = dict.fromkeys(told + remedies + _answers_judged(result))
    return f"In your code: {'; '.join(parts)}." if parts else ""


def _told(result: Result, verdict: Verdict, kind: str) -> list[str]:
    """Further behaviours of a kind to be told: those that somebody shows, and nobody denies who shows the first.

    None where the first was not seen: nothing is the reason or the cure of what is not there.
    """
    if verdict.belongs_to in (UNASKED, NOBODY, NOT_REPRODUCED):
        return []
    parts = []
    for behaviour in result.scenario.behaviours[1:]:
        answers = result.answers[behaviour.name]
        shown = [name for name, answer in answers.items() if answer.holds]
        denied = any(answers[name].holds is False for name in verdict.showing if name in answers)
        if behaviour.told_as == kind and shown and not denied:
            names = "all of them" if len(shown) == len(answers) > 1 else listed(map(title, shown))
            parts.append(f"{behaviour.title} (with {names})")
    return parts


def _answers_judged(result: Result) -> list[str]:
    """What was found of given answers: what each cures is named where it is about several behaviours, and the
    frameworks where they do not agree."""
    found: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for text, about in dict.fromkeys((one.claim.text, one.claim.cures.title) for one in result.claims):
        by_words: dict[str, list[str]] = {}
        for one in result.claims:
            if (one.claim.text, one.claim.cures.title) == (text, about) and one.words != "cannot be judged":
                by_words.setdefault(one.words + _cured_too(result, one), []).append(title(one.framework))
        for words, names in by_words.items():
            found.setdefault((text, words, tuple(names) if len(by_words) > 1 else ()), []).append(about)
    several = {text: len({about for (said, *_), titles in found.items() if said == text for about in titles}) > 1
               for text, *_ in found}
    return [f"the answer you got, \"{text.rstrip('.')}\", {words}" + (f" ({listed(titles)})" if several[text] else "") +
            (f" with {listed(names)}" if names else "") for (text, words, names), titles in found.items()]


def _cured_too(result: Result, judged: Judged) -> str:
    others = [result.scenario.variant(name).title for name in judged.cured_too]
    return f" (it is gone as well where one trains {listed(others)})" if others else ""


def _open(result: Result) -> str:
    parts = []
    for behaviour in result.scenario.behaviours:
        verdict, first = result.verdicts[behaviour.name], behaviour is result.scenario.behaviours[0]
        if verdict.belongs_to == ELSEWHERE and not first:
            shown = f"python -m compare when scenario={result.scenario.name} behaviour={behaviour.name}"
            counted = f"{_known(verdict)} counted{_by_old_rule(result, behaviour)}"
            parts.append(f"your {behaviour.quantity} is how {counted}, as `{shown}` shows")
        elif verdict.belongs_to == UNASKED and not first:
            parts.append(f"whether {behaviour.title} ({_reasons(result, behaviour)})")
        elif verdict.unasked and first and verdict.belongs_to not in (UNASKED, UNCOMPARED):
            does = f"{listed(map(title, verdict.unasked))} {'do' if verdict.unasked[1:] else 'does'}"
            parts.append(f"what {does} ({_reasons(result, behaviour)})")
        elif verdict.belongs_to == UNEXPLAINED and not first:
            parts.append(f"why {behaviour.title} with {listed(map(title, verdict.showing))} only")
        elif verdict.unexplained and not first:
            others = listed(dict.fromkeys(title(cause.question.missing) for cause in verdict.unexplained))
            parts.append(f"why {behaviour.title} with {listed(map(title, verdict.showing))} and not with {others}")
        parts += _outside(result, behaviour)
    verdict = result.verdicts[result.scenario.behaviours[0].name]
    parts += limits(verdict) + _not_run(result, verdict)
    parts += unexplained(result)[:MOST_OPEN] + [_between_versions(one) for one in result.not_known[:MOST_OPEN]]
    if verdict.suspects and result.start == "own":
        parts.append("each had its own start, which start=shared would leave out")
    return _listed_open(parts)


def _listed_open(parts: list[str]) -> str:
    return f"What stays open: {'; '.join(parts)}." if parts else ""


def _between_versions(one: Leftover) -> str:
    """What holds before and after a version in which no rule was checked."""
    values = listed(dict.fromkeys(str(row.value) for row in one.candidates), "or")
    return (f"{one.variant}: how {title(one.framework)} counts the accuracy is not known for this version ({values}); "
            "one of the two explains it")


def unexplained(result: Result) -> list[str]:
    """What differs without an explanation: of single sides, or else of two sides, or else of numbers."""
    found = [f"{leftover_told(one)}, and nothing that is known explains it{_newer(result, one.framework)}"
             for one in result.leftovers]
    found = found or [f"{one.variant}: {listed(map(title, one.sides))} differ in the {NAMES[one.gate.name]} of step "
                      f"{one.gate.step + 1}, and nothing that is known explains it{_newer(result, *one.sides)}"
                      for one in result.explanations if not one.explained]
    return found or [f"why the {one.quantity.title} of {one.variant} differs between "
                     f"{listed(map(title, one.sides))}{_newer(result, *one.sides)}" for one in result.differences
                     if one.differs and not one.explained]


def _newer(result: Result, *sides: str) -> str:
    """What of these frameworks is newer than the versions in which the rules were checked, in parentheses."""
    found = {package: versions for side in sides
             for package, versions in newer(result.environments.get(side, {})).items()}
    told = [f"{package} {known}, and this is {own}" for package, (own, known) in found.items()]
    return f" (the rules were checked with {listed(told)})" if told else ""


def _not_run(result: Result, verdict: Verdict) -> list[str]:
    """Frameworks that were not run: which one resolves every setting alike, or else what asks them."""
    if all(suspect.yours for suspect in verdict.suspects):
        return []
    specs = [result.scenario.variant(name).spec for name in result.scenario.behaviours[0].variants]
    found = neighbours(specs, result.environments, result.start)
    alike = [f"{title(name)} resolves every setting as {title(other)} does" for name, other in found.items() if other]
    unknown = [name for name, other in found.items() if not other]
    asked = f"what {listed(map(title, unknown))} {'do' if unknown[1:] else 'does'}, which " \
            f"`frameworks={','.join(unknown)}` asks"
    return [f"not run: {listed(alike)}"] * bool(alike) + [f"not run: {asked}"] * bool(unknown)


def _outside(result: Result, behaviour: Behaviour) -> list[str]:
    """Where the asked number lies outside what one more start would give, for frameworks that show the behaviour."""
    parts = []
    for name, answer in result.answers[behaviour.name].items():
        interval = prediction_interval(answer.numbers)
        asked = behaviour.asked
        if asked is not None and result.mnist and answer.holds and interval and not interval[0] <= asked <= interval[1]:
            parts.append(f"your {told(behaviour, asked)} lies outside the {told(behaviour, interval[0])} to "
                         f"{told(behaviour, interval[1])} that one more start would give with {title(name)}")
    return parts


def _by_old_rule(result: Result, behaviour: Behaviour) -> str:
    """What today's weights give when counted as the old versions counted, where this brings the behaviour back."""
    reported = result.answers[behaviour.name]
    parts = [f" (by {TITLES[rule]}: today's weights of {title(name)} give {told(behaviour, answer.number)} so, and "
             f"{told(behaviour, reported[name].number)} as reported now)"
             for rule, answers in result.old_rules.get(behaviour.name, {}).items()
             for name, answer in answers.items() if answer.holds]
    return "".join(parts)


def _cured(result: Result, behaviour: Behaviour) -> list[str]:
    """Titles of the trained variants, nearest to the asked one, that do not show a behaviour of one variant."""
    if len(behaviour.variants) > 1:
        return []
    asked = result.scenario.variant(behaviour.variants[0])
    found = []
    for variant in result.scenario.variants:
        moved = replace(behaviour, variants=(variant.name,))
        answers = [ask(moved, traces) for traces in result.traces.values()]
        if answers and all(answer.holds is False for answer in answers):
            found.append((len(differences(asked.spec, variant.spec)), variant.title))
    return [found_title for _, found_title in sorted(found)[:2]]


def _known(verdict: Verdict) -> str:
    return listed(versions_told(row) for row in verdict.elsewhere)


def _filled_in(row: Value, behaviour: Behaviour, result: Result) -> str:
    return in_plain_words(row, result.scenario.variant(behaviour.variants[0]).spec)


def _reasons(result: Result, behaviour: Behaviour) -> str:
    """Why there is no answer; the frameworks are named where their reasons differ."""
    by_reason: dict[str, list[str]] = {}
    for name, answer in result.answers[behaviour.name].items():
        if answer.holds is None:
            by_reason.setdefault(answer.reason, []).append(title(name))
    return "; ".join(reason if len(by_reason) == 1 else f"{listed(names)}: {reason}"
                     for reason, names in by_reason.items())
