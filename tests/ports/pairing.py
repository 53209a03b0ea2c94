"""Keras weights into a PyTorch module, by order and by the documented layouts of both frameworks.

Kernels: Dense (in, out) and Linear (out, in); Conv HWIO and OIHW; a transposed one HWOI and IOHW; depthwise
(H, W, C, M) and (C * M, 1, H, W). Gates: LSTM i, f, c, o in both; GRU z, r, h and r, z, n. An LSTM or SimpleRNN has one
bias, PyTorch's two: the second is zero. Statistics: moving mean and variance are buffers."""
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

Group = tuple[str, list[np.ndarray]]


def groups(kinds: list[str], weights: list[np.ndarray]) -> list[Group]:
    """Consecutive weights of one layer, with its class."""
    result: list[tuple[str, Group]] = []
    for kind, value in zip(kinds, weights, strict=True):
        layer, path, _ = kind.split(" ")
        if not result or result[-1][0] != path:
            result.append((path, (layer, [])))
        result[-1][1][1].append(value)
    return [group for _, group in result]


def dense(w: list[np.ndarray]) -> list[np.ndarray]:
    return [w[0].T, *w[1:]]


def convolution(w: list[np.ndarray]) -> list[np.ndarray]:
    return [np.moveaxis(w[0], (-1, -2), (0, 1)), *w[1:]]


def depthwise(w: list[np.ndarray]) -> list[np.ndarray]:
    *space, channels, multiplier = w[0].shape
    return [np.moveaxis(w[0], (-2, -1), (0, 1)).reshape(channels * multiplier, 1, *space), *w[1:]]


def recurrent(w: list[np.ndarray]) -> list[np.ndarray]:
    return [w[0].T, w[1].T, *([w[2], np.zeros_like(w[2])] if len(w) > 2 else [])]


def gru(w: list[np.ndarray]) -> list[np.ndarray]:
    swap = lambda a: np.concatenate([a[len(a) // 3:2 * len(a) // 3], a[:len(a) // 3], a[2 * len(a) // 3:]])
    bias = w[2] if w[2].ndim == 2 else np.stack([w[2], np.zeros_like(w[2])])
    return [swap(w[0].T), swap(w[1].T), swap(bias[0]), swap(bias[1])]


LAYOUTS: dict[str, Callable[[list[np.ndarray]], list[np.ndarray]]] = {
    "Dense": dense, **{name: convolution for name in ("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose",
                                                      "Conv2DTranspose")},
    "DepthwiseConv2D": depthwise, "PReLU": lambda w: [np.ravel(w[0])], "LSTMCell": recurrent,
    "SimpleRNNCell": recurrent, "GRUCell": gru,
}


def entries(module: nn.Module) -> list[list[torch.Tensor]]:
    """The tensors of every module that has any, in the order in which the modules were registered."""
    result = []
    for part in module.modules():
        tensors = [t for n, t in [*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)]
                   if n != "num_batches_tracked" and t is not None]
        if tensors:
            result.append(tensors)
    return result


def load(module: nn.Module, kinds: list[str], weights: list[np.ndarray]) -> None:
    """Copies; a separable convolution is a depthwise and a pointwise module, a Bidirectional layer one of two."""
    queue = []
    for layer, values in groups(kinds, weights):
        if layer in ("SeparableConv1D", "SeparableConv2D"):
            queue += [depthwise(values[:1]), convolution(values[1:])]
        else:
            queue.append(LAYOUTS.get(layer, lambda w: w)(values))
    for targets in entries(module):
        values = queue.pop(0)
        while len(values) < len(targets) and queue:
            values = values + queue.pop(0)
        if [t.shape for t in targets] != [torch.Size(v.shape) for v in values]:
            raise ValueError(f"shapes {[tuple(t.shape) for t in targets]} against {[v.shape for v in values]}")
        with torch.no_grad():
            for target, value in zip(targets, values, strict=True):
                target.copy_(torch.tensor(value))
    if queue:
        raise ValueError(f"{len(queue)} Keras layers without a PyTorch module")
