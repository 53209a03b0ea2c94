"""The text of table cells and lines: what frameworks answer, which numbers differ, and where two first differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import isfinite

from compare.analysis.attribution import Attribution, title
from compare.analysis.behaviours import Answer, told
from compare.analysis.differences import Difference
from compare.analysis.explanation import Explanation
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.noise import FACTOR
from compare.analysis.replay import Coverage
from compare.analysis.result import Result
from compare.analysis.stages import BLIND, NAMES, TENSORS, StageResult, pair_text
from compare.reporting.cause_text import listed
from frameworks.quirks.resolution import explanation_of, versions_text
from scenarios.spec import Spec


def cell(result: Result, name: str, answer: Answer) -> str:
    """yes or no with the number, of several starts the median, or why it cannot be asked."""
    number = number_of(result, name, answer)
    if not number:
        return f"- {answer.reason}"
    word = {True: "yes", False: "no", None: "-"}[answer.holds]
    return f"{word}, {number}" + "".join(f" ({note})" for note in notes_of(answer))


def number_of(result: Result, name: str, answer: Answer) -> str:
    """The number that an answer rests on; nothing where there is none."""
    known = answer.holds is not None or isfinite(answer.number)
    return told(result.behaviour(name), answer.number) if known else ""


def notes_of(answer: Answer) -> list[str]:
    """What has to be said beside the number: of how many starts it is the median, and why it decides nothing."""
    several = [f"median of {len(answer.numbers)} starts"] if len(answer.numbers) > 1 else []
    return several + ([answer.reason] if answer.reason else [])


def seen_where(result: Result, name: str) -> str:
    """Whose a behaviour is, with where the table knows it if nobody here shows it."""
    verdict = result.verdicts[name]
    if verdict.belongs_to == Attribution.NOT_IN_THESE_VERSIONS:
        return f"{verdict.belongs_to}; {listed(versions_text(row) for row in verdict.elsewhere)}"
    return verdict.belongs_to


def number(one: Difference, framework: str) -> str:
    """A framework's number, or nothing where it has none."""
    value = one.numbers[framework]
    return one.quantity.unit.format(value) if isfinite(value) or value in (float("inf"), -float("inf")) else "nan"


def because(one: Difference) -> str:
    """What makes two numbers differ, or that they do not."""
    if one.differs is None:
        return f"not compared: {one.reason}"
    if not one.differs:
        return f"no difference beyond rounding ({one.rounding:.1g})"
    if not one.explained:
        return "unexplained"
    fields = listed(dict.fromkeys(suspect.path for suspect in one.fields))
    return f"{fields} ({listed(one.origins) if one.origins else 'their defaults differ'})"


def largest(result: Result) -> Difference | None:
    """The largest difference of the reported variants, losses before accuracies; None where none differs."""
    differing = [one for one in result.differences if one.differs]
    return max(differing, key=lambda one: ("loss" in one.quantity.name, one.size), default=None)


def sentence(result: Result, one: Difference) -> str:
    """A difference with its numbers and its reason."""
    spec = result.scenario.variant(one.variant).spec
    numbers = listed(f"{number(one, side)} with {title(side)}" for side in one.sides)
    known = [name for name in one.numbers if name == "reference" and name not in one.sides]
    beside = f" (the NumPy reference has {number(one, known[0])})" if known else ""
    same = "from the same initialization and the same batches" if result.init == "shared" else \
        "each from its own initialization"
    return f"The {one.quantity.title} of {one.variant} after epoch {one.epoch} is {numbers}{beside}, {same}: " \
           f"{reason(one, spec)}."


def reason(one: Difference, spec: Spec) -> str:
    """Why two numbers differ, in the words of the rules."""
    if not one.explained:
        return "no known difference between the two explains it"
    words = [explanation_of(row, spec) for row in one.departing if row.explanation]
    return "; ".join(dict.fromkeys(words)) or because(one)


def first_differences(result: Result) -> list[str]:
    """A line for each reported variant: where two frameworks first differ."""
    return [f"{one.variant}: {first_difference(one, result.explanations, result.unexplained_in)}"
            for one in result.divergences.values()]


def first_difference(divergence: FirstDivergence, explanations: Iterable[Explanation] = (),
                     unexplained: Collection[tuple[str, str]] = ()) -> str:
    """Where two frameworks first differ, in one line, with the numbers and the fields that make it.

    `unexplained` are the (variant, framework) of which something is, here or elsewhere: they are not called the same.
    """
    one, other = map(title, divergence.sides)
    differing = [stage for stage in divergence.stages if stage.differs]
    matching = [stage for stage in divergence.stages if stage.differs is False and stage.name != "outcome"]
    agree = f"the same {listed(NAMES[stage.name] for stage in matching)}" if matching else "nothing compared"
    blind = "".join(f" The {NAMES[stage.name]} cannot be compared here, since {stage.reason}{_up_to(stage)}, nor is "
                    "what depends on it." for stage in divergence.stages if stage.reason)
    if differing:
        by_stage = {each.stage.name: each for each in explanations if each.variant == divergence.variant}
        parts = [_stage(stage, one, other) + _made_by(by_stage.get(stage.name)) for stage in differing]
        first = "first they differ in" if divergence.first else "a difference is first seen in"
        return f"{one} and {other} have {agree}; {first} {listed(parts)}.{blind}"
    if not matching:
        return f"{one} and {other} are not compared step by step: each had its own initialization and order."
    compared = [stage for stage in matching if stage.name in TENSORS]
    if not compared and not blind:
        return f"{one} and {other} have {agree}; their first step is not compared, since how far rounding moves it " \
               "could not be measured."
    where = f"in the first step and at {divergence.states} recorded states"
    suspicious = [title(side) for side in divergence.sides if (divergence.variant, side) in unexplained]
    if suspicious:
        return f"{one} and {other} match {where}, but not everywhere: what {listed(suspicious)} does elsewhere is " \
               "unexplained, as said below."
    seen = [f"{NAMES[stage.name]} by more than {FACTOR * stage.noise:.2g}" for stage in compared if stage.noise]
    smallest = f"; a difference would have been seen in {listed(seen)}" if seen else ""
    unseen = f" They resolve {listed(divergence.unseen)} differently, of which these steps show nothing." \
        if divergence.unseen else ""
    return f"{one} and {other} match {where}: {agree}{smallest}.{unseen}{blind}"


def _up_to(stage: StageResult) -> str:
    """How much rounding could explain, where that is a number."""
    return f" (up to {FACTOR * stage.noise:.2g})" if stage.reason == BLIND and isfinite(stage.noise) else ""


def _stage(stage: StageResult, one: str, other: str) -> str:
    left, right = pair_text(stage.values)
    place = f" at {list(stage.index)}" if stage.index else ""
    rounding = f" (rounding explains {stage.noise:.2g})" if stage.noise else ""
    step = f" of step {stage.step + 1}" if stage.step else ""
    return f"the {NAMES[stage.name]}{step}{place}: {left} against {right}{rounding}"


def _made_by(one: Explanation | None) -> str:
    """The fields that make a stage differ, and on what that was seen."""
    if one is None:
        return ""
    if not one.explained:
        return ", and no known difference explains it"
    seen = sum(switch.holds is True for switch in one.switched)
    how = "" if one.stage.name not in TENSORS else f" (shown by {seen} switches on the frameworks themselves)" \
        if seen else " (computed with the NumPy reference)"
    return f", made by {listed(suspect.path for suspect in one.fields)}{how}"


def coverage_text(one: Coverage) -> str:
    """How much of a training and its evaluation was compared, and the smallest difference that would have been seen."""
    seen = "" if one.size is None else \
        f"; a relative difference above {one.size:.1g} in a step's loss would have been seen"
    reason = f"; of the others not, since {one.reason}" if one.reason and one.compared else \
        f", since {one.reason}" if one.reason else ""
    evaluations = f" The evaluation of {one.samples:,} test images was compared at {one.states} recorded states" \
        if one.states else " No evaluation was compared"
    whole = f", and the loss of all {one.last:,} with that of the outputs at the end" if one.last else ""
    return f"{title(one.framework)}: {one.compared:,} of {one.steps:,} training steps compared with the reference" \
           f"{seen}{reason}.{evaluations}{whole}."
