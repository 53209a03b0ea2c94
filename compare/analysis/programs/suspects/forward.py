"""Suspects where the outputs differ: layout, padding, settings, activations, missing and additional operations."""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np

from compare.analysis.programs import pairing
from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Layer, Operation, Run, is_port
from compare.analysis.programs.suspects.activations import code_of, function_of, is_activation
from compare.analysis.programs.suspects.normalization import normalized, unbiased
from compare.analysis.programs.suspects.padding import padded
from compare.analysis.programs.suspects.same_framework import of_one_framework
from compare.analysis.programs.suspects.sequences import attention, last_of_both, masked, reset
from compare.analysis.programs.suspects.suspect import Suspect, shown

RESHAPES = ("flatten", "reshape", "view", "unflatten", "squeeze")
REDUCTIONS = ("mean", "amax", "max", "sum", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d",
              "avg_pool1d", "avg_pool2d", "boolean_dispatch", "std", "median", "amin")


def suspects(found: Comparison, left: Run, right: Run) -> list[Suspect]:
    """Every suspect for the place where the outputs begin to differ, the most specific first."""
    one, other = found.left, found.right
    if not is_port(left, right) or other is None:
        return list(of_one_framework(one, other, left, right))
    layer = right.layers.get(other.layer)
    ours = left.layers.get(one.layer) if one else None
    proposed: list[Suspect] = []
    for propose in (masked, reset, last_of_both, reshaped, padded, normalized, set_differently, activated, reduced,
                    concatenated, moved, scaled):
        proposed += propose(found, left, right, ours, layer)
    inside = region(found, right)
    return [*proposed, *attention(found, inside, ours, layer), *unbiased(inside), *additional(found, right)]


def region(found: Comparison, right: Run) -> list[Operation]:
    """The right operations at a difference that is written as several: up to the next one that is paired."""
    assert found.right is not None and found.paired is not None
    fine, inside = set(found.paired.values()), [found.right]
    for operation in right.operations[right.operations.index(found.right) + 1:]:
        if operation.key in fine or len(inside) > 40:
            break
        inside.append(operation)
    return inside


def reshaped(found: Comparison, left: Run, right: Run, ours: Layer | None, layer: Layer | None) -> Iterator[Suspect]:
    """A flatten or reshape of channels first against one of channels last."""
    one, other = found.left, found.right
    assert other is not None
    if other.kind in RESHAPES and other.shapes and len(other.shapes[0]) > 2:
        axes = "0, 2, 3, 1" if len(other.shapes[0]) == 4 else "0, 2, 1"
        yield Suspect(({"kind": "channels_last", "operation": other.key},),
                      "PyTorch flattens an image with its channels first, Keras with its channels last, so the next "
                      "layer's weights meet other values.",
                      f"x = x.permute({axes}).flatten(1)", other.place)
    if other.kind in RESHAPES and other.shapes and len(other.shapes[0]) == len(other.shape) > 2:
        for name, order in (("channels_first", [0, len(other.shape) - 1, *range(1, len(other.shape) - 1)]),
                            ("channels_last", [0, *range(2, len(other.shape)), 1])):
            yield Suspect(({"kind": "instead", "operation": other.key, "function": name},),
                          f"{other.kind} only cuts the values up in another way; it does not move an axis.",
                          f"x = x.permute({', '.join(map(str, order))})", other.place)
    if other.kind in RESHAPES and one and len(one.shape) > 2:
        shape = list(one.shape[1:])
        yield Suspect(({"kind": "instead", "operation": other.key, "function": "reshape_channels_last",
                        "settings": {"shape": shape}},),
                      "Keras's Reshape fills channels last, this one channels first.",
                      f"x = x.reshape(len(x), {', '.join(map(str, shape))}).movedim(-1, 1)", other.place)


ATTRIBUTES = {"epsilon": "eps", "negative_slope": "negative_slope", "alpha": "alpha", "approximate": "approximate",
              "strides": "stride", "dilation_rate": "dilation", "axis": "dim", "pool_size": "kernel_size",
              "interpolation": "mode"}
"""Of a setting of Keras, the attribute or argument of PyTorch."""
IN_FUNCTIONS = {"epsilon": {"batch_norm": 7, "layer_norm": 4, "group_norm": 4}, "negative_slope": {"leaky_relu": 1},
                "alpha": {"elu": 1}, "approximate": {"gelu": -1}, "axis": {"softmax": 1}}
"""Of a setting of Keras, the functions that have it, and the position of their argument."""


def set_differently(found: Comparison, left: Run, right: Run, ours: Layer | None,
                    layer: Layer | None) -> Iterator[Suspect]:
    """Settings of the same meaning with other values."""
    one, other = found.left, found.right
    assert other is not None
    for setting, name in ATTRIBUTES.items():
        if ours is None or setting not in ours.settings:
            continue
        wanted = in_torch(setting, ours.settings[setting])
        if layer is not None and setting in layer.settings and wanted is not None:
            own = layer.settings[setting]
            if in_torch(setting, own) != wanted:
                yield Suspect(({"kind": "attribute", "layer": layer.path, "name": name, "value": wanted},),
                              f"Keras's {ours.kind} has {setting}={shown(ours.settings[setting])}, this {layer.kind} "
                              f"has {name}={shown(own)}.", f"{name}={shown(wanted)} in {layer.kind}", layer.place)
        elif layer is None and wanted is not None and other.kind in IN_FUNCTIONS.get(setting, {}):
            yield Suspect(({"kind": "argument", "operation": other.key, "name": name, "value": wanted,
                            "position": IN_FUNCTIONS[setting][other.kind]},),
                          f"Keras's {ours.kind} has {setting}={shown(ours.settings[setting])}.",
                          f"{name}={shown(wanted)} in {other.kind}", other.place)
    if other.kind.startswith("avg_pool") and layer is None and ours is not None and "Average" in ours.kind:
        yield Suspect(({"kind": "argument", "operation": other.key, "position": 5, "name": "count_include_pad",
                        "value": False},), "Keras leaves padding out of an average, PyTorch counts it.",
                      f"count_include_pad=False in {other.kind}", other.place)
    if other.kind == "gelu":
        for value, said in (("tanh", "the tanh approximation of"), ("none", "the exact")):
            yield Suspect(({"kind": "argument", "operation": other.key, "position": -1, "name": "approximate",
                            "value": value},), f"Keras's {one.layer if one else 'layer'} computes {said} GELU.",
                          f'F.gelu(x, approximate="{value}")', other.place)
    if layer is None and other.kind in ("interpolate", "upsample") and ours is not None:
        for name in ("align_corners", "antialias"):
            yield Suspect(({"kind": "argument", "operation": other.key, "position": -1, "name": name, "value": False},),
                          f"Keras's {ours.kind} has no {name}.", f"{name}=False in {other.kind}", other.place)
    if layer is not None and layer.settings.get("batch_first") is False:
        yield Suspect(({"kind": "batch_first", "layer": layer.path},),
                      f"{layer.kind} takes the first axis for time; Keras's {ours.kind if ours else 'layer'} takes the "
                      "second.", f"batch_first=True in {layer.kind}", layer.place)
    if layer is not None and ours is not None and "Upsampl" in layer.kind:
        yield Suspect(({"kind": "attribute", "layer": layer.path, "name": "align_corners", "value": False},),
                      "Keras's UpSampling2D does not align corners.", "align_corners=False", layer.place)


def in_torch(setting: str, value: Any) -> Any:
    """A setting of Keras as PyTorch's attribute; the lists of JSON as tuples."""
    if setting == "approximate":
        return {True: "tanh", False: "none"}.get(value, value)
    if setting == "interpolation":
        return {"bilinear": "bilinear", "nearest": "nearest"}.get(value)
    if isinstance(value, (list, tuple)):
        return value[0] if len(value) == 1 else list(value)
    return value


def activated(found: Comparison, left: Run, right: Run, ours: Layer | None, layer: Layer | None) -> Iterator[Suspect]:
    """Another activation function, one that is missing, or one more."""
    one, other = found.left, found.right
    assert other is not None and found.paired is not None
    wanted = function_of(one, ours)
    if one is None or wanted is None:
        return
    name, settings = wanted
    change = {"function": name, "settings": settings}
    if is_activation(other.kind):
        yield Suspect(({"kind": "instead", "operation": other.key, **change},),
                      f"Keras applies {code_of(name, settings)} here, your PyTorch program {other.kind}.",
                      f"{code_of(name, settings)} in place of {other.kind}", other.place)
    before = next((found.paired[source] for source in one.sources if source in found.paired), None)
    for last in chain_from(other, right) if before is not None else ():
        yield Suspect(({"kind": "recomputed", "operation": last.key, "source": before, **change},),
                      f"Keras applies {code_of(name, settings)} here, your PyTorch program another function.",
                      code_of(name, settings), last.place)
    if before is not None:
        operation = right.operation(before)
        yield Suspect(({"kind": "apply", "operation": before, **change},),
                      f"Keras applies {code_of(name, settings)} after {one.layer}; your PyTorch program does not.",
                      f"x = {code_of(name, settings)} after this line", operation.place)


def chain_from(operation: Operation, run: Run) -> list[Operation]:
    """The operations after one that keep its shape, one after the other: how a function is written by hand."""
    chain, key = [], operation.key
    for following in run.operations[run.operations.index(operation) + 1:]:
        if following.shape != operation.shape or key not in following.sources or following.layer:
            break
        chain.append(following)
        key = following.key
    return chain[:6]


def reduced(found: Comparison, left: Run, right: Run, ours: Layer | None, layer: Layer | None) -> Iterator[Suspect]:
    """A mean or maximum over other axes, or another step of a sequence."""
    other = found.right
    assert other is not None
    if ours is not None and ours.kind.startswith("Global") and (other.kind in REDUCTIONS or
                                                               other.kind == "__getitem__"):
        name = "mean" if "Average" in ours.kind else "amax"
        axes = len(other.shapes[0]) - 2 if other.shapes else 1
        choices = [list(range(2, 2 + axes))] + ([[1]] if axes == 1 else [])
        for dims in choices:
            yield Suspect(({"kind": "instead", "operation": other.key, "function": name, "settings": {"axes": dims}},),
                          f"Keras's {ours.kind} takes the {'mean' if name == 'mean' else 'maximum'} over "
                          f"{'time' if axes == 1 else 'height and width'}.",
                          f"x = x.{name}({tuple(dims) if len(dims) > 1 else dims[0]})", other.place)
    if other.kind == "__getitem__" and ours is not None and ours.settings.get("return_sequences") is False:
        yield Suspect(({"kind": "instead", "operation": other.key, "function": "last_step"},),
                      f"Keras's {ours.kind} returns its last step.", "x[:, -1]", other.place)
    if other.kind in ("softmax", "log_softmax") and other.arguments is not None:
        yield Suspect(({"kind": "argument", "operation": other.key, "position": 1, "name": "dim", "value": -1},),
                      "Keras's softmax is over the last axis.", "dim=-1", other.place)


def concatenated(found: Comparison, left: Run, right: Run, ours: Layer | None,
                 layer: Layer | None) -> Iterator[Suspect]:
    """Two branches in another order."""
    other = found.right
    assert other is not None
    if other.kind in ("cat", "concat", "concatenate", "stack"):
        yield Suspect(({"kind": "arguments_swapped", "operation": other.key},),
                      "Keras concatenates the branches in the other order.",
                      "the tensors of torch.cat in reverse order", other.place)


def moved(found: Comparison, left: Run, right: Run, ours: Layer | None, layer: Layer | None) -> Iterator[Suspect]:
    """An input whose axes are in the wrong order, although every size fits."""
    other = found.right
    assert other is not None
    axes = len(other.shapes[0]) if other.shapes else 0
    if axes > 2 and other.kind not in RESHAPES:
        for source, target, said in ((-1, 1, "last"), (1, -1, "first")):
            order = [0, axes - 1, *range(1, axes - 1)] if source == -1 else [0, *range(2, axes), 1]
            yield Suspect(({"kind": "input_moved", "operation": other.key, "source": source, "target": target},),
                          f"{layer.kind if layer else other.kind} gets its channels {said}, and takes another axis for "
                          "them.", f"x = x.permute({', '.join(map(str, order))}) before "
                          f"{layer.path if layer else other.kind}", other.place)


def scaled(found: Comparison, left: Run, right: Run, ours: Layer | None, layer: Layer | None) -> Iterator[Suspect]:
    """A constant factor, or an input that only one side scales."""
    one, other = found.left, found.right
    assert other is not None
    if one is not None and one.kind == "Rescaling" and ours is not None and not one.sources:
        config = ours.settings
        factor, offset = config.get("scale", 1.0), config.get("offset", 0.0)
        yield Suspect(({"kind": "input", "factor": factor, "offset": offset},),
                      f"Keras's model scales its input by {factor:g}; your PyTorch program does not.",
                      f"x = x * {factor:g}" + (f" + {offset:g}" if offset else ""), other.place)
    if one is not None:
        ours_value, theirs_value = left.arrays("forward")[one.key], right.arrays("forward")[other.key]
        for layout in pairing.layouts(ours_value):
            if layout.shape == theirs_value.shape and np.any(theirs_value):
                factor, offset = (round(float(value), 9) for value in np.polyfit(theirs_value.ravel(),
                                                                                 layout.ravel(), 1))
                if pairing.relative_difference(layout, factor * theirs_value + offset) < pairing.TOLERANCE and factor:
                    shift = f" {'+' if offset > 0 else '-'} {abs(offset):.6g}" if abs(offset) > 1e-8 else ""
                    yield Suspect(({"kind": "apply", "operation": other.key, "function": "scale",
                                    "settings": {"factor": factor, "offset": offset}},),
                                  f"Keras's output is {factor:.6g} times this one{shift}.",
                                  f"x = x * {factor:.6g}{shift}", other.place)


def additional(found: Comparison, right: Run) -> list[Suspect]:
    """Operations on the right that the left does not have: the one at the difference is passed over."""
    other = found.right
    assert other is not None
    if not other.shapes or list(other.shape) != list(other.shapes[0]):
        return []
    name = other.kind if not other.layer else f"{other.layer} ({other.kind})"
    return [Suspect(({"kind": "skip", "operation": other.key},),
                    f"Your PyTorch program applies {name} here; Keras applies nothing.", f"leave out {name}",
                    other.place)]
