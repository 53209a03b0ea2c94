"""Optimizers and learning rate schedulers of a spec in PyTorch. The argument of an unset field is omitted.

Names in an optimizer state are as `frameworks.runtime.training` defines them.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from frameworks.lightning import configuration
from frameworks.lightning.api import LRSchedulerConfig
from frameworks.lightning.custom_layers import as_spec, as_tensor
from frameworks.lightning.custom_optimizers import OUR_CLASSES, CosineThatStays
from frameworks.protocol import Json
from frameworks.runtime.momentum import unit


@dataclass(eq=False)
class CountedOptimizer:
    """A PyTorch optimizer, with what PyTorch does not keep."""

    optimizer: Optimizer
    steps_done: int
    """The number of steps so far, which PyTorch's SGD does not count."""
    last_rate: float
    """The learning rate of the last step."""
    fresh: Mapping[Tensor, Mapping[str, Tensor]]
    """The state of each weight before the first step; empty for optimizers that create it in the first step."""

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(self.optimizer.param_groups[0]["lr"])

    def count(self, *unused: object) -> None:
        """Count a step and record its learning rate; PyTorch calls this after every step."""
        self.steps_done, self.last_rate = self.steps_done + 1, self.rate


def optimizer(spec: Json, parameters: Sequence[Tensor]) -> CountedOptimizer:
    """Return the PyTorch optimizer of a spec in plain JSON; `shrink` and `clip` do decoupled decay and clipping.

    Raises Unsupported as `configuration.class_of` does.
    """
    call = configuration.call(spec, "parameters", torch.optim.Adam([torch.zeros(1)]).defaults["betas"])
    made: Optimizer = call.made({"torch": torch, "parameters": parameters, **OUR_CLASSES})
    fresh = {w: {key: value.clone() for key, value in state.items()} for w, state in made.state.items()}
    counted = CountedOptimizer(made, 0, made.param_groups[0]["lr"], fresh)
    made.register_step_post_hook(counted.count)
    return counted


def scheduler(rate: Json, optimizer: Optimizer) -> LRScheduler | ReduceLROnPlateau:
    """Return the PyTorch scheduler of a learning rate in plain JSON."""
    names = {"torch": torch, "CosineThatStays": CosineThatStays, "optimizer": optimizer}
    result: LRScheduler | ReduceLROnPlateau = configuration.scheduler(rate).made(names)
    return result


def configured(spec: Json, optimizer: Optimizer) -> Any:
    """Return the result of `configure_optimizers`: the optimizer, with its scheduler if there is one."""
    rate = spec["learning_rate"]
    if not isinstance(rate, dict):
        return optimizer
    schedule = scheduler(rate, optimizer)
    if configuration.on_plateau(rate):
        return [optimizer], [{"scheduler": schedule, "monitor": rate["monitor"]}]
    return [optimizer], [schedule if rate["per"] is None else {"scheduler": schedule, "interval": rate["per"]}]


def rates_of_plateau(rate: Json, values: Sequence[float]) -> list[float]:
    """Return the learning rates after epochs with these values of the monitored metric.

    They are computed by PyTorch's scheduler, with an optimizer that trains nothing.
    """
    idle = torch.optim.SGD([torch.zeros(1)], lr=rate["initial"])
    schedule = scheduler(rate, idle)
    assert isinstance(schedule, ReduceLROnPlateau)
    rates = []
    for value in values:
        schedule.step(value)
        rates.append(float(idle.param_groups[0]["lr"]))
    return rates


class Rates:
    """The learning rates of a schedule, computed by PyTorch's scheduler with an optimizer that trains nothing."""

    def __init__(self, rate: Json) -> None:
        self.idle = torch.optim.SGD([torch.zeros(1)], lr=rate["initial"])
        schedule = scheduler(rate, self.idle)
        assert isinstance(schedule, LRScheduler)
        self.per = rate["per"] or LRSchedulerConfig(schedule).interval
        self.scheduler = schedule
        self.known: list[float] = []

    def at(self, step: int, steps: int) -> float:
        """Return the learning rate of a step, counted from 0 over the whole training, for epochs of `steps` steps."""
        n = step // steps if self.per == "epoch" else step
        while len(self.known) <= n:
            self.known.append(self.idle.param_groups[0]["lr"])
            self.idle.step()
            self.scheduler.step()
        return self.known[n]


def before_step(spec: Json, optimizer: Optimizer, parameters: Sequence[Tensor], rate: float | None) -> None:
    """Do what the Trainer does between gradients and update. The Trainer clips with the same clip_grad_norm_
    (pytorch_lightning/plugins/precision/precision.py:166, version 2.6).

    `rate` is the learning rate of a schedule, None without one.
    """
    for group in optimizer.param_groups if rate is not None else ():
        group["lr"] = rate
    shrink(spec, optimizer)
    clipped, trainers = configuration.hook_clip(spec["clip"]), configuration.trainers_clip(spec["clip"])
    if clipped:
        norm, of, offset = clipped
        clip(norm, of, offset, parameters)
    elif trainers is not None:
        torch.nn.utils.clip_grad_norm_(parameters, trainers)


@torch.no_grad()
def shrink(spec: Json, optimizer: Optimizer) -> None:
    """Apply decoupled weight decay, w ← w − rate · factor · w, if the class of the optimizer does not."""
    factor = configuration.shrinks_by(spec)
    if factor is None:
        factor = default_decay()
    for group in optimizer.param_groups if factor else ():
        for w in group["params"]:
            w.mul_(1 - group["lr"] * factor)


@functools.lru_cache(None)
def default_decay() -> float:
    """Return the default weight decay of PyTorch's AdamW; cached, since every step needs it."""
    return float(torch.optim.AdamW([torch.zeros(1)]).defaults["weight_decay"])


@torch.no_grad()
def clip(norm: float, of: str, offset: float, parameters: Iterable[Tensor]) -> None:
    """Scale gradients by norm / (their norm + offset) if this is below 1; `of` is "all" or "variable".

    Lightning's own clipping is that with of="all" and offset=1e-6 (`configuration.OFFSET`).
    """
    gradients = [w.grad for w in parameters if w.grad is not None]
    norms = torch.stack([g.norm() for g in gradients])
    norms = norms if of == "variable" else norms.norm().expand(len(gradients))
    for g, n in zip(gradients, norms):
        g.mul_((norm / (n + offset)).clamp(max=1.0))


def get_optimizer_state(counted: CountedOptimizer, spec: Json, named: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return the optimizer state by name; `named` are the weights as tensors by name.

    PyTorch keeps the momentum of SGD and RMSprop without the learning rate. It is multiplied by the rate of the last
    step to convert it to the unit that `frameworks.runtime.momentum` defines.
    """
    optimizer_state: dict[str, Any] = {"step": counted.steps_done}
    if configuration.on_plateau(spec["learning_rate"]):
        optimizer_state["rate"], optimizer_state["last_rate"] = counted.rate, counted.last_rate
    for name, w in named.items():
        state = counted.optimizer.state.get(w, {})
        if "mu_product" in state:
            optimizer_state["product"] = state["mu_product"].numpy().copy()
        for state_name, key in configuration.OPTIMIZERS[spec["is"]].state.items():
            if state.get(key) is not None:
                optimizer_state[state_name + "/" + name] = as_spec(state[key]) * _unit(counted, spec, state_name)
    return optimizer_state


def set_optimizer_state(counted: CountedOptimizer, spec: Json, named: Mapping[str, Tensor],
                        optimizer_state: Mapping[str, Any], last_rate: float) -> None:
    """Set the state of the optimizer; an empty dict is the initial state.

    `named` are the weights as tensors by name. `last_rate` is the learning rate of the step before this state.
    """
    counted.last_rate, counted.steps_done = last_rate, int(optimizer_state.get("step", 0))
    counted.optimizer.state.clear()
    for group in counted.optimizer.param_groups if configuration.on_plateau(spec["learning_rate"]) else ():
        group["lr"] = float(optimizer_state.get("rate", spec["learning_rate"]["initial"]))
    keys = configuration.OPTIMIZERS[spec["is"]].state
    for name, w in named.items():
        state = {key: as_tensor(optimizer_state[state_name + "/" + name] / _unit(counted, spec, state_name),
                                w.dtype).to(w.device)
                 for state_name, key in keys.items() if state_name + "/" + name in optimizer_state}
        if "product" in optimizer_state:
            state["mu_product"] = torch.tensor(float(optimizer_state["product"]))
        if not state:
            state = {key: value.clone() for key, value in counted.fresh.get(w, {}).items()}
        if state:
            counted.optimizer.state[w] = dict(state, step=torch.tensor(float(counted.steps_done)))


def _unit(counted: CountedOptimizer, spec: Json, state_name: str) -> float:
    """Return the factor that converts PyTorch's value of an array of the state to the recorded one."""
    rate = counted.rate
    if isinstance(spec["learning_rate"], dict):
        initial = spec["learning_rate"]["initial"]
        rate = 1 if configuration.class_of(spec) == configuration.MOMENTUM else unit(counted.last_rate, initial)
    return {("SGD", "momentum"): -rate, ("RMSprop", "momentum"): rate}.get((spec["is"], state_name), 1)
