"""The result of `check` as facts: a verdict, the items in order, and the coverage. Every output is rendered from them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Mapping

import numpy as np

from compare.analysis.programs import agreement, first_difference, metrics, outputs, pairing, same_names
from compare.analysis.programs.check import Checked
from compare.analysis.programs.comparison import Stage
from compare.analysis.programs.cost import Cost
from compare.analysis.programs.description import Failure, Run
from compare.analysis.programs.initialization import InitialDifference
from compare.analysis.programs.items import Item, Peeled
from compare.analysis.programs.program_settings import settings_of
from compare.analysis.programs.repeated import Random
from compare.analysis.programs.settings import SettingsItem
from compare.analysis.programs.settings_table import Row
from compare.analysis.programs.suspects.optimizer_fields import fields_of
from compare.execution.programs import Program
from frameworks import FRAMEWORKS
from frameworks.environment import Environment
from frameworks.runtime.program_arrays import BLOCK, EVERY, LARGE, SINGLE

MARGIN = 1e-3
"""The relative difference of losses below which two trainings are called the same within a stated margin, in every
step."""


class Verdict(str, Enum):
    """The result of comparing two programs."""

    SAME = "same"
    SAME_BY_DESIGN = "same by design"
    """Only what the frameworks define differently differs, and losses by less than `MARGIN`."""
    DIFFERENT = "different"
    """Every difference is explained, and the changes remove it."""
    UNEXPLAINED = "unexplained"
    FAILED = "failed"
    """A program could not be run, or its process ended."""
    INTERRUPTED = "interrupted"
    """By Ctrl-C, or because the disk is full or gone."""

    __str__ = str.__str__


@dataclass(frozen=True)
class Compared:
    """A stage that was compared, with every change applied."""

    stage: str
    parts: int
    """The number of outputs, parameters or steps."""
    size: float
    """The largest relative difference in float64; infinite where shapes differ."""
    differs: bool


@dataclass(frozen=True)
class Node:
    """An operation in the picture of a program."""

    key: str
    text: str
    place: str
    state: str
    """same, different (a difference is made here), inherited, or unpaired (part of a computation with the same
    result)."""
    partner: str
    """The operation of the other program that computes the same; empty if there is none."""
    alone: float | None = None
    """The difference of its layer on the left's input, where that was compared."""


@dataclass(frozen=True)
class Facts:
    """The answer of `check`."""

    verdict: Verdict
    titles: tuple[str, str]
    """The programs as the user named them."""
    frameworks: tuple[str, str]
    failures: tuple[tuple[str, Failure], ...]
    items: tuple[Item, ...]
    settings: tuple[SettingsItem, ...]
    compared: tuple[Compared, ...]
    tolerance: float
    losses: dict[str, tuple[list[float], list[float]]]
    """In float32, of every step: `ported` and `changed`."""
    untrained: tuple[str, ...]
    """The programs that have no loss or no optimizer."""
    rounding: float
    """The relative change of a loss of these programs by rounding to float32 alone."""
    table: tuple[Row, ...]
    initial: tuple[InitialDifference, ...]
    alone: dict[str, float]
    """By left operation, the difference of its layer on the left's input."""
    random: tuple[Random, ...]
    convention: str
    """The activation that the PyTorch program has in its loss, so that its outputs are logits."""
    unpaired: tuple[tuple[str, ...], tuple[str, ...]]
    pairs: tuple[tuple[str, str], ...]
    graphs: tuple[tuple[Node, ...], tuple[Node, ...]]
    not_compared: tuple[str, ...]
    """Sentences on metrics that only one side reports."""
    data: str
    steps: int
    batch: int
    warnings: tuple[str, ...]
    cost: Cost
    unsure: tuple[tuple[str, str], ...] = ()
    """The layers that could be paired differently, because neither the graph nor names decide it."""
    environments: tuple[Environment, ...] = ()
    """Of both programs, as their workers report them; empty where one ended."""
    programs: tuple[Mapping[str, Any], ...] = ()
    """Both programs as they are: layers, loss and optimizer with all settings; empty where one fails."""

    @property
    def left_open(self) -> list[Item]:
        """The unexplained differences."""
        return [item for item in self.items if not item.causes]


def facts(checked: Checked) -> Facts:
    """The facts of a check."""
    peeled, question = checked.peeled, checked.question
    sides, ported = (question.left, question.right), ported_of(checked)
    compared = tuple(Compared(str(comparison.stage), len(comparison.differences), comparison.size, comparison.differs)
                     for comparison in (peeled.compared if peeled else ()) if comparison.differences)
    losses = {name: (list(map(float, left.trace["loss"])), list(map(float, right.trace["loss"])))
              for name, (left, right) in checked.float32.items()
              if "loss" in left.trace.arrays and "loss" in right.trace.arrays}
    return Facts(
        verdict_of(checked, losses), titles(*sides),
        (FRAMEWORKS[sides[0].framework].title, FRAMEWORKS[sides[1].framework].title),
        tuple(checked.failures.items()), tuple(peeled.items) if peeled else (), checked.settings, compared,
        smallest_detectable(peeled), losses,
        tuple(side.title for side, run in zip(sides, ported) if not run.can_train),
        checked.beside.rounding, checked.table, checked.initial, dict(checked.beside.alone), checked.beside.random,
        outputs.left_to_the_loss(peeled.left, peeled.right) if peeled else "",
        checked.unpaired, tuple(checked.pairs.items()), graphs(checked),
        (*metrics.not_compared(*peeled.ported), *without_rules(peeled)) if peeled else (), checked.data, question.steps,
        question.batch, (*checked.warnings, *in_float32(checked), *in_outline(checked)), checked.cost,
        unsure=tuple(same_names.unsure(ported[0], pairing.paired_layers(ported[0], ported[1], checked.pairs)))
        if ported else (),
        programs=tuple(map(settings_of, ported)))


def without_rules(peeled: Peeled) -> tuple[str, ...]:
    """A sentence for an unexplained update, if an optimizer is none of which the rules are known."""
    names = dict.fromkeys(run.optimizer.name for run in peeled.ported if run.optimizer and fields_of(run) is None)
    return (f"The settings of {' and '.join(names)} were not compared one by one: `check` knows no rules for them.",) \
        if names and any(item.stage is Stage.UPDATE and not item.causes for item in peeled.items) else ()


def ported_of(checked: Checked) -> tuple[Run, ...]:
    """Both programs as they are; none if one of them fails."""
    return checked.peeled.ported if checked.peeled else ()


def smallest_detectable(peeled: Peeled | None) -> float:
    """The smallest difference that would have been detected in every stage: rounding in float64, which may grow."""
    return max([pairing.tolerance(*peeled.ported) if peeled else agreement.TOLERANCE,
                *(comparison.tolerance for comparison in (peeled.compared if peeled else ())
                  if comparison.stage in first_difference.NOISY)])


def titles(left: Program, right: Program) -> tuple[str, str]:
    """The names of both programs, with their frameworks where they are the same."""
    if left.title != right.title:
        return left.title, right.title
    return tuple(f"{side.title} in {side.framework}" for side in (left, right))  # type: ignore[return-value]


def in_float32(checked: Checked) -> list[str]:
    """A sentence if an operation computes in float32, so that smaller differences are not seen."""
    names = [f"`{key}`" for run in ported_of(checked) for key in run.float32_inside]
    return [f"{', '.join(names)} compute{'s' * (len(names) == 1)} in float32 even if everything is float64: only "
            f"differences above {agreement.FLOAT32:.0e} are seen."] if names else []


def in_outline(checked: Checked) -> list[str]:
    """A sentence if parameters are so large that their gradients and updates are compared as outlines."""
    if not any(np.prod(parameter.shape) > LARGE for run in ported_of(checked) for parameter in run.parameters.values()):
        return []
    smallest = agreement.TOLERANCE * SINGLE
    return [f"Gradients and updates of parameters with more than {LARGE:,} values are compared in one value of {EVERY} "
            f"and in sums of {BLOCK:,} values: in a single value, a difference of {smallest:.0e} would have been "
            "detected."]


def verdict_of(checked: Checked, losses: dict[str, tuple[list[float], list[float]]]) -> Verdict:
    """The single conclusion that follows from all results."""
    if checked.failures or checked.peeled is None:
        return Verdict.FAILED
    if checked.ended_by is not None:
        return Verdict.INTERRUPTED
    items = checked.peeled.items
    if not checked.peeled.complete:
        return Verdict.UNEXPLAINED
    if checked.settings or any(not item.by_design for item in items):
        return Verdict.DIFFERENT
    if not items:
        return Verdict.SAME
    return Verdict.SAME_BY_DESIGN if within_margin(*losses.get("ported", ([], []))) else Verdict.DIFFERENT


def within_margin(left: list[float], right: list[float]) -> bool:
    """Whether the losses of every step differ by less than `MARGIN`, relative to their size."""
    ours, theirs = np.array(left), np.array(right)
    return bool(len(ours) and len(ours) == len(theirs) and np.all(np.isfinite(ours)) and
                np.all(np.abs(ours - theirs) <= MARGIN * np.maximum(np.abs(ours), np.abs(theirs))))


def graphs(checked: Checked) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The operations of both unchanged programs, with the state of each."""
    if checked.peeled is None:
        return (), ()
    left_run, right_run = checked.peeled.ported
    back = {right: left for left, right in reversed([*checked.operations.items()])}
    limit = pairing.tolerance(left_run, right_run)
    drawn = []
    for run, partners, alone in ((left_run, checked.operations, checked.beside.alone), (right_run, back, {})):
        fine = pairing.without_difference(run.operations, [*partners, *pairing.passing_on(run, partners)])
        made = {operation.key for operation in pairing.origins(run.operations, fine)}
        made |= {key for key, difference in alone.items() if difference > limit and key not in fine}
        drawn.append(tuple(Node(
            operation.key, f"{operation.layer} ({operation.kind})" if operation.layer else operation.kind,
            str(operation.place), "same" if operation.key in partners else "unpaired" if operation.key in fine else
            "different" if operation.key in made else "inherited", partners.get(operation.key, ""),
            alone.get(operation.key)) for operation in run.operations))
    return drawn[0], drawn[1]


def record(facts: Facts, command: str) -> dict[str, object]:
    """The facts as JSON: result.json of a check, schema `check 1`."""
    def as_json(value: object) -> object:
        if isinstance(value, dict):
            return {str(key): as_json(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [as_json(item) for item in value]
        if isinstance(value, float) and not np.isfinite(value):
            return None
        return str(value) if isinstance(value, (Enum, Path)) else value
    return {"schema": "check 1", "command": command, **as_json(asdict(facts))}  # type: ignore[dict-item]
