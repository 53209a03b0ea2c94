"""Changes of a user's PyTorch program in memory: how a suspected cause is tried.

A change is {"kind": …} with, by kind:

    attribute   layer, name, value       an attribute of a module, such as eps
    pad         layer, pads, value       explicit padding before a layer, in the order of F.pad, and none inside of it
    input       factor, offset           the floating point inputs, scaled
    biased_variance  layer               a batch normalization's moving variance of n samples, not n - 1
    crop        layer, pads              the output of a transposed convolution without its own padding, cut
    channels_last  operation             the input of a flatten, view or reshape with its channels last
    input_moved operation, source, target   one axis of the input moved to another place
    argument    operation, position, name, value   an argument of an operation
    arguments_swapped  operation         the first argument, a list of tensors, in reverse order
    skip        operation                the first argument is passed on
    apply       operation, function, settings   a function of FUNCTIONS after the operation
    instead     operation, function, settings   a function of FUNCTIONS in place of the operation
    recomputed  operation, source, function, settings   the same, of the output of an earlier operation
    without     parameter                a parameter at zero, not trained
    output      operation                the output of Keras's side (`replaced` of the job)
    given       operation                the same in place of the operation's own input
    reshape_first, input_before  operation   of a loss: its first argument in the shape of its second; the input of the
                                         softmax or sigmoid that made its first argument
    batch_first layer                    a recurrent layer or attention that gets (batch, time, features)
    penalty     parameters               l1 and l2 of parameters are added to the loss
    loss_factor factor                   the loss times a number
    loss        function, settings       a loss of LOSSES in place of the program's own
    trainable   parameter, part, value   whether a tensor is trained
    optimizer   fields                   `optimizer.Described` in place of the program's own
    gradients_cleared                    gradients are set to zero before every backward pass
    gradients_enabled                    torch.no_grad and detach have no effect in training
    evaluation_mode   layer              a module stays in evaluation mode in training
"""
from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from frameworks.lightning.program import layers
from frameworks.lightning.program.functions import FUNCTIONS, LOSSES
from frameworks.lightning.program.recorder import Change, Operations, call
from frameworks.runtime.user_program import ProgramError


def change_layers(model: nn.Module, changes: list[Mapping[str, Any]]) -> None:
    """Applies the changes that concern modules and parameters."""
    for change in changes:
        if change["kind"] in LAYER_CHANGES:
            module = model.get_submodule(change["layer"]) if "layer" in change else model
            LAYER_CHANGES[change["kind"]](module, change)


def set_attribute(module: nn.Module, change: Mapping[str, Any]) -> None:
    """Sets an attribute; PyTorch has tuples where JSON has lists."""
    value = change["value"]
    setattr(module, change["name"], tuple(value) if isinstance(value, list) else value)


def pad(module: nn.Module, change: Mapping[str, Any]) -> None:
    """Pads the input explicitly, in place of a layer's own padding."""
    own = module.padding
    module.padding = tuple(0 for _ in own) if isinstance(own, tuple) else 0  # type: ignore[assignment]
    pads, value = change["pads"], -np.inf if change.get("value") == "lowest" else 0.0
    module.register_forward_pre_hook(lambda module, args: (F.pad(args[0], pads, value=value), *args[1:]))


def crop(module: nn.Module, change: Mapping[str, Any]) -> None:
    """Computes a transposed convolution without padding and cuts its output: [(first, size)] of every spatial axis."""
    size = len(module.kernel_size)  # type: ignore[arg-type]
    module.padding = module.output_padding = (0,) * size  # type: ignore[assignment]
    index = (slice(None), slice(None), *(slice(first, first + length) for first, length in change["pads"]))
    module.register_forward_hook(lambda module, args, output: output[index])


def biased_variance(module: nn.Module, change: Mapping[str, Any]) -> None:
    """Divides the batch variance by n in the moving variance, as Keras does; PyTorch divides by n - 1."""
    def before(module: Any, args: tuple[torch.Tensor, ...]) -> None:
        module.earlier_variance = module.running_var.clone()

    def afterwards(module: Any, args: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        if module.training and module.running_var is not None:
            axes = [axis for axis in range(args[0].ndim) if axis != 1]
            batch = args[0].detach().var(axes, unbiased=False)
            # A new tensor: the old one is needed for the gradient.
            module.running_var = (1 - module.momentum) * module.earlier_variance + module.momentum * batch
    module.register_forward_pre_hook(before)
    module.register_forward_hook(afterwards)


def set_trainable(model: nn.Module, change: Mapping[str, Any]) -> None:
    """Sets whether a tensor of a parameter is trained; a part of it at 0 if it is one of two that are added."""
    for name, variable in layers.parameters(model):
        if name == change["parameter"]:
            variable.parts[change.get("part", 0)][0].requires_grad_(change["value"])


def keep_in_evaluation(module: nn.Module) -> None:
    """Keeps a module in evaluation mode, whatever `train` says."""
    module.eval()
    module.train = lambda mode=True: module  # type: ignore[method-assign]


def without(model: nn.Module, change: Mapping[str, Any]) -> None:
    """Sets a parameter to zero and does not train it, as if it were not there."""
    for name, variable in layers.parameters(model):
        if name == change["parameter"]:
            variable.assign(np.zeros_like(variable.value))
            for tensor, _ in variable.parts:
                tensor.requires_grad_(False)


LAYER_CHANGES: dict[str, Callable[[nn.Module, Mapping[str, Any]], None]] = {
    "attribute": set_attribute, "pad": pad, "crop": crop, "trainable": set_trainable,
    "biased_variance": biased_variance, "without": without,
    "evaluation_mode": lambda module, change: keep_in_evaluation(module),
    "batch_first": lambda module, change: setattr(module, "batch_first", True)}


def operation_changes(changes: list[Mapping[str, Any]], operations: Operations,
                      replaced: Mapping[str, np.ndarray]) -> dict[str, Change]:
    """Returns, by operation, what is called instead of it; several changes of one operation are applied in order."""
    found: dict[str, Change] = {}
    for change in changes:
        if change["kind"] in OPERATION_CHANGES:
            key = change["operation"]
            make = OPERATION_CHANGES[change["kind"]]
            found[key] = after(found.get(key, call), make(change, operations, replaced))
    return found


def after(first: Change, second: Change) -> Change:
    """The second change, of an operation that is changed already."""
    return lambda function, args, kwargs: second(lambda *a, **k: first(function, a, k), args, kwargs)


Make = Callable[[Mapping[str, Any], Operations, Mapping[str, np.ndarray]], Change]


def channels_last(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Moves the channels of the input to the end before it is reshaped."""
    return lambda function, args, kwargs: function(args[0].movedim(1, -1).contiguous(), *args[1:], **kwargs)


def argument(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Gives another value for an argument, by position where it was given so."""
    value = tuple(change["value"]) if isinstance(change["value"], list) else change["value"]

    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if change["name"] not in kwargs and 0 <= change["position"] < len(args):
            place = change["position"]
            return function(*args[:place], value, *args[place + 1:], **kwargs)
        return function(*args, **{**kwargs, change["name"]: value})
    return changed


def output(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Replaces the output by that of the other side; a gradient passes through as if it had been computed."""
    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        own = function(*args, **kwargs)
        first = own[0] if isinstance(own, tuple) else own
        value = torch.as_tensor(replaced[change["operation"]]).to(first.dtype)
        if value.shape == first.shape:
            value = first + (value - first).detach()
        return (value, *own[1:]) if isinstance(own, tuple) else value
    return changed


def input_before(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Gives a loss the input of the softmax or sigmoid whose output it gets."""
    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return function(operations.activation_inputs.get(id(args[0]), args[0]), *args[1:], **kwargs)
    return changed


def apply(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Computes a function of the operation's output."""
    function_after = FUNCTIONS[change["function"]]

    def changed(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        own = function(*args, **kwargs)
        if isinstance(own, tuple):
            return (function_after(own[0], **change.get("settings", {})), *own[1:])
        return function_after(own, **change.get("settings", {}))
    return changed


def recomputed(change: Mapping[str, Any], operations: Operations, replaced: Mapping[str, np.ndarray]) -> Change:
    """Computes a function of the output of an earlier operation, in place of all operations from there on."""
    operations.needed.add(change["source"])
    return lambda function, args, kwargs: FUNCTIONS[change["function"]](
        operations.outputs[change["source"]], **change.get("settings", {}))


OPERATION_CHANGES: dict[str, Make] = {
    "channels_last": channels_last, "argument": argument, "output": output, "input_before": input_before,
    "given": lambda change, _, replaced: lambda function, args, kwargs: function(
        torch.as_tensor(replaced[change["operation"]]).to(args[0].dtype), *args[1:], **kwargs),
    "apply": apply,
    "input_moved": lambda change, *_: lambda function, args, kwargs: function(
        args[0].movedim(change["source"], change["target"]).contiguous(), *args[1:], **kwargs),
    "recomputed": recomputed,
    "skip": lambda change, *_: lambda function, args, kwargs: args[0],
    "instead": lambda change, *_: lambda function, args, kwargs: FUNCTIONS[change["function"]](
        args[0], **change.get("settings", {})),
    "arguments_swapped": lambda change, *_: lambda function, args, kwargs: function(args[0][::-1], *args[1:], **kwargs),
    "reshape_first": lambda change, *_: lambda function, args, kwargs: function(
        args[0].reshape(args[1].shape), *args[1:], **kwargs),
}
LOSS_CHANGES = ("penalty", "loss_factor", "loss")


def changed_loss(loss: torch.Tensor, model: nn.Module, changes: list[Mapping[str, Any]], outputs: Any,
                 targets: Any) -> torch.Tensor:
    """Returns the loss of a step with the changes that concern it."""
    for change in changes:
        if change["kind"] == "loss":
            if not isinstance(outputs, torch.Tensor) or not isinstance(targets, torch.Tensor):
                raise ProgramError("change", "a loss of several outputs cannot be replaced")
            loss = LOSSES[change["function"]](outputs, targets, **change.get("settings", {}))
        elif change["kind"] == "loss_factor":
            loss = loss * change["factor"]
        elif change["kind"] == "penalty":
            named = dict(layers.parameters(model))
            for name, factors in change["parameters"].items():
                tensor = named[name].parts[0][0]
                loss = loss + factors["l1"] * tensor.abs().sum() + factors["l2"] * tensor.square().sum()
    return loss
