"""The answer of a run in a few sentences: verdict, reported numbers, reasons, fixes and open questions.

The answer is computed from verdicts, numbers and default rules. It consists of sections that the outputs (console,
report, TensorBoard) arrange; no output has to parse a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compare.analysis.attribution import Attribution, Verdict
from compare.analysis.behaviours import in_unit
from compare.analysis.causes.cause import REFERENCE_NAME, Cause
from compare.analysis.result import Result
from compare.reporting import difference_text, verdict_text
from compare.reporting.cause_text import fields_text, fixes_text, listed, shares_text, tried_text
from compare.reporting.open_questions import (
    MOST,
    open_questions,
    unexplained,
    with_old_rule,
)
from compare.reporting.related_text import claims_judged, cured, further
from compare.reporting.schema import AnswerRecord
from frameworks.quirks.resolution import explanation_of
from frameworks.quirks.rule import DefaultRule
from scenarios.scenario import Behaviour

QUESTION, DIFFERENCE, WHY, CHANGE, OPEN = "Your question", "What differs", "Why", "What to change", "What is open"
MORE = "More on the reasons"
MOST_REASONS = 3
"""Number of sentences under "Why"; the others stand under "More on the reasons", after the rest of the answer."""


@dataclass(frozen=True)
class Section:
    """A heading and its sentences; each sentence can be read alone."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Numbers:
    """A number that the question reports, and ours; formatted."""

    quantity: str
    reported: str
    ours: Mapping[str, str]
    """By framework; only those that have a number."""


@dataclass(frozen=True)
class Summary:
    """The answer: a verdict of at most fifteen words, a sentence with the facts behind it, and further sections."""

    verdict: str
    detail: str
    sections: tuple[Section, ...] = ()
    numbers: tuple[Numbers, ...] = ()
    """Empty if the run did not use full MNIST: reported numbers hold for no other images."""

    @property
    def record(self) -> AnswerRecord:
        """The answer for result.json, from which the console prints it."""
        return {"verdict": self.verdict, "detail": self.detail,
                "numbers": [{"quantity": row.quantity, "reported": row.reported, "ours": dict(row.ours)}
                            for row in self.numbers],
                "sections": [{"title": section.title, "items": list(section.items)} for section in self.sections]}

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
    largest = difference_text.largest(result)
    differs = sentence(difference_text.sentence(result, largest)) if largest else ""
    if not result.scenario.behaviours:
        line, detail = (verdict_text.of_numbers(result), differs) if largest else \
            (verdict_text.of_no_difference(result), sentence(verdict_text.no_difference(result)))
        counts = [difference_text.sentence(result, difference) for difference in result.differences
                  if difference.quantity.counted and difference.differs and difference is not largest]
        return Summary(line, detail, _sections({DIFFERENCE: counts, OPEN: unexplained(result)[:MOST]}))
    behaviour = result.scenario.behaviours[0]
    verdict = result.verdicts[behaviour.name]
    line = verdict_text.line(result, verdict)
    detail = sentence(verdict_text.detail(result, behaviour, verdict))
    first: dict[str, list[str]] = {}
    no_answer = verdict.belongs_to in (Attribution.CANNOT_BE_ASKED, Attribution.NOTHING_TO_COMPARE)
    if largest and no_answer:  # the question has no answer, but the numbers differ
        first = {QUESTION: [f"{line} {detail}"]}
        line, detail = verdict_text.of_numbers(result), differs
    elif largest and verdict.belongs_to in (Attribution.NOT_SHOWN, Attribution.NOT_REPRODUCED):
        first = {DIFFERENCE: [differs]}
    reasons, more = _why(result, behaviour, verdict)
    return Summary(line, detail, _sections({
        **first, WHY: reasons, CHANGE: _change(result, verdict),
        OPEN: _not_compared(result) + open_questions(result), MORE: more}), _numbers(result))


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


def _numbers(result: Result) -> tuple[Numbers, ...]:
    """The reported numbers of all behaviours that have one, beside ours."""
    rows = []
    for behaviour in result.scenario.behaviours if result.mnist else ():
        ours = {name: in_unit(behaviour, answer.number) for name, answer in result.answers[behaviour.name].items()
                if answer.numbers}
        if behaviour.reported is not None and ours:
            rows.append(Numbers(behaviour.quantity, in_unit(behaviour, behaviour.reported), ours))
    return tuple(rows)


def _not_compared(result: Result) -> list[str]:
    """A note that reported numbers, if there are any, can be compared on full MNIST only."""
    reported = any(behaviour.reported is not None for behaviour in result.scenario.behaviours) or \
        any(variant.reported for variant in result.scenario.variants)
    missing = reported and not result.mnist
    return ["the comparison with the reported numbers needs full MNIST (`data=mnist`)"] * missing


def _why(result: Result, behaviour: Behaviour, verdict: Verdict) -> tuple[list[str], list[str]]:
    """The most important reasons, and the others: both in the order in which they are read."""
    side = _departing_side(verdict)
    departing, opposite = ([_explanation(rule, behaviour, result) for suspect in verdict.suspects
                            if (rule := suspect.sources[place]) and rule.explanation] for place in (side, 1 - side))
    settings = [fields_text(suspect) for suspect in verdict.suspects if suspect.own_setting]
    of_the_model = [f"your own model contributes: {listed(settings)}"] if settings else []
    tried, shares = tried_text(verdict), list(filter(None, map(shares_text, _between_frameworks(verdict.causes))))
    if verdict.belongs_to == Attribution.NOT_IN_THESE_VERSIONS:
        departing = [_explanation(verdict.elsewhere[0], behaviour, result) + with_old_rule(result, behaviour)]
        opposite, of_the_model, tried, shares = [], [], [], []
    without = cured(result, behaviour) if verdict.belongs_to == Attribution.UNIVERSAL and not verdict.causes else []
    quoted = listed(f"“{name}”" for name in without)
    observed = [f"it does not occur in the training{'s' * (len(without) > 1)} {quoted}"] if without else []
    observed += further(result, verdict, "reason")
    read = list(dict.fromkeys([*departing, *opposite, *of_the_model, *tried, *shares, *observed]))
    important = list(dict.fromkeys([*departing[:1], *of_the_model, *tried[:1], *observed, *read]))[:MOST_REASONS]
    return [text for text in read if text in important], [text for text in read if text not in important]


def _between_frameworks(causes: Sequence[Cause]) -> Sequence[Cause]:
    """The causes without those that compare with the NumPy reference, if there are others: shares of the same
    difference, said twice, would differ a little."""
    real = [cause for cause in causes if REFERENCE_NAME not in (cause.question.with_behaviour, cause.question.without)]
    return real or causes


def _change(result: Result, verdict: Verdict) -> list[str]:
    side = _departing_side(verdict)
    rules = list(verdict.elsewhere[:1]) + [suspect.sources[side] for suspect in verdict.suspects]
    fixes = [rule.fix for rule in rules if rule and rule.fix]
    fixes += [f"in your own model: {fix}" for fix in fixes_text(verdict)]
    return further(result, verdict, "cure") + further(result, verdict, "warning") + fixes + claims_judged(result)


def _departing_side(verdict: Verdict) -> int:
    """The side that departs from the NumPy reference: 0 shows the behaviour, 1 does not."""
    return 1 if verdict.departing else 0


def _explanation(rule: DefaultRule, behaviour: Behaviour, result: Result) -> str:
    return explanation_of(rule, result.scenario.variant(behaviour.variants[0]).spec)
