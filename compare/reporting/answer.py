"""The answer of a run in a few sentences: verdict, reported numbers, reasons, fixes and open questions.

The answer is computed from verdicts, numbers and default rules. It consists of sections that the outputs (console,
report, TensorBoard) arrange; no output has to parse a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from compare.analysis.attribution import Attribution, Verdict, title
from compare.analysis.behaviours import Judged, ask, told
from compare.analysis.result import Result
from compare.analysis.stages import NAMES
from compare.reporting import cells
from compare.reporting.cause_text import fields_text, fixes_text, listed, proof, shares_text
from compare.reporting.open_questions import (
    MOST,
    known_of,
    open_questions,
    reasons,
    unexplained,
    unexplained_text,
    with_old_rule,
)
from frameworks import FRAMEWORKS
from frameworks.quirks.resolution import explanation_of
from frameworks.quirks.rule import DefaultRule
from scenarios.scenario import Behaviour
from scenarios.spec.fields import differences

QUESTION, DIFFERENCE, NUMBERS, WHY, CHANGE, OPEN = (
    "Your question", "What differs", "Your numbers beside ours", "Why", "What to change", "What is open")
SOMETHING_ELSE = "The cause is something that this scenario does not contain: your data, your versions, or code " \
                 "around the model."


@dataclass(frozen=True)
class Section:
    """A heading and its sentences; each sentence can be read alone."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """The answer: a verdict of at most fifteen words, a sentence with the facts behind it, and further sections."""

    verdict: str
    detail: str
    sections: tuple[Section, ...] = ()

    @property
    def text(self) -> str:
        """The whole answer as one string."""
        parts = [f"{section.title}: {' '.join(section.items)}" for section in self.sections]
        return " ".join([self.verdict, self.detail, *parts])

    def items(self, heading: str) -> tuple[str, ...]:
        """The sentences under a heading; empty if there is no such section."""
        return next((section.items for section in self.sections if section.title == heading), ())


def summary(result: Result) -> Summary:
    """Returns the answer of a run, the most important facts first."""
    largest = cells.largest(result)
    differs = sentence(cells.sentence(result, largest)) if largest else ""
    if not result.scenario.behaviours:
        line, detail = (_of_numbers(result), differs) if largest else ("No difference was found.",
                                                                      _no_difference(result))
        return Summary(line, detail, _sections({OPEN: unexplained(result)[:MOST]}))
    behaviour = result.scenario.behaviours[0]
    verdict = result.verdicts[behaviour.name]
    line, detail = _line(result, verdict), sentence(_detail(result, behaviour, verdict))
    first: dict[str, list[str]] = {}
    no_answer = verdict.belongs_to in (Attribution.CANNOT_BE_ASKED, Attribution.NOTHING_TO_COMPARE)
    if largest and no_answer:  # the question has no answer, but the numbers differ
        first = {QUESTION: [f"{line} {detail}"]}
        line, detail = _of_numbers(result), differs
    elif largest and verdict.belongs_to in (Attribution.NOT_SHOWN, Attribution.NOT_REPRODUCED):
        first = {DIFFERENCE: [differs]}
    return Summary(line, detail, _sections({
        **first, NUMBERS: _numbers(result), WHY: _why(result, behaviour, verdict), CHANGE: _change(result, verdict),
        OPEN: _not_compared(result) + open_questions(result)}))


def sentence(text: str) -> str:
    """Returns the text with a capital first letter (see `begun`) and a full stop at its end."""
    return begun(text) + ("" if text.endswith((".", "?", "!")) else ".")


def begun(text: str) -> str:
    """Returns the text with a capital first letter, unless the first word is a name from code."""
    first = text.partition(" ")[0].rstrip(":,")
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() or not first[:1].isalpha() else text


def _sections(parts: dict[str, list[str]]) -> tuple[Section, ...]:
    return tuple(Section(heading, tuple(map(sentence, dict.fromkeys(items)))) for heading, items in parts.items()
                 if items)


def _of_numbers(result: Result) -> str:
    """The verdict if the answer is the largest difference between the frameworks' numbers."""
    difference = cells.largest(result)
    assert difference is not None
    return f"{listed(map(title, difference.sides))} differ in the {difference.quantity.title}."


def _no_difference(result: Result) -> str:
    """The detail if no number differs: what was compared, or that nothing could be compared."""
    compared = [difference for difference in result.differences if difference.differs is False]
    if not compared:
        return "Nothing was compared: no two frameworks have numbers of the same variant."
    numbers = [f"the {equal.quantity.title} of {equal.variant} after epoch {equal.epoch} to within {equal.rounding:.1g}"
               for equal in compared]
    sides = listed(dict.fromkeys(title(side) for equal in compared for side in equal.sides))
    first, *others = numbers
    return f"{sides} have the same {first.removeprefix('the ')}" + "".join(f", {text}" for text in others) + "."


def _line(result: Result, verdict: Verdict) -> str:
    """The verdict: what the behaviour belongs to, in at most fifteen words."""
    own_setting = any(suspect.own_setting for suspect in verdict.suspects) or bool(_further(result, verdict, "cure"))
    model = ", and partly your own model" if own_setting else ", not your model" if verdict.cleared else ""
    if verdict.departing:
        return f"{verdict.departing} from the textbook definition" + (
            ", and your own model has a part in it." if own_setting else ".")
    lines: dict[str, str] = {
        Attribution.YOUR_MODEL: "This is your own model.",
        Attribution.DEFAULTS_DIFFER: "Neither side is wrong: their defaults differ.",
        Attribution.UNIVERSAL: f"This is {_cleared_frameworks(verdict)}: the reason is in the model.",
        Attribution.NOT_IN_THESE_VERSIONS: "This was Keras, and it is fixed in the current version.",
        Attribution.NOT_SHOWN: "We could not reproduce it.",
        Attribution.NOT_REPRODUCED: "We could not reproduce it.",
        Attribution.UNEXPLAINED: "The frameworks differ, and we do not know why.",
        Attribution.NOTHING_TO_COMPARE: "This run cannot tell which framework is responsible.",
        Attribution.CANNOT_BE_ASKED: "This run cannot answer the question.",
    }
    return lines.get(verdict.belongs_to, f"This is {verdict.belongs_to}{model}.")


def _detail(result: Result, behaviour: Behaviour, verdict: Verdict) -> str:
    """Which frameworks show the behaviour, which do not, and which initialization they trained from."""
    with_behaviour, without = (listed(map(title, names)) for names in (verdict.with_behaviour, verdict.without))
    same = "from the same initial weights and the same batches" if result.init == "shared" else \
        "each from its own initial weights"
    what = behaviour.title
    details: dict[str, str] = {
        Attribution.UNIVERSAL: f"{what} with {with_behaviour} alike, {same}",
        Attribution.NOT_IN_THESE_VERSIONS: f"{what}: this is known of {known_of(verdict)}, and not seen with {without}",
        Attribution.NOT_SHOWN: f"{what}: this is not seen with {without}. {SOMETHING_ELSE}",
        Attribution.NOT_REPRODUCED: f"{what}: this is seen with {with_behaviour}, and not with {without}, which the "
                                    f"question is about. {SOMETHING_ELSE}",
        Attribution.UNEXPLAINED: f"{what} with {with_behaviour}{f', and not with {without}' if verdict.without else ''}"
                                 f", {same}{_at_stage(result, verdict)}",
        Attribution.NOTHING_TO_COMPARE: f"{what} with {with_behaviour}; " +
                    (f"of the others there is no answer ({reasons(result, behaviour)})" if verdict.unasked else
                     "no other framework was run"),
        Attribution.CANNOT_BE_ASKED: f"whether {what}: no answer ({reasons(result, behaviour)})",
    }
    return details.get(verdict.belongs_to, f"{what} with {with_behaviour}, and not with {without}, {same}")


def _cleared_frameworks(verdict: Verdict) -> str:
    """The frameworks that do not cause a behaviour that the NumPy reference shows too; only those that were run."""
    kinds = {FRAMEWORKS[name].realization for name in verdict.with_behaviour}
    both = {"keras", "lightning"} <= kinds
    return "neither Keras nor PyTorch" if both else "not Keras" if "keras" in kinds else "not PyTorch"


def _numbers(result: Result) -> list[str]:
    """The reported numbers beside ours. Full MNIST only: reported numbers hold for no other images."""
    parts = []
    for behaviour in result.scenario.behaviours if result.mnist else ():
        answers = result.answers[behaviour.name]
        ours = [f"{title(name)} {told(behaviour, answer.number)}" for name, answer in answers.items() if answer.numbers]
        if behaviour.reported is not None and ours:
            parts.append(f"{behaviour.quantity}: yours {told(behaviour, behaviour.reported)}, {', '.join(ours)}")
    return parts


def _not_compared(result: Result) -> list[str]:
    """A note that reported numbers, if there are any, can be compared on full MNIST only."""
    reported = any(behaviour.reported is not None for behaviour in result.scenario.behaviours) or \
        any(variant.reported for variant in result.scenario.variants)
    return ["the comparison with the reported numbers needs full MNIST (data=mnist)"] * (reported and not result.mnist)


def _why(result: Result, behaviour: Behaviour, verdict: Verdict) -> list[str]:
    if verdict.belongs_to == Attribution.NOT_IN_THESE_VERSIONS:
        parts = [_explanation(verdict.elsewhere[0], behaviour, result) + with_old_rule(result, behaviour)]
    else:
        rules = [rule for suspect in verdict.suspects for rule in suspect.sources if rule and rule.explanation]
        parts = [_explanation(rule, behaviour, result) for rule in rules]
        own_settings = [fields_text(suspect) for suspect in verdict.suspects if suspect.own_setting]
        parts += [f"of your own model: {listed(own_settings)}"] if own_settings else []
        parts += proof(verdict)
        parts += [f"of the difference, {shares}" for cause in verdict.causes if (shares := shares_text(cause))]
    if verdict.belongs_to == Attribution.UNIVERSAL and not verdict.causes:
        cured = _cured(result, behaviour)
        parts += [f"it is gone in the training {listed(cured)}"] if cured else []
    return parts + _further(result, verdict, "reason")


def _at_stage(result: Result, verdict: Verdict) -> str:
    """The first unexplained difference of these frameworks, as in `; unexplained from the loss on: …`."""
    differing = [difference for difference in result.unexplained_differences
                 if difference.framework in verdict.with_behaviour + verdict.without]
    return "".join(f"; unexplained from the {NAMES[first.stage.name]} on: {unexplained_text(first)}"
                   for first in differing[:1])


def _change(result: Result, verdict: Verdict) -> list[str]:
    side = 1 if verdict.departing else 0  # the side that departs from the NumPy reference
    rules = list(verdict.elsewhere[:1]) + [suspect.sources[side] for suspect in verdict.suspects]
    fixes = [rule.fix for rule in rules if rule and rule.fix]
    fixes += fixes_text(verdict)
    further = _further(result, verdict, "cure") + _further(result, verdict, "warning")
    return further + fixes + _claims_judged(result)


def _further(result: Result, verdict: Verdict, role: str) -> list[str]:
    """Titles of the further behaviours of this role, with the frameworks that show them.

    A behaviour is listed if at least one framework shows it and no framework that shows the first behaviour lacks it.
    The list is empty if the first behaviour was not seen, since then there is nothing to explain or to fix.
    """
    if verdict.belongs_to in (Attribution.CANNOT_BE_ASKED, Attribution.NOT_SHOWN, Attribution.NOT_REPRODUCED):
        return []
    parts = []
    for behaviour in result.scenario.behaviours[1:]:
        answers = result.answers[behaviour.name]
        shown = [name for name, answer in answers.items() if answer.holds]
        denied = any(answers[name].holds is False for name in verdict.with_behaviour if name in answers)
        if behaviour.role == role and shown and not denied:
            names = "all of them" if len(shown) == len(answers) > 1 else listed(map(title, shown))
            parts.append(f"{behaviour.title} (with {names})")
    return parts


def _claims_judged(result: Result) -> list[str]:
    """The judgements of the answers that the user was given.

    A sentence names the behaviours if the answer is about several of them, and the frameworks if they disagree.
    """
    judgements: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for text, about in dict.fromkeys((judged.claim.text, judged.claim.cures.title) for judged in result.claims):
        by_words: dict[str, list[str]] = {}
        for judged in result.claims:
            if (judged.claim.text, judged.claim.cures.title) == (text, about) and judged.words != "cannot be judged":
                by_words.setdefault(judged.words + _cured_too(result, judged), []).append(title(judged.framework))
        for words, names in by_words.items():
            judgements.setdefault((text, words, tuple(names) if len(by_words) > 1 else ()), []).append(about)
    several = {text: len({about for (claim, *_), titles in judgements.items() if claim == text
                          for about in titles}) > 1 for text, *_ in judgements}
    return [f"the answer you got, \"{text.rstrip('.')}\", {words}" + (f" ({listed(titles)})" if several[text] else "") +
            (f" with {listed(names)}" if names else "") for (text, words, names), titles in judgements.items()]


def _cured_too(result: Result, judged: Judged) -> str:
    others = [result.scenario.variant(name).title for name in judged.cured_too]
    return f" (it is gone as well in the training {listed(others)})" if others else ""


def _cured(result: Result, behaviour: Behaviour) -> list[str]:
    """Titles of at most two trained variants without the behaviour, those with the fewest changed fields first.

    Empty if the behaviour is measured on more than one variant.
    """
    if len(behaviour.variants) > 1:
        return []
    reported = result.scenario.variant(behaviour.variants[0])
    cured = []
    for variant in result.scenario.variants:
        same_behaviour = replace(behaviour, variants=(variant.name,))
        answers = [ask(same_behaviour, traces) for traces in result.traces.values()]
        if answers and all(answer.holds is False for answer in answers):
            cured.append((len(differences(reported.spec, variant.spec)), variant.title))
    return [variant_title for _, variant_title in sorted(cured)[:2]]


def _explanation(rule: DefaultRule, behaviour: Behaviour, result: Result) -> str:
    return explanation_of(rule, result.scenario.variant(behaviour.variants[0]).spec)
