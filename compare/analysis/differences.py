"""Compares the frameworks' losses and accuracies in every run, whatever the scenario's own behaviours are.

The training loss, the test loss, the test accuracy and the metrics of the spec over the test set are compared for every
reported variant and every pair of frameworks. Two numbers differ if their distance exceeds the rounding tolerance,
which is measured by training the NumPy reference, resolved as each of the two frameworks, in float32 and in float64.
The tolerance of an accuracy is at least two samples. Where it is a large share of the numbers, as of a chaotic
training, they are not called the same. With several initializations, their mean difference must also be
distinguishable from zero; if it is not, nothing is decided.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import combinations
from math import isfinite, isnan
from statistics import median
from typing import Callable, Collection, Mapping, Sequence

import numpy as np

from compare.analysis import attribution, epoch_counts, statistics
from compare.analysis.behaviours import Traces
from compare.analysis.causes.cause import REFERENCE_NAME, SEARCH_FRAMEWORK
from compare.analysis.causes.questions import is_validated, resolved_spec, shortened
from compare.analysis.close_calls import FEWEST_COUNTED, SAMPLES
from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR
from compare.analysis.quantities import READ, Difference, Quantity, difference_of, quantities
from compare.analysis.statistics import FEWEST, paired, unpaired
from compare.analysis.training_cache import Request, TrainingCache
from frameworks.environment import Environment, Environments
from frameworks.runtime.trace import Trace
from scenarios.scenario import Scenario, Variant

Comparison = Callable[[Sequence[float], Sequence[float], float], "statistics.Difference | None"]
SHARE = 0.1
"""Two numbers are called the same only if the rounding tolerance is at most this share of the larger one."""
EVALUATED = ("evaluated",)
"""The recordings that the quantities need, of `trials.RECORDINGS`."""


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
            results[variant.name, pair, quantity.name] = _compared(
                variant, pair, quantity, lengths[variant.name, pair], traces, environments, initialization, cache)
    counts = [difference for variant, pair in comparable if initialization == "shared"
              for difference in epoch_counts.compared(variant, pair, traces, partial(
                  _as_framework, variant, environments, initialization), cache)]
    return [*results.values(), *counts]


def _as_framework(variant: Variant, environments: Environments, initialization: str, name: str,
                  epochs: int) -> list[Request]:
    return _both_precisions(variant, environments[name], epochs, initialization)


def _seeds(traces: Traces, variant: Variant) -> list[int]:
    return sorted(seed for name, seed in traces if name == variant.name)


def _epochs(traces: Mapping[str, Traces], variant: Variant, pair: tuple[str, str]) -> int:
    """The last epoch that all trainings of a pair have completed, at least 1."""
    return max(1, min(len(traces[side][variant.name, seed].arrays.get("reported/train/loss", ()))
                      for side in pair for seed in _seeds(traces[side], variant)))


def _both_precisions(variant: Variant, environment: Environment, epochs: int,
                     initialization: str) -> list[Request]:
    """The trainings of the reference, resolved as a framework, in float32 and in float64."""
    spec = resolved_spec(shortened(variant.spec, epochs, is_validated((variant.spec,), READ)), environment,
                         initialization)
    return [(name, spec, EVALUATED) for name in (SEARCH_FRAMEWORK, REFERENCE_NAME)]


def _compared(variant: Variant, pair: tuple[str, str], quantity: Quantity, epoch: int, traces: Mapping[str, Traces],
              environments: Environments, initialization: str, cache: TrainingCache) -> Difference:
    """The comparison of two frameworks in one quantity after an epoch."""
    by_framework = {name: [quantity.at(its_traces[variant.name, seed], epoch) for seed in _seeds(its_traces, variant)]
                    for name, its_traces in traces.items()}
    numbers = {name: median(values) for name, values in by_framework.items()
               if _completed(traces[name], variant, epoch)}
    left, right = (by_framework[side] for side in pair)
    values = [*left, *right]
    effects = [abs(difference_of(*(quantity.at(cache.trace(training, seed), epoch) for training in _both_precisions(
        variant, environments[side], epoch, initialization)))) for side in pair for seed in cache.seeds]
    rounding = FACTOR * max([*effects, UNIT * max(abs(value) for value in [*values, 0.0] if not isnan(value))])
    rounding = max(rounding, *(_counted(quantity, traces[side][variant.name, seed])
                               for side in pair for seed in _seeds(traces[side], variant)))
    undecided = Difference(variant.name, quantity, pair, epoch, numbers, rounding, None)
    without_number = [side for side in pair if not _completed(traces[side], variant, epoch)]
    if without_number:
        names = " and ".join(map(attribution.title, without_number))
        return replace(undecided, reason=f"{names} {'has' if len(without_number) == 1 else 'have'} no number")
    if initialization != "shared" and min(len(left), len(right)) < FEWEST:
        return replace(undecided, reason=f"each has its own initialization; with seeds={FEWEST} or more, a difference "
                                         "can be distinguished from chance")
    if not isfinite(rounding) and not all(map(isnan, values)):
        return replace(undecided, reason="it is infinite or nan in float32, and not in float64")
    differs, reason = _beyond(left, right, rounding, paired if initialization == "shared" else unpaired)
    largest = max((abs(value) for value in values if isfinite(value)), default=0.0)
    if all(map(isfinite, values)) and (rounding >= largest or differs is False and rounding > SHARE * largest):
        moved = float(f"{min(rounding, quantity.most):.2g}")
        return replace(undecided, reason=f"rounding alone could move it by {moved:g}")
    return replace(undecided, differs=differs, reason=reason)


def _counted(quantity: Quantity, trace: Trace) -> float:
    """The effect of samples with tied outputs on a test accuracy; 0 for other quantities, and with few samples."""
    n = trace.arrays.get("correct/test", np.zeros(0)).size if quantity.array == "evaluated/test/accuracy" else 0
    return SAMPLES / n if n >= FEWEST_COUNTED else 0.0


def _completed(traces: Traces, variant: Variant, epoch: int) -> bool:
    """Whether any training of a variant has completed this epoch."""
    return any(len(traces[variant.name, seed].arrays.get("reported/train/loss", ())) >= epoch
               for seed in _seeds(traces, variant))


def _beyond(left: Sequence[float], right: Sequence[float], rounding: float,
            compare: Comparison = paired) -> tuple[bool | None, str]:
    """(whether two frameworks' numbers, by initialization, differ by more than rounding, why this is not decided)."""
    exceeds = [abs(difference_of(a, b)) > rounding for a, b in zip(left, right)]
    if not any(exceeds):
        return False, ""
    compared = compare(left, right, 0.0) if min(len(left), len(right)) >= FEWEST else None
    if compared is None:
        return (True, "") if all(exceeds) else \
            (None, f"it differs with {sum(exceeds)} of {len(exceeds)} initializations only")
    return (True, "") if compared.differ else \
        (None, f"the difference is {compared.difference:.2g} on average over {compared.n} initializations, and the "
               f"95 % confidence interval, {compared.low:.2g} to {compared.high:.2g}, has 0 in it")
