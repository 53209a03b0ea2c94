"""Suspects where outputs agree in evaluation mode, and differ in training mode."""

from __future__ import annotations

from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Run, is_port
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects.difference import difference
from compare.analysis.programs.suspects.layer_settings import set_differently
from compare.analysis.programs.suspects.noise import noisy
from compare.analysis.programs.suspects.suspect import Suspect


def suspects(comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """Noise of another size; a batch normalization that only one side runs with its moving statistics, or with an
    epsilon that only shows beside the variance of a batch."""
    at = difference(comparison, left, right, pairs)
    if at is None or not is_port(left, right):
        return []
    if not at.keras_layer or at.operation.kind != "batch_norm":
        return list(noisy(at))
    keras, layer = at.keras_layer, at.layer
    if layer is None or keras.trainable:
        name = layer.code if layer else "F.batch_norm"
        always = Suspect(({"kind": "training_mode"},),
                         f"`{name}` uses its moving statistics in training too: the module is in evaluation mode, as "
                         "`eval()` leaves it.", "`self.train()` after `eval()`, before the training step",
                         layer.place if layer else at.operation.place)
        return [*noisy(at), always, *set_differently(at)]
    frozen = Suspect(({"kind": "evaluation_mode", "layer": layer.path},),
                     f"`{keras.kind}` is frozen (`trainable=False`), so that Keras uses its moving statistics in "
                     f"training too; `{layer.kind}` uses those of the batch, and changes its moving statistics.",
                     f"`{layer.code}.eval()` after every `train()`", layer.place)
    return [*noisy(at), frozen, *set_differently(at)]
