"""Suspects of masks: steps that Keras leaves out, and what stands in their place."""

from __future__ import annotations

from typing import Iterator

import numpy as np

from compare.analysis.programs.agreement import TOLERANCE, relative_difference
from compare.analysis.programs.description import Run
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect

MASKED = ("Masking", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "GlobalAveragePooling1D", "MultiHeadAttention")
"""Layers of Keras that do something with a mask."""
RECURRENT = ("LSTM", "GRU", "RNN")


def masks(left: Run) -> Iterator[tuple[str, int, float]]:
    """What makes a mask in Keras: the layer in words, the number of the input, and the value that is hidden."""
    whole = [i for i, value in enumerate(left.arrays("given").values()) if value.dtype.kind in "iu"]
    for layer in left.layers.values():
        if layer.kind == "Embedding" and layer.settings.get("mask_zero"):
            yield from ((f"`{layer.code}` has `mask_zero=True`", i, 0) for i in whole)
        if layer.kind == "Masking":
            yield f"`{layer.code}` has `mask_value={layer.settings.get('mask_value', 0.0):g}`", 0, \
                float(layer.settings.get("mask_value", 0.0))


def masked(at: Difference) -> Iterator[Suspect]:
    """A mask that Keras passes on to this layer, and PyTorch does not have."""
    operation, keras, layer = at.operation, at.keras_layer, at.layer
    if keras is None or keras.kind not in MASKED:
        return
    name = "the layer after it" if keras.kind == "Masking" else f"`{keras.kind}`"
    for maker, number, value in masks(at.left):
        change = {"input": number, "value": value}
        cause = f"{maker}, so that {name} leaves out steps with the value {value:g}; your PyTorch program does not."
        if layer is not None and layer.kind in RECURRENT:
            yield Suspect(({"kind": "masked", "layer": layer.path, **change},), cause,
                          "`pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)` before "
                          f"`{layer.code}`",
                          operation.place)
        elif layer is not None and layer.kind == "MultiheadAttention":
            yield Suspect(({"kind": "masked", "layer": layer.path, **change},), cause,
                          f"`key_padding_mask=(words == {value:g})` in `{layer.code}`", operation.place)
        elif operation.kind in ("mean", "avg_pool1d", "adaptive_avg_pool1d"):
            yield Suspect(({"kind": "masked_mean", "operation": operation.key, **change},), cause,
                          "`(x * mask).sum(1) / mask.sum(1)`, with `mask = (words != 0).unsqueeze(-1)`",
                          operation.place)


def filled_with_zeros(at: Difference) -> Iterator[Suspect]:
    """Steps that `pad_packed_sequence` fills with zeros; a masked layer of Keras repeats its last output there."""
    if at.expected is None or len(at.expected.shape) != 3:
        return
    ours = at.left.arrays("forward")[at.expected.key]
    for operation in at.region:
        theirs = at.right.arrays("forward")[operation.key]
        if theirs.shape != ours.shape or theirs.dtype.kind != "f":
            continue
        padded = np.all(theirs == 0, axis=-1)
        padded[:, 0] = False
        if padded.any() and relative_difference(ours[~padded], theirs[~padded]) < TOLERANCE and \
                relative_difference(ours[:, 1:][padded[:, 1:]], ours[:, :-1][padded[:, 1:]]) < TOLERANCE:
            yield Suspect(({"kind": "apply", "operation": operation.key, "function": "last_repeated"},),
                          "In the masked steps Keras's layer repeats its last output, and `pad_packed_sequence` fills "
                          "them with zeros. This matters only where something counts these steps.", "", operation.place,
                          by_design=True)
