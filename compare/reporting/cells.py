"""The text of table cells and lines: answers of frameworks and first divergences."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import isfinite

from compare.analysis.attribution import Attribution, title
from compare.analysis.behaviours import Answer, in_unit
from compare.analysis.explanation import Explanation
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.noise import FACTOR
from compare.analysis.replay import Coverage
from compare.analysis.result import Result
from compare.analysis.stages import BLIND, NAMES, TENSORS, FirstLayer, StageResult, pair_text
from compare.reporting.cause_text import listed
from compare.reporting.field_text import suspect_title
from frameworks.quirks.resolution import versions_text


def cell(result: Result, name: str, answer: Answer) -> str:
    """Returns yes or no with the number (the median over seeds), or why the behaviour could not be evaluated."""
    number = number_of(result, name, answer)
    if not number:
        return f"no answer ({answer.note})"
    word = {True: "yes", False: "no", None: "no answer"}[answer.holds]
    return f"{word}, {number}" + "".join(f" ({note})" for note in notes_of(answer))


def number_of(result: Result, name: str, answer: Answer) -> str:
    """Returns the number on which an answer is based, formatted; empty if there is none."""
    known = answer.holds is not None or isfinite(answer.number)
    return in_unit(result.behaviour(name), answer.number) if known else ""


def notes_of(answer: Answer) -> list[str]:
    """Returns notes on the number: why it is inconclusive, or how many seeds were left out."""
    return [answer.note] if answer.note else []


def attribution_text(result: Result, name: str) -> str:
    """Returns the attribution of a behaviour; if only other versions show it, with those versions."""
    verdict = result.verdicts[name]
    if verdict.belongs_to == Attribution.NOT_IN_THESE_VERSIONS:
        return f"{verdict.belongs_to}; {listed(versions_text(rule) for rule in verdict.elsewhere)}"
    return "no answer" if verdict.belongs_to == Attribution.CANNOT_BE_ASKED else verdict.belongs_to


def first_differences(result: Result) -> list[str]:
    """Returns one line per reported variant: where two frameworks first differ."""
    return [f"{divergence.variant}: {first_difference(divergence, result.explanations, result.unexplained_in)}"
            for divergence in result.divergences.values()]


def first_difference(divergence: FirstDivergence, explanations: Iterable[Explanation] = (),
                     unexplained: Collection[tuple[str, str]] = ()) -> str:
    """Returns where two frameworks first differ, in one line with the numbers and the fields that cause it.

    `unexplained` holds the (variant, framework) pairs with an unexplained difference anywhere; they are never reported
    as equal.
    """
    left, right = map(title, divergence.sides)
    differing = [stage for stage in divergence.stages if stage.differs]
    matching = [stage for stage in divergence.stages if stage.differs is False and stage.name != "outcome"]
    agree = f"the same {listed(NAMES[stage.name] for stage in matching)}"
    blind = "".join(f" The {NAMES[stage.name]} cannot be compared here, since {stage.reason}{_up_to(stage)}; what "
                    "depends on it is not compared either." for stage in divergence.stages if stage.reason)
    if differing:
        by_stage = {explanation.stage.name: explanation for explanation in explanations
                    if explanation.variant == divergence.variant}
        outcome = [stage for stage in differing if stage.name == "outcome" and differing[1:]]
        parts = [_stage_text(stage) + _because_of(by_stage.get(stage.name), stage.layer) for stage in differing
                 if stage not in outcome]
        ends = "".join(_ends_text(stage) + _because_of(by_stage.get(stage.name), None) + "." for stage in outcome)
        first = "first differ in" if divergence.first else "are first seen to differ in"
        return f"{left} and {right} {first} {listed(parts)}.{_matching_text(divergence, matching)}{blind}{ends}"
    if not matching:
        return f"{left} and {right} are not compared step by step: each had its own initialization and order."
    compared = [stage for stage in matching if stage.name in TENSORS]
    if not compared and not blind:
        return f"{left} and {right} have {agree}; their first step is not compared, since its rounding noise could " \
               "not be measured."
    where = f"in the first step and at {_states_text(divergence)}"
    suspicious = [title(side) for side in divergence.sides if (divergence.variant, side) in unexplained]
    if suspicious:
        return f"{left} and {right} match {where}, but not everywhere: {listed(suspicious)} " \
               f"{'have' if suspicious[1:] else 'has'} an unexplained difference elsewhere."
    limits = [f"{stage.tolerance:.2g} in the {NAMES[stage.name]}" for stage in compared if stage.tolerance]
    smallest = f". A difference above {listed(limits)} would have been detected" if limits else ""
    fields = listed(f"the {name}" for name in dict.fromkeys(map(suspect_title, divergence.unseen)))
    unseen = f" They differ in {fields}, which makes no difference in these steps." if divergence.unseen else ""
    return f"{left} and {right} match {where}: {agree}{smallest}.{unseen}{blind}"


def _matching_text(divergence: FirstDivergence, matching: Collection[StageResult]) -> str:
    """What matches where something differs: in the step of the difference, or, if no step differs, in all of them."""
    if not matching:
        return ""
    in_step = any(stage.differs and stage.name in TENSORS for stage in divergence.stages)
    they = "In that step, from the same weights, they" if in_step else \
        f"In the first step and at {_states_text(divergence)}, they" if divergence.states else "They"
    return f" {they} match in {listed(NAMES[stage.name] for stage in matching)}."


def _ends_text(outcome: StageResult) -> str:
    left, right = outcome.values
    return f" Their trainings end differently ({left}, against {right})"


def _states_text(divergence: FirstDivergence) -> str:
    """At how many recorded states two frameworks match, and at how many this cannot be said of everything."""
    states, matching = divergence.states, divergence.matching
    if matching is None or matching == states:
        return f"{states} recorded state{'s' * (states != 1)}"
    return f"{matching} of {states} recorded states (at the others, not everything can be compared)"


def _up_to(stage: StageResult) -> str:
    """How much rounding could explain, if that is a finite number."""
    return f" (up to {FACTOR * stage.noise:.2g})" if stage.reason == BLIND and isfinite(stage.noise) else ""


def _stage_text(stage: StageResult) -> str:
    compared = stage.layer.compared if stage.layer else stage
    left, right = pair_text(compared.values)
    place = f"at index {list(compared.index)}: " if compared.index else ""
    rounding = f"; rounding explains {compared.noise:.2g}" if compared.noise else ""
    unknown = f"; the first layer is not known, since {stage.layer_reason}" if stage.layer_reason else ""
    step = f" in step {stage.step + 1}" if stage.step else ""
    between = ", against " if "," in left + right else " and "
    return f"the {(stage.subject + step).rstrip(',')} ({place}{left}{between}{right}{rounding}{unknown})"


def _because_of(explanation: Explanation | None, layer: FirstLayer | None) -> str:
    """The fields that make a stage differ, and how that was confirmed; `layer` is the first layer that differs."""
    if explanation is None:
        return ""
    if not explanation.explained:
        return ", and no known difference explains it"
    confirmed = any(switch.holds is True for switch in explanation.switched)
    fields = dict.fromkeys(f"the {suspect_title(suspect)}" if not suspect.own_setting else suspect_title(suspect)
                           for suspect in explanation.fields)
    how = "" if explanation.stage.name not in TENSORS else \
        f" (confirmed by switching {'them' if len(fields) > 1 else 'it'} in the frameworks themselves)" if confirmed \
        else " (computed with the NumPy reference)"
    layers = [int(suspect.path.split(".")[1]) for suspect in explanation.fields if suspect.path.startswith("layers.")]
    later = layer is not None and any(position > layer.position for position in layers)
    return f"{'; those of the model differ' if later else ','} because of {listed(fields)}{how}"


def coverage_text(coverage: Coverage) -> str:
    """Returns how much of a training and its evaluation was compared, and the smallest detectable difference."""
    smallest = "" if coverage.size is None else \
        f" A relative difference above {coverage.size:.1g} in the loss of such a step would have been detected."
    skipped = "" if not coverage.reason else f" The other steps were not compared, since {coverage.reason}." if \
        coverage.compared else f" The reason: {coverage.reason}."
    evaluations = f" In evaluation, {coverage.samples:,} test images were compared at {coverage.states} recorded " \
        f"state{'s' * (coverage.states != 1)}" if coverage.states else " No evaluation was compared"
    whole = f". At the end, the reported loss of all {coverage.last:,} test images was compared with the loss of the " \
        "model's outputs" if coverage.last else ""
    steps = "step was" if coverage.steps == 1 else "steps were"
    return f"{title(coverage.framework)}: {coverage.compared:,} of {coverage.steps:,} training {steps} compared " \
           f"with the NumPy reference.{smallest}{skipped}{evaluations}{whole}."
