"""Planted faults: every kind of fault is detected at its own stage, and as the first difference."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from faulty import (
    ADAM,
    BINARY,
    DECAYING,
    DROPPED,
    LEARNT,
    LONG,
    MOMENTUM,
    NORMALIZED,
    PLATEAU,
    RAW_SQUARES,
    RMSPROP,
    SHORT,
    SOFTMAX,
    SQUARE,
    SUMMED_BACKWARDS,
    THIRTIETHS,
    UNVALIDATED,
    WEIGHTED,
    Fault,
    TrainingCache,
    earliest,
)

from compare.analysis.attribution import Attribution, Verdict, concluded
from compare.analysis.causes.minimal_sets import necessary, sufficient
from compare.analysis.result import Result
from compare.analysis.stages import DEPENDS_ON, differing
from compare.reporting.cells import first_differences
from compare.reporting.open_questions import unexplained
from frameworks.parts.losses.logarithms import log_sigmoid, log_softmax
from frameworks.reference import model as reference
from frameworks.reference.layers import FORWARD, IN_TRAINING, backward, forward
from frameworks.reference.optimizers import updated
from scenarios.scenario import Scenario, Variant
from scenarios.spec import Spec

STAGES = tuple(DEPENDS_ON)
SCENARIO = Scenario("planted", "Planted", "Is it?", (Variant("a", "A", SOFTMAX, "reported"),))
KINDS = ("value", "order", "stale state", "precision", "shape", "wrong set", "missing part")
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


def right(y, outputs):
    return outputs.argmax(1) == y.argmax(1)


def accuracy_on(samples):
    """A fault of the reported test accuracy; `samples` selects from (training set, test set)."""
    def changing(model, metrics):
        x, y = samples(*model.now["sets"])
        return {**metrics, "test/accuracy": model.measure(x, y)[1]}
    return reported(changing)


PLANTED = (
    Planted("data", "value", "the labels of one batch are those of the next class", feed(at_step(
        UNRECORDED, lambda fed: (fed[0], np.roll(fed[1], 1, 1)))), detected_by=DIVERGENCE),
    Planted("data", "value", "images are divided twice", feed(
        lambda model, fed: (fed[0] / np.float32(255), fed[1])), detected_by=UNEXPLAINED_FAULTS),
    Planted("data", "value", "the images of one batch belong to other labels of it", feed(at_step(
        UNRECORDED, lambda fed: (fed[0][::-1], fed[1])))),
    Planted("data", "order", "the second epoch repeats the first one's order", rows(
        lambda model, order: np.array(model.now["order"][0]))),
    Planted("data", "order", "classes are numbered from the other end", feed(
        lambda model, fed: (fed[0], fed[1][:, ::-1]))),
    Planted("data", "stale state", "every batch has the labels of the previous batch", feed(
        lambda model, fed: (fed[0], np.resize(last(model, fed[1]), fed[1].shape)))),
    Planted("data", "precision", "images are fed as bfloat16", feed(
        lambda model, fed: (truncated(fed[0]), fed[1])), detected_by=UNEXPLAINED_FAULTS),
    Planted("data", "precision", "images are fed as float16", feed(
        lambda model, fed: (halved(fed[0]), fed[1])), detected_by=UNEXPLAINED_FAULTS),
    Planted("data", "shape", "the last batch is padded with its own samples", feed(
        lambda model, fed: tuple(np.resize(part, (32, *part.shape[1:])) for part in fed))),
    Planted("data", "wrong set", "the test images are trained on", feed(
        lambda model, fed: tuple(part[:len(fed[0])] for part in model.now["sets"][1]))),
    Planted("data", "missing part", "the last batch is skipped", rows(
        lambda model, order: order[:len(order) // 32 * 32])),

    Planted("initialization", "value", "an initial kernel is one percent larger", start(
        named("1.kernel", lambda kernel: np.float32(1.01) * kernel))),
    Planted("initialization", "order", "an initial square kernel is transposed", start(named("3.kernel", np.transpose)),
            SQUARE),
    Planted("initialization", "stale state", "a training changes the initial weights in place", (
        *start(keep_start), *update(in_place)), detected_by=DIVERGENCE),
    Planted("initialization", "precision", "the initial kernel is stored as float16", start(named("1.kernel", halved))),
    Planted("initialization", "wrong set", "two layers are initialized with each other's bias", start(
        lambda model, weights: {**weights, "1.bias": weights["3.bias"], "3.bias": weights["1.bias"]}), SQUARE),
    Planted("initialization", "missing part", "initial biases are zero", start(named("1.bias", np.zeros_like)), SQUARE),

    Planted("forward", "value", "one logit is larger and another smaller by the same amount", logits(cancelling(1e-3))),
    Planted("forward", "value", "one logit is NaN", logits(element(37, np.nan))),
    Planted("forward", "order", "a square kernel is transposed", forward_with(
        lambda weights: {"3.kernel": weights["3.kernel"].T}), SQUARE),
    Planted("forward", "order", "the classes are permuted", logits(lambda z: np.roll(z, 1, 1))),
    Planted("forward", "stale state", "logits contain a thousandth of those of the previous call",
            fault("values")(mixed_with_last)),
    Planted("forward", "stale state", "images are centred with the mean of the first batch",
            fault("values")(centred)),
    Planted("forward", "precision", "kernels are used as float16", forward_with(
        lambda weights: {name: halved(value) for name, value in weights.items()})),
    Planted("forward", "shape", "outputs lose their second axis", fault("values")(
        lambda model, values: [*values[:-1], values[-1][:, 0]]), BINARY),
    Planted("forward", "wrong set", "the images of a batch are shifted by one sample", batch(
        lambda model, given: (np.roll(given[0], 1, 0), given[1]))),
    Planted("forward", "missing part", "a bias is omitted", forward_with(
        lambda weights: {"3.bias": 0 * weights["3.bias"]}), SQUARE),

    Planted("loss", "value", "the loss is summed", loss(lambda model, value: tuple(
        part if part is None else part * np.float32(len(model.now["loss"][0])) for part in value))),
    Planted("loss", "value", "a squared error of raw pixels is two thousandths larger", loss(
        lambda model, value: (np.float32(1.002) * value[0], *value[1:])), RAW_SQUARES),
    Planted("loss", "order", "the loss counts classes from the other end", loss_value(
        lambda y, z, p: -(y[:, ::-1] * log_softmax(z)).sum(1).mean())),
    Planted("loss", "stale state", "the loss is the mean of this one and the first one", loss(
        lambda model, value: ((value[0] + kept(model, value[0])) / 2, *value[1:])
        if model.now["kinds"] is IN_TRAINING else value)),
    Planted("loss", "precision", "the loss is a float16", loss(
        lambda model, value: (halved(np.asarray(value[0]))[()], *value[1:]))),
    Planted("loss", "shape", "every label is combined with every output", loss_value(
        lambda y, z, p: -(y[:, 0] * log_sigmoid(z) + (1 - y[:, 0]) * log_sigmoid(-z)).mean()), BINARY),
    Planted("loss", "wrong set", "the loss is that of the first half of the batch", loss_value(
        lambda y, z, p: -(y * log_softmax(z)).sum(1)[:len(y) // 2].mean())),
    Planted("loss", "missing part", "the loss omits label 0", loss_value(
        lambda y, z, p: -(y * log_sigmoid(z)).mean()), BINARY),

    Planted("loss", "missing part", "all classes have the same weight", loss(
        lambda model, value: weighing(model)), WEIGHTED),
    Planted("loss", "wrong set", "the weighted loss is divided by the number of samples", loss(
        lambda model, value: weighing(model, divisor="samples")), WEIGHTED),
    Planted("data", "missing part", "all classes have the same weight, except in single steps", loss(
        lambda model, value: value if model.now.get("epoch") is None else weighing(model)), WEIGHTED,
        UNEXPLAINED_FAULTS),
    Planted("evaluation", "missing part", "the test loss of `fit` has no class weights", reported(
        lambda model, metrics: {**metrics, "test/loss": without_weights(model, *model.now["sets"][1])}), WEIGHTED,
        UNEXPLAINED_FAULTS),

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

    Planted("metric", "value", "accuracy is a percentage", accuracy(lambda model, share: 100 * share)),
    Planted("metric", "order", "accuracy counts classes from the other end", accuracy(
        lambda model, share: float(np.mean(right(model.now["accuracy"][0][:, ::-1], model.now["accuracy"][2]))))),
    Planted("metric", "stale state", "accuracy is the mean of this and the previous step", accuracy(
        lambda model, share: (share + last(model, share)) / 2)),
    Planted("metric", "precision", "accuracy is a float16", accuracy(
        lambda model, share: float(np.float16(share))), THIRTIETHS),
    Planted("metric", "shape", "every label is compared with every output", accuracy(
        lambda model, share: float(np.mean((model.now["accuracy"][2][:, 0] > 0.5) == (model.now["accuracy"][0] > 0.5)))
        ), BINARY),
    Planted("metric", "wrong set", "accuracy is that of the first half of the batch", accuracy(
        lambda model, share: float(np.mean(right(*(part[:len(part) // 2] for part in model.now["accuracy"][::2])))))),
    Planted("metric", "missing part", "accuracy omits the last sample of a batch", accuracy(
        lambda model, share: float(np.mean(right(*(part[:-1] for part in model.now["accuracy"][::2])))))),
    Planted("evaluation", "wrong set", "the test accuracy is that of the training images", accuracy_on(
        lambda train, test: train), LEARNT, UNEXPLAINED_FAULTS),
    Planted("evaluation", "wrong set", "the test accuracy is that of half of the test images", accuracy_on(
        lambda train, test: [part[:100] for part in test]), LEARNT, UNEXPLAINED_FAULTS),
    Planted("evaluation", "missing part", "the test accuracy omits the last short batch", accuracy_on(
        lambda train, test: [part[:192] for part in test]), LEARNT, UNEXPLAINED_FAULTS),
    Planted("evaluation", "missing part", "the test accuracy omits the last quarter", accuracy_on(
        lambda train, test: [part[:150] for part in test]), LEARNT, UNEXPLAINED_FAULTS),
    Planted("metric", "missing part", "the training accuracy omits the last batch", reported(
        lambda model, metrics: {**metrics, "train/accuracy": 18 / 19 * metrics["train/accuracy"]}), SOFTMAX,
        UNEXPLAINED_FAULTS),
    Planted("metric", "wrong set", "an epoch's loss is that of its last step", reported(
        lambda model, metrics: {**metrics, "train/loss": model.now["last"][0]}), SOFTMAX, UNEXPLAINED_FAULTS),
    Planted("evaluation", "wrong set", "the test loss is that of the training images", reported(
        lambda model, metrics: {**metrics, "test/loss": model.measure(*model.now["sets"][0])[0]}), LEARNT,
        UNEXPLAINED_FAULTS),

    Planted("evaluation", "value", "in evaluation, the loss is twice as large", measured(
        lambda model, value: (2 * value[0], value[1]))),
    Planted("evaluation", "value", "in evaluation, the loss is a twentieth larger, and `fit` does not evaluate",
            measured(lambda model, value: (1.05 * value[0], value[1])), UNVALIDATED),
    Planted("evaluation", "value", "in evaluation, all inputs are a fifth larger", outside_of_training(
        lambda model, x: forward(model.layers, model.weights, np.float32(1.2) * x))),
    Planted("evaluation", "value", "in evaluation, one logit is larger and another smaller", evaluated(
        lambda model, value: (cancelling(1e-3)(value[0]), value[1]))),
    Planted("evaluation", "value", "the loss of the training batch is a hundredth larger", measured(
        lambda model, value: (value[0] * (1 if len(model.now["measured"][0]) > 32 else 1.01), value[1]))),
    Planted("evaluation", "value", "the last test loss of `fit` is a hundredth larger", in_last_epoch(
        lambda metrics: {**metrics, "test/loss": 1.01 * metrics["test/loss"]}), detected_by=UNEXPLAINED_FAULTS),
    Planted("evaluation", "value", "the loss over the whole test set is a hundredth larger", measured(
        lambda model, value: (value[0] * (1.01 if len(model.now["measured"][0]) == 200 else 1), value[1])),
            UNVALIDATED, UNEXPLAINED_FAULTS),
    Planted("evaluation", "value", "the accuracy over the whole test set is a twentieth larger", measured(
        lambda model, value: (value[0], value[1] + (len(model.now["measured"][0]) == 200) / 20)), UNVALIDATED,
            UNEXPLAINED_FAULTS),
    Planted("evaluation", "order", "in evaluation, the classes are permuted", evaluated(
        lambda model, value: tuple(np.roll(part, 1, 1) for part in value))),
    Planted("evaluation", "stale state", "in evaluation, the moving statistics are the initial ones",
            outside_of_training(lambda model, x: forward(model.layers, {**model.weights, **{
            f"2.{part}": np.full(12, value, np.float32) for part, value in (
                ("moving_mean", 0), ("moving_variance", 1))}}, x)), NORMALIZED),
    Planted("evaluation", "stale state", "in evaluation, the kernel is that of the previous one",
            outside_of_training(lambda model, x: forward(model.layers, {
                **model.weights, "1.kernel": last(model, model.weights["1.kernel"])}, x))),
    Planted("evaluation", "precision", "in evaluation, kernels are used as float16", outside_of_training(
        lambda model, x: forward(model.layers, {name: halved(value) for name, value in model.weights.items()}, x))),
    Planted("evaluation", "precision", "in evaluation, the loss is a float16", measured(
        lambda model, value: (float(np.float16(value[0])), value[1]))),
    Planted("evaluation", "shape", "in evaluation, outputs lose their second axis", evaluated(
        lambda model, value: (value[0], value[1][:, 0])), BINARY),
    Planted("evaluation", "wrong set", "in evaluation, the batch's own statistics are used", outside_of_training(
        lambda model, x: forward(model.layers, model.weights, x, {
            **FORWARD, "BatchNormalization": IN_TRAINING["BatchNormalization"]})), NORMALIZED),
    Planted("evaluation", "wrong set", "in evaluation, dropout is active", outside_of_training(
        lambda model, x: forward(model.layers, model.weights, x, IN_TRAINING)), DROPPED),
    Planted("evaluation", "wrong set", "in evaluation, loss and accuracy are those of the first half", measured_of(
        lambda part: part[:len(part) // 2])),
    Planted("evaluation", "missing part", "in evaluation, the last sample is omitted", measured_of(
        lambda part: part[:-1])),
    Planted("evaluation", "missing part", "in evaluation, a bias is omitted", outside_of_training(
        lambda model, x: forward(model.layers, {**model.weights, "3.bias": 0 * model.weights["3.bias"]}, x)), SQUARE),
    Planted("evaluation", "missing part", "in evaluation, all classes have the same weight", measured(
        lambda model, value: (without_weights(model, *model.now["measured"]), value[1])), WEIGHTED),

    Planted("outcome", "value", "one loss is reported as NaN", taken(at_step(
        UNRECORDED, lambda pair: (np.nan, pair[1]))), detected_by=DIVERGENCE),
    Planted("outcome", "stale state", "the batches of the second epoch are exhausted", rows(
        lambda model, order: refuse("no batch is left") if model.now["epoch"] else order), detected_by=DIVERGENCE),
    Planted("outcome", "precision", "one loss is too large for a float16", taken(at_step(
        LATE, lambda pair: (np.inf if pair[0] * 1e5 > 65504 else pair[0], pair[1]))), detected_by=DIVERGENCE),
    Planted("outcome", "shape", "a short batch is rejected", feed(
        lambda model, fed: refuse("this batch is short") if short(model, fed) else fed), detected_by=DIVERGENCE),
    Planted("outcome", "wrong set", "the validation data are rejected", reported(
        lambda model, metrics: refuse("no such labels")), detected_by=DIVERGENCE),
    Planted("outcome", "missing part", "the second epoch is skipped", fault("stop")(lambda model, stop: True),
            detected_by=DIVERGENCE),
    Planted("outcome", "missing part", "a training ends before its loss is below the bound", fault("stop")(
        lambda model, stop: True), LONG, DIVERGENCE),
    Planted("outcome", "value", "a training continues although its loss is below the bound", fault("stop")(
        lambda model, stop: False), SHORT, DIVERGENCE),
)
IMPOSSIBLE = {
    ("initialization", "shape"): "`training._put` rejects initial weights of another shape before the training.",
    ("outcome", "order"): "An outcome is one word for the whole training, and has no order.",
}
"""Stages and kinds without a fault, and the reason."""


@pytest.fixture(scope="module")
def cache(dataset, folder):
    return TrainingCache(dataset, folder)


def test_every_stage_and_kind_has_a_fault_or_a_reason_against_one():
    expected = {(stage, kind) for stage in STAGES for kind in KINDS}
    covered = {(case.stage, case.kind) for case in PLANTED}
    assert covered | set(IMPOSSIBLE) == expected and not covered & set(IMPOSSIBLE)
    assert len({case.name for case in PLANTED}) == len(PLANTED)


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: f"{case.stage}: {case.name}")
def test_a_planted_fault_is_the_first_difference_and_at_its_own_stage(cache, case):
    divergence, unexplained_differences = cache.judged(case.spec, case.faults)
    stages = {"divergence": earliest(divergence), "unexplained": earliest(unexplained_differences)}
    assert {stages[side] for side in case.detected_by} == {case.stage} and set(stages.values()) <= {case.stage, ""}
    assert_consistent(cache, divergence, unexplained_differences)


def assert_consistent(cache, divergence, unexplained_differences):
    """Asserts that the results agree: nothing reports the faulty side as equal or excludes it as a cause, and the exit
    code is that of an unexplained difference."""
    sides, no_step = ("reference", "lightning"), {stage.name for stage in differing(divergence.stages)} == {"outcome"}
    explained = cache.explained(divergence)
    summary = Result(SCENARIO, cache.dataset, cache.folder, "shared", {}, {},
                     unexplained_differences=tuple(replace(result, variant="a", framework="lightning")
                                                   for result in unexplained_differences),
                     divergences={"a": replace(divergence, variant="a", sides=sides)},
                     explanations=tuple(replace(result, variant="a", sides=sides) for result in explained))
    if no_step and not unexplained_differences:
        return
    assert summary.unexplained and ("a", "lightning") in summary.unexplained_in
    line, = first_differences(summary)
    assert "the same" not in line.partition(" match in the first step")[2], "it is not reported as equal"
    assert unexplained(summary) and ("because of" not in line)
    cleared = concluded(Verdict(Attribution.UNIVERSAL, sides), ("a",), summary.unexplained_in)
    assert cleared.belongs_to == Attribution.UNEXPLAINED
    assert not concluded(Verdict("Keras", sides), ("a",), summary.unexplained_in).cleared


def clipped(model, grads):
    """Gradients clipped to a norm of 100; another fault may have multiplied the norm."""
    norm = model.kept.pop("times", 1) * np.sqrt(sum(float((g * g).sum()) for g in grads.values()))
    return {name: g * np.float32(min(1, 100 / norm)) for name, g in grads.items()}


def multiplied(model, grads):
    model.kept["times"] = 1e4
    return grads


NORM_OF_THE_SUM, CLIPPED = gradients(multiplied), gradients(clipped)
RATE, BIAS = (next(row.faults for row in PLANTED if row.name == name) for name in (
    "the rate is off by one percent", "a bias is not trained"))


@pytest.mark.parametrize("stage, pair, sufficient_sets, necessary_sets", [
    ("gradient", {"the norm is that of the sum": NORM_OF_THE_SUM, "the norm is clipped": CLIPPED},
     [{"the norm is that of the sum", "the norm is clipped"}],
     [{"the norm is that of the sum"}, {"the norm is clipped"}]),
    ("update", {"rate": RATE, "bias": BIAS}, [{"rate"}, {"bias"}], [{"rate", "bias"}])],
    ids=["only together", "either suffices"])
def test_the_minimal_sets_of_two_faults_are_found_despite_rounding(cache, stage, pair, sufficient_sets, necessary_sets):
    suspects = {**pair, "reversed summation": SUMMED_BACKWARDS}

    def shown(chosen):
        stages = {earliest(differences) for differences in cache.judged(
            SOFTMAX, tuple(fault for name in suspects if name in chosen for fault in suspects[name]))}
        assert stages in ({stage}, {""})
        return stages == {stage}
    assert [set(group) for group in sufficient(suspects, shown)] == sufficient_sets
    assert [set(group) for group in necessary(suspects, shown)] == necessary_sets
