"""How faults are planted: a fault with its stage and kind, and functions that make one of a change."""

from dataclasses import dataclass

import numpy as np
from faulty import SOFTMAX, Fault

from frameworks.reference import model as reference
from frameworks.reference.layers import FORWARD, backward, forward
from scenarios.spec import Spec

UNRECORDED, LATE = 7, 25  # steps without a recorded state, in the first and the second epoch

DIVERGENCE, UNEXPLAINED_FAULTS = ("divergence",), ("unexplained",)
BOTH = DIVERGENCE + UNEXPLAINED_FAULTS


@dataclass(frozen=True)
class Planted:
    """A fault of one stage and kind, and the two analyses that must detect it at this stage."""

    stage: str
    kind: str
    name: str
    faults: tuple[Fault, ...]
    spec: Spec = SOFTMAX
    detected_by: tuple[str, ...] = BOTH


def fault(place):
    """A function from a change to the tuple of this one fault."""
    return lambda change: (Fault(place, change),)


start, rows, feed, batch, loss, gradients, optimizer, update, accuracy, taken, reported = map(fault, (
    "start", "rows", "feed", "batch", "loss", "gradients", "optimizer", "update", "accuracy", "taken", "reported"))
evaluated, measured = map(fault, ("evaluated", "measured"))


def logits(change):
    """A fault of the logits, the inputs of the last activation."""
    return fault("values")(lambda model, values: [
        *values[:-2], *forward(model.layers[-1:], model.weights, change(values[-2]))])


def weighing(model, **settings):
    """The loss with other settings of the class weights; without settings, with no class weights."""
    config = model.spec["loss"]
    config = dict(config, class_weights=dict(config["class_weights"], **settings) if settings else "none")
    return reference.Model._loss(model, *model.now["loss"], config)


def without_weights(model, x, y):
    original = model.spec
    model.spec = dict(original, loss=dict(original["loss"], class_weights="none"))
    value, _ = reference.Model.measure(model, x, y)
    model.spec = original
    return value


def outside_of_training(change):
    """A fault of the forward pass of an evaluation; `change` gets the model and x, and returns the values."""
    return fault("values")(lambda model, values: change(model, values[0]) if model.now["kinds"] is FORWARD else values)


def measured_of(samples):
    """A fault of the metrics of an evaluation; `samples` selects from x and y."""
    return measured(lambda model, value: reference.Model.measure(model, *map(samples, model.now["measured"])))


def in_last_epoch(change):
    """A fault of the metrics that `fit` reports for the last epoch."""
    return reported(lambda model, metrics: change(metrics) if model.now["epoch"] == 1 else metrics)


def forward_with(changes):
    """A fault of the forward pass: weights other than the trained ones."""
    return fault("values")(lambda model, values: forward(
        model.layers, {**model.weights, **changes(model.weights)}, values[0]))


def named(name, change):
    """A change of one named array."""
    return lambda model, arrays: {**arrays, name: change(arrays[name])}


def at_step(step, change):
    """A change at one step of `fit` only."""
    return lambda model, value: change(value) if model.now["step"] == step else value


def loss_value(change):
    """A fault of the loss but not of its gradients; `change` gets labels, logits and outputs."""
    return loss(lambda model, value: (value[0].dtype.type(change(*model.now["loss"])), *value[1:]))


def moved(change):
    """A fault of the weights after a step; `change` gets those before and after."""
    return update(lambda model, value: ({**value[0], **change(model.now["update"][0], value[0])}, value[1]))


def element(index, value):
    def changing(array):
        array = array.copy()
        array.flat[index] = value
        return array
    return changing


def cancelling(size):
    """Adds `size` to the first element and subtracts it from the last, which keeps the mean."""
    def changing(array):
        array = array.copy()
        array.flat[0] += size
        array.flat[-1] -= size
        return array
    return changing


def halved(array):
    return array.astype(np.float16).astype(array.dtype)


def truncated(array):
    """Truncated to bfloat16: the upper 16 bits of a float32."""
    return (array.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)


def kept(model, value):
    """The value of the first call."""
    return model.kept.setdefault("first", value)


def last(model, value, first=None):
    """The value of the previous call; in the first call `first`, or the same value."""
    before = model.kept.get("last", value if first is None else first)
    model.kept["last"] = value
    return before


def in_place(model, value):
    for name, array in value[0].items():
        model.kept["start"][name][...] = array
    return value


def keep_start(model, weights):
    model.kept["start"] = weights
    return weights


def refuse(message):
    raise ValueError(message)


def short(model, value):
    """Whether this is the last batch of an epoch, with fewer samples."""
    return len(value[0]) < model.spec["training"]["batch_size"]


def dampened(model, value):
    """v ← momentum · v − (1 − dampening) · rate · g, from the second step on."""
    before, grads, optimizer_state = model.now["update"]
    rate, momentum, dampening = 0.01, 0.9, 0.1
    state = {"momentum/" + name: momentum * optimizer_state["momentum/" + name] - (1 - dampening) * rate * g
             if "momentum/" + name in optimizer_state else -rate * g for name, g in grads.items()}
    state = {name: v.astype(np.float32) for name, v in state.items()}
    return {name: before[name] + state["momentum/" + name] for name in before}, {**state, "step": value[1]["step"]}


def of_first_half(model, grads):
    """The gradient of the first half of a batch."""
    depth, grad = model.now["slope"]
    half = len(grad) // 2
    return backward(model.layers[:depth], model.weights, [v[:half] for v in model.now["values"]], 2 * grad[:half])


def without_tanh(model, grads):
    depth, grad = model.now["slope"]
    layers = [(name, layer if layer["is"] == "Dense" else {"is": "Flatten", "order": None})
              for name, layer in model.layers[:depth]]
    return backward(layers, model.weights, model.now["values"], grad)


def centred(model, values):
    """The forward pass of images minus a thousandth of the mean of the first batch."""
    mean = model.kept.setdefault("mean", values[0].mean(0))
    return forward(model.layers, model.weights, values[0] - np.float32(0.001) * mean)


def mixed_with_last(model, values):
    before = last(model, values[-2])
    return [*values[:-2], *forward(model.layers[-1:], model.weights, np.float32(0.999) * values[-2] + np.float32(
        0.001) * np.resize(before, values[-2].shape))]


def correct(y, outputs):
    return outputs.argmax(1) == y.argmax(1)


def accuracy_on(samples):
    """A fault of the reported test accuracy; `samples` selects from (training set, test set)."""
    def changing(model, metrics):
        x, y = samples(*model.now["sets"])
        return {**metrics, "test/accuracy": model.measure(x, y)[1]}
    return reported(changing)
