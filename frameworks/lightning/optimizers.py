"""Optimizers of a spec in PyTorch: an open field is an argument left out; slots by the names of `frameworks.trial`."""
import torch

OWN_PLACE = {"RMSprop": "outside_root", "Adam": "after_correction"}  # torch/optim/rmsprop.py:331, adam.py:545
ARGUMENTS = {"learning_rate": "lr", "momentum": "momentum", "nesterov": "nesterov", "rho": "alpha", "epsilon": "eps"}
SLOTS = {"SGD": {"momentum": "momentum_buffer"}, "RMSprop": {"momentum": "momentum_buffer", "velocity": "square_avg"},
         "Adam": {"momentum": "exp_avg", "velocity": "exp_avg_sq"}}


class RMSpropInsideRoot(torch.optim.RMSprop):
    """RMSprop with sqrt(v + epsilon), where PyTorch has sqrt(v) + epsilon."""

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            for w in (w for w in group["params"] if w.grad is not None):
                state = self.state[w]
                v = state.setdefault("square_avg", torch.zeros_like(w))
                v.mul_(group["alpha"]).addcmul_(w.grad, w.grad, value=1 - group["alpha"])
                update = w.grad / (v + group["eps"]).sqrt()
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
                m.lerp_(w.grad, 1 - beta_1)
                v.mul_(beta_2).addcmul_(w.grad, w.grad, value=1 - beta_2)
                t = float(state["step"])
                rate = group["lr"] * (1 - beta_2 ** t) ** 0.5 / (1 - beta_1 ** t)
                w.addcdiv_(m, v.sqrt().add_(group["eps"]), value=-rate)
        return loss


CLASSES = {("SGD", None): torch.optim.SGD, ("RMSprop", None): torch.optim.RMSprop, ("Adam", None): torch.optim.Adam,
           ("RMSprop", "inside_root"): RMSpropInsideRoot, ("Adam", "before_correction"): AdamBeforeCorrection}


def optimizer(spec, parameters):
    """The PyTorch optimizer of plain JSON."""
    kind, place = spec["is"], spec.get("epsilon_place")
    chosen = {ARGUMENTS[name]: value for name, value in spec.items() if value is not None and name in ARGUMENTS}
    betas = spec.get("beta_1"), spec.get("beta_2")
    if betas != (None, None):
        default = torch.optim.Adam([torch.zeros(1)]).defaults["betas"]
        chosen["betas"] = tuple(own if beta is None else beta for beta, own in zip(betas, default))
    made = CLASSES[kind, None if OWN_PLACE.get(kind) == place else place](parameters, **chosen)
    made.steps_done = 0
    made.register_step_post_hook(count)
    return made


def count(optimizer, *unused):
    """Counts a step; PyTorch's SGD does not."""
    optimizer.steps_done += 1


def get_slots(optimizer, kind, named):
    """Slots by name; PyTorch keeps SGD's and RMSprop's momentum without the rate, so it is put into Keras's units."""
    slots = {"step": optimizer.steps_done}
    for name, w in named.items():
        state = optimizer.state.get(w, {})
        for slot, key in SLOTS[kind].items():
            if state.get(key) is not None:
                slots[slot + "/" + name] = state[key].detach().cpu().numpy().T * _unit(optimizer, kind, slot)
    return slots


def set_slots(optimizer, kind, named, slots):
    """Puts slots by name into the optimizer; an empty dict is the state at the start."""
    optimizer.state.clear()
    optimizer.steps_done = int(slots.get("step", 0))
    for name, w in named.items():
        state = {key: torch.tensor(slots[slot + "/" + name].T / _unit(optimizer, kind, slot), dtype=w.dtype,
                                   device=w.device).contiguous()
                 for slot, key in SLOTS[kind].items() if slot + "/" + name in slots}
        if state:
            optimizer.state[w] = dict(state, step=torch.tensor(float(optimizer.steps_done)))


def _unit(optimizer, kind, slot):
    rate = optimizer.param_groups[0]["lr"]
    return {("SGD", "momentum"): -rate, ("RMSprop", "momentum"): rate}.get((kind, slot), 1)
