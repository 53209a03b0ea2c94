"""Changes of a user's PyTorch program in memory: how a suspected cause is tried. The functions of single operations are
in `operation_changes`, those of recurrent layers and attention in `sequence_changes`, those of the loss in
`loss_changes`; `run` and `training` make the last five.

A change is {"kind": …, and the fields of its kind}. Here `layer` is the path of a module, `operation` and `source` are
keys of operations (`recorder`), `position` and `name` say how an argument is passed, `number` counts the tensors among
the arguments of an operation, and `function` with `settings` is one of `functions.FUNCTIONS`.

Of modules and parameters:

    attribute   layer, name, value         an attribute of a module has another value, such as eps
    tracked     layer                      a batch normalization has moving statistics
    affine      layer                      a normalization has a scale and an offset
    in_parts    layer, roles, heads        a Linear computes query, key and value, or two of them: its rows are ordered
                                           by role if `heads` is 0, else by head, and by role in each head
    laid_out    layer, parameter, axes     the axes of a parameter of the user's own class have another order in Keras
    shape       layer, shapes              parameters have other shapes; they get their weights later
    pad         layer, pads, value         the input is padded, in the order of F.pad, and the layer itself does not pad
    crop        layer, pads                a transposed convolution does not crop by itself; its output is cropped
    biased_variance  layer                 the moving variance of a batch normalization is that of n samples, not n - 1
    batch_first layer                      a recurrent layer or attention gets (batch, time, features)
    tied        layer, to, transposed      the weight of a layer is that of the layer `to`
    metric      layer, settings            a metric of torchmetrics has other settings
    without     parameter                  a bias is 0, or a scale 1, and is not trained
    trainable   parameter, part, value     whether a tensor is trained
    buffer      name, value                a buffer has other values
    evaluation_mode  layer                 a module stays in evaluation mode in training
    training_mode                          the model is in training mode wherever gradients are computed

Of the inputs, outputs and arguments of operations:

    input       factor, offset             the floating-point inputs of the model are scaled
    input_moved operation, from, to        an axis of the input is moved to another place
    input_split operation, axis, first     an axis of the input is split into two, which are exchanged and merged
    scaled_input     operation, factor     the input is multiplied, as that of the softmax of attention
    indices_moved    operation, offset     a number is added to the indices of an embedding
    pad_input   operation, position, pads, value     as `pad`; the operation's own padding is the argument at `position`
    noise       operation, size, multiplied          noise is added to the input in training mode, or multiplies it
    argument    operation, position, name, value     an argument has another value
    own_mode    operation, position, name  an argument is true in training mode only
    arguments_swapped  operation           the first argument, a list of tensors, is reversed
    inverted_mask      operation           the mask, a tensor of booleans, is inverted
    operand_transposed operation, number   a tensor is transposed
    operand_permuted   operation, number, order      the last axis of a tensor has another order
    operand_changed    operation, number, function, settings     a function is applied to a tensor
    operand_from       operation, number, source     a tensor is the output of an earlier operation; if `source` is
                                           empty, it is the first input of the model
    given       operation                  the input is that of Keras's side (`replaced` of the job)
    output      operation                  the output is that of Keras's side (`replaced` of the job)
    outputs_ordered    operation, order    the returned tensors have another order
    apply       operation, function, settings        a function is applied to the output
    apply_layer operation, layer           a layer of the model is applied to the output

Of what operations compute:

    instead     operation, function, settings        a function of the first argument
    recomputed  operation, source, function, settings     a function of the output of an earlier operation
    other_function     operation, name, settings     a function of torch.nn.functional of the first two arguments
    skip        operation                  the first argument itself
    normalized  operation, function, axes, channels, groups     a normalization over other axes
    biased_statistics  operation, momentum           F.batch_norm with Keras's momentum and variance
    prelu       operation                  PReLU with a slope for each value of a sample
    masked_mean operation, input, value    the mean over the steps at which the input of the model is not `value`
    steps_after operation, last            the steps of a sequence from the second on, then the output of `last`
    added_inside_root  operation           what is added to a root is added inside of it

Of the loss, and of training:

    loss        of                         Keras's losses instead, one for each output: function, settings, weight,
                                           reduction, masked, channels_first, before_sigmoid
    reshape_first      operation           the first argument of a loss gets the shape of the second
    input_before       operation           the first argument of a loss is the input of the softmax or sigmoid before it
    loss_factor factor                     the loss is multiplied
    penalty     parameters, activities     l1 and l2 of parameters, and of outputs of operations, are added to the loss
    constraint  parameter, constraint      Keras's constraint of a parameter, after every update: its name and settings
    optimizer   fields                     `optimizer.Described` in place of the program's own
    optimizers_stepped                     every optimizer makes an update in each step
    gradients_cleared                      gradients are set to zero before every backward pass
    gradients_enabled                      torch.no_grad and detach have no effect in training
"""
from __future__ import annotations

import inspect
from typing import Any, Callable, Mapping, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from frameworks.lightning.program import layers
from frameworks.lightning.program.sequence_changes import single_bias
from frameworks.lightning.program.variables import LAYOUTS, PARTS


def change_layers(model: nn.Module, changes: Sequence[Mapping[str, Any]]) -> None:
    """Applies the changes of modules and parameters."""
    for change in changes:
        if change["kind"] in OF_THE_MODEL:
            OF_THE_MODEL[change["kind"]](model, change)
        elif change["kind"] in LAYER_CHANGES:
            module = model.get_submodule(change["layer"]) if "layer" in change else model
            LAYER_CHANGES[change["kind"]](module, change)


def change_shapes(model: nn.Module, changes: Sequence[Mapping[str, Any]]) -> list[nn.Parameter]:
    """Applies the changes that are made before weights are given. Returns the new parameters, for an optimizer."""
    new: list[nn.Parameter] = []
    for change in changes:
        if change["kind"] == "affine":
            new += with_scale(model.get_submodule(change["layer"]))
        if change["kind"] == "in_parts":
            setattr(model.get_submodule(change["layer"]), PARTS, (change["roles"], change["heads"]))
        if change["kind"] == "laid_out":
            module = model.get_submodule(change["layer"])
            setattr(module, LAYOUTS, {**getattr(module, LAYOUTS, {}), change["parameter"]: tuple(change["axes"])})
        if change["kind"] == "tracked":
            track_statistics(model.get_submodule(change["layer"]))
        if change["kind"] == "single_bias":
            single_bias(model.get_submodule(change["layer"]))
        if change["kind"] == "shape":
            for name, shape in change["shapes"].items():
                tensor = getattr(model.get_submodule(change["layer"]), name)
                tensor.data = torch.zeros(shape, dtype=tensor.dtype)
    return new


def with_scale(module: Any) -> list[nn.Parameter]:
    """Adds a trained scale and offset to a normalization, and returns both."""
    size = getattr(module, "num_features", None) or getattr(module, "num_channels", None) or module.normalized_shape
    module.affine = module.elementwise_affine = True
    module.weight, module.bias = nn.Parameter(torch.ones(size)), nn.Parameter(torch.zeros(size))
    return [module.weight, module.bias]


def track_statistics(module: Any) -> None:
    """Adds moving statistics to a batch normalization."""
    module.track_running_stats, module.num_batches_tracked = True, torch.tensor(0)
    module.running_mean, module.running_var = torch.zeros(module.num_features), torch.ones(module.num_features)


def set_attribute(module: nn.Module, change: Mapping[str, Any]) -> None:
    """Sets an attribute of a module; lists, which JSON has for tuples, become tuples."""
    value = change["value"]
    setattr(module, change["name"], tuple(value) if isinstance(value, list) else value)


def pad(module: nn.Module, change: Mapping[str, Any]) -> None:
    """Pads the input explicitly, and sets the layer's own padding to 0."""
    padding = module.padding
    module.padding = tuple(0 for _ in padding) if isinstance(padding, tuple) else 0  # type: ignore[assignment]
    pads, value = change["pads"], -np.inf if change.get("value") == "lowest" else 0.0
    module.register_forward_pre_hook(lambda module, args: (F.pad(args[0], pads, value=value), *args[1:]))


def crop(module: nn.Module, change: Mapping[str, Any]) -> None:
    """Computes a transposed convolution without padding and crops its output to [(first, size)] along every spatial
    axis.
    """
    size = len(module.kernel_size)  # type: ignore[arg-type]
    module.padding = module.output_padding = (0,) * size  # type: ignore[assignment]
    index = (slice(None), slice(None), *(slice(first, first + length) for first, length in change["pads"]))
    module.register_forward_hook(lambda module, args, output: output[index])


def biased_variance(module: nn.Module, change: Mapping[str, Any]) -> None:
    """Divides by n in the variance that updates the moving variance, as Keras does; PyTorch divides by n - 1."""
    def before(module: Any, args: tuple[torch.Tensor, ...]) -> None:
        module.earlier_variance = module.running_var.clone()

    def afterwards(module: Any, args: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        if module.training and module.running_var is not None:
            kept, count = (1 - module.momentum) * module.earlier_variance, args[0].numel() / len(module.running_var)
            # A new tensor: the old one is needed for the gradient.
            module.running_var = kept + (module.running_var - kept) * (count - 1) / count
    module.register_forward_pre_hook(before)
    module.register_forward_hook(afterwards)


def set_trainable(model: nn.Module, change: Mapping[str, Any]) -> None:
    """Sets whether a tensor of a parameter is trained: of a sum of two tensors, the one with the index `part`."""
    for name, variable in layers.parameters(model):
        if name == change["parameter"]:
            variable.parts[change.get("part", 0)][0].requires_grad_(change["value"])


def set_buffer(model: nn.Module, change: Mapping[str, Any]) -> None:
    """Gives a buffer other values."""
    model.get_buffer(change["name"]).copy_(torch.tensor(change["value"]))


def tie(model: nn.Module, change: Mapping[str, Any]) -> None:
    """Uses the weight of another layer in every pass, instead of the layer's own parameter."""
    layer, shared = model.get_submodule(change["layer"]), model.get_submodule(change["to"])
    del layer._parameters["weight"]

    def share(module: nn.Module, args: Any) -> None:
        weight = shared.weight
        module.weight = weight.mT if change["transposed"] else weight
    layer.register_forward_pre_hook(share)
    layer.register_forward_hook(lambda module, args, output: delattr(module, "weight"))


def keep_in_evaluation(module: nn.Module) -> None:
    """Keeps a module in evaluation mode, also after calls of `train`."""
    module.eval()
    module.train = lambda mode=True: module  # type: ignore[method-assign]


def keep_in_training(model: nn.Module) -> None:
    """Puts a model in training mode before every pass that computes gradients."""
    def before(model: nn.Module, args: Any) -> None:
        if torch.is_grad_enabled():
            model.train()
    model.register_forward_pre_hook(before)


def without(model: nn.Module, change: Mapping[str, Any]) -> None:
    """Sets a bias to 0 or a scale (gamma) to 1 and excludes it from training, so that it has no effect."""
    for name, variable in layers.parameters(model):
        if name == change["parameter"]:
            variable.assign(np.full_like(variable.value, 1.0 if name.endswith("gamma") else 0.0))
            for tensor, _ in variable.parts:
                tensor.requires_grad_(False)


def with_settings(model: nn.Module, change: Mapping[str, Any]) -> None:
    """Replaces a metric of torchmetrics by a new one with other settings, on which its states depend."""
    metric = model.get_submodule(change["layer"])
    names = [name for name in inspect.signature(type(metric).__init__).parameters if hasattr(metric, name)]
    outer, _, name = change["layer"].rpartition(".")
    made = type(metric)(**{**{name: getattr(metric, name) for name in names}, **change["settings"]})
    setattr(model.get_submodule(outer), name, made)


LAYER_CHANGES: dict[str, Callable[[nn.Module, Mapping[str, Any]], None]] = {
    "attribute": set_attribute, "pad": pad, "crop": crop, "trainable": set_trainable, "buffer": set_buffer,
    "biased_variance": biased_variance, "without": without,
    "training_mode": lambda model, change: keep_in_training(model),
    "evaluation_mode": lambda module, change: keep_in_evaluation(module),
    "batch_first": lambda module, change: setattr(module, "batch_first", True)}
OF_THE_MODEL = {"metric": with_settings, "tied": tie}
