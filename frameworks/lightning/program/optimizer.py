"""An optimizer with the update rules of Keras's, field by field, for trying which setting makes two programs differ.

`check` replaces the user's optimizer by this one with the same fields, and then changes single fields. Its rules are
those of PyTorch (torch/optim, version 2.15) and of Keras (keras/src/optimizers, 3.15); a field says which of the two
where they differ. The fields:

    rule           sgd, adam, adamax, nadam, rmsprop, adagrad, adadelta, lion, ftrl
    learning_rate, momentum, nesterov, dampening, beta_1, beta_2, rho, centered, amsgrad, epsilon, initial_accumulator
    epsilon_place  corrected (Adam in PyTorch: after the bias correction), uncorrected (Keras), outside or inside (of
                   the root, or of Adamax's maximum)
    rate_in_momentum   whether the momentum contains the learning rate, as in Keras
    learning_rate_power, l1, l2, l2_shrinkage, beta   of FTRL, as in Keras
    momentum_decay Nadam's
    weight_decay   its factor; decay_kind: coupled (added to the gradient) or decoupled
    decayed        the parameters that decay
    rates          the learning rate of every update, where a schedule changes it; the last one stays
    rate_factors   by parameter, what its learning rate is multiplied by
    omitted        the parameters that the optimizer does not have
    batches        so many batches make one update, with the mean of their gradients; gradient_factor: of each gradient
    clip_norm, clip_global, clip_value   as Keras's clipnorm, global_clipnorm and clipvalue; clip_epsilon is added to
                   a norm before it divides
"""
from __future__ import annotations

from typing import Any, Mapping

import torch

Fields = Mapping[str, Any]


class Described(torch.optim.Optimizer):
    """Follows the rule that its fields describe. `named` are the parameters by name; of a variable that is the sum of
    two tensors, the second is NAME/1."""

    def __init__(self, named: Mapping[str, torch.Tensor], fields: Fields) -> None:
        super().__init__(list(named.values()), {})
        self.names = {id(tensor): name for name, tensor in named.items()}
        self.fields, self.steps, self.batches = fields, 0, 0
        self.added: dict[str, torch.Tensor] = {}

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One update of every parameter that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        fields, omitted = self.fields, self.fields.get("omitted") or ()
        grads = {self.names[id(tensor)]: tensor.grad * (fields.get("gradient_factor") or 1.0)
                 for group in self.param_groups for tensor in group["params"]
                 if tensor.grad is not None and self.names[id(tensor)] not in omitted}
        ready = self.accumulated(grads, fields.get("batches") or 1)
        if ready is None:
            return loss
        self.steps += 1
        rates = fields.get("rates") or [fields["learning_rate"]]
        rate, factors = rates[min(self.steps, len(rates)) - 1], fields.get("rate_factors") or {}
        tensors = {self.names[id(tensor)]: tensor for group in self.param_groups for tensor in group["params"]}
        for name, grad in zip(ready, clipped(list(ready.values()), fields)):
            self.update(tensors[name], grad, rate * factors.get(name.split("/")[0], 1.0))
        return loss

    def accumulated(self, grads: dict[str, torch.Tensor], count: int) -> dict[str, torch.Tensor] | None:
        """The mean of the gradients of `count` batches; None before the last of them."""
        self.batches += 1
        for name, grad in grads.items():
            self.added[name] = self.added[name] + grad if name in self.added else grad
        if self.batches % count:
            return None
        ready, self.added = {name: grad / count for name, grad in self.added.items()}, {}
        return ready

    def update(self, tensor: torch.Tensor, grad: torch.Tensor, rate: float) -> None:
        """Updates one parameter: its weight decay, then the rule."""
        fields, state = self.fields, self.state[tensor]
        decay = fields.get("weight_decay") or 0.0
        decayed = fields.get("decayed")
        if decay and (decayed is None or self.names[id(tensor)].split("/")[0] in decayed):
            if fields.get("decay_kind") == "decoupled":
                tensor -= tensor * decay * rate
            else:
                grad = grad + decay * tensor
        RULES[fields["rule"]](tensor, grad, rate, fields, state, self.steps)


def clipped(grads: list[torch.Tensor], fields: Fields) -> list[torch.Tensor]:
    """The gradients after clipping by norm, global norm or value."""
    epsilon = fields.get("clip_epsilon") or 0.0
    if fields.get("clip_norm"):
        return [grad * torch.clamp(fields["clip_norm"] / (grad.norm() + epsilon), max=1.0) for grad in grads]
    if fields.get("clip_global"):
        norm = torch.sqrt(sum(((grad ** 2).sum() for grad in grads), torch.zeros(())))
        return [grad * torch.clamp(fields["clip_global"] / (norm + epsilon), max=1.0) for grad in grads]
    if fields.get("clip_value"):
        return [grad.clamp(-fields["clip_value"], fields["clip_value"]) for grad in grads]
    return grads


def kept(state: dict[str, Any], name: str, tensor: torch.Tensor, value: float = 0.0) -> torch.Tensor:
    """A tensor of an optimizer's state; at first, all its elements are `value`."""
    if name not in state:
        state[name] = torch.full_like(tensor, value)
    result: torch.Tensor = state[name]
    return result


def sgd(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """SGD. In Keras the momentum contains the learning rate; while that is constant, the weights are the same."""
    factor = fields.get("momentum") or 0.0
    if factor:
        inside = fields.get("rate_in_momentum", False)
        momentum = kept(state, "momentum", tensor)
        damp = fields.get("dampening", 0.0) if step > 1 else 0.0
        momentum.mul_(factor).add_(grad * (rate if inside else 1.0) * (1.0 - damp))
        scaled = grad * (rate if inside else 1.0)
        grad = scaled + factor * momentum if fields.get("nesterov") else momentum.clone()
        rate = 1.0 if inside else rate
    tensor -= rate * grad


def adam(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """Adam with its epsilon before (Keras) or after (PyTorch) the correction of the second moment."""
    beta_1, beta_2, epsilon = fields["beta_1"], fields["beta_2"], fields["epsilon"]
    first, second = kept(state, "first", tensor), kept(state, "second", tensor)
    first.mul_(beta_1).add_(grad, alpha=1 - beta_1)
    second.mul_(beta_2).addcmul_(grad, grad, value=1 - beta_2)
    used = second
    if fields.get("amsgrad"):
        used = torch.maximum(kept(state, "largest", tensor), second)
        state["largest"] = used
    root = (1 - beta_2 ** step) ** 0.5
    bottom = used.sqrt() / root + epsilon if fields["epsilon_place"] == "corrected" else (used.sqrt() + epsilon) / root
    tensor -= rate / (1 - beta_1 ** step) * first / bottom


def rmsprop(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """RMSprop with its epsilon inside (Keras) or outside (PyTorch) of the root."""
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


def adadelta(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """Adadelta."""
    rho, epsilon = fields["rho"], fields["epsilon"]
    square, change = kept(state, "square", tensor), kept(state, "change", tensor)
    square.mul_(rho).addcmul_(grad, grad, value=1 - rho)
    delta = torch.sqrt(change + epsilon) / torch.sqrt(square + epsilon) * grad
    change.mul_(rho).addcmul_(delta, delta, value=1 - rho)
    tensor -= rate * delta


def adamax(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """Adamax with its epsilon outside (Keras) or inside (PyTorch) of the maximum."""
    beta_1, beta_2, epsilon = fields["beta_1"], fields["beta_2"], fields["epsilon"]
    inside = fields["epsilon_place"] == "inside"
    first = kept(state, "first", tensor)
    first.mul_(beta_1).add_(grad, alpha=1 - beta_1)
    largest = torch.maximum(kept(state, "largest", tensor) * beta_2, grad.abs() + (epsilon if inside else 0.0))
    state["largest"] = largest
    tensor -= rate / (1 - beta_1 ** step) * first / (largest if inside else largest + epsilon)


def nadam(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """Nadam with a growing momentum: at once in Keras (momentum_decay 1), and slowly in PyTorch (0.004)."""
    beta_1, beta_2 = fields["beta_1"], fields["beta_2"]
    now, following = (beta_1 * (1 - 0.5 * 0.96 ** (t * fields["momentum_decay"])) for t in (step, step + 1))
    product = state["product"] = state.get("product", 1.0) * now
    first, second = kept(state, "first", tensor), kept(state, "second", tensor)
    first.mul_(beta_1).add_(grad, alpha=1 - beta_1)
    second.mul_(beta_2).addcmul_(grad, grad, value=1 - beta_2)
    mean = following * first / (1 - product * following) + (1 - now) * grad / (1 - product)
    tensor -= rate * mean / (torch.sqrt(second / (1 - beta_2 ** step)) + fields["epsilon"])


def lion(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """Lion, which moves every weight by the learning rate, in the direction of its momentum."""
    beta_1, beta_2 = fields["beta_1"], fields["beta_2"]
    momentum = kept(state, "momentum", tensor)
    tensor -= rate * torch.sign(momentum * beta_1 + grad * (1 - beta_1))
    momentum.mul_(beta_2).add_(grad, alpha=1 - beta_2)


def ftrl(tensor: torch.Tensor, grad: torch.Tensor, rate: float, fields: Fields, state: Any, step: int) -> None:
    """FTRL, which computes a weight from the sums of its gradients and of their squares."""
    squares = kept(state, "squares", tensor, fields["initial_accumulator"])
    linear, power = kept(state, "linear", tensor), -fields["learning_rate_power"]
    grown = squares + grad.square()
    linear += grad + 2 * fields["l2_shrinkage"] * tensor - (grown ** power - squares ** power) / rate * tensor
    quadratic = grown ** power / rate + 2 * fields["l2"] + fields["beta"] / rate
    tensor.copy_((linear.clamp(-fields["l1"], fields["l1"]) - linear) / quadratic)
    state["squares"] = grown


RULES = {"sgd": sgd, "adam": adam, "adamax": adamax, "nadam": nadam, "rmsprop": rmsprop, "adagrad": adagrad,
         "adadelta": adadelta, "lion": lion, "ftrl": ftrl}
"""By name, what updates one parameter."""
