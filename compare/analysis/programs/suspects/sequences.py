"""Suspects of recurrent layers, attention and means over time: masks, the scale, the reset of a GRU."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Iterator

import numpy as np

from compare.analysis.programs import pairing
from compare.analysis.programs.agreement import TOLERANCE, relative_difference
from compare.analysis.programs.description import Layer, Operation
from compare.analysis.programs.suspects.arithmetic import DIVIDE, MULTIPLY
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect, quoted, with_argument

RECURRENT = ("LSTM", "GRU", "RNN")


def reset(at: Difference) -> Iterator[Suspect]:
    """The reset of a GRU, and the activation of a simple recurrent layer."""
    keras, layer = at.keras_layer, at.layer
    if layer is None or keras is None:
        return
    if keras.settings.get("reset_after") is False and layer.kind == "GRU":
        yield Suspect(({"kind": "reset_before", "layer": layer.path},),
                      "Keras's `GRU` with `reset_after=False` resets the state before the matrix product; `nn.GRU` "
                      "resets it afterwards, and has no such setting.",
                      "`reset_after=True` in Keras's `GRU`, or a cell of your own with `n = tanh(W(x) + U(r * h))`",
                      layer.place)
    activation, actual = keras.settings.get("activation"), layer.settings.get("activation")
    if layer.kind == "RNN" and keras.kind == "SimpleRNN" and activation in ("tanh", "relu") and actual != activation:
        mode = f"RNN_{activation.upper()}"
        yield Suspect(({"kind": "attribute", "layer": layer.path, "name": "mode", "value": mode},),
                      f"Keras's `SimpleRNN` has `activation={activation!r}`, this `nn.RNN` has "
                      f"`nonlinearity={actual!r}`.",
                      f'`nonlinearity="{activation}"` in `{layer.code}`', layer.place)


def last_of_both(at: Difference) -> Iterator[Suspect]:
    """The last step of a bidirectional layer: its backward direction has read one step there, not the sequence."""
    sequence, keras, layer = at.operation, at.keras_layer, at.layer
    if keras is None or keras.kind != "Bidirectional" or layer is None or len(sequence.shape) != 3:
        return
    for operation in at.right.operations:
        if operation.kind == "__getitem__" and sequence.key in operation.sources and len(operation.shape) == 2:
            yield Suspect(({"kind": "recomputed", "operation": operation.key, "source": sequence.key,
                            "function": "last_of_both"},),
                          "Keras's `Bidirectional` returns the state of each direction after the whole sequence. In "
                          f"the output of `{layer.code}`, the backward direction has that state at the first step.",
                          "torch.cat([out[:, -1, :{0}], out[:, 0, {0}:]], 1)".format(sequence.shape[-1] // 2),
                          operation.place)


def directions(at: Difference, inside: list[Operation]) -> Iterator[Suspect]:
    """A backward direction as a separate layer, without its output being reversed again."""
    if at.keras_layer is None or at.keras_layer.kind != "Bidirectional":
        return
    backward = pairing.reading_backwards(at.right)
    for operation in inside:
        if operation.layer in backward and len(operation.shape) == 3:
            yield Suspect(({"kind": "apply", "operation": operation.key, "function": "turned_round"},),
                          "Keras's `Bidirectional` turns the output of its backward direction round again, so that "
                          f"both directions are at the same step; the output of `{operation.code}` is not turned.",
                          f"`torch.flip(x, [1])` of the output of `{operation.code}`", operation.place)


def step_before(at: Difference) -> Iterator[Suspect]:
    """A loop over the steps that keeps the state before a step, where Keras returns the one after it."""
    if at.expected is None or len(at.expected.shape) != 3:
        return
    ours, theirs = at.left.arrays("forward")[at.expected.key], at.right.arrays("forward")
    last = next((each.key for each in at.right.operations if theirs[each.key].shape == ours[:, -1].shape and
                 relative_difference(ours[:, -1], theirs[each.key]) < TOLERANCE), "")
    for operation in at.right.operations if last else ():
        value = theirs[operation.key]
        if value.shape == ours.shape and relative_difference(ours[:, :-1], value[:, 1:]) < TOLERANCE:
            yield Suspect(({"kind": "steps_after", "operation": operation.key, "last": last},),
                          f"`{operation.kind}` gets the states before every step, Keras returns those after it: the "
                          "first one here is the initial state, and the last one is lost.",
                          "keep the state that `cell(x, state)` returns", operation.place)


def other_rows(at: Difference) -> Iterator[Suspect]:
    """An embedding that gets other indices than Keras's: those of a vocabulary that begins at another number."""
    layer, operation = at.layer, at.operation
    if layer is None or operation.kind not in ("embedding", "embedding_bag"):
        return
    for offset in (1, -1, 2, -2):
        yield Suspect(({"kind": "indices_moved", "operation": operation.key, "offset": offset},),
                      f"The indices that `{layer.code}` gets are {abs(offset)} {'lower' if offset > 0 else 'higher'} "
                      "than those of Keras's `Embedding`.",
                      f"`indices {'+' if offset > 0 else '-'} {abs(offset)}` in `{layer.code}`", operation.place)


def bag_of_words(at: Difference) -> Iterator[Suspect]:
    """An EmbeddingBag that adds, averages or takes the largest of its words where Keras does another of these."""
    layer = at.layer
    if layer is None or layer.kind != "EmbeddingBag":
        return
    for mode, name in (("mean", "the mean"), ("sum", "the sum"), ("max", "the maximum")):
        if mode != layer.settings.get("mode"):
            yield Suspect(({"kind": "attribute", "layer": layer.path, "name": "mode", "value": mode},),
                          f"Keras takes {name} of the words; this `EmbeddingBag` has "
                          f"`mode={layer.settings.get('mode')!r}`.", f"`mode={mode!r}` in `{layer.code}`", layer.place)


def attention(at: Difference, inside: list[Operation]) -> Iterator[Suspect]:
    """The scale and the mask of attention, in nn.MultiheadAttention or written by hand."""
    keras, layer = at.keras_layer, at.layer
    if keras is None or "Attention" not in keras.kind:
        return
    if layer is not None and layer.kind == "MultiheadAttention":
        for how, cause, code in MODULE_MASKS:
            yield Suspect(({"kind": "attention_mask", "layer": layer.path, "how": how},), cause, code,
                          at.operation.place)
    yield from parts_of_one_layer(at, inside)
    yield from heads(inside, keras)
    for operation in inside:
        yield from (replace(suspect, family="attention") for suspect in
                    by_hand(operation, keras.settings.get("key_dim")))


MODULE_MASKS = (("inverted", "`True` in a mask hides a step in PyTorch's attention and keeps it in Keras's.", "~mask"),
                ("causal", "Keras's attention looks at a step and those before it; your mask hides other steps.",
                 "attn_mask=torch.triu(torch.ones(steps, steps, dtype=torch.bool), 1)"),
                ("none", "Keras's attention has no mask here; yours has one.",
                 "leave out `attn_mask` and `key_padding_mask`"))
"""Masks of nn.MultiheadAttention that are not Keras's: the kind of change, the cause and the code."""


def by_hand(operation: Operation, size: int | None) -> Iterator[Suspect]:
    """The scale, the axis and the mask of one operation of attention that is written by hand; `size` is key_dim."""
    if size and operation.kind in (*DIVIDE, *MULTIPLY):
        value = float(size) ** (0.5 if "div" in operation.kind else -0.5)
        actual = operation.arguments.get("1")
        if isinstance(actual, (int, float)) and actual != value:
            yield Suspect((with_argument(operation, "other", value, 1),),
                          f"Keras divides the scores by the square root of `key_dim={size}`; your factor is another.",
                          f"scores / math.sqrt({size})", operation.place)
    if size and operation.kind == "softmax":
        yield Suspect(({"kind": "scaled_input", "operation": operation.key, "factor": float(size) ** -0.5},),
                      f"Keras divides the scores by the square root of `key_dim={size}`; your program does not.",
                      f"scores / math.sqrt({size})", operation.place)
    if operation.kind == "softmax" and len(operation.shape) > 2:
        yield Suspect((with_argument(operation, "dim", -1, 1),),
                      "Keras's softmax is over the last axis of the scores.", "dim=-1", operation.place)
    if operation.kind in ("masked_fill", "masked_fill_") and len(operation.shapes) > 1:
        yield Suspect(({"kind": "operand_changed", "operation": operation.key, "number": 1,
                        "function": "later_steps"},),
                      "Keras's attention looks at a step and those before it; this mask hides other steps.",
                      "`torch.triu(torch.ones(steps, steps, dtype=torch.bool), 1)` as the mask", operation.place)
    if operation.kind == "scaled_dot_product_attention":
        for name, setting, cause in (
                ("scale", float(size or 1) ** -0.5,
                 f"Keras divides the scores by the square root of `key_dim={size}`; this call has another scale."),
                ("is_causal", True, "Keras's attention looks at a step and those before it; this call at all steps."),
                ("is_causal", False, "Keras's attention looks at all steps; this call hides those that come later.")):
            yield Suspect((with_argument(operation, name, setting),), cause,
                          f"`{name}={setting!r}` in `F.scaled_dot_product_attention`", operation.place)
    if operation.kind in ("masked_fill", "masked_fill_", "where", "scaled_dot_product_attention"):
        yield Suspect(({"kind": "inverted_mask", "operation": operation.key},),
                      f"The mask of `{operation.kind}` hides what Keras keeps.", "~mask", operation.place)


def parts_of_one_layer(at: Difference, inside: list[Operation]) -> Iterator[Suspect]:
    """A Linear of query, key and value, which the program takes in another order than Keras's weights were copied."""
    count = at.keras_layer.settings.get("num_heads", 1) if at.keras_layer else 1
    fused = {parameter.layer for parameter in at.right.parameters.values() if parameter.role == "value/kernel" and
             at.right.layers[parameter.layer].kind == "Linear"}
    for operation in [each for each in inside if each.layer in fused]:
        roles = [parameter.role.split("/")[0] for parameter in at.right.parameters.values()
                 if parameter.layer == operation.layer and parameter.role.endswith("/kernel")]
        columns = np.arange(operation.shape[-1])
        blocks = columns.reshape(len(roles), count, -1)
        orders = {"head by head": blocks.transpose(1, 0, 2)} | {
            "as " + ", ".join(roles[i] for i in indices): blocks[list(indices)]
            for indices in permutations(range(len(roles))) if list(indices) != sorted(indices)}
        for order_text, indices in orders.items():
            yield Suspect(({"kind": "apply", "operation": operation.key, "function": "features_ordered",
                            "settings": {"order": indices.ravel().tolist()}},),
                          f"`{operation.code}` has the weights of {quoted(roles)} one after the other; your "
                          f"program takes its output {order_text}.",
                          f"`x.unflatten(-1, ({len(roles)}, {count}, -1))` of the output of `{operation.code}`, with "
                          f"{', '.join(roles)} in this order", operation.place)


def heads(inside: list[Operation], keras: Layer) -> Iterator[Suspect]:
    """Heads that are cut from the steps in place of the features, or not moved back before they are merged."""
    count = keras.settings.get("num_heads")
    cut = [step for step in inside if step.kind in ("view", "reshape") and step.shapes and len(step.shapes[0]) == 3
           and len(step.shape) == 4 and step.shape[1] == count]
    if cut:
        yield Suspect(tuple({"kind": "instead", "operation": step.key, "function": "heads_split",
                             "settings": {"heads": count}} for step in cut),
                      f"`{cut[0].kind}` cuts the steps into {count} heads; Keras splits the features of every step.",
                      f"x.view(batch, steps, {count}, -1).transpose(1, 2)", cut[0].place)
    merged = [step for step in inside if step.kind in ("view", "reshape", "flatten") and step.shapes
              and len(step.shapes[0]) == 4 and len(step.shape) == 3 and step.shapes[0][1] == count]
    for step in merged:
        yield Suspect(({"kind": "instead", "operation": step.key, "function": "heads_merged"},),
                      f"`{step.kind}` puts the heads together step by step; Keras has those of one step side by side.",
                      "x.transpose(1, 2).flatten(2)", step.place)
