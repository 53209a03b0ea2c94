"""Do the frameworks' numbers differ, and because of what? Asked in every run, whatever the scenario asks.

For every reported variant and every pair of frameworks: the training loss, the test loss and the test accuracy. Two
numbers differ where they are farther apart than rounding moves them, which is measured by training the NumPy reference,
resolved as each of the two, in float32 and in float64; with several initializations, their mean difference has to be
distinguishable from zero as well. What differs is a behaviour whose bound lies halfway between the two numbers, so that
its causes are searched and confirmed as those of any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import isfinite, isnan
from statistics import median
from typing import Callable, Collection, Mapping, Sequence

from compare.analysis import attribution, statistics
from compare.analysis.behaviours import Traces
from compare.analysis.causes.questions import Environments, Question, Suspect, between, closed, shortened
from compare.analysis.causes.search import REFERENCE_NAME, SEARCH_FRAMEWORK, Cause
from compare.analysis.noise import FACTOR, UNIT
from compare.analysis.statistics import FEWEST, paired, unpaired
from compare.analysis.training_cache import TrainingCache, Wanted
from compare.execution.initialization import REFERENCE
from frameworks.quirks.resolution import DefaultRule, resolved
from frameworks.quirks.rules import WITHOUT_REFERENCE_VALUE
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import Spec

Comparison = Callable[[Sequence[float], Sequence[float], float], "statistics.Difference | None"]


@dataclass(frozen=True)
class Quantity:
    """A number of a training after some epoch."""

    name: str
    title: str
    array: str
    """Of a trace: `reported/…` has a number for each epoch, `frozen/…` one for each at whose end weights were kept."""
    unit: str = "{:.4g}"
    most: float = float("inf")
    """The largest that two of them can be apart."""

    def at(self, trace: Trace, epoch: int) -> float:
        """The number after an epoch, counted from 1; nan where the training has none."""
        values = trace.arrays.get(self.array, ())
        places = list(trace.arrays.get("epoch", ())) if self.array.startswith("evaluated/") else \
            range(1, len(values) + 1)
        return float(values[list(places).index(epoch)]) if epoch in places else float("nan")


QUANTITIES = (Quantity("training_loss", "training loss", "reported/train/loss"),
              Quantity("test_loss", "test loss", "evaluated/test/loss"),
              Quantity("test_accuracy", "test accuracy", "evaluated/test/accuracy", "{:.4f}", 1.0))
READ = {quantity.array for quantity in QUANTITIES}
FROZEN_ARRAYS = {"evaluated/test/loss"}  # named for each of them, so that all share their trainings
FROZEN = ("evaluated",)  # what is looked at for these, of `trials.RECORDINGS`


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
    causes: tuple[Cause, ...] = ()
    """What was found, confirmed on the real frameworks."""
    fields: tuple[Suspect, ...] = ()
    """The fields that make the difference; their first value is that of `shown_by`."""
    departing: tuple[DefaultRule, ...] = ()
    """The rules behind these values that depart from the reference; none where only defaults differ."""

    @property
    def name(self) -> str:
        """That of its behaviour, where it has one."""
        return f"{self.variant}_{self.quantity.name}_{'_'.join(self.sides)}"

    @property
    def origins(self) -> tuple[str, ...]:
        """Where the departing values come from: Keras, PyTorch, …"""
        return tuple(dict.fromkeys(row.origin for row in self.departing))

    @property
    def explained(self) -> bool:
        """Whether fields make it, both ways, and no real framework contradicted it."""
        return any(cause.found and cause.shown is not False for cause in self.causes)

    @property
    def size(self) -> float:
        """How large it is, relative to the larger number."""
        one, other = (self.numbers[side] for side in self.sides)
        return abs(one - other) / max(abs(one), abs(other)) if isfinite(one - other) and one != other else \
            float(isnan(one) != isnan(other))


def pairs(frameworks: Collection[str], environments: Environments) -> list[tuple[str, str]]:
    """Every pair of frameworks; the reference is one of a pair only where there is but one other."""
    real = [name for name in frameworks if name in environments and environments[name]["framework"] != "reference"]
    others = [name for name in frameworks if name in environments and name not in real]
    return list(combinations(real, 2)) if len(real) > 1 else [(one, other) for one in real for other in others[:1]]


def measured(scenario: Scenario, traces: Mapping[str, Traces], environments: Environments, initialization: str,
             cache: TrainingCache) -> list[Difference]:
    """Every number of the reported variants, pair by pair, not yet explained.

    It is judged after the first epoch, and after the last one where it does not differ after the first.
    """
    wanted = [(variant, pair) for variant in scenario.variants if variant.role == "reported"
              for pair in pairs(traces, environments) if all(_seeds(traces[side], variant) for side in pair)]
    found: dict[tuple[str, tuple[str, str], str], Difference] = {}
    for last in (False, True):
        waiting = [(variant, pair, quantity) for variant, pair in wanted for quantity in QUANTITIES
                   if not ((one := found.get((variant.name, pair, quantity.name))) and one.differs)]
        lengths = {(variant.name, pair): _epochs(traces, variant, pair) if last else 1 for variant, pair, _ in waiting}
        cache.train([each for variant, pair, _ in waiting for side in pair for each in _rounded(
            variant, environments[side], lengths[variant.name, pair], initialization)])
        for variant, pair, quantity in waiting:
            found[variant.name, pair, quantity.name] = _judged(
                variant, pair, quantity, lengths[variant.name, pair], traces, environments, initialization, cache)
    return list(found.values())


def _seeds(traces: Traces, variant: Variant) -> list[int]:
    return sorted(seed for name, seed in traces if name == variant.name)


def _epochs(traces: Mapping[str, Traces], variant: Variant, pair: tuple[str, str]) -> int:
    """The last epoch that all trainings of a pair have carried through."""
    return max(1, min(len(traces[side][variant.name, seed].arrays.get("reported/train/loss", ()))
                      for side in pair for seed in _seeds(traces[side], variant)))


def _rounded(variant: Variant, environment: Mapping[str, object], epochs: int, initialization: str) -> list[Wanted]:
    """The reference resolved as a framework, in both precisions."""
    spec = closed(shortened(variant.spec, epochs, READ), environment, initialization)
    return [(name, spec, FROZEN) for name in (SEARCH_FRAMEWORK, REFERENCE_NAME)]


def _judged(variant: Variant, pair: tuple[str, str], quantity: Quantity, epoch: int, traces: Mapping[str, Traces],
            environments: Environments, initialization: str, cache: TrainingCache) -> Difference:
    each = {name: [quantity.at(some[variant.name, seed], epoch) for seed in _seeds(some, variant)]
            for name, some in traces.items()}
    numbers = {name: median(values) if values else float("nan") for name, values in each.items()}
    one, other = (each[side] for side in pair)
    moves = [abs(_difference(*(quantity.at(cache.trace(kind, seed), epoch) for kind in _rounded(
        variant, environments[side], epoch, initialization)))) for side in pair for seed in cache.seeds]
    rounding = FACTOR * max([*moves, UNIT * max(abs(value) for value in [*one, *other, 0.0] if not isnan(value))])
    plain = Difference(variant.name, quantity, pair, epoch, numbers, rounding, None)
    missing = [side for side in pair if not _carried(traces[side], variant, epoch)]
    if missing:
        return replace(plain, reason=f"{attribution.title(missing[0])} has no number")
    if initialization != "shared" and min(map(len, (one, other))) < FEWEST:
        return replace(plain, reason=f"each has its own initialization, and there are fewer than {FEWEST}")
    if not isfinite(rounding) and all(map(isfinite, [*one, *other])):
        return replace(plain, reason="rounding alone moves it to infinity or to nan")
    if all(map(isfinite, [*one, *other])) and rounding >= max(abs(value) for value in [*one, *other]):
        return replace(plain, reason=f"rounding alone could move it by {min(rounding, quantity.most):.2g}")
    return replace(plain, differs=_beyond(one, other, rounding, paired if initialization == "shared" else unpaired))


def _carried(traces: Traces, variant: Variant, epoch: int) -> bool:
    """Whether any training of a variant was carried so far."""
    return any(len(traces[variant.name, seed].arrays.get("reported/train/loss", ())) >= epoch
               for seed in _seeds(traces, variant))


def _beyond(one: Sequence[float], other: Sequence[float], rounding: float, compare: Comparison = paired) -> bool:
    """Whether two frameworks' numbers, by initialization, differ beyond rounding and beyond the initializations."""
    apart = [abs(_difference(a, b)) > rounding for a, b in zip(one, other)]
    if min(len(one), len(other)) < FEWEST:
        return all(apart) and bool(apart)
    compared = compare(one, other, 0.0)
    return any(apart) and (compared.differ if compared else all(apart))


def _difference(one: float, other: float) -> float:
    """Their difference; infinite where only one of them is a number, 0 where none is."""
    if isfinite(one) and isfinite(other):
        return one - other
    return 0.0 if one == other or isnan(one) and isnan(other) else float("inf")


def questions(scenario: Scenario, found: Sequence[Difference], environments: Environments,
              initialization: str) -> list[tuple[Difference, Question]]:
    """Each difference with its behaviour, and the question what makes it."""
    raised = []
    for one in (one for one in found if one.differs):
        shown, without = _sides(one)
        behaviour = _behaviour(one, shown, without)
        asked = between(scenario, behaviour, shown, without, environments, initialization,
                        {one.quantity.array, *FROZEN_ARRAYS})
        raised.append((replace(one, behaviour=behaviour, shown_by=shown), asked))
    return raised


def _sides(one: Difference) -> tuple[str, str]:
    """(the side that is farther from the reference, the other one); as they stand where the reference has no number."""
    first, second = one.sides
    known = one.numbers.get(REFERENCE_NAME, float("nan"))
    if second == REFERENCE_NAME or not isfinite(known):
        return first, second
    near = abs(_difference(one.numbers[first], known)) <= abs(_difference(one.numbers[second], known))
    return (second, first) if near else (first, second)


def _behaviour(one: Difference, shown: str, without: str) -> Behaviour:
    """That the number is on the half of one side; where one has none, whether there is one."""
    mine, others = one.numbers[shown], one.numbers[without]
    title = f"the {one.quantity.title} after epoch {one.epoch} is as {attribution.title(shown)}'s"
    measure: Callable[[Trace], float]
    if isfinite(mine) and isfinite(others):
        middle, measure = (mine + others) / 2, lambda trace: one.quantity.at(trace, one.epoch)
        low, high = (middle, float("inf")) if mine > others else (-float("inf"), middle)
    else:
        measure = lambda trace: float(isfinite(one.quantity.at(trace, one.epoch)))
        low, high = (0.5, 1.5) if isfinite(mine) else (-0.5, 0.5)
    return Behaviour(one.name, title, (one.variant,), measure, low=low, high=high, epochs=one.epoch,
                     quantity=one.quantity.title, unit=one.quantity.unit)


def explained(one: Difference, spec: Spec, causes: Sequence[Cause], environments: Environments) -> Difference:
    """The same with the fields that make it, and the rules that depart from the reference."""
    proven = [cause for cause in causes if cause.found and cause.shown is not False]
    fields = tuple({suspect.path: suspect for cause in proven
                    for suspect in attribution.leading(cause, spec, environments)}.values())
    return replace(one, causes=tuple(causes), fields=fields, departing=_departing(one, fields, spec))


def _departing(one: Difference, fields: Sequence[Suspect], spec: Spec) -> tuple[DefaultRule, ...]:
    """The rules behind the values that are not the reference's own; none of a default that it only takes over.

    A field may be right on either side. A side that has the reference's number departs in nothing that matters here:
    the softmax of the logits is another definition than the outputs of a softmax, and the same loss.
    """
    own, known = resolved(spec, REFERENCE), one.numbers.get(REFERENCE_NAME, float("nan"))
    sides = (one.shown_by, *(side for side in one.sides if side != one.shown_by))
    apart = [isfinite(known) and abs(_difference(one.numbers[side], known)) <= one.rounding for side in sides]
    return tuple(row for suspect in fields if suspect.path in own
                 for row, value, same in zip(suspect.sources, suspect.values, apart)
                 if row is not None and row.field not in WITHOUT_REFERENCE_VALUE and not same
                 and value != own[suspect.path].value)
