"""Histograms of weights, gradients and the outputs of the last layer, at the recorded steps of a training.

A saturated sigmoid shows as two peaks at 0 and 1 in `last_layer/after_its_activation`, drifting outputs as a
distribution that widens.
"""

from __future__ import annotations

import numpy as np

from compare.execution.facts import spec_of
from compare.reporting.tensorboard.events import Point, histogram
from frameworks.runtime.trace import Trace
from scenarios.spec import last_activation

DESCRIPTIONS = {
    "weight": "A layer's weights before recorded steps.",
    "gradient": "A layer's gradient at recorded steps.",
    "last_layer": "The numbers of the last layer for the batch of recorded steps, before and after its activation."}


def of_trace(trace: Trace) -> list[Point]:
    """The histograms of one training."""
    linear = "spec" in trace.facts and last_activation(spec_of(trace)) == "linear"
    outputs = {"outputs": "outputs"} if linear else {"logits": "before_its_activation",
                                                     "outputs": "after_its_activation"}
    arrays: dict[str, dict[int, np.ndarray]] = {}
    weights, gradients = trace.at_probed_steps("state", "weight"), trace.at_probed_steps("probe", "gradient")
    for step in weights:
        recorded = {f"weight/{name}": array for name, array in weights[step].items()}
        recorded |= {f"gradient/{name}": array for name, array in gradients[step].items()}
        recorded |= {f"last_layer/{label}": trace[f"probe/{step}/{name}"] for name, label in outputs.items()
                     if f"probe/{step}/{name}" in trace}
        for tag, array in recorded.items():
            arrays.setdefault(tag, {})[step + 1] = array
    return [point for tag, by_step in arrays.items()
            for point in histogram(tag, by_step, DESCRIPTIONS[tag.partition("/")[0]])]
