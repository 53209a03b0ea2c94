"""The losses and accuracies that are compared in every run, and the comparison of two frameworks in one of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan
from typing import Mapping

from compare.analysis.causes.cause import Cause
from compare.analysis.causes.questions import Suspect
from frameworks.parts.metrics import METRICS
from frameworks.quirks.rule import DefaultRule
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour
from scenarios.spec import Spec


@dataclass(frozen=True)
class Quantity:
    """A number of a training after a given epoch."""

    name: str
    title: str
    array: str
    """The array of a trace: `reported/…` has one number per epoch, `evaluated/…` one for each epoch after which the
    weights were kept."""
    unit: str = "{:.4g}"
    most: float = float("inf")
    """The largest possible distance between two such numbers."""
    counted: bool = False
    """Whether it is how many epochs a training has, instead of a number of one of them."""

    def at(self, trace: Trace, epoch: int) -> float:
        """Returns the number after an epoch, counted from 1; nan where the training has none."""
        values = trace.arrays.get(self.array, ())
        if self.counted:
            return float(len(values))
        epochs = list(trace.arrays.get("epoch", ())) if self.array.startswith("evaluated/") else \
            range(1, len(values) + 1)
        return float(values[list(epochs).index(epoch)]) if epoch in epochs else float("nan")


QUANTITIES = (Quantity("training_loss", "training loss", "reported/train/loss"),
              Quantity("test_loss", "test loss", "evaluated/test/loss"),
              Quantity("test_accuracy", "test accuracy", "evaluated/test/accuracy", "{:.4f}", 1.0))
READ = {quantity.array for quantity in QUANTITIES}


@dataclass(frozen=True)
class Difference:
    """The comparison of two frameworks in one quantity of a reported variant."""

    variant: str
    quantity: Quantity
    sides: tuple[str, str]
    epoch: int
    """The number of epochs after which the numbers are compared."""
    numbers: Mapping[str, float]
    """The median over the initializations, by framework of the run; only those that have one, which can be nan."""
    rounding: float
    """The rounding tolerance: `FACTOR` times the measured effect of rounding; nan where it could not be measured."""
    differs: bool | None
    """None: it cannot be decided."""
    reason: str = ""
    """Why it cannot be decided."""
    behaviour: Behaviour | None = None
    """Where the two differ: the behaviour that a framework's number is closer to that of `shown_by`."""
    shown_by: str = ""
    """The side that shows this behaviour: the one farther from the NumPy reference, where the reference has a number.
    """
    causes: tuple[Cause, ...] = ()
    """The result of the cause analysis, confirmed on the real frameworks."""
    fields: tuple[Suspect, ...] = ()
    """The fields that cause the difference; their first value is that of `shown_by`."""
    departing: tuple[DefaultRule, ...] = ()
    """The rules of these values that depart from the reference; none where only defaults differ."""
    remaining: float = float("nan")
    """The number of `shown_by` with these fields changed, computed by the reference; nan where that is the number of
    the other side, so that nothing remains to be explained."""
    also: tuple[Suspect, ...] = ()
    """Further fields that differ, and make the number remain different."""

    @property
    def name(self) -> str:
        """The name of its behaviour, where it has one."""
        return f"{self.variant}_{self.quantity.name}_{'_'.join(self.sides)}"

    @property
    def after(self) -> str:
        """The epoch of its numbers, as in ` after epoch 1`; empty where they belong to the whole training."""
        return "" if self.quantity.counted else f" after epoch {self.epoch}"

    @property
    def label(self) -> str:
        """What is compared, as in `test loss, epoch 1`."""
        return self.quantity.title + self.after.replace(" after", ",")

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of the departing values: Keras, PyTorch, …"""
        return tuple(dict.fromkeys(rule.origin for rule in self.departing))

    @property
    def explained(self) -> bool:
        """Whether there are sufficient and necessary fields, and no real framework contradicted them."""
        return any(cause.known and cause.shown is not False for cause in self.causes)

    @property
    def size(self) -> float:
        """The size of the difference, relative to the larger number."""
        left, right = (self.numbers[side] for side in self.sides)
        return abs(left - right) / max(abs(left), abs(right)) if isfinite(left - right) and left != right else \
            float(isfinite(left) != isfinite(right))


def quantities(spec: Spec) -> tuple[Quantity, ...]:
    """Returns the quantities of a variant: `QUANTITIES`, and each metric that its spec lists, over the test set."""
    names = [METRICS[type(metric).__name__] for metric in spec.metrics]
    return (*QUANTITIES, *(Quantity(f"test_{name}", f"test {name.replace('_', ' ')}", f"evaluated/test/{name}")
                           for name in names))


def difference_of(left: float, right: float) -> float:
    """The difference of two numbers; infinite where only one of them is finite, 0 where they are the same or both nan.
    """
    if isfinite(left) and isfinite(right):
        return left - right
    return 0.0 if left == right or isnan(left) and isnan(right) else float("inf")
