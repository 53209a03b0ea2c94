"""Suspects of different metrics of equal outputs: averages over classes, thresholds of logits."""

from __future__ import annotations

from typing import Iterator

from compare.analysis.programs import metrics
from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Layer, Run, is_port
from compare.analysis.programs.suspects.suspect import Suspect

AVERAGES = {"micro": "over all samples", "macro": "over the classes, each with the same weight",
            "weighted": "over the classes, each with the number of its samples"}


def suspects(comparison: Comparison, left: Run, right: Run) -> list[Suspect]:
    """Every suspect, the most specific first."""
    if not is_port(left, right):
        return []
    proposed = [*thresholds(comparison, left)]
    for layer in right.layers.values():
        proposed += [*averages(layer), *best_of_several(layer), *threshold(layer, left)]
    return proposed


def thresholds(comparison: Comparison, left: Run) -> Iterator[Suspect]:
    """Keras's accuracy of one output, which is compared with 0.5 even if it is a logit."""
    logits = left.loss.get("settings", {}).get("from_logits")

    for name in left.arrays("measured"):
        if metrics.metric_name(name) == "accuracy" and logits and "accuracy" in comparison.where:
            change = {"kind": "metric", "name": name, "class": "BinaryAccuracy", "settings": {"threshold": 0.0}}
            yield Suspect((change,),
                          "Keras's accuracy compares the output with 0.5; this output is a logit: its threshold is 0.",
                          f'metrics=[keras.metrics.BinaryAccuracy(name="{name}", threshold=0.0)]', left.loss_place,
                          side="left")


def averages(layer: Layer) -> Iterator[Suspect]:
    """The average of a metric of torchmetrics."""
    actual = layer.settings.get("average")
    for average, meaning in AVERAGES.items() if "average" in layer.settings else ():
        if average != actual:
            yield Suspect(({"kind": "metric", "layer": layer.path, "settings": {"average": average}},),
                          f"Keras's metric is the mean {meaning}; `{layer.kind}` has `average={actual!r}`.",
                          f'`average="{average}"` in `{layer.kind}`', layer.place)


def threshold(layer: Layer, left: Run) -> Iterator[Suspect]:
    """The threshold of a metric of torchmetrics, where a metric of Keras's has another one."""
    actual = layer.settings.get("threshold")
    for metric in left.metrics if isinstance(actual, float) else ():
        expected = metric["settings"].get("threshold", metric["settings"].get("thresholds"))
        if isinstance(expected, (int, float)) and expected != actual:
            yield Suspect(({"kind": "metric", "layer": layer.path, "settings": {"threshold": float(expected)}},),
                          f"Keras's `{metric['kind']}` has the threshold {expected:g}, `{layer.kind}` has {actual:g}.",
                          f"`threshold={expected:g}` in `{layer.kind}`", layer.place)


COUNTS = (1, 2, 3, 5, 10)
"""How many of the best classes a metric counts, as people choose it; Keras's default is 5."""


def best_of_several(layer: Layer) -> Iterator[Suspect]:
    """The number of classes among which the right one has to be."""
    actual = layer.settings.get("top_k")
    for count in COUNTS if isinstance(actual, int) else ():
        if count != actual and count <= (layer.settings.get("num_classes") or count):
            yield Suspect(({"kind": "metric", "layer": layer.path, "settings": {"top_k": count}},),
                          f"Keras's metric counts the {count} best classes; `{layer.kind}` has `top_k={actual}`.",
                          f"`top_k={count}` in `{layer.kind}`", layer.place)
