"""Do the frameworks' numbers differ, and because of what? Asked in every run, whatever the scenario asks.

For every reported variant and every pair of frameworks: the training loss, the test loss and the test accuracy. Two
numbers differ where they are farther apart than rounding moves them, which is measured by training the NumPy reference,
resolved as each of the two, in float32 and in float64; with several initializations, their mean difference has to be
distinguishable from zero as well. What differs is a behaviour whose bound lies halfway between the two numbers, so that
its causes are searched and confirmed as those of any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from math import isfinite, isnan
from statistics import median
from typing import Callable, Collection, Mapping, Sequence

from compare import behaviours, verdict
from compare.behaviours import Answer, Traces
from compare.bench import Bench, Wanted
from compare.causes import ENGINE, REFEREE, Cause
from compare.noise import FACTOR, UNIT
from compare.questions import Environments, Question, Suspect, between, closed, shortened
from compare.start import REFERENCE
from compare.statistics import FEWEST, paired
from frameworks.quirks import Value, filled
from frameworks.table import NO_TEXTBOOK
from frameworks.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import Spec


@dataclass(frozen=True)
class Quantity:
    """A number of a training after some epoch."""

    name: str
    title: str
    array: str
    """Of a trace: `reported/…` has a number for each epoch, `frozen/…` one for each at whose end weights were kept."""
    unit: str = "{:.4g}"

    def at(self, trace: Trace, epoch: int) -> float:
        """The number after an epoch, counted from 1; nan where the training has none."""
        values = trace.arrays.get(self.array, ())
        places = list(trace.arrays.get("epoch", ())) if self.array.startswith("frozen/") else range(1, len(values) + 1)
        return float(values[list(places).index(epoch)]) if epoch in places else float("nan")


QUANTITIES = (Quantity("training_loss", "training loss", "reported/train/loss"),
              Quantity("test_loss", "test loss", "frozen/test/loss"),
              Quantity("test_accuracy", "test accuracy", "frozen/test/accuracy", "{:.4f}"))
READ = {quantity.array for quantity in QUANTITIES}
FROZEN_ARRAYS = {"frozen/test/loss"}  # named for each of them, so that all share their trainings
FROZEN = ("frozen",)  # what is looked at for these, of `trials.LOOKS`


@dataclass(frozen=True)
class Difference:
    """One number of a reported variant, of two frameworks."""

    variant: str
    quantity: Quantity
    sides: tuple[str, str]
    epoch: int
    """After how many epochs."""
    numbers: Mapping[str, float]
    """By framework of the run, the median over the initializations; nan where there is none."""
    rounding: float
    """How far rounding alone may move it: `FACTOR` times what was measured; nan where that could not be."""
    differs: bool | None
    """None: it cannot be judged."""
    reason: str = ""
    """Why it cannot be judged."""
    behaviour: Behaviour | None = None
    """That a framework's number is on the first side's half, where the two differ."""
    shown_by: str = ""
    """The side that shows this behaviour: the one that is farther from the reference, where that has a number."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    causes: tuple[Cause, ...] = ()
    """What was found, confirmed on the real frameworks."""
    fields: tuple[Suspect, ...] = ()
    """The fields that make the difference; their first value is that of `shown_by`."""
    departing: tuple[Value, ...] = ()
    """The rules behind these values that depart from the reference; none where only defaults differ."""

    @property
    def name(self) -> str:
        """That of its behaviour, where it has one."""
        return f"{self.variant}_{self.quantity.name}_{'_'.join(self.sides)}"

    @property
    def explained(one: Difference, spec: Spec, causes: Sequence[Cause], environments: Environments) -> Difference:
    """The same with the fields that make it, and the rules that depart from the reference."""
    proven = [cause for cause in causes if cause.found and cause.shown is not False]
    fields = tuple({suspect.path: suspect for cause in proven
                    for suspect in verdict.leading(cause, spec, environments)}.values())
    return replace(one, causes=tuple(causes), fields=fields, departing=_departing(one, fields, spec))


def _departing(one: Difference, fields: Sequence[Suspect], spec: Spec) -> tuple[Value, ...]:
    """The rules behind the values that are not the reference's own; none of a default that it only takes over.

    A field may be right on either side. A side that has the reference's number departs in nothing that matters here:
    the softmax of the logits is another definition than the outputs of a softmax, and the same loss.
    """
    own, known = filled(spec, REFERENCE), one.numbers.get(REFEREE, float("nan"))
    sides = (one.shown_by, *(side for side in one.sides if side != one.shown_by))
    apart = [isfinite(known) and abs(_difference(one.numbers[side], known)) <= one.rounding for side in sides]
    return tuple(row for suspect in fields if suspect.path in own
                 for row, value, same in zip(suspect.sources, suspect.values, apart)
                 if row is not None and row.field not in NO_TEXTBOOK and not same and value != own[suspect.path].value)
