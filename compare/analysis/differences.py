"""Compares the frameworks' losses and accuracies in every run, whatever the scenario's own behaviours are.

The training loss, the test loss, the test accuracy and the metrics of the spec over the test set are compared for every
reported variant and every pair of frameworks. Two numbers differ if their distance exceeds the rounding tolerance,
which is measured by training the NumPy reference, resolved as each of the two frameworks, in float32 and in float64.
With several initializations, their mean difference must also be distinguishable from zero. Each difference becomes a
behaviour whose bound lies halfway between the two numbers, so that its causes are searched and confirmed like those of
any other behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import isfinite, isnan
from statistics import median
from typing import Callable, Collection, Mapping, Sequence

from compare.analysis import attribution, statistics
from compare.analysis.behaviours import Traces
from compare.analysis.causes.cause import REFERENCE_NAME, SEARCH_FRAMEWORK, Cause
from compare.analysis.causes.questions import Question, Suspect, between, is_validated, resolved_spec, shortened
from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR
from compare.analysis.statistics import FEWEST, paired, unpaired
from compare.analysis.training_cache import TrainingCache, Wanted
from compare.execution.initialization import REFERENCE
from frameworks.environment import Environment, Environments
from frameworks.parts.metrics import METRICS
from frameworks.quirks.resolution import resolved
from frameworks.quirks.rule import DefaultRule
from frameworks.quirks.rules import WITHOUT_REFERENCE_VALUE
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import Spec

Comparison = Callable[[Sequence[float], Sequence[float], float], "statistics.Difference | None"]


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

    def at(self, trace: Trace, epoch: int) -> float:
        """Returns the number after an epoch, counted from 1; nan where the training has none."""
        values = trace.arrays.get(self.array, ())
        epochs = list(trace.arrays.get("epoch", ())) if self.array.startswith("evaluated/") else \
            range(1, len(values) + 1)
        return float(values[list(epochs).index(epoch)]) if epoch in epochs else float("nan")


QUANTITIES = (Quantity("training_loss", "training loss", "reported/train/loss"),
              Quantity("test_loss", "test loss", "evaluated/test/loss"),
              Quantity("test_accuracy", "test accuracy", "evaluated/test/accuracy", "{:.4f}", 1.0))
READ = {quantity.array for quantity in QUANTITIES}
EVALUATED_ARRAYS = {"evaluated/test/loss"}
"""Added to the arrays that each question reads, so that the questions of all quantities share their trainings."""
EVALUATED = ("evaluated",)
"""The recordings that the quantities need, of `trials.RECORDINGS`."""


@dataclass(frozen=True)
class Difference:
    """The comparison of two frameworks in one quantity of a reported variant."""

    variant: str
    quantity: Quantity
    sides: tuple[str, str]
    epoch: int
    """The number of epochs after which the numbers are compared."""
    numbers: Mapping[str, float]
    """By framework of the run, the median over the initializations; nan where there is none."""
    rounding: float
    """The rounding tolerance: `FACTOR` times the measured effect of rounding; nan where it could not be measured."""
    differs: bool | None
    """None: it cannot be judged."""
    reason: str = ""
    """Why it cannot be judged."""
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

    @property
    def name(self) -> str:
        """The name of its behaviour, where it has one."""
        return f"{self.variant}_{self.quantity.name}_{'_'.join(self.sides)}"

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of the departing values: Keras, PyTorch, …"""
        return tuple(dict.fromkeys(rule.origin for rule in self.departing))

    @property
    def explained(self) -> bool:
        """Whether there are sufficient and necessary fields, and no real framework contradicted them."""
        return any(cause.found and cause.shown is not False for cause in self.causes)

    @property
    def size(self) -> float:
        """The size of the difference, relative to the larger number."""
        left, right = (self.numbers[side] for side in self.sides)
        return abs(left - right) / max(abs(left), abs(right)) if isfinite(left - right) and left != right else \
            float(isnan(left) != isnan(right))


def quantities(spec: Spec) -> tuple[Quantity, ...]:
    """Returns the quantities of a variant: `QUANTITIES`, and each metric that its spec lists, over the test set."""
    names = [METRICS[type(metric).__name__] for metric in spec.metrics]
    return (*QUANTITIES, *(Quantity(f"test_{name}", f"test {name.replace('_', ' ')}", f"evaluated/test/{name}")
                           for name in names))


def pairs(frameworks: Collection[str], environments: Environments) -> list[tuple[str, str]]:
    """Returns every pair of frameworks; the reference is in a pair only if there is no second real framework."""
    real = [name for name in frameworks if name in environments and environments[name]["framework"] != "reference"]
    references = [name for name in frameworks if name in environments and name not in real]
    return list(combinations(real, 2)) if len(real) > 1 else \
        [(name, reference) for name in real for reference in references[:1]]


def measured(scenario: Scenario, traces: Mapping[str, Traces], environments: Environments, initialization: str,
             cache: TrainingCache) -> list[Difference]:
    """Returns the comparison of every quantity of the reported variants, for every pair, without causes.

    Numbers are compared after the first epoch, and after the last one if they do not differ after the first.
    """
    comparable = [(variant, pair) for variant in scenario.variants if variant.role == "reported"
                  for pair in pairs(traces, environments) if all(_seeds(traces[side], variant) for side in pair)]
    results: dict[tuple[str, tuple[str, str], str], Difference] = {}
    for last in (False, True):
        waiting = [(variant, pair, quantity) for variant, pair in comparable for quantity in quantities(variant.spec)
                   if not ((result := results.get((variant.name, pair, quantity.name))) and result.differs)]
        lengths = {(variant.name, pair): _epochs(traces, variant, pair) if last else 1 for variant, pair, _ in waiting}
        cache.train([training for variant, pair, _ in waiting for side in pair for training in _both_precisions(
            variant, environments[side], lengths[variant.name, pair], initialization)])
        for variant, pair, quantity in waiting:
            results[variant.name, pair, quantity.name] = _judged(
                variant, pair, quantity, lengths[variant.name, pair], traces, environments, initialization, cache)
    return list(results.values())


def _seeds(traces: Traces, variant: Variant) -> list[int]:
    return sorted(seed for name, seed in traces if name == variant.name)


def _epochs(traces: Mapping[str, Traces], variant: Variant, pair: tuple[str, str]) -> int:
    """The last epoch that all trainings of a pair have completed, at least 1."""
    return max(1, min(len(traces[side][variant.name, seed].arrays.get("reported/train/loss", ()))
                      for side in pair for seed in _seeds(traces[side], variant)))


def _both_precisions(variant: Variant, environment: Environment, epochs: int,
                     initialization: str) -> list[Wanted]:
    """The trainings of the reference, resolved as a framework, in float32 and in float64."""
    spec = resolved_spec(shortened(variant.spec, epochs, is_validated((variant.spec,), READ)), environment,
                         initialization)
    return [(name, spec, EVALUATED) for name in (SEARCH_FRAMEWORK, REFERENCE_NAME)]


def _judged(variant: Variant, pair: tuple[str, str], quantity: Quantity, epoch: int, traces: Mapping[str, Traces],
            environments: Environments, initialization: str, cache: TrainingCache) -> Difference:
    """The comparison of two frameworks in one quantity after an epoch."""
    by_framework = {name: [quantity.at(its_traces[variant.name, seed], epoch) for seed in _seeds(its_traces, variant)]
                    for name, its_traces in traces.items()}
    numbers = {name: median(values) if values else float("nan") for name, values in by_framework.items()}
    left, right = (by_framework[side] for side in pair)
    values = [*left, *right]
    effects = [abs(_difference(*(quantity.at(cache.trace(training, seed), epoch) for training in _both_precisions(
        variant, environments[side], epoch, initialization)))) for side in pair for seed in cache.seeds]
    rounding = FACTOR * max([*effects, UNIT * max(abs(value) for value in [*values, 0.0] if not isnan(value))])
    unjudged = Difference(variant.name, quantity, pair, epoch, numbers, rounding, None)
    missing = [side for side in pair if not _completed(traces[side], variant, epoch)]
    if missing:
        return replace(unjudged, reason=f"{attribution.title(missing[0])} has no number")
    if initialization != "shared" and min(len(left), len(right)) < FEWEST:
        return replace(unjudged, reason=f"each has its own initialization, and there are fewer than {FEWEST}")
    if not isfinite(rounding) and all(map(isfinite, values)):
        return replace(unjudged, reason="rounding alone moves it to infinity or to nan")
    if all(map(isfinite, values)) and rounding >= max(abs(value) for value in values):
        return replace(unjudged, reason=f"rounding alone could move it by {min(rounding, quantity.most):.2g}")
    return replace(unjudged,
                   differs=_beyond(left, right, rounding, paired if initialization == "shared" else unpaired))


def _completed(traces: Traces, variant: Variant, epoch: int) -> bool:
    """Whether any training of a variant has completed this epoch."""
    return any(len(traces[variant.name, seed].arrays.get("reported/train/loss", ())) >= epoch
               for seed in _seeds(traces, variant))


def _beyond(left: Sequence[float], right: Sequence[float], rounding: float, compare: Comparison = paired) -> bool:
    """Whether two frameworks' numbers, by initialization, differ by more than rounding and the initializations do."""
    exceeds = [abs(_difference(a, b)) > rounding for a, b in zip(left, right)]
    if min(len(left), len(right)) < FEWEST:
        return all(exceeds) and bool(exceeds)
    compared = compare(left, right, 0.0)
    return any(exceeds) and (compared.differ if compared else all(exceeds))


def _difference(left: float, right: float) -> float:
    """The difference of two numbers; infinite where only one of them is finite, 0 where they are the same or both nan.
    """
    if isfinite(left) and isfinite(right):
        return left - right
    return 0.0 if left == right or isnan(left) and isnan(right) else float("inf")


def questions(scenario: Scenario, compared: Sequence[Difference], environments: Environments,
              initialization: str) -> list[tuple[Difference, Question]]:
    """Returns each comparison that differs, with its behaviour, and the question of what causes the difference."""
    raised = []
    for difference in compared:
        if not difference.differs:
            continue
        shown_by, without = _sides(difference)
        behaviour = _behaviour(difference, shown_by, without)
        question = between(scenario, behaviour, shown_by, without, environments, initialization,
                           {difference.quantity.array, *EVALUATED_ARRAYS})
        raised.append((replace(difference, behaviour=behaviour, shown_by=shown_by), question))
    return raised


def _sides(difference: Difference) -> tuple[str, str]:
    """(the side farther from the reference, the other side); in their order where the reference has no number."""
    first, second = difference.sides
    reference = difference.numbers.get(REFERENCE_NAME, float("nan"))
    if second == REFERENCE_NAME or not isfinite(reference):
        return first, second
    first_is_nearer = abs(_difference(difference.numbers[first], reference)) <= \
        abs(_difference(difference.numbers[second], reference))
    return (second, first) if first_is_nearer else (first, second)


def _behaviour(difference: Difference, shown_by: str, without: str) -> Behaviour:
    """The behaviour that the number is on one side's half; where a side has no number, that there is one or none."""
    shown, hidden = difference.numbers[shown_by], difference.numbers[without]
    quantity, epoch = difference.quantity, difference.epoch
    title = f"the {quantity.title} after epoch {epoch} is as {attribution.title(shown_by)}'s"
    measure: Callable[[Trace], float]
    if isfinite(shown) and isfinite(hidden):
        middle, measure = (shown + hidden) / 2, lambda trace: quantity.at(trace, epoch)
        low, high = (middle, float("inf")) if shown > hidden else (-float("inf"), middle)
    else:
        measure = lambda trace: float(isfinite(quantity.at(trace, epoch)))
        low, high = (0.5, 1.5) if isfinite(shown) else (-0.5, 0.5)
    return Behaviour(difference.name, title, (difference.variant,), measure, low=low, high=high, epochs=epoch,
                     quantity=quantity.title, unit=quantity.unit)


def explained(difference: Difference, spec: Spec, causes: Sequence[Cause], environments: Environments) -> Difference:
    """Returns the difference with the fields that cause it, and the rules that depart from the reference.

    `spec` is that of its variant, and `causes` answer its question.
    """
    accepted = [cause for cause in causes if cause.found and cause.shown is not False]
    fields = tuple({suspect.path: suspect for cause in accepted
                    for suspect in attribution.leading(cause, spec, environments)}.values())
    return replace(difference, causes=tuple(causes), fields=fields, departing=_departing(difference, fields, spec))


def _departing(difference: Difference, fields: Sequence[Suspect], spec: Spec) -> tuple[DefaultRule, ...]:
    """The rules whose values depart from the reference; none for a field without a reference value.

    Different values of a field can both be correct. A side that has the reference's number does not depart in anything
    that matters here: softmax computed in the loss from logits is another definition than a softmax layer, but gives
    the same loss.
    """
    reference_rules = resolved(spec, REFERENCE)
    reference = difference.numbers.get(REFERENCE_NAME, float("nan"))
    sides = (difference.shown_by, *(side for side in difference.sides if side != difference.shown_by))
    as_reference = [isfinite(reference) and
                    abs(_difference(difference.numbers[side], reference)) <= difference.rounding for side in sides]
    return tuple(rule for suspect in fields if suspect.path in reference_rules
                 for rule, value, same in zip(suspect.sources, suspect.values, as_reference)
                 if rule is not None and rule.field not in WITHOUT_REFERENCE_VALUE and not same
                 and value != reference_rules[suspect.path].value)
