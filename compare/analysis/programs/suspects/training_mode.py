"""Suspects where outputs agree in evaluation mode, and differ in training mode."""

from __future__ import annotations

from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Run
from compare.analysis.programs.suspects.forward import set_differently
from compare.analysis.programs.suspects.suspect import Suspect


def suspects(comparison: Comparison, left: Run, right: Run) -> list[Suspect]:
    """A batch normalization that only one side runs with its moving statistics, or with an epsilon that only shows
    beside the variance of a batch."""
    if comparison.left is None or comparison.right is None or not right.is_torch:
        return []
    ours, layer = left.layers.get(comparison.left.layer), right.layers.get(comparison.right.layer)
    if ours is None or layer is None or "BatchNorm" not in layer.kind:
        return []
    frozen = Suspect(({"kind": "evaluation_mode", "layer": layer.path},),
                     f"{ours.kind} is frozen (trainable=False), so that Keras uses its moving statistics in training "
                     f"too; {layer.kind} uses those of the batch, and changes its moving statistics.",
                     f"{layer.path}.eval() after every train()", layer.place)
    return [frozen] * (not ours.trainable) + list(set_differently(comparison, left, right, ours, layer))
