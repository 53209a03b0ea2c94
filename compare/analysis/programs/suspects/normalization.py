"""Suspects of normalizations: over different axes or groups, or with a variance divided by n - 1."""

from __future__ import annotations

from typing import Iterator

from compare.analysis.programs.description import Operation
from compare.analysis.programs.suspects.arithmetic import ADD
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect, with_argument

FUNCTIONS = ("layer_norm", "group_norm", "batch_norm", "instance_norm", "rms_norm")
"""PyTorch's functions, which `frameworks.lightning.program.operation_changes` can compute over other axes."""
SPREADS = ("var", "std", "var_mean", "std_mean")


def normalized(at: Difference) -> Iterator[Suspect]:
    """A normalization over other axes, or over other groups of channels."""
    operation, keras, layer = at.operation, at.keras_layer, at.layer
    if keras is None or not operation.shapes or operation.kind not in FUNCTIONS:
        return
    name = f"`{layer.kind}` `{layer.code}`" if layer else f"`{operation.kind}`"
    axes = (1, -1) if len(operation.shapes[0]) > 2 else (-1,)
    for channels in axes:
        move = ".movedim(1, -1)" if channels == 1 and len(axes) > 1 else ""
        change = {"kind": "normalized", "operation": operation.key, "function": operation.kind, "channels": channels}
        size = operation.shapes[0][channels]
        last = (-1, [-1], len(operation.shape) - 1)
        if keras.kind == "LayerNormalization" and keras.settings.get("axis", -1) in last:
            yield Suspect(({**change, "axes": [channels], "groups": 0},),
                          f"Keras's `LayerNormalization` normalizes the {size} channels of every position by "
                          f"themselves; this {name} normalizes other axes.",
                          f"`nn.LayerNorm({size})` on `x{move}`" + ", and back" * bool(move), operation.place)
        if keras.kind == "GroupNormalization":
            groups = size if keras.settings.get("groups") == -1 else keras.settings.get("groups", 32)
            if isinstance(groups, int) and 0 < groups <= size and size % groups == 0:
                yield Suspect(({**change, "axes": [], "groups": groups},),
                              f"Keras's `GroupNormalization` normalizes {groups} group{'s' * (groups > 1)} of channels "
                              f"over all positions; this {name} normalizes other axes or groups.",
                              f"`nn.GroupNorm({groups}, {size})`" + ("" if channels == 1 else " on `x.movedim(-1, 1)`"),
                              operation.place)


def unbiased(operations: list[Operation]) -> Iterator[Suspect]:
    """A variance that is written by hand, which PyTorch divides by n - 1."""
    for operation in operations:
        given = operation.arguments
        if operation.kind in SPREADS and given.get("unbiased", True) and given.get("correction", 1):
            yield Suspect((with_argument(operation, "correction", 0),),
                          f"Your `{operation.kind}` divides by n - 1, Keras's normalization by n.",
                          f"`unbiased=False` in `{operation.kind}`", operation.place)


def beside_the_root(operations: list[Operation]) -> Iterator[Suspect]:
    """An epsilon that is added to a standard deviation; Keras adds it to the variance, inside of the root."""
    kinds = {operation.key: operation.kind for operation in operations}
    for operation in operations:
        epsilon = operation.arguments.get("1")
        if operation.kind in ADD and isinstance(epsilon, float) and \
                any(kinds.get(source) in ROOTS for source in operation.sources):
            yield Suspect(({"kind": "added_inside_root", "operation": operation.key},),
                          f"You add {epsilon:g} to the square root here; Keras's normalization adds it to the "
                          "variance.",
                          f"torch.sqrt(variance + {epsilon:g})", operation.place)


ROOTS = ("std", "sqrt", "sqrt_")


def always_in_training_mode(at: Difference) -> Iterator[Suspect]:
    """F.batch_norm that uses the statistics of the batch in evaluation too."""
    operation = at.operation
    if operation.kind == "batch_norm" and at.layer is None and operation.argument("training", 5) is True:
        yield Suspect(({"kind": "own_mode", "operation": operation.key, "position": 5, "name": "training"},),
                      "`F.batch_norm` has `training=True`: it uses the statistics of the batch in evaluation too.",
                      "`training=self.training` in `F.batch_norm`", operation.place)
