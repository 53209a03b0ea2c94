"""Optimizers: (weights, gradients, slots) -> (new weights, new slots); defaults are the sources' own values.

Slots are named as in `momentum/1.kernel`, and `step` counts the updates done; an empty dict is the state at the start.
Where a source gives no default (a learning rate for SGD), the reference takes Keras's and says so in the table.
"""
import numpy as np


def sgd(weights, gradients, slots, learning_rate=0.01, momentum=0.0, nesterov=False):
    """v ← momentum · v − rate · g, w ← w + v (Sutskever et al. 2013, equations 1 and 2): the slot holds the rate."""
    new, state = {}, _counted(slots)
    rate = _as(gradients, learning_rate)
    for name, g in gradients.items():
        if not momentum:
            new[name] = weights[name] - rate * g
            continue
        v = momentum * slots.get("momentum/" + name, 0 * g) - rate * g
        new[name] = weights[name] + (momentum * v - rate * g if nesterov else v)
        state["momentum/" + name] = v
    return new, state


def rmsprop(weights, gradients, slots, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7,
            epsilon_place="outside_root"):
    """Hinton's lecture 6e, slide 29: rho 0.9; Tieleman's code gives rate 0.001; a small epsilon keeps it finite."""
    new, state = {}, _counted(slots)
    rate = _as(gradients, learning_rate)
    for name, g in gradients.items():
        v = rho * slots.get("velocity/" + name, 0 * g) + (1 - rho) * g * g
        root = np.sqrt(v + epsilon) if epsilon_place == "inside_root" else np.sqrt(v) + epsilon
        state["velocity/" + name] = v
        update = rate * g / root
        if momentum:
            update = momentum * slots.get("momentum/" + name, 0 * g) + update
            state["momentum/" + name] = update
        new[name] = weights[name] - update
    return new, state


def adam(weights, gradients, slots, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8,
         epsilon_place="after_correction"):
    """Kingma and Ba 2015, algorithm 1; `before_correction` is the epsilon-hat of its section 2."""
    new, state = {}, _counted(slots)
    t = float(state["step"])
    rate = _as(gradients, learning_rate)
    for name, g in gradients.items():
        m = beta_1 * slots.get("momentum/" + name, 0 * g) + (1 - beta_1) * g
        v = beta_2 * slots.get("velocity/" + name, 0 * g) + (1 - beta_2) * g * g
        state["momentum/" + name], state["velocity/" + name] = m, v
        correction = np.sqrt(1 - beta_2 ** t)
        if epsilon_place == "before_correction":
            step = m * (rate * correction / (1 - beta_1 ** t)) / (np.sqrt(v) + epsilon)
        else:
            step = m * (rate / (1 - beta_1 ** t)) / (np.sqrt(v) / correction + epsilon)
        new[name] = (weights[name] - step).astype(g.dtype)
    return new, state


OPTIMIZERS = {"SGD": sgd, "RMSprop": rmsprop, "Adam": adam}


def _counted(slots):
    return {"step": np.array(int(slots.get("step", 0)) + 1)}


def _as(gradients, value):
    return next(iter(gradients.values())).dtype.type(value)
