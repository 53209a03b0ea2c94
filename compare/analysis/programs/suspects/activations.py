"""Suspects of activation functions, and their names in both frameworks."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from compare.analysis.programs.description import Layer, Operation, Run
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect

OF_LAYER = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "Softmax": "softmax"}
"""By Keras layer, the name of its activation function."""
ARGUMENTS = {"leaky_relu": ("negative_slope",), "elu": ("alpha",), "gelu": ("approximate",), "softmax": ("axis",)}
KINDS = ("relu", "relu_", "sigmoid", "tanh", "softmax", "log_softmax", "gelu", "selu", "silu", "elu", "softplus",
         "leaky_relu", "hard_sigmoid", "hardsigmoid", "mish", "relu6", "softsign", "hardswish", "hardtanh", "exp",
         "clamp", "prelu", "celu", "logsigmoid")
CODE = {"softmax": "torch.softmax(x, -1)", "relu": "F.relu(x)", "sigmoid": "torch.sigmoid(x)", "tanh": "torch.tanh(x)",
        "hard_sigmoid": "torch.clamp(x / 6 + 0.5, 0, 1)", "exponential": "torch.exp(x)", "linear": "x",
        "swish": "F.silu(x)", "gelu": "F.gelu(x)"}


def function_of(operation: Operation | None, layer: Layer | None) -> tuple[str, dict[str, Any]] | None:
    """The activation that a Keras operation applies, with its settings; None if there is no known one."""
    if operation is None or layer is None or operation.key.endswith(":before"):
        return None
    name = OF_LAYER.get(layer.kind) or layer.settings.get("activation")
    if not isinstance(name, str) or name == "linear":
        return None
    settings = {argument: layer.settings[argument] for argument in ARGUMENTS.get(name, ())
                if argument in layer.settings and layer.kind in OF_LAYER}
    if name == "leaky_relu" and layer.kind not in OF_LAYER:
        settings = {"negative_slope": 0.2}  # of keras.activations.leaky_relu; the layer's own is 0.3
    if name == "gelu":
        settings = {"approximate": "tanh"} if layer.settings.get("approximate") else {}
    return name, settings


def is_activation(kind: str) -> bool:
    """Whether an operation of PyTorch is an activation function."""
    return kind in KINDS


def code_of(name: str, settings: Mapping[str, Any]) -> str:
    """An activation as PyTorch code."""
    if settings:
        values = ", ".join(f"{key}={value!r}" for key, value in settings.items()).replace("axis=", "dim=")
        return f"F.{name}(x, {values})"
    return CODE.get(name, f"F.{name}(x)")


def call_of(name: str, settings: Mapping[str, Any]) -> str:
    """An activation of Keras for a sentence: its name, with its settings if it has any."""
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in settings.items())})" if settings else name


def activated(at: Difference) -> Iterator[Suspect]:
    """A different, missing or additional activation function."""
    expected, operation, keras = at.expected, at.operation, at.keras_layer
    activation = function_of(expected, keras)
    if expected is None or activation is None:
        return
    name, settings = activation
    change = {"function": name, "settings": settings}
    applied = next((each for each in (operation, *chain_from(operation, at.right)) if is_activation(each.kind)), None)
    if applied is not None:
        yield Suspect(({"kind": "instead", "operation": applied.key, **change},),
                      f"Keras applies `{call_of(name, settings)}` here, your PyTorch program `{applied.kind}`.",
                      f"`{code_of(name, settings)}` in place of `{applied.kind}`", applied.place)
    elif at.layer is not None and at.layer.parameters:
        yield Suspect(({"kind": "apply", "operation": operation.key, **change},),
                      f"Keras applies `{call_of(name, settings)}` after `{at.layer.code}`, your program nothing.",
                      f"`x = {code_of(name, settings)}` after `{at.layer.code}`", operation.place)
    if at.before is None:
        return
    for last in chain_from(operation, at.right):
        yield Suspect(({"kind": "recomputed", "operation": last.key, "source": at.before, **change},),
                      f"Keras applies `{call_of(name, settings)}` here, your PyTorch program another function.",
                      code_of(name, settings), last.place)
    yield Suspect(({"kind": "apply", "operation": at.before, **change},),
                  f"Keras applies `{call_of(name, settings)}` here; your PyTorch program does not.",
                  f"`x = {code_of(name, settings)}` after this line", at.right.operation(at.before).place)


def chain_from(operation: Operation, run: Run) -> list[Operation]:
    """The operations that follow one another and keep the shape: how a function is written by hand."""
    chain, key = [], operation.key
    for following in run.operations[run.operations.index(operation) + 1:]:
        if following.shape != operation.shape or key not in following.sources or following.layer:
            break
        chain.append(following)
        key = following.key
    return chain[:6]
