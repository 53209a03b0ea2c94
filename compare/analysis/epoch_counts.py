"""Compares how many epochs two frameworks train under early stopping.

The NumPy reference trains the same spec in full, resolved as each of the two frameworks, in float32 and in float64. Two
numbers differ if each is that of the reference with the defaults of its framework. Where it is not, rounding could have
decided when a training ended, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import median

from compare.analysis.attribution import title
from compare.analysis.behaviours import Traces
from compare.analysis.quantities import Difference, Quantity
from compare.analysis.training_cache import Request, TrainingCache
from compare.execution.facts import spec_of
from scenarios.scenario import Variant

EPOCHS = Quantity("epochs", "number of epochs", "reported/train/loss", "{:.0f}", counted=True)
InBothPrecisions = Callable[[str, int], Sequence[Request]]
"""From a framework and a number of epochs to the trainings of the reference, resolved as this framework."""


def compared(variant: Variant, pair: tuple[str, str], traces: Mapping[str, Traces],
             trainings: InBothPrecisions, cache: TrainingCache) -> list[Difference]:
    """Returns the comparison for two frameworks; none without early stopping, or where one has no number."""
    by_framework = {name: [its_traces[variant.name, seed] for seed in sorted(
        seed for other, seed in its_traces if other == variant.name)] for name, its_traces in traces.items()}
    if variant.spec.training.early_stopping == "none" or not all(by_framework[side] for side in pair):
        return []
    epochs = spec_of(by_framework[pair[0]][0]).training.epochs
    counts = {name: [EPOCHS.at(trace, epochs) for trace in of_seeds] for name, of_seeds in by_framework.items()}
    numbers = {name: median(values) for name, values in counts.items() if values and all(values)}
    if not all(count > 0 for side in pair for count in counts[side]):
        return []
    same = Difference(variant.name, EPOCHS, pair, epochs, numbers, 0.0, False)
    differing = sum(left != right for left, right in zip(*(counts[side] for side in pair)))
    if not differing:
        return [same]
    if differing < len(counts[pair[0]]):
        return [replace(same, differs=None, reason=f"it differs with {differing} of {len(counts[pair[0]])} "
                                                   "initializations only")]
    cache.train([request for side in pair for request in trainings(side, epochs)])
    for side in pair:
        for request in trainings(side, epochs):
            expected = [EPOCHS.at(cache.trace(request, seed), epochs) for seed in cache.seeds]
            if expected != counts[side]:
                return [replace(same, differs=None, reason=(
                    f"rounding could decide it: the NumPy reference, with the defaults of {title(side)}, trains "
                    f"{EPOCHS.unit.format(median(expected))} epochs"))]
    return [replace(same, differs=True)]
