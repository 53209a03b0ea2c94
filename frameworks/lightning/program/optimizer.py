"""An optimizer with the update rules of Keras's, field by field, for trying which setting makes two programs differ.

`check` replaces the user's optimizer by this one with the same fields, and then changes single fields. The fields,
with the values that PyTorch's classes have (torch/optim/{sgd,adam,adamw,rmsprop,adagrad}.py, version 2.15) and those
of Keras (keras/src/optimizers, 3.15):

    rule           sgd, adam, rmsprop, adagrad
    learning_rate, momentum, nesterov, beta_1, beta_2, rho, centered, amsgrad, epsilon, initial_accumulator
    epsilon_place  corrected (Adam in PyTorch: after the bias correction), uncorrected (Keras), outside or inside (of
                   the root)
    weight_decay   its factor; decay_kind: coupled (added to the gradient) or decoupled
    decayed        the parameters that decay
    rates          the learning rate of every step, where a schedule changes it
    clip_norm, clip_global, clip_value   as Keras's clipnorm, global_clipnorm and clipvalue
"""
from __future__ import annotations

from typing import Any, Mapping

import torch

Fields = Mapping[str, Any]


class Described(torch.optim.Optimizer):
    """Follows the rule that its fields describe; a field can differ between parameters by name."""

    def __init__(self, named: Mapping[str, torch.Tensor], fields: Fields) -> None:
        super().__init__(list(named.values()), {})
        self.names = {id(tensor): name for name, tensor in named.items()}
        self.fields, self.steps = fields, 0

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One update of every parameter that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        fields, self.steps = self.fields, self.steps + 1
        rates = fields.get("rates") or [fields["learning_rate"]]
        rate = rates[min(self.steps, len(rates)) - 1]
        tensors = [tensor for group in self.param_groups for tensor in group["params"] if tensor.grad is not None]
        grads = clipped([tensor.grad for tensor in tensors], fields)
        for tensor, grad in zip(tensors, grads):
            self.update(tensor, grad, rate)
        return loss

    def update(self, tensor: torch.Tensor, grad: torch.Tensor, rate: float) -> None:
        """Updates one parameter: its weight decay, then the rule."""
        fields, state = self.fields, self.state[tensor]
        decay = fields.get("weight_decay") or 0.0
        decayed = fields.get("decayed")
        if decay and (decayed is None or self.names[id(tensor)] in decayed):
            if fields.get("decay_kind") == "decoupled":
                tensor -= tensor * decay * rate
            else:
                grad = grad + decay * tensor
        RULES[fields["rule"]](tensor, grad, rate, fields, state, self.steps)


def clipped(grads: list[torch.Tensor], fields: Fields) -> list[torch.Tensor]:
    """The gradients after clipping by norm, global norm or value."""
    if fields.get("clip_norm"):
        return [grad * (fields["clip_norm"] / torch.clamp(grad.norm(), min=fields["clip_norm"])) for grad in grads]
    if fields.get("clip_global"):
        norm = torch.sqrt(sum(((grad ** 2).sum() for grad in grads), torch.zeros(())))
        return [grad * (fields["clip_global"] / torch.clamp(norm, min=fields["clip_global"])) for grad in grads]
    if fields.get("clip_value"):
        return [grad.clamp(-fields["clip_value"], fields["clip_value"]) for grad in grads]
    return grads


def kept(state: dict[str, Any], name: str, tensor: torch.Tensor, value: float = 0.0) -> torch.Tensor:
    """A tensor of an optimizer's state, made with `value` at first."""
    if name not in state:
        state[name] = torch.full_like(tensor, value)
    found: torch.Tensor = state[name]
    return found


def sgd(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """SGD: in Keras the momentum contains the learning rate, which is the same while the rate is constant."""
    factor = fields.get("momentum") or 0.0
    if factor:
        inside = fields.get("rate_in_momentum", False)
        momentum = kept(state, "momentum", tensor)
        damp = fields.get("dampening", 0.0) if step > 1 else 0.0
        momentum.mul_(factor).add_(grad * (rate if inside else 1.0) * (1.0 - damp))
        own = grad * (rate if inside else 1.0)
        grad = own + factor * momentum if fields.get("nesterov") else momentum.clone()
        rate = 1.0 if inside else rate
    tensor -= rate * grad


def adam(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """Adam, whose epsilon stands before (Keras) or after (PyTorch) the correction of the second moment."""
    one, two, epsilon = fields["beta_1"], fields["beta_2"], fields["epsilon"]
    first, second = kept(state, "first", tensor), kept(state, "second", tensor)
    first.mul_(one).add_(grad, alpha=1 - one)
    second.mul_(two).addcmul_(grad, grad, value=1 - two)
    used = second
    if fields.get("amsgrad"):
        used = torch.maximum(kept(state, "largest", tensor), second)
        state["largest"] = used
    root = (1 - two ** step) ** 0.5
    bottom = used.sqrt() / root + epsilon if fields["epsilon_place"] == "corrected" else (used.sqrt() + epsilon) / root
    tensor -= rate / (1 - one ** step) * first / bottom


def rmsprop(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """RMSprop, whose epsilon stands inside (Keras) or outside (PyTorch) of the root."""
    rho, epsilon = fields["rho"], fields["epsilon"]
    square = kept(state, "square", tensor)
    square.mul_(rho).addcmul_(grad, grad, value=1 - rho)
    mean_square = square
    if fields.get("centered"):
        mean = kept(state, "mean", tensor)
        mean.mul_(rho).add_(grad, alpha=1 - rho)
        mean_square = square - mean ** 2
    change = grad / (torch.sqrt(mean_square + epsilon) if fields["epsilon_place"] == "inside" else
                     mean_square.sqrt() + epsilon)
    if fields.get("momentum"):
        inside = fields.get("rate_in_momentum", False)
        momentum = kept(state, "momentum", tensor)
        momentum.mul_(fields["momentum"]).add_(change * (rate if inside else 1.0))
        change, rate = momentum, 1.0 if inside else rate
    tensor -= rate * change


def adagrad(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """Adagrad, with the initial value of its sum."""
    total = kept(state, "sum", tensor, fields.get("initial_accumulator") or 0.0)
    total.addcmul_(grad, grad)
    bottom = torch.sqrt(total + fields["epsilon"]) if fields["epsilon_place"] == "inside" else \
        total.sqrt() + fields["epsilon"]
    tensor -= rate * grad / bottom


RULES = {"sgd": sgd, "adam": adam, "rmsprop": rmsprop, "adagrad": adagrad}
"""By name, what updates one parameter."""
