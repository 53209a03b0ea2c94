"""Keras's definitions put into PyTorch, where the frameworks define an operation in two ways and no port is to blame.

With the fixes of a port and the definitions that its expected.json names, nothing may be left between the programs."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.optimizer import register_optimizer_step_pre_hook


@contextmanager
def population_variance() -> Iterator[None]:
    """The moving variance of BatchNormalization is that of the batch divided by n; PyTorch divides by n - 1."""
    original = F.batch_norm

    def batch_norm(x: torch.Tensor, mean: Any, var: Any, weight: Any = None, bias: Any = None, training: bool = False,
                   momentum: float = 0.1, eps: float = 1e-5) -> torch.Tensor:
        kept = None if var is None else var.clone() * (1 - momentum)
        y = original(x, mean, var, weight, bias, training, momentum, eps)
        if training and var is not None:
            n = x.numel() / x.shape[1]
            var.data.copy_(kept + (var - kept) * (n - 1) / n)
        return y
    with mock.patch.object(F, "batch_norm", batch_norm):
        yield


@contextmanager
def adam_epsilon() -> Iterator[None]:
    """Keras's Adam adds epsilon before the bias correction: as PyTorch's with epsilon / sqrt(1 - beta_2 ** t)."""
    def correct(optimizer: Any, args: Any, kwargs: Any) -> None:
        for group in optimizer.param_groups if isinstance(optimizer, torch.optim.Adam) else []:
            group.setdefault("keras_epsilon", group["eps"])
            group["keras_step"] = group.get("keras_step", 0) + 1
            group["eps"] = group["keras_epsilon"] / (1 - group["betas"][1] ** group["keras_step"]) ** 0.5
    hook = register_optimizer_step_pre_hook(correct)
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def adam_epsilon_value() -> Iterator[None]:
    """The default epsilon of Adam is 1e-7 in Keras, 1e-8 in PyTorch."""
    original = torch.optim.Adam.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **{"eps": 1e-7} | kwargs)
    with mock.patch.object(torch.optim.Adam, "__init__", init):
        yield


def root_step(decay: Any, start: Any) -> Any:
    """A step w -= lr * g / sqrt(v + epsilon), where v is the mean or the sum of the squares."""
    @torch.no_grad()
    def step(self: Any, closure: Any = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            keep, add = decay(group)
            for p in [p for p in group["params"] if p.grad is not None]:
                v = self.state[p].setdefault("keras_v", torch.full_like(p, start(group)))
                v.mul_(keep).add_(add * p.grad ** 2)
                p -= group["lr"] * p.grad / (v + group["eps"]).sqrt()
        return loss
    return step


@contextmanager
def rmsprop_epsilon() -> Iterator[None]:
    """Keras's RMSprop takes sqrt(v + epsilon), PyTorch's sqrt(v) + epsilon."""
    step = root_step(lambda g: (g["alpha"], 1 - g["alpha"]), lambda g: 0.0)
    with mock.patch.object(torch.optim.RMSprop, "step", step):
        yield


@contextmanager
def adagrad_epsilon() -> Iterator[None]:
    """Keras's Adagrad takes sqrt(v + epsilon), PyTorch's sqrt(v) + epsilon."""
    step = root_step(lambda g: (1, 1), lambda g: g["initial_accumulator_value"])
    with mock.patch.object(torch.optim.Adagrad, "step", step):
        yield


@contextmanager
def momentum_of_updates() -> Iterator[None]:
    """Keras's SGD holds v = m v - lr g, PyTorch's v = m v + g: they differ where the learning rate changes."""
    @torch.no_grad()
    def step(self: Any, closure: Any = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in [p for p in group["params"] if p.grad is not None]:
                v = self.state[p].setdefault("keras_v", torch.zeros_like(p))
                v.mul_(group["momentum"]).sub_(group["lr"] * p.grad)
                p += v
        return loss
    with mock.patch.object(torch.optim.SGD, "step", step):
        yield


@contextmanager
def clip_without_epsilon() -> Iterator[None]:
    """clip_grad_norm_ divides by norm + 1e-6, Keras by the norm."""
    def clip(parameters: Any, max_norm: float, *args: Any, **kwargs: Any) -> torch.Tensor:
        several = [parameters] if isinstance(parameters, torch.Tensor) else parameters
        grads = [p.grad for p in several if p.grad is not None]
        norm = torch.sqrt(sum((g ** 2).sum() for g in grads))
        for g in grads:
            g.mul_(torch.clamp(max_norm / norm, max=1.0))
        return norm
    with mock.patch.object(nn.utils, "clip_grad_norm_", clip), \
            mock.patch.object(torch.nn.utils.clip_grad, "clip_grad_norm_", clip):
        yield


@contextmanager
def one_recurrent_bias() -> Iterator[None]:
    """An LSTM or SimpleRNN of Keras has one bias; PyTorch's second is kept at zero."""
    original = nn.RNNBase.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        for name, parameter in self.named_parameters():
            if name.startswith("bias_hh"):
                nn.init.zeros_(parameter).requires_grad_(False)
    with mock.patch.object(nn.RNNBase, "__init__", init):
        yield


DEFINITIONS = {f.__name__: f for f in (
    population_variance, adam_epsilon, adam_epsilon_value, rmsprop_epsilon, adagrad_epsilon, clip_without_epsilon,
    momentum_of_updates, one_recurrent_bias)}
