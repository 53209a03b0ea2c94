"""Settings of a spec as Keras code in backticks, as a user would write them."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

from compare.reporting.field_text import TITLES
from frameworks.keras import configuration
from frameworks.keras.layers import INITIALIZERS, LAYERS, TODAY
from frameworks.runtime.call import Call
from frameworks.runtime.errors import Unsupported
from scenarios.spec import L1, L2, Accumulation, ClassWeights, Clip, EarlyStopping, WeightDecay
from scenarios.spec.checks import as_written
from scenarios.spec.fields import encoded

ON_LOGITS = "on the logits"
"""Where a loss of logits goes: a model with a last activation gets none."""
IMAGE = (28, 28, 1)
"""A shape for calls of layers with arguments that do not depend on it."""
UNSEEN = ("kernel", "bias", "keeps_logits")
"""Fields that the code of a whole layer leaves out."""
NONE = {"weight_decay": "`weight_decay=None`", "clip": "no `clipnorm`", "sample_weight": "`sample_weight=None`",
        "accumulation": "`gradient_accumulation_steps=None`", "early_stopping": "no `EarlyStopping`",
        "class_weights": "`class_weight=None`",
        **{f"{name}_regularizer": f"`{name}_regularizer=None`" for name in ("kernel", "bias", "activity")}}
"""By the name of a field, `none` as Keras code."""


def layer_code(layer: Any) -> str:
    """Returns a layer as Keras code in backticks, without `UNSEEN`; else the value."""
    if type(layer).__name__ not in LAYERS:
        return value_text(layer)
    config = encoded(dataclasses.replace(layer, **{name: None for name in UNSEEN if hasattr(layer, name)}))
    source = LAYERS[type(layer).__name__](config, IMAGE, TODAY)[-1].source()
    return f"`{source.removeprefix('keras.layers.')}`"


def code_of(path: str, value: object) -> str:
    """Returns a field's value as Keras code, or `path = value` if the field is not a single argument in Keras."""
    field = path.rpartition(".")[2]
    if path == "loss.of" and value in ("outputs", "softmax_of_logits", "sigmoid_of_logits"):
        return "`from_logits=False`" if value == "outputs" else f"`from_logits=True` {ON_LOGITS}"
    if path == "data.divisor":
        if value == 1:
            return "raw pixels (0 to 255)"
        return f"`x_train = x_train / {value_text(value)}`"
    if field == "function" and isinstance(value, str):
        return f'`activation="{value}"`'
    if part := NONE.get(field, "") if value == "none" else _part(field, value):
        return part + f" (layer {path.split('.')[1]})" * path.startswith("layers.")
    if path.startswith("layers.") and (argument := _layer_argument(field, value)):
        return f"`{argument}` (layer {path.split('.')[1]})"
    if path == "optimizer" and (source := _optimizer(value)):
        return f"`optimizer={source}`"
    if path == "loss":
        return f"`loss={_loss(value)}`" + f" {ON_LOGITS}" * _is_of_logits(value)
    if path == "training.batch_size" and value == "all":
        return "`batch_size=len(x_train)`"
    if path in ("optimizer", "loss.label_smoothing") or path.startswith(("optimizer.", "training.")) and \
            not dataclasses.is_dataclass(value) and value != "once":
        return f"`{field}={value_text(value)}`"
    return f"{path} = {value_text(value)}"


def _part(field: str, value: object) -> str:
    """A part of a setting, such as a regularizer, as Keras code; empty where Keras has no argument for it."""
    if isinstance(value, (L1, L2)) and value.reported is not False:
        return f"`{field}=keras.regularizers.{type(value).__name__}({value.factor:g})`"
    if isinstance(value, WeightDecay) and value.factor is not None and value.decoupled is not False:
        return f"`weight_decay={value.factor:g}`"
    if isinstance(value, Clip) and not value.offset:
        return f"`{'global_' * (value.of == 'all')}clipnorm={value.norm:g}`"
    if isinstance(value, Accumulation) and value.unfinished != "steps":
        return f"`gradient_accumulation_steps={value.steps}`"
    if isinstance(value, ClassWeights):
        return f"`class_weight={dict(enumerate(value.values))}`"
    if isinstance(value, EarlyStopping):
        classes, arguments = configuration.stopping(encoded(value))
        return "" if classes else f"`{Call('EarlyStopping', **arguments).source()}`"
    return ""


def _loss(value: object) -> str:
    """A loss as a class of Keras with those of its fields that are arguments of it."""
    arguments = ["from_logits=True"] * _is_of_logits(value)
    arguments += [f"{name}={getattr(value, name):g}" for name in ("label_smoothing", "delta")
                  if getattr(value, name, None)]
    return f"{type(value).__name__}({', '.join(arguments)})"


def _is_of_logits(loss: object) -> bool:
    return str(getattr(loss, "of", "")).endswith("_of_logits")


def _optimizer(value: object) -> str:
    """An optimizer as Keras code; empty if it is none of Keras's, or has a schedule."""
    with contextlib.suppress(Unsupported):
        call = configuration.call(encoded(value))
        arguments = call.arguments()
        if call.name.startswith("keras.optimizers.") and "learning_rate=rate" not in arguments:
            return f"{call.name.removeprefix('keras.optimizers.')}({', '.join(arguments)})"
    return ""


def _layer_argument(field: str, value: object) -> str:
    """The argument of a layer of Keras, as in `units=32`; empty for a field that is no argument of it."""
    if field in ("kernel", "bias"):
        name = type(value).__name__
        return "" if name not in INITIALIZERS or name == "FanInUniform" else \
            Call("", **{f"{field}_initializer": INITIALIZERS[name](encoded(value), 0)}).arguments()[0]
    ours = any(name.endswith(f".{field}") for name in TITLES)  # an argument of Keras needs no title
    return "" if ours or dataclasses.is_dataclass(value) else Call("", **{field: value}).arguments()[0]


def value_text(value: object) -> str:
    """Returns a value as it is written in a spec, without unset fields and fields at their default."""
    if not dataclasses.is_dataclass(value):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return as_written(value)
