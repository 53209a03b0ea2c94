"""Lets a user's PyTorch program draw the numbers of `frameworks.runtime.drawn_numbers` instead of random ones."""
from __future__ import annotations

from typing import Any, Callable

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from frameworks.runtime.drawn_numbers import NORMAL, UNIFORM, places

Draw = Callable[[torch.Tensor, tuple[Any, ...], dict[str, Any]], torch.Tensor]
"""A function that returns the numbers for a tensor, given the arguments of the call."""


def numbers(table: Any, like: torch.Tensor) -> torch.Tensor:
    """Numbers of a table in the shape of a tensor."""
    return torch.as_tensor(table[places(tuple(like.shape))], dtype=like.dtype)


def argument(args: tuple[Any, ...], kwargs: dict[str, Any], position: int, name: str, default: float) -> Any:
    """An argument that was given by name or by position."""
    value = kwargs.get(name, args[position] if position < len(args) else default)
    return value.detach() if isinstance(value, torch.Tensor) else value


def normal(first: int) -> Draw:
    """Normal numbers with the mean and the standard deviation that stand at `first` and behind it."""
    return lambda like, args, kwargs: argument(args, kwargs, first, "mean", 0.0) + \
        argument(args, kwargs, first + 1, "std", 1.0) * numbers(NORMAL, like)


def between(like: torch.Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
    """Uniform numbers between the two arguments behind the tensor."""
    low, high = argument(args, kwargs, 1, "from", 0.0), argument(args, kwargs, 2, "to", 1.0)
    return low + (high - low) * numbers(UNIFORM, like)


DRAWS: dict[str, Draw] = {
    **dict.fromkeys(("randn", "randn_like"), lambda like, args, kwargs: numbers(NORMAL, like)),
    **dict.fromkeys(("rand", "rand_like"), lambda like, args, kwargs: numbers(UNIFORM, like)),
    "normal": normal(0), "normal_": normal(1), "uniform_": between,
    "bernoulli": lambda like, args, kwargs: (numbers(UNIFORM, like) < args[0].detach()).to(like.dtype),
    "bernoulli_": lambda like, args, kwargs: (numbers(UNIFORM, like) < argument(args, kwargs, 1, "p", 0.5)).to(
        like.dtype)}
"""By PyTorch function, the numbers that replace its random ones; functions with a trailing underscore change their
tensor."""


class SameNumbers(TorchFunctionMode):
    """Replaces random numbers while it is active, but not the initial values of parameters, such as those of lazy
    layers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.drawn = False

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        draw = DRAWS.get(getattr(function, "__name__", ""))
        if draw is None or not isinstance(result, torch.Tensor) or not result.is_floating_point() or \
                isinstance(result, nn.Parameter):
            return result
        self.drawn = True
        with torch.no_grad():
            return result.copy_(draw(result, args, kwargs))
