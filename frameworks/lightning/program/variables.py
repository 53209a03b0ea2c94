"""The parameters of PyTorch's layers under the roles, and in the layout, that Keras gives them.

A variable reads one of Keras's variables from a module, and writes it: a convolution's kernel is (height, width, input,
output) in Keras and (output, input, height, width) in PyTorch; an LSTM has one bias in Keras and two in PyTorch, which
are added. Sources of the layouts: keras/src/layers/rnn/{lstm,gru}.py and torch/nn/modules/rnn.py.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Iterator, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrize

from frameworks.runtime.program_arrays import without_first_ones

Array = np.ndarray


PARTS = "_keras_or_me_parts"
"""The attribute of a Linear that computes several of attention's inputs at once: the roles of its parts in their order,
and the number of heads if each head has its parts side by side, else 0."""

LAYOUTS = "_keras_or_me_layouts"
"""The attribute of a module of the user's own: by parameter, its axes in Keras's order."""

Part = tuple[torch.Tensor, Any]
"""A tensor and the index of the part of it that is used; `...` for the whole tensor."""


@dataclass(frozen=True)
class Variable:
    """One of Keras's variables, stored in a module."""

    role: str
    parts: tuple[Part, ...]
    """The module's own tensors that hold it."""
    read: Callable[..., Array]
    """Converts the parts, as arrays, to the variable in Keras's layout."""
    write: Callable[[Array], Sequence[Array]]
    """Converts the variable to the arrays of the parts."""
    added: bool = False
    """Whether the variable is the sum of the parts, so that each part has the gradient of the variable."""

    @property
    def value(self) -> Array:
        """The variable in Keras's layout."""
        return self.read(*(array_of(tensor)[index] for tensor, index in self.parts)).copy()

    @property
    def trainable(self) -> list[bool]:
        """Whether each part has a gradient."""
        return [tensor.requires_grad for tensor, _ in self.parts]

    @property
    def gradient(self) -> Array | None:
        """The gradient of the variable in Keras's layout; None where a tensor that is needed has none."""
        grads = [array_of(tensor.grad)[index] for tensor, index in self.parts if tensor.grad is not None]
        if self.added:
            rest = [np.zeros_like(grads[0]) for _ in self.parts[1:]] if grads else []
            return self.read(grads[0], *rest).copy() if grads else None
        return self.read(*grads).copy() if len(grads) == len(self.parts) else None

    def assign(self, value: Array) -> None:
        """Writes a value in Keras's layout to the tensors."""
        with torch.no_grad():
            for (tensor, index), array in zip(self.parts, self.write(value)):
                tensor[index] = torch.as_tensor(np.ascontiguousarray(array)).reshape(tensor[index].shape).to(tensor)


def array_of(tensor: torch.Tensor) -> Array:
    """A tensor as an array, which shares its memory on a CPU."""
    return tensor.detach().to_dense().cpu().numpy() if tensor.is_sparse else tensor.detach().cpu().numpy()


def same(role: str, tensor: torch.Tensor, part: Any = ...) -> Variable:
    """A variable with the same layout in both frameworks."""
    return Variable(role, ((tensor, part),), lambda value: value, lambda value: [value])


def moved(role: str, tensor: torch.Tensor, to_keras: tuple[int, ...], part: Any = ...) -> Variable:
    """A variable with its axes in another order; `to_keras` are PyTorch's axes in Keras's order."""
    back = tuple(int(axis) for axis in np.argsort(to_keras))
    return Variable(role, ((tensor, part),), lambda value: value.transpose(to_keras),
                    lambda value: [value.transpose(back)])


def variables(module: nn.Module) -> list[Variable]:
    """The variables of a module's own parameters and buffers, not of the modules inside of it."""
    result: list[Variable] = []
    if isinstance(module, (nn.RNNBase, nn.RNNCellBase)):
        return list(recurrent(module))
    if isinstance(module, nn.MultiheadAttention):
        return list(attention(module))
    if parts := getattr(module, PARTS, None):
        return list(in_parts(module, *parts))  # type: ignore[arg-type]
    if isinstance(module, parametrize.ParametrizationList):
        return []  # the module that the weight belongs to has its variables
    if behind := behind_the_weight(module):
        result += behind
        weight, bias = None, getattr(module, "bias", None)
    else:
        weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
    known = {"weight", "bias", *(f"weight_{end}" for end in ("g", "v", "orig"))}
    if isinstance(weight, torch.Tensor):
        result.append(main_variable(module, weight))
    if isinstance(bias, torch.Tensor):
        result.append(normalizing("beta", bias) if is_norm(module) else same("bias", bias))
    for name, role in (("running_mean", "moving_mean"), ("running_var", "moving_variance")):
        if isinstance(getattr(module, name, None), torch.Tensor):
            result.append(same(role, getattr(module, name)))
            known.add(name)
    tensors = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
    return result + [of_the_user(name, tensor, getattr(module, LAYOUTS, {}).get(name)) for name, tensor in tensors
                     if name not in known and name != "num_batches_tracked" and tensor.is_floating_point()]


def behind_the_weight(module: nn.Module) -> list[Variable]:
    """The variables from which a weight is computed, by `parametrizations` or by a hook of the older functions: v and g
    of weight_norm, or the kernel that spectral_norm divides; [] for a weight that is a parameter itself."""
    made = getattr(module, "parametrizations", {})
    if "weight" in made:
        part, first = made["weight"], getattr(made["weight"], "original0", None)
        g, v = (first, part.original1) if first is not None else (None, part.original)
    else:
        g, v = getattr(module, "weight_g", None), getattr(module, "weight_v", None)
        v = v if g is not None else getattr(module, "weight_orig", None)
    if v is None:
        return []
    kernel = main_variable(module, v)
    if g is None:
        return [kernel]
    shape = tuple(g.shape)
    return [replace(kernel, role="v"), Variable("g", ((g, ...),), lambda value: value.reshape(-1),
                                                lambda value: [value.reshape(shape)])]


def of_the_user(role: str, tensor: torch.Tensor, to_keras: tuple[int, ...] | None = None) -> Variable:
    """A parameter of a class that the user wrote, without leading axes of size 1: a table of positions has the shape
    (1, steps, features) or (steps, features). `to_keras`: its axes in Keras's order."""
    if to_keras:
        return moved(role, tensor, to_keras)
    shape = without_first_ones(tuple(tensor.shape))
    return Variable(role, ((tensor, ...),), lambda value: value.reshape(shape), lambda value: [value])


def is_norm(module: nn.Module) -> bool:
    """Whether a module normalizes, so that weight and bias are gamma and beta."""
    return isinstance(module, (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm)) or \
        type(module).__name__ == "RMSNorm"


def normalizing(role: str, tensor: torch.Tensor) -> Variable:
    """Gamma or beta; that of a whole image has its channels first in PyTorch."""
    return same(role, tensor) if tensor.ndim < 3 else moved(role, tensor, (*range(1, tensor.ndim), 0))


def main_variable(module: nn.Module, weight: torch.Tensor) -> Variable:
    """The variable for a module's `weight`."""
    if is_norm(module):
        return normalizing("gamma", weight)
    if isinstance(module, nn.PReLU):
        return same("alpha", weight) if weight.ndim < 2 else moved("alpha", weight, (*range(1, weight.ndim), 0))
    if isinstance(module, (nn.Embedding, nn.EmbeddingBag)):
        return same("embeddings", weight)
    if isinstance(module, nn.modules.conv._ConvNd):
        spatial = tuple(range(2, weight.ndim))
        groups, inputs = module.groups, module.in_channels
        if groups > 1 and groups == inputs and not isinstance(module, nn.modules.conv._ConvTransposeNd):
            multiplier = module.out_channels // inputs  # depthwise: (height, width, input, multiplier) in Keras
            shape = tuple(weight.shape[2:])
            spatial_first = (*(axis + 2 for axis in range(len(shape))), 0, 1)
            spatial_last = (len(shape), len(shape) + 1, *range(len(shape)))
            return Variable("kernel", ((weight, ...),),
                            lambda value: value.reshape(inputs, multiplier, *shape).transpose(spatial_first),
                            lambda value: [value.transpose(spatial_last).reshape(tuple(weight.shape))])
        return moved("kernel", weight, (*spatial, 1, 0))  # for a transposed convolution too
    if isinstance(module, nn.Linear):
        return moved("kernel", weight, (1, 0))
    return of_the_user("weight", weight, getattr(module, LAYOUTS, {}).get("weight"))


def layers_and_directions(module: nn.RNNBase | nn.RNNCellBase) -> list[tuple[str, str]]:
    """The suffix of the tensors' names, and the beginning of the roles, of every layer and direction; a cell has one of
    each."""
    if isinstance(module, nn.RNNCellBase):
        return [("", "")]
    return [(f"_l{layer}" + ("_reverse" if direction else ""), (f"{layer}/" if module.num_layers > 1 else "") +
             (("backward/" if direction else "forward/") if module.bidirectional else ""))
            for layer in range(module.num_layers) for direction in range(2 if module.bidirectional else 1)]


def recurrent(module: nn.RNNBase | nn.RNNCellBase) -> Iterator[Variable]:
    """The variables of every layer and direction of an RNN, LSTM or GRU, or of a cell of one."""
    gru = isinstance(module, (nn.GRU, nn.GRUCell))

    def gates(value: Array) -> Array:
        """The gates of a GRU along the last axis in the other framework's order: PyTorch r, z, n; Keras z, r, n."""
        if not gru:
            return value
        first, second, third = np.split(value, 3, -1)
        return np.concatenate([second, first, third], -1)
    for suffix, prefix in layers_and_directions(module):
        for name, role in (("weight_ih", "kernel"), ("weight_hh", "recurrent_kernel")):
            yield Variable(prefix + role, ((getattr(module, name + suffix), ...),), lambda value: gates(value.T),
                           lambda value: [gates(value).T])
        if module.bias:
            both = ((getattr(module, "bias_ih" + suffix), ...), (getattr(module, "bias_hh" + suffix), ...))
            if gru and not both[1][0].requires_grad and not bool(both[1][0].any()):  # reset_after=False: one bias
                yield Variable(prefix + "bias", both, lambda first, second: gates(first + second),
                               lambda value: [gates(value), np.zeros_like(value)], added=True)
            elif gru:  # Keras's reset_after: the two biases are the rows of one
                yield Variable(prefix + "bias", both, lambda first, second: np.stack([gates(first), gates(second)]),
                               lambda value: [gates(row) for row in value] if value.ndim == 2 else
                               [gates(value), np.zeros_like(value)])
            else:
                yield Variable(prefix + "bias", both, lambda first, second: first + second,
                               lambda value: [value, np.zeros_like(value)], added=True)


def attention(module: nn.MultiheadAttention) -> Iterator[Variable]:
    """The variables of multi-head attention. Its three input kernels stand in one tensor, unless keys or values have
    another size; in Keras's kernels, the columns of a head follow those of the head before it, as here."""
    width = module.embed_dim
    for i, role in enumerate(("query", "key", "value")):
        part = slice(i * width, (i + 1) * width)
        kernel = (module.in_proj_weight, part) if module.in_proj_weight is not None else \
            (getattr(module, f"{role[0]}_proj_weight"), ...)
        yield moved(f"{role}/kernel", kernel[0], (1, 0), kernel[1])
        if module.in_proj_bias is not None:
            yield same(f"{role}/bias", module.in_proj_bias, part)
    yield moved("attention_output/kernel", module.out_proj.weight, (1, 0))
    if module.out_proj.bias is not None:
        yield same("attention_output/bias", module.out_proj.bias)


def in_parts(module: nn.Linear, roles: Sequence[str], heads: int) -> Iterator[Variable]:
    """The variables of a Linear that computes several of attention's inputs at once."""
    rows = np.arange(module.out_features).reshape(heads or 1, len(roles), -1)
    for i, role in enumerate(roles):
        part = rows[:, i].ravel()
        yield moved(f"{role}/kernel", module.weight, (1, 0), part)
        if module.bias is not None:
            yield same(f"{role}/bias", module.bias, part)
