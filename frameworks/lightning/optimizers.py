"""Optimizers and learning rate schedulers of a spec in PyTorch. The argument of an unset field is omitted.

Names in an optimizer state are as `frameworks.runtime.training` defines them.
"""
import functools

import torch
from pytorch_lightning.utilities.types import LRSchedulerConfig

from frameworks.lightning import configuration
from frameworks.lightning.own_layers import as_spec, as_tensor
from frameworks.runtime.momentum import unit


class AdagradInsideRoot(torch.optim.Adagrad):
    """Adagrad with sqrt(v + epsilon), where PyTorch has sqrt(v) + epsilon."""

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            for w in (w for w in group["params"] if w.grad is not None):
                g = w.grad.add(w, alpha=group["weight_decay"])
                v = self.state[w]["sum"].addcmul_(g, g)
                w.addcdiv_(g, (v + group["eps"]).sqrt(), value=-group["lr"])
        return loss


class RMSpropInsideRoot(torch.optim.RMSprop):
    """RMSprop with sqrt(v + epsilon), where PyTorch has sqrt(v) + epsilon."""

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            for w in (w for w in group["params"] if w.grad is not None):
                state = self.state[w]
                g = w.grad.add(w, alpha=group["weight_decay"])
                v = state.setdefault("square_avg", torch.zeros_like(w))
                v.mul_(group["alpha"]).addcmul_(g, g, value=1 - group["alpha"])
                update = g / (v + group["eps"]).sqrt()
                if group["momentum"]:
                    buffer = state.setdefault("momentum_buffer", torch.zeros_like(w))
                    update = buffer.mul_(group["momentum"]).add_(update)
                w.add_(update, alpha=-group["lr"])
                state["step"] = state.get("step", torch.tensor(0.0)) + 1
        return loss


class AdamBeforeCorrection(torch.optim.Adam):
    """Adam with the paper's epsilon-hat, where PyTorch has sqrt(v-hat) + epsilon."""

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            beta_1, beta_2 = group["betas"]
            for w in (w for w in group["params"] if w.grad is not None):
                state = self.state[w]
                state["step"] = state.get("step", torch.tensor(0.0)) + 1
                m, v = (state.setdefault(name, torch.zeros_like(w)) for name in ("exp_avg", "exp_avg_sq"))
                g = w.grad.add(w, alpha=group["weight_decay"])
                m.lerp_(g, 1 - beta_1)
                v.mul_(beta_2).addcmul_(g, g, value=1 - beta_2)
                t = float(state["step"])
                rate = group["lr"] * (1 - beta_2 ** t) ** 0.5 / (1 - beta_1 ** t)
                w.addcdiv_(m, v.sqrt().add_(group["eps"]), value=-rate)
        return loss


class SGDRateInside(torch.optim.SGD):
    """SGD whose momentum keeps each gradient times the rate of its step, where PyTorch's is taken times that of now."""

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            for w in (w for w in group["params"] if w.grad is not None):
                g = w.grad.add(w, alpha=group["weight_decay"]) * group["lr"]
                buffer = self.state[w].setdefault("momentum_buffer", torch.zeros_like(w))
                buffer.mul_(group["momentum"]).add_(g)
                w.sub_(g + group["momentum"] * buffer if group["nesterov"] else buffer)
        return loss


class CosineThatStays(torch.optim.lr_scheduler.CosineAnnealingLR):
    """CosineAnnealingLR that stays at its end, where PyTorch's rate comes back."""

    def get_lr(self):
        return [0.0 for _ in self.base_lrs] if self.last_epoch >= self.T_max else super().get_lr()


OWN = {"SGDRateInside": SGDRateInside, "RMSpropInsideRoot": RMSpropInsideRoot, "AdagradInsideRoot": AdagradInsideRoot,
       "AdamBeforeCorrection": AdamBeforeCorrection}


def optimizer(spec, parameters):
    """Return the PyTorch optimizer of a spec in plain JSON. Decoupled decay and clipping are in `shrink` and `clip`."""
    call = configuration.call(spec, "parameters", torch.optim.Adam([torch.zeros(1)]).defaults["betas"])
    result = call.made({"torch": torch, "parameters": parameters, **OWN})
    result.steps_done, result.last_rate = 0, result.param_groups[0]["lr"]
    result.fresh = {w: {key: value.clone() for key, value in state.items()} for w, state in result.state.items()}
    result.register_step_post_hook(count)
    return result


def scheduler(rate, optimizer):
    """Return the PyTorch scheduler of a learning rate in plain JSON."""
    name, options = configuration.scheduler(rate)
    kind = CosineThatStays if name == "CosineThatStays" else getattr(torch.optim.lr_scheduler, name)
    return kind(optimizer, **options)


def configured(spec, optimizer):
    """Return the result of `configure_optimizers`: the optimizer, with its scheduler if there is one."""
    rate = spec["learning_rate"]
    if not isinstance(rate, dict):
        return optimizer
    schedule = scheduler(rate, optimizer)
    if configuration.on_plateau(rate):
        return [optimizer], [{"scheduler": schedule, "monitor": rate["monitor"]}]
    return [optimizer], [schedule if rate["per"] is None else {"scheduler": schedule, "interval": rate["per"]}]


def rates_of_plateau(rate, values):
    """Return the learning rates after epochs whose monitored metric has these values.

    They are computed by PyTorch's scheduler, with an optimizer that trains nothing.
    """
    idle = torch.optim.SGD([torch.zeros(1)], lr=rate["initial"])
    schedule, rates = scheduler(rate, idle), []
    for value in values:
        schedule.step(value)
        rates.append(idle.param_groups[0]["lr"])
    return rates


class Rates(object):
    """The learning rates of a schedule, computed by PyTorch's scheduler with an optimizer that trains nothing."""

    def __init__(self, rate):
        self.per = rate["per"] or LRSchedulerConfig(None).interval
        self.idle = torch.optim.SGD([torch.zeros(1)], lr=rate["initial"])
        self.scheduler, self.known = scheduler(rate, self.idle), []

    def at(self, step, steps):
        """Return the learning rate of a step, counted from 0 over the whole training, for epochs of `steps` steps."""
        n = step // steps if self.per == "epoch" else step
        while len(self.known) <= n:
            self.known.append(self.idle.param_groups[0]["lr"])
            self.idle.step()
            self.scheduler.step()
        return self.known[n]


@torch.no_grad()
def shrink(spec, optimizer):
    """Apply decoupled weight decay, if the class of the optimizer does not."""
    factor = configuration.shrinks_by(spec)
    if factor is None:
        factor = own_decay()
    for group in optimizer.param_groups if factor else ():
        for w in group["params"]:
            w.mul_(1 - group["lr"] * factor)


@functools.lru_cache(None)
def own_decay():
    """Return the default weight decay of PyTorch's AdamW; cached, since every step needs it."""
    return torch.optim.AdamW([torch.zeros(1)]).defaults["weight_decay"]


@torch.no_grad()
def clip(norm, of, offset, parameters):
    """Scale gradients by norm / (their norm + offset) if this is below 1; `of` is "all" or "variable".

    Lightning's own clipping has the norm of all gradients together and the offset 1e-6.
    """
    gradients = [w.grad for w in parameters if w.grad is not None]
    norms = torch.stack([g.norm() for g in gradients])
    norms = norms if of == "variable" else norms.norm().expand(len(gradients))
    for g, n in zip(gradients, norms):
        g.mul_((norm / (n + offset)).clamp(max=1.0))


def count(optimizer, *unused):
    """Count a step, which PyTorch's SGD does not do, and record its learning rate."""
    optimizer.steps_done, optimizer.last_rate = optimizer.steps_done + 1, optimizer.param_groups[0]["lr"]


def get_optimizer_state(optimizer, spec, named):
    """Return the optimizer state by name; `named` are the weights as tensors by name.

    PyTorch keeps the momentum of SGD and RMSprop without the learning rate. It is multiplied by the rate of the last
    step to convert it to the unit that `frameworks.runtime.momentum` defines.
    """
    optimizer_state = {"step": optimizer.steps_done}
    if configuration.on_plateau(spec["learning_rate"]):
        optimizer_state["rate"], optimizer_state["last_rate"] = optimizer.param_groups[0]["lr"], optimizer.last_rate
    for name, w in named.items():
        state = optimizer.state.get(w, {})
        if "mu_product" in state:
            optimizer_state["product"] = state["mu_product"].numpy().copy()
        for state_name, key in configuration.OPTIMIZERS[spec["is"]].state.items():
            if state.get(key) is not None:
                optimizer_state[state_name + "/" + name] = as_spec(state[key]) * _unit(optimizer, spec, state_name)
    return optimizer_state


def set_optimizer_state(optimizer, spec, named, optimizer_state, last_rate):
    """Set the state of the optimizer; an empty dict is the initial state.

    `named` are the weights as tensors by name. `last_rate` is the learning rate of the step before this state.
    """
    optimizer.last_rate = last_rate
    optimizer.state.clear()
    optimizer.steps_done = int(optimizer_state.get("step", 0))
    for group in optimizer.param_groups if configuration.on_plateau(spec["learning_rate"]) else ():
        group["lr"] = float(optimizer_state.get("rate", spec["learning_rate"]["initial"]))
    keys = configuration.OPTIMIZERS[spec["is"]].state
    for name, w in named.items():
        state = {key: as_tensor(optimizer_state[state_name + "/" + name] / _unit(optimizer, spec, state_name),
                                w.dtype).to(w.device)
                 for state_name, key in keys.items() if state_name + "/" + name in optimizer_state}
        if "product" in optimizer_state:
            state["mu_product"] = torch.tensor(float(optimizer_state["product"]))
        if not state:
            state = {key: value.clone() for key, value in optimizer.fresh.get(w, {}).items()}
        if state:
            optimizer.state[w] = dict(state, step=torch.tensor(float(optimizer.steps_done)))


def _unit(optimizer, spec, state_name):
    """Return the factor from PyTorch's value in the optimizer state to the recorded one."""
    rate = optimizer.param_groups[0]["lr"]
    if isinstance(spec["learning_rate"], dict):
        initial = spec["learning_rate"]["initial"]
        rate = 1 if configuration.class_of(spec) == configuration.MOMENTUM else unit(optimizer.last_rate, initial)
    return {("SGD", "momentum"): -rate, ("RMSprop", "momentum"): rate}.get((spec["is"], state_name), 1)
