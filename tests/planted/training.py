"""Faults of gradients and of updates."""

import numpy as np
from faulty import ADAM, DECAYING, MOMENTUM, PLATEAU, RMSPROP, SQUARE

from frameworks.reference.optimizers import updated
from planted.fault import (
    UNEXPLAINED_FAULTS,
    Planted,
    cancelling,
    dampened,
    element,
    fault,
    gradients,
    halved,
    kept,
    last,
    moved,
    named,
    of_first_half,
    optimizer,
    update,
    without_tanh,
)

FAULTS = (
    Planted("gradient", "value", "one gradient element is larger and another smaller by the same amount", gradients(
        named("1.kernel", cancelling(1e-3)))),
    Planted("gradient", "value", "one gradient element is NaN", gradients(named("1.kernel", element(37, np.nan)))),
    Planted("gradient", "order", "the gradient of a square kernel is transposed", gradients(
        named("3.kernel", np.transpose)), SQUARE),
    Planted("gradient", "stale state", "the first gradient is never cleared", gradients(
        lambda model, grads: {name: g + np.float32(0.1) * kept(model, grads)[name] for name, g in grads.items()})),
    Planted("gradient", "stale state", "the gradient of the previous step is not cleared", gradients(
        lambda model, grads: {name: g + 0.1 * before for g, (name, before) in zip(
            grads.values(), last(model, grads).items())})),
    Planted("gradient", "precision", "gradients are float16", gradients(
        lambda model, grads: {name: halved(g) for name, g in grads.items()})),
    Planted("gradient", "shape", "the gradient of a bias keeps its axis", gradients(
        named("1.bias", lambda g: g[None]))),
    Planted("gradient", "wrong set", "the gradient is that of the first half of the batch", gradients(of_first_half)),
    Planted("gradient", "missing part", "the derivative of tanh is omitted", gradients(without_tanh), SQUARE),
    Planted("gradient", "missing part", "a bias is not trainable", fault("trainable")(
        lambda model, names: [name for name in names if name != "3.bias"]), SQUARE),

    Planted("update", "value", "the rate is off by one percent", optimizer(
        lambda model, settings: {**settings, "learning_rate": 1.01 * settings["learning_rate"]})),
    Planted("update", "value", "the learning rate is off by one percent, in `fit` only", optimizer(
        lambda model, settings: {**settings, "learning_rate": settings["learning_rate"] * (
            1 if model.now.get("epoch") is None else 1.01)}), detected_by=UNEXPLAINED_FAULTS),
    Planted("update", "value", "the learning rate is halved, in the second epoch of `fit` only", optimizer(
        lambda model, settings: {**settings, "learning_rate": settings["learning_rate"] / (
            2 if model.now.get("epoch") == 1 else 1)}), detected_by=UNEXPLAINED_FAULTS),
    Planted("update", "value", "the first epoch's rate is kept, in `fit` only", optimizer(lambda model, settings: {
        **settings, "learning_rate": {**settings["learning_rate"], "factor": 1.0}}
        if model.now.get("epoch") == 1 else settings), DECAYING, UNEXPLAINED_FAULTS),
    Planted("update", "value", "a plateau does not reduce the learning rate", fault("plateau")(
        lambda model, rate: model.spec["optimizer"]["learning_rate"]["initial"]), PLATEAU, UNEXPLAINED_FAULTS),
    Planted("update", "order", "a schedule counts steps instead of epochs", optimizer(lambda model, settings: {
        **settings, "learning_rate": {**settings["learning_rate"], "per": "step"}}), DECAYING),
    Planted("update", "order", "momentum includes the rate of each step", optimizer(lambda model, settings: {
        **settings, "learning_rate": {**settings["learning_rate"], "in_momentum": True}}), DECAYING),
    Planted("update", "order", "epsilon is added after the correction", optimizer(
        lambda model, settings: {**settings, "epsilon_place": "after_correction"}), ADAM),
    Planted("update", "order", "epsilon is added inside the root", optimizer(
        lambda model, settings: {**settings, "epsilon_place": "inside_root"}), RMSPROP),
    Planted("update", "stale state", "momentum is dampened from the second step on", update(dampened), MOMENTUM),
    Planted("update", "stale state", "the corrections are those of the first step", update(lambda model, value: updated(
        "Adam", *model.now["update"][:2], {**model.now["update"][2], "step": 0}, 0.001, beta_1=0.9, beta_2=0.999,
        epsilon=1e-7, epsilon_place="before_correction")), ADAM),
    Planted("update", "precision", "weights are stored as float16", moved(
        lambda old, new: {name: halved(value) for name, value in new.items()})),
    Planted("update", "shape", "all elements of a bias get the same update", moved(
        lambda old, new: {"1.bias": old["1.bias"] + (new["1.bias"] - old["1.bias"])[:1]})),
    Planted("update", "wrong set", "two biases get each other's update", moved(
        lambda old, new: {"1.bias": old["1.bias"] + new["3.bias"] - old["3.bias"],
                          "3.bias": old["3.bias"] + new["1.bias"] - old["1.bias"]}), SQUARE),
    Planted("update", "missing part", "a bias is not trained", moved(lambda old, new: {"1.bias": old["1.bias"]})),
)
