"""PyTorch optimizers and schedulers for fields that PyTorch has no argument for.

A generated program contains the source of the class that it uses, without annotations (`codegen.source.source_of`).
"""

from __future__ import annotations

from typing import Any, Callable

import torch


class AdagradInsideRoot(torch.optim.Adagrad):
    """Adagrad with sqrt(v + epsilon), where PyTorch has sqrt(v) + epsilon."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
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
    def step(self, closure: Callable[[], float] | None = None) -> Any:
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
    def step(self, closure: Callable[[], float] | None = None) -> Any:
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
    """SGD with momentum that keeps each gradient times the rate of its step; PyTorch uses the current rate."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            for w in (w for w in group["params"] if w.grad is not None):
                g = w.grad.add(w, alpha=group["weight_decay"]) * group["lr"]
                buffer = self.state[w].setdefault("momentum_buffer", torch.zeros_like(w))
                buffer.mul_(group["momentum"]).add_(g)
                w.sub_(g + group["momentum"] * buffer if group["nesterov"] else buffer)
        return loss


class CosineThatStays(torch.optim.lr_scheduler.CosineAnnealingLR):
    """CosineAnnealingLR with a rate that stays at 0 after T_max; PyTorch's rises again."""

    def get_lr(self) -> list[float | torch.Tensor]:
        return [0.0 for _ in self.base_lrs] if self.last_epoch >= self.T_max else super().get_lr()


OUR_CLASSES: dict[str, type[torch.optim.Optimizer]] = {
    "SGDRateInside": SGDRateInside, "RMSpropInsideRoot": RMSpropInsideRoot, "AdagradInsideRoot": AdagradInsideRoot,
    "AdamBeforeCorrection": AdamBeforeCorrection}
"""The optimizers of this file by name."""
