"""Suspects of settings that Keras's layer and PyTorch's module or function have with other values."""

from __future__ import annotations

from typing import Any, Iterator

from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect, shown, with_argument

ATTRIBUTES = {"epsilon": "eps", "negative_slope": "negative_slope", "alpha": "alpha", "approximate": "approximate",
              "strides": "stride", "dilation_rate": "dilation", "axis": "dim", "pool_size": "kernel_size",
              "interpolation": "mode"}
"""Of a setting of Keras, the attribute or argument of PyTorch."""
OF_DTYPE = ", which means 1.2e-07 in float32 and 2.2e-16 in float64"
"""What eps=None means in nn.RMSNorm."""
IN_FUNCTIONS = {"epsilon": {"batch_norm": 7, "layer_norm": 4, "group_norm": 4}, "negative_slope": {"leaky_relu": 1},
                "alpha": {"elu": 1}, "approximate": {"gelu": -1}, "axis": {"softmax": 1},
                "interpolation": {"interpolate": 3}}
"""Of a setting of Keras, the functions that have it, and the position of their argument."""


def set_differently(at: Difference) -> Iterator[Suspect]:
    """Settings of the same meaning with other values."""
    expected, operation, keras, layer = at.expected, at.operation, at.keras_layer, at.layer
    for setting, name in ATTRIBUTES.items():
        if keras is None or setting not in keras.settings:
            continue
        value = in_torch(setting, keras.settings[setting])
        if layer is not None and setting in layer.settings and value is not None:
            actual = layer.settings[setting]
            if in_torch(setting, actual) != value:
                yield Suspect(({"kind": "attribute", "layer": layer.path, "name": name, "value": value},),
                              f"Keras's `{keras.kind}` has `{setting}={shown(keras.settings[setting])}`; this "
                              f"`{layer.kind}` has `{name}={shown(actual)}`"
                              f"{OF_DTYPE * (actual is None and name == 'eps')}.",
                              f"`{name}={shown(value)}` in `{layer.kind}`", layer.place)
        elif layer is None and value is not None and operation.kind in IN_FUNCTIONS.get(setting, {}):
            yield Suspect((with_argument(operation, name, value, IN_FUNCTIONS[setting][operation.kind]),),
                          f"Keras's `{keras.kind}` has `{setting}={shown(keras.settings[setting])}`; this "
                          f"`{operation.kind}` has another value.",
                          f"`{name}={shown(value)}` in `{operation.kind}`", operation.place)
    if operation.kind.startswith("avg_pool") and layer is None and keras is not None and "Average" in keras.kind:
        yield Suspect((with_argument(operation, "count_include_pad", False, 5),),
                      "Keras leaves padding out of an average, PyTorch counts it.",
                      f"`count_include_pad=False` in `{operation.kind}`", operation.place)
    if operation.kind == "gelu":
        for approximate, which in (("tanh", "the tanh approximation of"), ("none", "the exact")):
            yield Suspect((with_argument(operation, "approximate", approximate),),
                          f"Keras's {f'`{expected.layer}`' if expected else 'layer'} computes {which} GELU.",
                          f'F.gelu(x, approximate="{approximate}")', operation.place)
    if layer is None and operation.kind in ("interpolate", "upsample") and keras is not None:
        for name in ("align_corners", "antialias"):
            yield Suspect((with_argument(operation, name, False),),
                          f"Keras's `{keras.kind}` has no `{name}`.", f"`{name}=False` in `{operation.kind}`",
                          operation.place)
        if keras.settings.get("interpolation") == "bicubic":
            yield Suspect((with_argument(operation, "antialias", True),),
                          f"Keras's `{keras.kind}` interpolates with the cubic coefficient -0.5; PyTorch's "
                          '`mode="bicubic"` with -0.75, and with `antialias=True` with -0.5.',
                          f"`antialias=True` in `{operation.kind}`", operation.place)
    if layer is not None and layer.settings.get("batch_first") is False:
        yield Suspect(({"kind": "batch_first", "layer": layer.path},),
                      f"This `{layer.kind}` takes the first axis for time; Keras's "
                      f"{f'`{keras.kind}`' if keras else 'layer'} takes the second.",
                      f"`batch_first=True` in `{layer.kind}`", layer.place)
    if layer is not None and keras is not None and "Upsampl" in layer.kind:
        yield Suspect(({"kind": "attribute", "layer": layer.path, "name": "align_corners", "value": False},),
                      f"Keras's `{keras.kind}` does not align corners; this `{layer.kind}` does.",
                      "align_corners=False", layer.place)


def averaged_at_the_border(at: Difference) -> Iterator[Suspect]:
    """The mean of the values inside of an image alone, in windows that begin where Keras's do."""
    keras, operation = at.keras_layer, at.operation
    if keras is None or not keras.kind.startswith("AveragePooling") or keras.settings.get("padding") != "same" or \
            not operation.kind.startswith("avg_pool") or not operation.shapes:
        return
    size, strides = (keras.settings[setting] for setting in ("pool_size", "strides"))
    pads = [max((-(-n // step) - 1) * step + window - n, 0)
            for n, window, step in zip(operation.shapes[0][2:], size, strides)]
    sides = tuple(each for pad in reversed(pads) for each in (pad // 2, pad - pad // 2))
    call = f"F.{operation.kind}({{}}, {shown(size)}, {shown(strides)}"
    mean = f"x = {call.format('x')}, ceil_mode=True)" if not any(pad // 2 for pad in pads) else \
        f"x = {call.format(f'F.pad(x, {sides})')}) / {call.format(f'F.pad(torch.ones_like(x), {sides})')})"
    yield Suspect(({"kind": "instead", "operation": operation.key, "function": "avg_pool", "settings": {
                        "size": size, "strides": strides, "same": True}},),
                  f"Keras's `{keras.kind}` with `padding=\"same\"` takes the mean of the values inside of the image "
                  f"alone; this `{operation.kind}` pads other rows or columns, or counts them.", mean, operation.place)


def pooled_otherwise(at: Difference) -> Iterator[Suspect]:
    """The largest value of a window in place of its mean, or the other way round."""
    keras, operation = at.keras_layer, at.operation
    name = next((each for each in POOLINGS if keras is not None and keras.kind.startswith(POOLINGS[each])), None)
    if keras is None or name is None or operation.kind not in ("boolean_dispatch", *(
            f"{each}_pool{axes}d" for each in POOLINGS if each != name for axes in "123")):
        return
    size, strides = (keras.settings[setting] for setting in ("pool_size", "strides"))
    same = keras.settings.get("padding") == "same"
    yield Suspect(({"kind": "instead", "operation": operation.key, "function": f"{name}_pool", "settings": {
                        "size": size, "strides": strides, "same": same}},),
                  f"Keras's `{keras.kind}` takes the {WORDS[name]} of every window, your `{operation.kind}` does not.",
                  f"`F.{name}_pool{keras.kind[-2]}d(x, {shown(size)}, {shown(strides)})`" +
                  " after padding as `padding=\"same\"` of Keras" * same, operation.place)


POOLINGS = {"max": "MaxPooling", "avg": "AveragePooling"}
"""By PyTorch's name, how Keras's layers begin."""
WORDS = {"max": "largest value", "avg": "mean"}


def in_torch(setting: str, value: Any) -> Any:
    """A setting of Keras as PyTorch's attribute; the lists of JSON as tuples."""
    if setting == "approximate":
        return {True: "tanh", False: "none"}.get(value, value)
    if setting == "interpolation":
        return {"bilinear": "bilinear", "nearest": "nearest"}.get(value)
    if isinstance(value, (list, tuple)):
        return value[0] if len(value) == 1 else list(value)
    return value
