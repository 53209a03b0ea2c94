"""Changes of single operations of a PyTorch program, by which most suspected causes in its forward pass are tried.

Each function here takes a change as `changes` documents it, and returns a function that is called instead of the
operation.
"""
from __future__ import annotations

from itertools import count
from typing import Any, Callable, Mapping, Sequence

import numpy as np
import torch
from torch.nn import functional as F

from frameworks.lightning.program.functions import FUNCTIONS
from frameworks.lightning.program.recorder import Change, Operations, call
from frameworks.lightning.program.sequence_changes import kept_steps


def operation_changes(changes: Sequence[Mapping[str, Any]], operations: Operations,
                      replaced: Mapping[str, np.ndarray]) -> dict[str, Change]:
    """Returns, by operation, the function that is called instead; several changes of one operation are applied in
    order.
    """
    result: dict[str, Change] = {}
    for change in changes:
        operations.needed.update(change.get("activities", ()))
        if change["kind"] in OPERATION_CHANGES:
            key = change["operation"]
            make = OPERATION_CHANGES[change["kind"]]
            result[key] = after(result.get(key, call), make(change, operations, replaced))
    return result


def after(first: Change, second: Change) -> Change:
    """The second change, applied to an operation that the first one has changed already."""
    return lambda function, args, kwargs: second(lambda *a, **k: first(function, a, k), args, kwargs)


Make = Callable[[Mapping[str, Any], Operations, Mapping[str, np.ndarray]], Change]


def of_input(made: Callable[[Any, Mapping[str, Any]], Any]) -> Make:
    """Returns a change of the first argument only: `made` computes the new argument from the old one and the change."""
    return lambda change, *_: lambda function, args, kwargs: function(made(args[0], change), *args[1:], **kwargs)


def computed(change: Mapping[str, Any], value: torch.Tensor) -> torch.Tensor:
    """Computes the function that a change names, for a tensor."""
    return FUNCTIONS[change["function"]](value, **change.get("settings", {}))


def of_first(result: Any, made: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """Returns the result of an operation with its only or first tensor replaced."""
    return (made(result[0]), *result[1:]) if isinstance(result, tuple) else made(result)


def in_order(outputs: Sequence[Any], order: Sequence[int]) -> tuple[Any, ...]:
    """What an operation returns, in another order."""
    return tuple(outputs[i] for i in order)


def argument(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Changes an argument, by position if it was passed so."""
    value = tuple(change["value"]) if isinstance(change["value"], list) else change["value"]

    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if change["name"] not in kwargs and 0 <= change["position"] < len(args):
            place = change["position"]
            return function(*args[:place], value, *args[place + 1:], **kwargs)
        return function(*args, **{**kwargs, change["name"]: value})
    return changed


def output(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Replaces the output by that of the other program; gradients pass through as if the operation had computed it."""
    def of_the_other_side(actual: torch.Tensor) -> torch.Tensor:
        value = torch.as_tensor(replaced[change["operation"]]).to(actual.dtype)
        return actual + (value - actual).detach() if value.shape == actual.shape else value
    return lambda function, args, kwargs: of_first(function(*args, **kwargs), of_the_other_side)


def input_before(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Passes to a loss the input of the softmax or sigmoid, instead of its output."""
    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return function(operations.activation_inputs.get(id(args[0]), args[0]), *args[1:], **kwargs)
    return changed


def apply(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Applies a function to the output of the operation."""
    return lambda function, args, kwargs: of_first(function(*args, **kwargs), lambda value: computed(change, value))


def apply_layer(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Applies one of the model's own layers to the output of the operation."""
    layer = operations.model.get_submodule(change["layer"])
    return lambda function, args, kwargs: layer(function(*args, **kwargs))


def recomputed(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Returns a function of the output of an earlier operation, skipping all operations in between."""
    operations.needed.add(change["source"])
    return lambda function, args, kwargs: computed(change, operations.outputs[change["source"]])


def steps_after(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Returns the steps of a sequence shifted by one; the output of the operation `last` becomes the last step."""
    operations.needed.add(change["last"])
    return lambda function, args, kwargs: torch.cat(
        [function(*args, **kwargs)[:, 1:], operations.outputs[change["last"]][:, None]], 1)


NORMALIZATIONS = {"layer_norm": (2, 4), "group_norm": (2, 4), "batch_norm": (3, 7), "instance_norm": (3, 7),
                  "rms_norm": (2, 3)}
"""By function, the positions of its weight and of its eps; the bias stands behind the weight."""


def normalized(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Normalizes over other axes, or over groups of channels, with the operation's own gamma, beta and epsilon."""
    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        x, channels = args[0], change["channels"]
        place, place_of_eps = NORMALIZATIONS[change["function"]]
        weight, bias, epsilon = (kwargs.get(name, args[i] if i < len(args) else None) for name, i in
                                 (("weight", place), ("bias", place + 1), ("eps", place_of_eps)))
        spread = x.movedim(channels, 1).unflatten(1, (change["groups"], -1)) if change["groups"] else x
        axes = tuple(range(2, spread.ndim)) if change["groups"] else tuple(change["axes"])
        centered = spread - spread.mean(axes, keepdim=True)
        result = centered / torch.sqrt(centered.square().mean(axes, keepdim=True) + (1e-5 if epsilon is None else
                                                                                     epsilon))
        if change["groups"]:
            result = result.flatten(1, 2).movedim(1, channels)
        shape = [-1 if axis == channels % x.ndim else 1 for axis in range(x.ndim)]
        result = result if weight is None else result * weight.reshape(shape)
        return result if bias is None else result + bias.reshape(shape)
    return changed


def pad_input(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Pads the input of a convolution or pooling function explicitly, in place of its own padding."""
    pads, value = change["pads"], -np.inf if change["value"] == "lowest" else 0.0
    without = argument({"name": "padding", "value": 0, "position": change["position"]}, operations, replaced)
    return lambda function, args, kwargs: without(function, (F.pad(args[0], pads, value=value), *args[1:]),
                                                  {key: each for key, each in kwargs.items() if key != "ceil_mode"})


def masked_mean(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Takes the mean over the steps that are not masked."""
    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        kept = kept_steps(change, operations.model_inputs).to(args[0].dtype)
        x = args[0] if args[0].shape[1] == kept.shape[1] else args[0].mT
        mean = (x * kept[..., None]).sum(1) / kept.sum(1, keepdim=True)
        actual = function(*args, **kwargs)
        return mean.reshape(actual.shape)
    return changed


def noise(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Adds noise to the input in training mode, or multiplies it with noise around 1."""
    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        x = args[0]
        if operations.model.training:
            drawn = change["size"] * torch.randn_like(x)
            x = x * (1 + drawn) if change["multiplied"] else x + drawn
        return function(x, *args[1:], **kwargs)
    return changed


def inverted_mask(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Inverts the mask that an operation gets: every boolean tensor among its arguments."""
    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        inverted = [~value if isinstance(value, torch.Tensor) and value.dtype == torch.bool else value
                    for value in args]
        return function(*inverted, **{key: ~value if isinstance(value, torch.Tensor) and value.dtype == torch.bool
                                      else value for key, value in kwargs.items()})
    return changed


def biased_statistics(change: Mapping[str, Any], operations: Operations,
                      replaced: Mapping[str, np.ndarray]) -> Change:
    """Runs F.batch_norm with the momentum of the change, and with n, not n - 1, in the moving variance."""
    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        x, variance = args[0], kwargs.get("running_var", args[2] if len(args) > 2 else None)
        if variance is None:
            return function(*args, **kwargs)
        momentum, count = change["momentum"], x.numel() / x.shape[1]
        before = variance.detach().clone() * (1 - momentum)
        with_momentum = argument({"name": "momentum", "position": 6, "value": momentum}, operations, replaced)
        result = with_momentum(function, args, kwargs)
        if operations.model.training:
            variance.data.copy_(before + (variance.detach() - before) * (count - 1) / count)
        return result
    return changed


def operand(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Changes one of the tensors that an operation gets, also in a list: transposes it, permutes its last axis, applies
    a function, or replaces it by the output of an earlier operation or by the first input of the model.
    """
    source = change.get("source")
    operations.needed.update([source] if source else [])

    def turned(value: torch.Tensor) -> torch.Tensor:
        if source is not None:
            return operations.outputs[source] if source else operations.model_inputs[0]
        if "function" in change:
            return computed(change, value)
        return value[..., change["order"]] if "order" in change else value.mT

    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        numbers = count()

        def visited(value: Any) -> Any:
            if isinstance(value, (list, tuple)):
                return type(value)(map(visited, value))
            return turned(value) if isinstance(value, torch.Tensor) and next(numbers) == change["number"] else value
        return function(*map(visited, args), **kwargs)
    return changed


OPERATION_CHANGES: dict[str, Make] = {
    "masked_mean": masked_mean, "inverted_mask": inverted_mask,
    "scaled_input": of_input(lambda value, change: value * change["factor"]),
    "indices_moved": of_input(lambda value, change: value + change["offset"]),
    "biased_statistics": biased_statistics, "pad_input": pad_input,
    "operand_transposed": operand, "operand_permuted": operand, "operand_changed": operand, "operand_from": operand,
    "input_split": of_input(lambda value, change: FUNCTIONS["axis_transposed"](
        value, axis=change["axis"], first=change["first"])),
    "outputs_ordered": lambda change, *_: lambda function, args, kwargs: in_order(
        function(*args, **kwargs), change["order"]),
    "normalized": normalized,
    "prelu": lambda change, *_: lambda function, args, kwargs: torch.where(
        args[0] > 0, args[0], args[0] * (args[1] if len(args) > 1 else kwargs["weight"])),
    "own_mode": lambda change, operations, replaced: lambda function, args, kwargs: argument(
        {**change, "value": operations.model.training}, operations, replaced)(function, args, kwargs),
    "argument": argument, "output": output, "input_before": input_before,
    "given": lambda change, _, replaced: lambda function, args, kwargs: function(
        torch.as_tensor(replaced[change["operation"]]).to(args[0].dtype), *args[1:], **kwargs),
    "apply": apply, "apply_layer": apply_layer,
    "input_moved": of_input(lambda value, change: value.movedim(change["from"], change["to"]).contiguous()),
    "noise": noise, "recomputed": recomputed, "steps_after": steps_after,
    "added_inside_root": lambda change, *_: lambda function, args, kwargs: torch.sqrt(args[0].square() + args[1]),
    "skip": lambda change, *_: lambda function, args, kwargs: args[0],
    "instead": lambda change, *_: lambda function, args, kwargs: computed(change, args[0]),
    "other_function": lambda change, *_: lambda function, args, kwargs: getattr(F, change["name"])(
        *args[:2], **change["settings"]),
    "arguments_swapped": of_input(lambda values, change: values[::-1]),
    "reshape_first": lambda change, *_: lambda function, args, kwargs: function(
        args[0].reshape(args[1].shape), *args[1:], **kwargs),
}
