"""Suspects of padding: where a framework adds zeros, and where it crops the output of a transposed convolution."""

from __future__ import annotations

from typing import Any, Iterator, Sequence

from compare.analysis.programs.description import Layer, Operation, Run
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect, as_markdown, shown, with_argument
from frameworks.parts.windows import margins


def value_of_source(run: Run, operation: Operation) -> Any:
    """The shape of the first input of an operation without the samples; the model's input where it has no source."""
    if operation.sources:
        return run.arrays("forward")[operation.sources[0]].shape[1:]
    return tuple(run.signature["inputs"][0]["shape"])


def same_pads(sizes: Any, layer: Layer) -> list[tuple[int, int]]:
    """The zeros that padding="same" adds before and after each spatial axis (TensorFlow's rule)."""
    kernels, strides, dilations = (spatial(layer.settings.get(name), len(sizes), default) for name, default in
                                   (("kernel_size", None), ("strides", 1), ("dilation_rate", 1)))
    if kernels[0] is None:
        kernels = spatial(layer.settings.get("pool_size"), len(sizes), 2)
        strides = spatial(layer.settings.get("strides"), len(sizes), None)
        strides = [kernel if stride is None else stride for kernel, stride in zip(kernels, strides)]
    return [margins({"kernel_size": (kernel - 1) * dilation + 1, "strides": stride, "padding": "same",
                     "padded": "as_needed"}, size)
            for size, kernel, stride, dilation in zip(sizes, kernels, strides, dilations)]


def spatial(value: Any, axes: int, default: Any) -> list[Any]:
    """A setting as one value for each spatial axis."""
    value = default if value is None else value
    return list(value) if isinstance(value, (list, tuple)) else [value] * axes


def padded(at: Difference) -> Iterator[Suspect]:
    """Different padding: with a stride, Keras's "same" can pad at the bottom and right only."""
    expected, operation, keras, layer = at.expected, at.operation, at.keras_layer, at.layer
    if expected is None or keras is None or "padding" not in keras.settings:
        return
    if layer is None or "padding" not in layer.settings:
        yield from padded_function(expected, operation, keras, at.left)
        return
    if keras.kind.startswith("ZeroPadding"):
        pads = zeros_of(keras)
        yield Suspect(({"kind": "pad", "layer": layer.path, "pads": flat(pads)},),
                      f"Keras's `{keras.kind}` adds {shown_pads(pads)} before it; this `{layer.kind}` has "
                      f"`padding={shown(layer.settings['padding'])}`.",
                      f"`x = {pad_code(pads, keras)}` before `{layer.code}`, and `padding=0` in it", layer.place)
        return
    sizes = value_of_source(at.left, expected)[:-1]
    if "Transpose" in keras.kind:
        yield from cropped(keras, layer, sizes)
        return
    pads = pads_of(sizes, keras)
    actual = layer.settings["padding"]
    if all(before == after for before, after in pads):
        code = f"`padding={tuple(before for before, _ in pads)}` in `{layer.kind}`"
    else:
        code = f"`x = {pad_code(pads, keras)}` before `{layer.code}`, and `padding=0` in it"
    cause = (f"{padding_of(keras)} adds {shown_pads(pads)}; this `{layer.kind}` has "
             f"`padding={shown(actual)}`.")
    change = {"kind": "pad", "layer": layer.path, "pads": flat(pads), "value": value_of_pads(keras)}
    yield Suspect((change,), cause, code, layer.place)
    for cut in at.right.operations:
        if cut.kind == "__getitem__" and cut.sources == (operation.key,) and len(cut.shape) == len(operation.shape):
            yield Suspect((change, {"kind": "skip", "operation": cut.key}), cause,
                          f"{as_markdown(code)}, without the cut after it", layer.place)
    if "Average" in keras.kind and layer.settings.get("count_include_pad"):
        yield Suspect(({"kind": "attribute", "layer": layer.path, "name": "count_include_pad", "value": False},),
                      "Keras leaves padding out of an average, PyTorch counts it.", "count_include_pad=False",
                      layer.place)


def flat(pads: Sequence[Sequence[int]]) -> list[int]:
    """Padding in the order of F.pad: the last axis first."""
    return [side for pair in reversed(pads) for side in pair]


def value_of_pads(keras: Layer) -> str:
    """What a layer of Keras pads with: zeros, or for a maximum the lowest value, which is never the maximum."""
    return "lowest" if "Max" in keras.kind else "zero"


def pad_code(pads: Sequence[Sequence[int]], keras: Layer) -> str:
    """The padding of a layer of Keras as code."""
    value = ', value=float("-inf")' if value_of_pads(keras) == "lowest" else ""
    return f"F.pad(x, {tuple(flat(pads))}{value})"


def pads_of(sizes: Any, keras: Layer) -> list[tuple[int, int]]:
    """The zeros that a layer of Keras adds before and after each spatial axis."""
    if keras.settings["padding"] == "causal":
        kernel, dilation = (spatial(keras.settings[name], 1, 1)[0] for name in ("kernel_size", "dilation_rate"))
        return [((kernel - 1) * dilation, 0)]
    return same_pads(sizes, keras) if keras.settings["padding"] == "same" else [(0, 0)] * len(sizes)


FUNCTIONS = {"conv1d": 4, "conv2d": 4, "conv3d": 4, "max_pool1d": 3, "max_pool2d": 3, "avg_pool1d": 3, "avg_pool2d": 3,
             "boolean_dispatch": 3}
"""Of PyTorch's functions, the position of their padding; max_pool2d is called through boolean_dispatch."""


def padded_function(expected: Operation, operation: Operation, keras: Layer, left: Run) -> Iterator[Suspect]:
    """The same of a function of PyTorch."""
    if operation.kind == "pad":
        yield zeros_otherwise(operation, keras) if keras.kind.startswith("ZeroPadding") else \
            padded_otherwise(expected, operation, keras, left)
        return
    if operation.kind not in FUNCTIONS or keras.kind.startswith("ZeroPadding"):
        return
    pads = pads_of(value_of_source(left, expected)[:-1], keras)
    yield Suspect(({"kind": "pad_input", "operation": operation.key, "position": FUNCTIONS[operation.kind],
                    "pads": flat(pads), "value": value_of_pads(keras)},),
                  f"{padding_of(keras)} adds {shown_pads(pads)}; this `{operation.kind}` pads otherwise.",
                  f"`{pad_code(pads, keras)}` before `{operation.kind}`, and `padding=0` in it",
                  operation.place)


def zeros_otherwise(operation: Operation, keras: Layer) -> Suspect:
    """F.pad, which begins with the last axis, with different numbers than ZeroPadding."""
    pads = zeros_of(keras)
    return Suspect((with_argument(operation, "pad", flat(pads), 1),),
                   f"Keras's `{keras.kind}` adds {shown_pads(pads)}; your `F.pad`, which begins with the last axis, "
                   "does not.", pad_code(pads, keras), operation.place)


def zeros_of(keras: Layer) -> list[tuple[int, int]]:
    """The zeros that ZeroPadding adds before and after each spatial axis."""
    pads = keras.settings["padding"]
    pads = pads if isinstance(pads, list) else [pads]
    if keras.kind == "ZeroPadding1D" and all(isinstance(side, int) for side in pads):
        return [(pads[0], pads[-1])]
    return [(side, side) if isinstance(side, int) else tuple(side) for side in pads]


def padded_otherwise(expected: Operation, operation: Operation, keras: Layer, left: Run) -> Suspect:
    """F.pad with different numbers, or with zeros before a maximum."""
    pads = pads_of(value_of_source(left, expected)[:-1], keras)
    value = float("-inf") if value_of_pads(keras) == "lowest" else 0.0
    remark = " that are never the maximum" if value else ""
    return Suspect((with_argument(operation, "pad", flat(pads), 1), with_argument(operation, "value", value, 3)),
                   f"{padding_of(keras)} adds {shown_pads(pads)}{remark}; your `F.pad` does not.",
                   pad_code(pads, keras), operation.place)


def cropped(keras: Layer, layer: Layer, sizes: Any) -> Iterator[Suspect]:
    """A transposed convolution: its padding cuts its output."""
    kernels, strides = (spatial(keras.settings[name], len(sizes), 1) for name in ("kernel_size", "strides"))
    cut = []
    for size, kernel, stride in zip(sizes, kernels, strides):
        full = (size - 1) * stride + kernel
        expected = size * stride if keras.settings["padding"] == "same" else full + max(stride - kernel, 0)
        cut.append([max(kernel - stride, 0) // 2 if keras.settings["padding"] == "same" else 0, expected])
    slices = ", ".join(f"{first}:{first + length}" for first, length in cut)
    yield Suspect(({"kind": "crop", "layer": layer.path, "pads": cut},),
                  f"{padding_of(keras)} cuts other rows and columns of its output than this `{layer.kind}`.",
                  f"`padding=0` in `{layer.code}`, then `x = x[:, :, {slices}]`", layer.place)


def padding_of(keras: Layer) -> str:
    """The setting of a layer of Keras, for a sentence."""
    return f'Keras\'s `padding="{keras.settings["padding"]}"`'


def several(count: int, what: str) -> str:
    """A number of rows or columns."""
    return f"{count} {what}{'s' * (count != 1)}"


def shown_pads(pads: list[tuple[int, int]]) -> str:
    """The padding of each side in words."""
    if not any(side for pair in pads for side in pair):
        return "nothing"
    if len(pads) == 2:
        (top, bottom), (before, after) = pads
        return f"{several(top, 'row')} above, {bottom} below, {several(before, 'column')} on the left and {after} on " \
               "the right"
    return ", ".join(f"{before} before and {after} after" for before, after in pads)
