"""The text of table cells and lines: what frameworks answer, which numbers differ, and where two first differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import isfinite

from compare.analysis.attribution import ELSEWHERE, title
from compare.analysis.behaviours import Answer, told
from compare.analysis.differences import Difference
from compare.analysis.explanation import Explanation
from compare.analysis.first_divergence import Parting
from compare.analysis.noise import FACTOR
from compare.analysis.replay import Coverage
from compare.analysis.result import Result
from compare.analysis.stages import BLIND, NAMES, TENSORS, Gate, pair_told
from compare.reporting.cause_text import listed
from frameworks.quirks.resolution import explanation_of, versions_told
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
    if verdict.belongs_to == ELSEWHERE:
        return f"{ELSEWHERE}; {listed(versions_told(row) for row in verdict.elsewhere)}"
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
    same = "from the same initialization and the same batches" if result.start == "shared" else \
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
            for one in result.partings.values()]


def first_difference(parting: Parting, explanations: Iterable[Explanation] = (),
                     unexplained: Collection[tuple[str, str]] = ()) -> str:
    """Where two frameworks first differ, in one line, with the numbers and the fields that make it.

    `unexplained` are the (variant, framework) of which something is, here or elsewhere: they are not called the same.
    """
    one, other = map(title, parting.sides)
    differing = [gate for gate in parting.gates if gate.open]
    matching = [gate for gate in parting.gates if gate.open is False and gate.name != "outcome"]
    agree = f"the same {listed(NAMES[gate.name] for gate in matching)}" if matching else "nothing compared"
    blind = "".join(f" The {NAMES[gate.name]} cannot be compared here, since {gate.reason}{_up_to(gate)}, nor is what "
                    "depends on it." for gate in parting.gates if gate.reason)
    if differing:
        by_stage = {each.gate.name: each for each in explanations if each.variant == parting.variant}
        parts = [_stage(gate, one, other) + _made_by(by_stage.get(gate.name)) for gate in differing]
        first = "first they differ in" if parting.first else "a difference is first seen in"
        return f"{one} and {other} have {agree}; {first} {listed(parts)}.{blind}"
    if not matching:
        return f"{one} and {other} are not compared step by step: each had its own initialization and order."
    compared = [gate for gate in matching if gate.name in TENSORS]
    if not compared and not blind:
        return f"{one} and {other} have {agree}; their first step is not compared, since how far rounding moves it " \
               "could not be measured."
    where = f"in the first step and at {parting.states} recorded states"
    suspicious = [title(side) for side in parting.sides if (parting.variant, side) in unexplained]
    if suspicious:
        return f"{one} and {other} match {where}, but not everywhere: what {listed(suspicious)} does elsewhere is " \
               "unexplained, as said below."
    seen = [f"{NAMES[gate.name]} by more than {FACTOR * gate.noise:.2g}" for gate in compared if gate.noise]
    smallest = f"; a difference would have been seen in {listed(seen)}" if seen else ""
    unseen = f" They resolve {listed(parting.unseen)} differently, of which these steps show nothing." \
        if parting.unseen else ""
    return f"{one} and {other} match {where}: {agree}{smallest}.{unseen}{blind}"


def _up_to(gate: Gate) -> str:
    """How much rounding could explain, where that is a number."""
    return f" (up to {FACTOR * gate.noise:.2g})" if gate.reason == BLIND and isfinite(gate.noise) else ""


def _stage(gate: Gate, one: str, other: str) -> str:
    left, right = pair_told(gate.values)
    place = f" at {list(gate.index)}" if gate.index else ""
    rounding = f" (rounding explains {gate.noise:.2g})" if gate.noise else ""
    step = f" of step {gate.step + 1}" if gate.step else ""
    return f"the {NAMES[gate.name]}{step}{place}: {left} against {right}{rounding}"


def _made_by(one: Explanation | None) -> str:
    """The fields that make a stage differ, and on what that was seen."""
    if one is None:
        return ""
    if not one.explained:
        return ", and no known difference explains it"
    seen = sum(switch.holds is True for switch in one.switched)
    how = "" if one.gate.name not in TENSORS else f" (shown by {seen} switches on the frameworks themselves)" \
        if seen else " (computed with the NumPy reference)"
    return f", made by {listed(suspect.path for suspect in one.fields)}{how}"


def coverage_told(one: Coverage) -> str:
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
