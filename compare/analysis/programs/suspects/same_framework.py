"""Suspects of two programs of the same framework: settings with different values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterator, Mapping, Sequence

from compare.analysis.programs import torch_losses
from compare.analysis.programs.description import Operation, Run
from compare.analysis.programs.suspects.activations import function_of, is_activation
from compare.analysis.programs.suspects.suspect import Suspect, shown, with_argument

ATTRIBUTES = {"epsilon": "eps", "rate": "p", "strides": "stride", "dilation_rate": "dilation", "axis": "dim",
              "pool_size": "kernel_size"}
"""Of a setting under Keras's name, PyTorch's attribute; the others have the same name."""
DERIVED = ("momentum", "units", "filters", "use_bias", "scale", "center", "groups", "shape")
"""Settings of a PyTorch module that no attribute of the same value has, or that change its parameters."""
CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
AVERAGE = ("input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
MAXIMUM = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
NAMES: Mapping[str, Sequence[str]] = {
    **{f"conv{n}d": CONVOLUTION for n in (1, 2, 3)}, **{f"avg_pool{n}d": AVERAGE for n in (1, 2, 3)},
    "boolean_dispatch": MAXIMUM, **{f"max_pool{n}d": MAXIMUM for n in (1, 2, 3)},
    "leaky_relu": ("input", "negative_slope"), "elu": ("input", "alpha"), "celu": ("input", "alpha"),
    "gelu": ("input", "approximate"), "softplus": ("input", "beta", "threshold"),
    "hardtanh": ("input", "min_val", "max_val"), "clamp": ("input", "min", "max"),
    "softmax": ("input", "dim"), "log_softmax": ("input", "dim"), "cat": ("tensors", "dim"),
    "mean": ("input", "dim", "keepdim"), "sum": ("input", "dim", "keepdim"), "amax": ("input", "dim", "keepdim"),
    "norm": ("input", "p", "dim", "keepdim"), "normalize": ("input", "p", "dim", "eps"),
    "flatten": ("input", "start_dim", "end_dim"), "permute": ("input",),
    "layer_norm": ("input", "normalized_shape", "weight", "bias", "eps"),
    "group_norm": ("input", "num_groups", "weight", "bias", "eps"),
    "rms_norm": ("input", "normalized_shape", "weight", "eps"),
    "batch_norm": ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps"),
    "instance_norm": ("input", "running_mean", "running_var", "weight", "bias", "use_input_stats", "momentum", "eps"),
    "interpolate": ("input", "size", "scale_factor", "mode", "align_corners"),
    "pad": ("input", "pad", "mode", "value"),
    **{name: [argument or str(i) for i, argument in enumerate(arguments)]
       for name, arguments in torch_losses.ARGUMENTS.items()}}
"""By function, the names of its arguments in their order."""
DEFAULTS = {"negative_slope": 0.01, "alpha": 1.0, "approximate": "none", "eps": 1e-5, "count_include_pad": True,
            "ceil_mode": False, "padding": 0, "dilation": 1, "groups": 1, "keepdim": False, "min_val": -1.0,
            "max_val": 1.0, "beta": 1.0, "start_dim": 0, "mode": "constant", "p": 2.0, **torch_losses.DEFAULTS}
"""By argument, the value where nobody gives one."""
IN_ACTIVATIONS = ("negative_slope", "alpha", "approximate", "dim")
"""Arguments of activations that `frameworks.lightning.program.functions` has."""
IN_EVALUATION = ("training", "use_input_stats", "momentum")
"""Arguments that say something of the training."""


def of_one_framework(left_operation: Operation | None, right_operation: Operation | None, left: Run,
                     right: Run, inside: Sequence[Operation] = ()) -> Iterator[Suspect]:
    """Another activation, other arguments of a function, or settings of the layers at the difference that are not the
    same; `inside` are the operations from the right one on that have no partner."""
    if left_operation is None:
        return
    for operation in inside or ([right_operation] if right_operation is not None else []):
        if left_operation.kind == operation.kind:
            yield from called_otherwise(left_operation, operation)
        elif is_activation(left_operation.kind) and is_activation(operation.kind):
            settings = {name: value for name, value in named(left_operation).items() if name in IN_ACTIVATIONS}
            settings = {"axis" if name == "dim" else name: value for name, value in settings.items()}
            call = f"{left_operation.kind}({', '.join(f'{name}={shown(value)}' for name, value in settings.items())})"
            yield Suspect(({"kind": "instead", "operation": operation.key, "function": left_operation.kind,
                            "settings": settings},),
                          f"The left program applies `{call if settings else left_operation.kind}` here, the right one "
                          f"`{operation.kind}`.", f"`{call if settings else left_operation.kind}` in place of "
                          f"`{operation.kind}`", operation.place)
    if not right.is_torch:
        yield from other_activation(left_operation, right_operation, left, right)
    ours = left.layers.get(left_operation.layer)
    theirs = right.layers.get(right_operation.layer if right_operation is not None else left_operation.layer)
    if ours is None or theirs is None:
        return
    torch = right.is_torch
    for name, value in ours.settings.items():
        if theirs.settings.get(name, value) != value and not (torch and name in DERIVED):
            attribute = ATTRIBUTES.get(name, name) if torch else name
            yield Suspect(({"kind": "attribute", "layer": theirs.path, "name": attribute, "value": value},),
                          f"`{theirs.kind}` has `{attribute}={shown(value)}` on the left and "
                          f"`{shown(theirs.settings[name])}` on the right.",
                          f"`{attribute}={shown(value)}` in `{theirs.kind}`", theirs.place)


def other_activation(ours: Operation, theirs: Operation | None, left: Run, right: Run) -> Iterator[Suspect]:
    """The activation of a layer of Keras, or an activation layer, that is another function in the other program."""
    layer = right.layers.get((theirs or ours).layer)
    if layer is not None and f"{layer.path}:before" not in {operation.key for operation in right.operations}:
        ours = replace(ours, key=ours.layer)  # one side only shows the input of its activation
    expected = function_of(ours, left.layers.get(ours.layer)) or ("linear", {})
    actual = function_of(theirs or ours, layer) or ("linear", {})
    if layer is None or expected == actual:
        return
    calls = [f"{name}({', '.join(f'{key}={shown(value)}' for key, value in settings.items())})" if settings else name
             for name, settings in (expected, actual)]
    yield Suspect(({"kind": "activation", "layer": layer.path, "name": expected[0], "settings": expected[1]},),
                  f"The left program applies `{calls[0]}` here, the right one `{calls[1]}`.",
                  f"`{calls[0]}` in place of `{calls[1]}`", layer.place)


def called_otherwise(ours: Operation, theirs: Operation) -> Iterator[Suspect]:
    """Every argument of a function of PyTorch that the two sides give other values."""
    expected, actual, names = named(ours), named(theirs), list(NAMES.get(theirs.kind, ()))
    for name in dict.fromkeys([*expected, *actual]):
        value = expected.get(name, DEFAULTS.get(name))
        if name not in IN_EVALUATION and value is not None and value != actual.get(name, DEFAULTS.get(name)):
            number = names.index(name) if name in names else int(name) if name.isdigit() else -1
            given = f"`{shown(value)}` as argument {int(name) + 1}" if name.isdigit() else f"`{name}={shown(value)}`"
            had = f"`{shown(actual[name])}`" if name in actual else f"its default, `{shown(DEFAULTS.get(name))}`,"
            yield Suspect((with_argument(theirs, name, value, number),),
                          f"`{theirs.kind}` has {given} on the left and {had} on the right.",
                          f"{given} {'of' if name.isdigit() else 'in'} `{theirs.kind}`", theirs.place)


def named(operation: Operation) -> dict[str, Any]:
    """The arguments that are no tensors, by their names where those are known."""
    names = NAMES.get(operation.kind, ())
    result = {names[int(key)] if key.isdigit() and int(key) < len(names) else key: value
              for key, value in operation.arguments.items()}
    return {name: value for name, value in result.items() if value is not None and not (
        isinstance(value, list) and None in value)}
