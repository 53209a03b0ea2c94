"""Optimizers: (weights, gradients, optimizer state) -> (new weights, new optimizer state).

The optimizer state is a dict of arrays, named as in `momentum/1.kernel`; `step` counts the updates so far, and an empty
dict is the initial state. `frameworks.runtime.momentum` defines the unit of a momentum.

Default arguments are the values of the papers that the functions cite. Where a paper gives none, such as the learning
rate of SGD, the reference uses the value of a framework, and the default rule says so.
"""
import inspect

import numpy as np

from frameworks.reference.schedules import on_plateau, rate_before
from frameworks.reference.schedules import rate as rate_of
from frameworks.runtime.accumulation import PART, by_epochs, ends_a_group, size_of, updates
from frameworks.runtime.momentum import keeps_no_rate, unit

ADAMWS_FACTOR = 0.004  # of Keras; the paper gives none


def step(spec, weights, gradients, optimizer_state, steps=1):
    """Do one training step with an optimizer in plain JSON: accumulation, clipping, weight decay and update.

    `steps` is the number of training steps in an epoch, for schedules that count epochs. Returns (new weights, new
    optimizer state).
    """
    size = size_of(spec)
    if size == 1:
        return moved(spec, weights, gradients, optimizer_state, steps)
    micro, epochwise = int(optimizer_state.get("micro", 0)), by_epochs(spec)
    inner = {name: value for name, value in optimizer_state.items() if name != "micro" and not name.startswith(PART)}
    # The state of another framework can contain an unfinished group at the end of an epoch.
    accumulated = {} if epochwise and micro % steps == 0 else optimizer_state
    sums = {name: g + np.asarray(accumulated.get(PART + name, 0), g.dtype) for name, g in gradients.items()}
    new, state = dict(weights), dict(inner, step=np.array(updates(size, epochwise, micro, steps)))
    if ends_a_group(size, epochwise, micro, steps):
        new, state = moved(spec, weights, {name: g / g.dtype.type(size) for name, g in sums.items()}, state, steps)
        sums = {name: np.zeros_like(g) for name, g in sums.items()}
    return new, {**state, "micro": np.array(micro + 1), **{PART + name: g for name, g in sums.items()}}


def moved(spec, weights, gradients, optimizer_state, steps):
    """Do one update of the weights, with arguments and return value as in `step`."""
    rule = OPTIMIZERS[spec["is"]]
    settings = {name: value for name, value in _given(spec).items()
                if name not in ("clip", "weight_decay", "accumulation")}
    schedule = settings.get("learning_rate")
    if isinstance(schedule, dict):
        dtype = next(iter(gradients.values())).dtype
        settings["learning_rate"] = rate_of(schedule, optimizer_state, steps, dtype)
        if keeps_no_rate(spec):
            before = rate_before(schedule, optimizer_state, steps, dtype)
            settings["units"] = tuple(dtype.type(unit(rate, schedule["initial"]))
                                      for rate in (before, settings["learning_rate"]))
    if spec["clip"] != "none":
        gradients = clipped(gradients, **_given(spec["clip"]))
    if spec["weight_decay"] != "none":
        rate = settings.get("learning_rate", inspect.signature(rule).parameters["learning_rate"].default)
        weights, gradients = decayed(weights, gradients, rate, **_given(spec["weight_decay"]))
    new, state = rule(weights, gradients, optimizer_state, **settings)
    if on_plateau(schedule):
        state["rate"] = np.array(optimizer_state.get("rate", schedule["initial"]))
        state["last_rate"] = np.array(state["rate"])
    return new, state


def clipped(gradients, norm, of="all", offset=0.0):
    """Return the clipped gradients; Pascanu et al. 2013, algorithm 1.

    With of="all", they are clipped by the norm of all gradients together, otherwise each array by its own norm.
    """
    squares = {name: np.sum(np.square(g)) for name, g in gradients.items()}
    if of == "all":
        squares = dict.fromkeys(squares, sum(squares.values()))
    return {name: g * np.minimum(1, norm / (np.sqrt(squares[name]) + _as(gradients, offset))).astype(g.dtype)
            for name, g in gradients.items()}


def decayed(weights, gradients, rate, factor=ADAMWS_FACTOR, decoupled=True):
    """Return (weights, gradients) after weight decay; Loshchilov and Hutter 2019, algorithms 1 and 2."""
    if decoupled:
        return {name: w * (1 - rate * factor) for name, w in weights.items()}, gradients
    return weights, {name: g + factor * weights[name] for name, g in gradients.items()}


def sgd(weights, gradients, optimizer_state, learning_rate=0.01, momentum=0.0, nesterov=False, units=None):
    """v ← momentum · v − rate · g, w ← w + v; Sutskever et al. 2013, equations 1 and 2. The state v includes the rate.

    `units` is set for an optimizer that keeps the momentum without the learning rate: the factors between its momentum
    and the recorded state, before and after this step.
    """
    new, state = {}, _counted(optimizer_state)
    rate = _as(gradients, learning_rate)
    conversion, gradient_factor, update_factor = _in_units(units, rate)
    for name, g in gradients.items():
        if not momentum:
            new[name] = weights[name] - rate * g
            continue
        v = momentum * (conversion * optimizer_state.get("momentum/" + name, 0 * g)) - gradient_factor * g
        new[name] = weights[name] + update_factor * (momentum * v - gradient_factor * g if nesterov else v)
        state["momentum/" + name] = v
    return new, state


def rmsprop(weights, gradients, optimizer_state, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7,
            epsilon_place="outside_root", units=None):
    """Hinton's lecture 6e, slide 29, with rho 0.9; the learning rate 0.001 is that of Tieleman's code.

    The lecture has no epsilon; a small one keeps the update finite. `units` is as in `sgd`.
    """
    new, state = {}, _counted(optimizer_state)
    rate = _as(gradients, learning_rate)
    conversion, gradient_factor, update_factor = _in_units(units, rate)
    for name, g in gradients.items():
        v = rho * optimizer_state.get("velocity/" + name, 0 * g) + (1 - rho) * g * g
        root = np.sqrt(v + epsilon) if epsilon_place == "inside_root" else np.sqrt(v) + epsilon
        state["velocity/" + name] = v
        update = gradient_factor * g / root
        if momentum:
            update = momentum * (conversion * optimizer_state.get("momentum/" + name, 0 * g)) + update
            state["momentum/" + name] = update
        new[name] = weights[name] - update_factor * update
    return new, state


def adagrad(weights, gradients, optimizer_state, learning_rate=0.001, initial_accumulator_value=0.0, epsilon=1e-7,
            epsilon_place="outside_root"):
    """Duchi et al. 2011, figure 1: H is delta · I + diag(s), where s is the root of the sum of squares, initially 0."""
    new, state = {}, _counted(optimizer_state)
    rate = _as(gradients, learning_rate)
    for name, g in gradients.items():
        v = optimizer_state.get("velocity/" + name, 0 * g + initial_accumulator_value) + g * g
        state["velocity/" + name] = v
        root = np.sqrt(v + epsilon) if epsilon_place == "inside_root" else np.sqrt(v) + epsilon
        new[name] = weights[name] - rate * g / root
    return new, state


def adadelta(weights, gradients, optimizer_state, learning_rate=1.0, rho=0.95, epsilon=1e-6):
    """Zeiler 2012, algorithm 1, which has no learning rate; rho and epsilon are those of its section 4.2."""
    new, state = {}, _counted(optimizer_state)
    rate = _as(gradients, learning_rate)
    for name, g in gradients.items():
        v = rho * optimizer_state.get("velocity/" + name, 0 * g) + (1 - rho) * g * g
        d = optimizer_state.get("delta/" + name, 0 * g)
        update = np.sqrt(d + epsilon) / np.sqrt(v + epsilon) * g
        state["velocity/" + name], state["delta/" + name] = v, rho * d + (1 - rho) * update * update
        new[name] = weights[name] - rate * update
    return new, state


def adam(weights, gradients, optimizer_state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8,
         epsilon_place="after_correction"):
    """Kingma and Ba 2015, algorithm 1; `before_correction` is the epsilon-hat of its section 2."""
    new, state = {}, _counted(optimizer_state)
    t = float(state["step"])
    rate = _as(gradients, learning_rate)
    for name, g in gradients.items():
        m = beta_1 * optimizer_state.get("momentum/" + name, 0 * g) + (1 - beta_1) * g
        v = beta_2 * optimizer_state.get("velocity/" + name, 0 * g) + (1 - beta_2) * g * g
        state["momentum/" + name], state["velocity/" + name] = m, v
        correction = np.sqrt(1 - beta_2 ** t)
        if epsilon_place == "before_correction":
            update = m * (rate * correction / (1 - beta_1 ** t)) / (np.sqrt(v) + epsilon)
        else:
            update = m * (rate / (1 - beta_1 ** t)) / (np.sqrt(v) / correction + epsilon)
        new[name] = (weights[name] - update).astype(g.dtype)
    return new, state


def nadam(weights, gradients, optimizer_state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8,
          momentum_decay=0.004):
    """Dozat 2016, algorithm 2, with its momentum schedule beta_1 · (1 − .5 · .96^(t / 250)).

    The state `product` is the product of the momentum values of all steps so far.
    """
    new, state = {}, _counted(optimizer_state)
    t = float(state["step"])
    rate = _as(gradients, learning_rate)
    now, following = (beta_1 * (1 - 0.5 * 0.96 ** (i * momentum_decay)) for i in (t, t + 1))
    product = float(optimizer_state.get("product", 1.0)) * now
    state["product"] = np.array(product)
    for name, g in gradients.items():
        m = beta_1 * optimizer_state.get("momentum/" + name, 0 * g) + (1 - beta_1) * g
        v = beta_2 * optimizer_state.get("velocity/" + name, 0 * g) + (1 - beta_2) * g * g
        state["momentum/" + name], state["velocity/" + name] = m, v
        ahead = m * (following / (1 - product * following)) + g * ((1 - now) / (1 - product))
        new[name] = weights[name] - rate * ahead / (np.sqrt(v / (1 - beta_2 ** t)) + epsilon)
    return new, state


OPTIMIZERS = {"SGD": sgd, "RMSprop": rmsprop, "Adagrad": adagrad, "Adadelta": adadelta, "Adam": adam, "AdamW": adam,
              "Nadam": nadam}


def _in_units(units, rate):
    """Return (factor of the recorded momentum, factor of the gradient that is added, factor of the update).

    The first factor converts the recorded momentum to its unit after this step, in which the gradient is added. The
    last one converts the new momentum to the change of the weights. Without `units`, the momentum includes the rate.
    """
    if units is None:
        return 1, rate, 1
    before, now = units
    return now / before, now, rate / now


def _given(part):
    """Return the fields of a part of a spec that are set."""
    return {name: value for name, value in part.items() if value is not None and name != "is"}


def _counted(optimizer_state):
    """Return a new state that contains only the incremented step counter."""
    return {"step": np.array(int(optimizer_state.get("step", 0)) + 1)}


def _as(gradients, value):
    """Return a number in the dtype of the gradients."""
    return next(iter(gradients.values())).dtype.type(value)
