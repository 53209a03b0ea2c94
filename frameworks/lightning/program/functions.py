"""Keras's activations and reductions in PyTorch, for trying whether they explain a difference."""

from __future__ import annotations

from functools import partial
from typing import Callable, Sequence

import torch
from torch.nn import functional as F


def pooled(kind: str, x: torch.Tensor, size: Sequence[int], strides: Sequence[int], same: bool) -> torch.Tensor:
    """The largest value (`max`) or the mean (`avg`) of every window; Keras's padding is not part of a mean."""
    pool = getattr(F, f"{kind}_pool{len(size)}d")
    pads = [max((-(-n // step) - 1) * step + window - n, 0) * same
            for n, window, step in zip(x.shape[2:], size, strides)]
    sides = [each for pad in reversed(pads) for each in (pad // 2, pad - pad // 2)]
    windows = pool(F.pad(x, sides, value=-float("inf") if kind == "max" else 0.0), tuple(size), tuple(strides))
    result: torch.Tensor = windows if kind == "max" else windows / pool(
        F.pad(torch.ones_like(x), sides), tuple(size), tuple(strides))
    return result


def last_repeated(x: torch.Tensor) -> torch.Tensor:
    """A sequence with the last step that is not zero in place of the zeros that follow it."""
    steps = torch.arange(x.shape[1]).expand(x.shape[:2])
    last = torch.where((x != 0).any(-1), steps, torch.zeros_like(steps)).cummax(1).values
    return x.gather(1, last[..., None].expand_as(x))


FUNCTIONS: dict[str, Callable[..., torch.Tensor]] = {
    "linear": lambda x: x, "relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
    "softmax": lambda x, axis=-1: torch.softmax(x, axis), "log_softmax": lambda x, axis=-1: torch.log_softmax(x, axis),
    "gelu": lambda x, approximate="none": F.gelu(x, approximate=approximate), "selu": F.selu, "silu": F.silu,
    "swish": F.silu, "elu": lambda x, alpha=1.0: F.elu(x, alpha), "softplus": F.softplus, "softsign": F.softsign,
    "leaky_relu": lambda x, negative_slope=0.3: F.leaky_relu(x, negative_slope), "exponential": torch.exp,
    "hard_sigmoid": lambda x: torch.clamp(x / 6 + 0.5, 0, 1), "mish": F.mish, "relu6": F.relu6,
    "scale": lambda x, factor=1.0, offset=0.0: x * torch.as_tensor(factor, dtype=x.dtype) + torch.as_tensor(
        offset, dtype=x.dtype),  # a list has a value for each place of the last axis
    "mean": lambda x, axes=(): x.mean(tuple(axes)), "amax": lambda x, axes=(): x.amax(tuple(axes)),
    "max_pool": partial(pooled, "max"), "avg_pool": partial(pooled, "avg"),
    "sum_of_sample": lambda x: x.flatten(1).sum(1),
    "log": torch.log, "exp": torch.exp, "square": torch.square, "sqrt": torch.sqrt,
    "mean_of_nonzero": lambda x: x.sum() / (x != 0).sum(),
    "detach": lambda x: x.detach(), "mean_of_all": torch.mean, "last_step": lambda x: x[:, -1],
    "last_of_both": lambda x: torch.cat([x[:, -1, :x.shape[-1] // 2], x[:, 0, x.shape[-1] // 2:]], 1),
    "last_repeated": last_repeated,
    "turned_round": lambda x: x.flip(1),
    "features_ordered": lambda x, order=(): x[..., list(order)],
    "channels_ordered": lambda x, order=(): x[:, list(order)],
    "later_steps": lambda x: torch.ones_like(x, dtype=torch.bool).triu(1),
    "samples_split": lambda x, sizes=(): x.unflatten(0, tuple(sizes)[::-1]).transpose(0, 1),
    "heads_split": lambda x, heads=1: x.unflatten(-1, (heads, -1)).transpose(1, 2),
    "heads_merged": lambda x: x.transpose(1, 2).flatten(2),
    "channels_first": lambda x: x.movedim(-1, 1), "channels_last": lambda x: x.movedim(1, -1),
    "cropped": lambda x, cuts=(): x[tuple([..., *(
        slice(first, size - last) for (first, last), size in zip(cuts, x.shape[2:]))])],
    "axis_split": lambda x, axis=1, sizes=(), transposed=False: x.unflatten(axis, tuple(sizes)).transpose(
        axis, axis + 1) if transposed else x.unflatten(axis, tuple(sizes)),
    "axis_transposed": lambda x, axis=1, first=1: x.unflatten(axis, (first, -1)).transpose(axis, axis + 1).flatten(
        axis, axis + 1),
    "repeat_interleave": lambda x, axis=1, times=1: x.repeat_interleave(times, axis),
    "reshape_channels_last": lambda x, shape=(): x.reshape(len(x), *shape).movedim(-1, 1),
}
"""What `apply` and `instead` can compute, under Keras's names."""
