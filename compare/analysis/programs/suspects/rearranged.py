"""Suspects of values that stand in another order, at another border or more often: axes that are split or merged in the
other order, padding that mirrors or repeats, crops, and repetitions."""

from __future__ import annotations

from typing import Any, Iterator, Sequence

import numpy as np

from compare.analysis.programs.agreement import TOLERANCE, relative_difference
from compare.analysis.programs.description import Operation
from compare.analysis.programs.suspects.arithmetic import ADD, MULTIPLY, SUBTRACT
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect, with_argument

CUTS = ("__getitem__", "narrow", "pad", "center_crop")
MODES = ("reflect", "replicate", "circular", "constant")
MODULES = {"reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad", "constant": "ZeroPad"}
"""What pads so in PyTorch, without the number of axes."""


def cropped_otherwise(at: Difference) -> Iterator[Suspect]:
    """Another part of an image or sequence than that of Keras's Cropping."""
    operation, keras = at.operation, at.keras_layer
    if keras is None or not keras.kind.startswith("Cropping") or operation.kind not in CUTS or not operation.shapes:
        return
    cuts = pairs_of(keras.settings.get("cropping"), len(operation.shapes[0]) - 2)
    index = ", ".join([":", ":", *(f"{first or ''}:{-last if last else ''}" for first, last in cuts)])
    margins = " and ".join(f"{first} before, {last} after" for first, last in cuts)
    yield Suspect(({"kind": "instead", "operation": operation.key, "function": "cropped",
                    "settings": {"cuts": cuts}},),
                  f"Keras's `{keras.kind}` cuts off {margins}; this `{operation.kind}` keeps another part.",
                  f"x[{index}]", operation.place)


def pairs_of(value: Any, axes: int) -> list[list[int]]:
    """A setting of padding or cropping as (before, after) of each spatial axis."""
    if isinstance(value, int):
        return [[value, value]] * axes
    pairs = [[side, side] if isinstance(side, int) else list(side) for side in value]
    return [[pair[0] for pair in pairs]] if axes == 1 and len(value) == 2 and isinstance(value[0], int) else pairs


def padded_in_another_mode(at: Difference) -> Iterator[Suspect]:
    """Padding that mirrors, repeats the border or adds zeros."""
    operation, layer = at.operation, at.layer
    axes = max(len(operation.shape) - 2, 1)
    name = at.expected.layer or at.expected.kind if at.expected else "the layer"
    if operation.kind == "pad":
        actual = operation.argument("mode", 2) or "constant"
        for mode in MODES:
            code = f'`padding_mode="{mode}"` in `{layer.kind}`' if layer and layer.kind.startswith("Conv") else \
                f"`nn.{MODULES[mode]}{axes}d` in place of `{layer.kind}`" if layer else f'`mode="{mode}"` in `F.pad`'
            if mode != actual:
                yield Suspect((with_argument(operation, "mode", mode, 2),),
                              f"Keras's `{name}` pads as `mode=\"{mode}\"` does, this "
                              f"`{layer.kind if layer else 'F.pad'}` as `mode=\"{actual}\"`.",
                              code.replace('"constant"` in `Conv', '"zeros"` in `Conv'),
                              operation.place)
    elif layer is not None and layer.kind.startswith("Conv") and layer.settings.get("padding_mode") == "zeros" and \
            any(flat(layer.settings.get("padding"))):
        for mode in MODES[:3]:
            yield Suspect(({"kind": "attribute", "layer": layer.path, "name": "padding_mode", "value": mode},),
                          f"Keras's `{name}` pads as `padding_mode=\"{mode}\"` does; this `{layer.kind}` adds zeros.",
                          f'`padding_mode="{mode}"` in `{layer.code}`', layer.place)


def flat(value: Any) -> Sequence[Any]:
    """A setting of padding as a list."""
    return value if isinstance(value, (list, tuple)) else [value]


MOST_CHANNELS = 64
"""The largest number of channels that are matched one by one."""


def channels_in_another_order(at: Difference) -> Iterator[Suspect]:
    """An image with the channels of Keras's, such as coordinates that are concatenated to it, in another order."""
    expected = at.left.arrays("forward")[at.expected.key] if at.expected is not None else np.zeros(0)
    values, channels = at.right.arrays("forward"), expected.shape[-1]
    for operation in reversed(at.region) if expected.ndim > 2 and channels <= MOST_CHANNELS else ():
        image = np.moveaxis(values[operation.key], 1, -1) if values[operation.key].ndim > 2 else expected[:0]
        if image.shape != expected.shape:
            continue
        order = [next((j for j in range(channels) if relative_difference(expected[..., i], image[..., j]) < TOLERANCE),
                      -1) for i in range(channels)]
        if sorted(order) == list(range(channels)) != order:
            yield Suspect(({"kind": "apply", "operation": operation.key, "function": "channels_ordered",
                            "settings": {"order": order}},),
                          "Keras has the same channels here in another order.", f"x = x[:, {order}]", operation.place)


SPLITS = ("view", "reshape", "unflatten")


def split_in_another_order(inside: Sequence[Operation]) -> Iterator[Suspect]:
    """An axis that is split into two in the other order, as channels into groups."""
    for operation in inside:
        before = list(operation.shapes[0]) if operation.shapes else []
        after = list(operation.shape)
        if operation.kind not in SPLITS or len(after) != len(before) + 1:
            continue
        axis = next((i for i in range(1, len(before)) if before[i] != after[i]), 0)
        first, second = after[axis:axis + 2] if axis else (0, 0)
        if not axis or first * second != before[axis] or 1 in (first, second):
            continue
        for transposed in (True, False):
            code = f"x.unflatten({axis}, ({second}, {first}))" + f".transpose({axis}, {axis + 1})" * transposed
            yield Suspect(({"kind": "instead", "operation": operation.key, "function": "axis_split", "settings": {
                               "axis": axis, "sizes": [second, first], "transposed": transposed}},),
                          f"This `{operation.kind}` splits axis {axis} into `({first}, {second})`; in Keras it holds "
                          f"`({second}, {first})`.", code, operation.place)


def merged_in_another_order(at: Difference) -> Iterator[Suspect]:
    """Blocks of pixels that PyTorch keeps channel by channel, and TensorFlow pixel by pixel."""
    operation = at.operation
    if not operation.shapes:
        return
    channels = operation.shapes[0][1] if len(operation.shapes[0]) > 2 else 0
    if operation.kind == "pixel_shuffle":
        block = operation.argument("upscale_factor", 1) ** 2
        yield Suspect(({"kind": "input_split", "operation": operation.key, "axis": 1, "first": block},),
                      f"`pixel_shuffle` takes the {channels} channels as `({channels // block}, {block})`, the pixels "
                      f"of a block last; Keras's layer has them first, `({block}, {channels // block})`.",
                      f"`x.unflatten(1, ({block}, -1)).transpose(1, 2).flatten(1, 2)` before `pixel_shuffle`",
                      operation.place)
    if operation.kind in ("unfold", "pixel_unshuffle") and len(operation.shape) > 2 and channels > 1:
        yield Suspect(({"kind": "apply", "operation": operation.key, "function": "axis_transposed",
                        "settings": {"axis": 1, "first": channels}},),
                      f"`{operation.kind}` orders a patch channel by channel, Keras's layer pixel by pixel.",
                      f"`x = x.unflatten(1, ({channels}, -1)).transpose(1, 2).flatten(1, 2)` after `{operation.kind}`",
                      operation.place)


def repeated(at: Difference) -> Iterator[Suspect]:
    """A whole sequence that is repeated, where Keras repeats every step."""
    operation = at.operation
    if operation.kind not in ("repeat", "tile", "cat") or not operation.shapes or \
            len(operation.shapes[0]) != len(operation.shape):
        return
    larger = [i for i, (size, before) in enumerate(zip(operation.shape, operation.shapes[0])) if size != before]
    if len(larger) == 1 and operation.shape[larger[0]] % operation.shapes[0][larger[0]] == 0:
        axis, times = larger[0], operation.shape[larger[0]] // operation.shapes[0][larger[0]]
        yield Suspect(({"kind": "instead", "operation": operation.key, "function": "repeat_interleave",
                        "settings": {"axis": axis, "times": times}},),
                      f"`{operation.kind}` repeats axis {axis} as a whole; Keras repeats each of its values {times} "
                      "times.", f"x.repeat_interleave({times}, dim={axis})", operation.place)


def taken_from_elsewhere(at: Difference, inside: Sequence[Operation]) -> Iterator[Suspect]:
    """A sum, product or concatenation of another tensor than Keras's, as a skip connection that begins elsewhere."""
    order = {operation.key: i for i, operation in enumerate(at.right.operations)}
    agreeing = [at.right.operation(key) for key in dict.fromkeys(at.paired.values())]
    for operation in inside:
        if operation.kind not in OF_TWO or len(operation.sources) < 2:
            continue
        for number, source in enumerate(operation.sources[:2]):
            actual = at.right.operation(source)
            candidates = [each for each in agreeing if each.shape == actual.shape and
                          each.key not in operation.sources and order[each.key] < order[operation.key]]
            sources = [(each.key, f"the output of {named(each)}") for each in candidates[-6:]]
            if at.right.arrays("given")["0"].shape == actual.shape:
                sources.append(("", "the input of the model"))
            for key, words in sources:
                yield Suspect(({"kind": "operand_from", "operation": operation.key, "number": number, "source": key},),
                              f"Keras's `{operation.kind.strip('_')}` gets {words}; yours gets the output of "
                              f"{named(actual)}.", f"{words} in place of the output of {named(actual)} in "
                              f"`{operation.kind.strip('_')}`", operation.place)


OF_TWO = (*ADD, *MULTIPLY, *SUBTRACT, "cat")


def named(operation: Operation) -> str:
    """An operation by its layer, or its function and line."""
    return f"`{operation.code}`" if operation.layer else \
        f"`{operation.kind.strip('_')}` in line {operation.place.line}"
