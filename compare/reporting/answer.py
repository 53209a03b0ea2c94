"""The answer of a run in a few sentences: the verdict, the reported numbers, why, what to change, what is open.

It is computed from verdicts, numbers and rules as parts that outputs arrange; none of them takes a sentence apart.
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
from frameworks.quirks.resolution import DefaultRule, explanation_of
from scenarios.scenario import Behaviour
from scenarios.spec.fields import differences

QUESTION, DIFFERENCE, NUMBERS, WHY, CHANGE, OPEN = (
    "Your question", "What differs", "Your numbers beside ours", "Why", "What to change", "What is open")
SOMETHING_ELSE = "The cause is something that this scenario does not contain: your data, your versions, or code " \
                 "around the model."


@dataclass(frozen=True)
class Section:
    """A heading, and sentences of which each stands alone."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """The answer: a line of at most fifteen words, a sentence with the facts behind it, and what follows from them."""

    verdict: str
    detail: str
    sections: tuple[Section, ...] = ()

    @property
    def text(self) -> str:
        """All of it in one string, a sentence after the other."""
        parts = [f"{section.title}: {' '.join(section.items)}" for section in self.sections]
        return " ".join([self.verdict, self.detail, *parts])

    def items(self, heading: str) -> tuple[str, ...]:
        """The sentences under a heading; none where it has none."""
        return next((section.items for section in self.sections if section.title == heading), ())


def summary(result: Result) -> Summary:
    """What a run has found, the most important first."""
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
    if largest and no_answer:  # to the question; the numbers have one
        first = {QUESTION: [f"{line} {detail}"]}
        line, detail = _of_numbers(result), differs
    elif largest and verdict.belongs_to in (Attribution.NOT_SHOWN, Attribution.NOT_REPRODUCED):
        first = {DIFFERENCE: [differs]}
    return Summary(line, detail, _sections({
        **first, NUMBERS: _numbers(result), WHY: _why(result, behaviour, verdict), CHANGE: _change(result, verdict),
        OPEN: _not_compared(result) + open_questions(result)}))


def sentence(words: str) -> str:
    """The words as `begun` has them, and a full stop."""
    return begun(words) + ("" if words.endswith((".", "?", "!")) else ".")


def begun(words: str) -> str:
    """The words with a capital letter, but for one that is a name of code."""
    first = words.partition(" ")[0].rstrip(":,")
    return words[:1].upper() + words[1:] if first.isalpha() and first.islower() or not first[:1].isalpha() else words


def _sections(parts: dict[str, list[str]]) -> tuple[Section, ...]:
    return tuple(Section(heading, tuple(map(sentence, dict.fromkeys(items)))) for heading, items in parts.items()
                 if items)


def _of_numbers(result: Result) -> str:
    """The verdict where the largest difference of the numbers is the answer."""
    one = cells.largest(result)
    assert one is not None
    return f"{listed(map(title, one.sides))} differ in the {one.quantity.title}."


def _no_difference(result: Result) -> str:
    """What is said where no number differs: what was compared, and what could not be."""
    compared = [one for one in result.differences if one.differs is False]
    if not compared:
        return "Nothing was compared: no two frameworks have numbers of the same variant."
    said = [f"the {one.quantity.title} of {one.variant} after epoch {one.epoch} to within {one.rounding:.1g}"
            for one in compared]
    sides = listed(dict.fromkeys(title(side) for one in compared for side in one.sides))
    return f"{sides} have the same {said[0].removeprefix('the ')}" + "".join(f", {one}" for one in said[1:]) + "."


def _line(result: Result, verdict: Verdict) -> str:
    """Whose a behaviour is, in at most fifteen words."""
    own = any(suspect.own_setting for suspect in verdict.suspects) or bool(_told(result, verdict, "cure"))
    mine = ", and partly your own model" if own else ", not your model" if verdict.cleared else ""
    if verdict.departing:
        return f"{verdict.departing} from the textbook definition" + (
            ", and your own model has a part in it." if own else ".")
    lines: dict[str, str] = {
        Attribution.YOUR_MODEL: "This is your own model.",
        Attribution.DEFAULTS_DIFFER: "Neither side is wrong: their defaults differ.",
        Attribution.UNIVERSAL: f"This is {_nobodys(verdict)}: the reason is in the model.",
        Attribution.NOT_IN_THESE_VERSIONS: "This was Keras, and it is fixed in the current version.",
        Attribution.NOT_SHOWN: "We could not reproduce it.",
        Attribution.NOT_REPRODUCED: "We could not reproduce it.",
        Attribution.UNEXPLAINED: "The frameworks differ, and we do not know why.",
        Attribution.NOTHING_TO_COMPARE: "This run cannot tell which framework is responsible.",
        Attribution.CANNOT_BE_ASKED: "This run cannot answer the question.",
    }
    return lines.get(verdict.belongs_to, f"This is {verdict.belongs_to}{mine}.")


def _detail(result: Result, behaviour: Behaviour, verdict: Verdict) -> str:
    """Which frameworks show the behaviour and which do not, and from what initialization."""
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


def _nobodys(verdict: Verdict) -> str:
    """Whose doing it is not, where the reference shows it too; named are only frameworks that were run."""
    kinds = {FRAMEWORKS[name].realization for name in verdict.with_behaviour}
    both = {"keras", "lightning"} <= kinds
    return "neither Keras nor PyTorch" if both else "not Keras" if "keras" in kinds else "not PyTorch"


def _numbers(result: Result) -> list[str]:
    """Reported numbers beside ours, on full MNIST only: nobody reported what other images give."""
    parts = []
    for behaviour in result.scenario.behaviours if result.mnist else ():
        answers = result.answers[behaviour.name]
        ours = [f"{title(name)} {told(behaviour, answer.number)}" for name, answer in answers.items() if answer.numbers]
        if behaviour.reported is not None and ours:
            parts.append(f"{behaviour.quantity}: yours {told(behaviour, behaviour.reported)}, {', '.join(ours)}")
    return parts


def _not_compared(result: Result) -> list[str]:
    """That reported numbers wait for full MNIST, where there are any."""
    reported = any(one.reported is not None for one in result.scenario.behaviours) or \
        any(variant.reported for variant in result.scenario.variants)
    return ["the comparison with the reported numbers needs full MNIST (data=mnist)"] * (reported and not result.mnist)


def _why(result: Result, behaviour: Behaviour, verdict: Verdict) -> list[str]:
    if verdict.belongs_to == Attribution.NOT_IN_THESE_VERSIONS:
        parts = [_filled_in(verdict.elsewhere[0], behaviour, result) + with_old_rule(result, behaviour)]
    else:
        rows = [row for suspect in verdict.suspects for row in suspect.sources if row and row.explanation]
        parts = [_filled_in(row, behaviour, result) for row in rows]
        own = [fields_text(suspect) for suspect in verdict.suspects if suspect.own_setting]
        parts += [f"of your own model: {listed(own)}"] if own else []
        parts += proof(verdict)
        parts += [f"of the gap, {shares}" for cause in verdict.causes if (shares := shares_text(cause))]
    if verdict.belongs_to == Attribution.UNIVERSAL and not verdict.causes:
        cured = _cured(result, behaviour)
        parts += [f"it is gone in the training {listed(cured)}"] if cured else []
    return parts + _told(result, verdict, "reason")


def _at_stage(result: Result, verdict: Verdict) -> str:
    """Where what is unexplained was first seen, as in `; unexplained from the loss on: …`."""
    seen = [difference for difference in result.unexplained_differences
            if difference.framework in verdict.with_behaviour + verdict.without]
    return "".join(f"; unexplained from the {NAMES[one.stage.name]} on: {unexplained_text(one)}" for one in seen[:1])


def _change(result: Result, verdict: Verdict) -> list[str]:
    departs = 1 if verdict.departing else 0
    rows = list(verdict.elsewhere[:1]) + [suspect.sources[departs] for suspect in verdict.suspects]
    fixes = [row.fix for row in rows if row and row.fix]
    fixes += fixes_text(verdict)
    told = _told(result, verdict, "cure") + _told(result, verdict, "warning")
    return told + fixes + _answers_judged(result)


def _told(result: Result, verdict: Verdict, kind: str) -> list[str]:
    """Further behaviours of a kind to be told: those that somebody shows, and nobody denies who shows the first.

    None where the first was not seen: nothing is the reason or the cure of what is not there.
    """
    if verdict.belongs_to in (Attribution.CANNOT_BE_ASKED, Attribution.NOT_SHOWN, Attribution.NOT_REPRODUCED):
        return []
    parts = []
    for behaviour in result.scenario.behaviours[1:]:
        answers = result.answers[behaviour.name]
        shown = [name for name, answer in answers.items() if answer.holds]
        denied = any(answers[name].holds is False for name in verdict.with_behaviour if name in answers)
        if behaviour.role == kind and shown and not denied:
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
    return f" (it is gone as well in the training {listed(others)})" if others else ""


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


def _filled_in(row: DefaultRule, behaviour: Behaviour, result: Result) -> str:
    return explanation_of(row, result.scenario.variant(behaviour.variants[0]).spec)
