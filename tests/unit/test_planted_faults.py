"""Planted faults: every gate sees every kind of fault, each at its own place and as the first thing that is wrong."""

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
from frameworks.reference import model as reference
from frameworks.reference.layers import FORWARD, IN_TRAINING, backward, forward
from frameworks.reference.losses import log_sigmoid, log_softmax
from frameworks.reference.optimizers import adam
from scenarios.scenario import Scenario, Variant
from scenarios.spec import Spec

STAGES = tuple(DEPENDS_ON)
SCENARIO = Scenario("planted", "Planted", "Is it?", (Variant("a", "A", SOFTMAX, "reported"),))
KINDS = ("value", "order", "stale state", "precision", "shape", "wrong set", "missing part")
UNRECORDED, LATE = 7, 25  # steps at which no state is kept, of the first epoch and of the second

DIVERGENCE, UNEXPLAINED_FAULTS = ("parting",), ("leftovers",)
BOTH = DIVERGENCE + UNEXPLAINED_FAULTS


@dataclass(frozen=True)
class Planted:
    """A fault of one cell of the table, and which halves of the pipeline must see it there."""

    stage: str
    kind: str
    name: str
    faults: tuple[Fault, ...]
    spec: Spec = SOFTMAX
    seen_by: tuple[str, ...] = BOTH


def fault(place):
    """A decorator-like function: from a change to the faults of a row."""
    return lambda change: (Fault(place, change),)


start, rows, feed, batch, loss, gradients, optimizer, update, accuracy, taken, reported = map(fault, (
    "start", "rows", "feed", "batch", "loss", "gradients", "optimizer", "update", "accuracy", "taken", "reported"))
evaluated, measured = map(fault, ("evaluated", "measured"))


def logits(change):
    """A fault of what stands before the last activation."""
    return fault("values")(lambda model, values: [
        *values[:-2], *forward(model.layers[-1:], model.weights, change(values[-2]))])


def weighing(model, **words):
    """The loss where class weights are told otherwise; without words, where there are none."""
    told = model.spec["loss"]
    told = dict(told, class_weights=dict(told["class_weights"], **words) if words else "none")
    return reference.Model._loss(model, *model.now["loss"], told)


def without_weights(model, x, y):
    told = model.spec
    model.spec = dict(told, loss=dict(told["loss"], class_weights="none"))
    value, _ = reference.Model.measure(model, x, y)
    model.spec = told
    return value


def outside_of_training(change):
    """A fault of the forward pass of an evaluation; `change` gets the model and x, and gives the values."""
    return fault("values")(lambda model, values: change(model, values[0]) if model.now["kinds"] is FORWARD else values)


def measured_of(samples):
    """A fault of what an evaluation measures; `samples` chooses from x and y."""
    return measured(lambda model, value: reference.Model.measure(model, *map(samples, model.now["measured"])))


def in_last_epoch(change):
    """A fault of what `fit` reports of its last epoch alone."""
    return reported(lambda model, told: change(told) if model.now["epoch"] == 1 else told)


def forward_with(changes):
    """A forward pass with other weights than those that are trained."""
    return fault("values")(lambda model, values: forward(
        model.layers, {**model.weights, **changes(model.weights)}, values[0]))


def named(name, change):
    """A change of one array among others."""
    return lambda model, arrays: {**arrays, name: change(arrays[name])}


def at_step(step, change):
    """A change at one step of `fit` only."""
    return lambda model, value: change(value) if model.now["step"] == step else value


def loss_value(change):
    """A fault of the loss's value alone; `change` gets labels, logits and outputs."""
    return loss(lambda model, value: (value[0].dtype.type(change(*model.now["loss"])), *value[1:]))


def moved(change):
    """A fault of the weights after a step; `change` gets those before and after."""
    return update(lambda model, value: ({**value[0], **change(model.now["update"][0], value[0])}, value[1]))


def element(place, value):
    def changing(array):
        array = array.copy()
        array.flat[place] = value
        return array
    return changing


def cancelling(size):
    """Adds to one number what it takes from another: the mean stays."""
    def changing(array):
        array = array.copy()
        array.flat[0] += size
        array.flat[-1] -= size
        return array
    return changing


def halved(array):
    return array.astype(np.float16).astype(array.dtype)


def truncated(array):
    """As bfloat16 keeps it: eight bits of the fraction less than float16 has of the exponent."""
    return (array.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)


def kept(model, value):
    """What was here the first time."""
    return model.kept.setdefault("first", value)


def last(model, value, first=None):
    """What was here the last time; at first `first`, or else the same."""
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
    """The last batch of an epoch, which has fewer samples."""
    return len(value[0]) < model.spec["training"]["batch_size"]


def dampened(model, value):
    """v ← momentum · v − (1 − dampening) · rate · g, from the second step on."""
    old, slopes, optimizer_state = model.now["update"]
    rate, momentum, dampening = 0.01, 0.9, 0.1
    state = {"momentum/" + name: momentum * optimizer_state["momentum/" + name] - (1 - dampening) * rate * g
             if "momentum/" + name in optimizer_state else -rate * g for name, g in slopes.items()}
    state = {name: v.astype(np.float32) for name, v in state.items()}
    return {name: old[name] + state["momentum/" + name] for name in old}, {**state, "step": value[1]["step"]}


def of_first_half(model, slopes):
    """The gradient of the first half of a batch."""
    depth, slope = model.now["slope"]
    half = len(slope) // 2
    return backward(model.layers[:depth], model.weights, [v[:half] for v in model.now["values"]], 2 * slope[:half])


def without_tanh(model, slopes):
    depth, slope = model.now["slope"]
    layers = [(name, layer if layer["is"] == "Dense" else {"is": "Flatten", "order": None})
              for name, layer in model.layers[:depth]]
    return backward(layers, model.weights, model.now["values"], slope)


def centred(model, values):
    """The forward pass of images from which a thousandth of the first batch's mean is taken."""
    mean = model.kept.setdefault("mean", values[0].mean(0))
    return forward(model.layers, model.weights, values[0] - np.float32(0.001) * mean)


def mixed_with_last(model, values):
    before = last(model, values[-2])
    return [*values[:-2], *forward(model.layers[-1:], model.weights, np.float32(0.999) * values[-2] + np.float32(
        0.001) * np.resize(before, values[-2].shape))]


def right(y, outputs):
    return outputs.argmax(1) == y.argmax(1)


def class_weights_of(samples):
    """A fault of the reported test accuracy; `samples` chooses from (training set, test set)."""
    def changing(model, told):
        x, y = samples(*model.now["sets"])
        return {**told, "test/accuracy": model.measure(x, y)[1]}
    return reported(changing)


PLANTED = (
    Planted("data", "value", "the labels of one batch are those of the next class", feed(at_step(
        UNRECORDED, lambda fed: (fed[0], np.roll(fed[1], 1, 1)))), seen_by=DIVERGENCE),
    Planted("data", "value", "images are divided twice", feed(
        lambda model, fed: (fed[0] / np.float32(255), fed[1])), seen_by=UNEXPLAINED_FAULTS),
    Planted("data", "value", "the images of one batch belong to other labels of it", feed(at_step(
        UNRECORDED, lambda fed: (fed[0][::-1], fed[1])))),
    Planted("data", "order", "the second epoch repeats the first one's order", rows(
        lambda model, order: np.array(model.now["order"][0]))),
    Planted("data", "order", "classes are numbered from the other end", feed(
        lambda model, fed: (fed[0], fed[1][:, ::-1]))),
    Planted("data", "stale state", "every batch has the labels of the one before", feed(
        lambda model, fed: (fed[0], np.resize(last(model, fed[1]), fed[1].shape)))),
    Planted("data", "precision", "images are fed as bfloat16", feed(
        lambda model, fed: (truncated(fed[0]), fed[1])), seen_by=UNEXPLAINED_FAULTS),
    Planted("data", "precision", "images are fed as float16", feed(
        lambda model, fed: (halved(fed[0]), fed[1])), seen_by=UNEXPLAINED_FAULTS),
    Planted("data", "shape", "the last batch is filled up with its own samples", feed(
        lambda model, fed: tuple(np.resize(part, (32, *part.shape[1:])) for part in fed))),
    Planted("data", "wrong set", "the test images are trained on", feed(
        lambda model, fed: tuple(part[:len(fed[0])] for part in model.now["sets"][1]))),
    Planted("data", "missing part", "the last batch is skipped", rows(
        lambda model, order: order[:len(order) // 32 * 32])),

    Planted("initialization", "value", "a kernel starts one percent larger", start(
        named("1.kernel", lambda kernel: np.float32(1.01) * kernel))),
    Planted("initialization", "order", "a square kernel starts transposed", start(named("3.kernel", np.transpose)),
            SQUARE),
    Planted("initialization", "stale state", "a training moves the arrays of the start itself", (
        *start(keep_start), *update(in_place)), seen_by=DIVERGENCE),
    Planted("initialization", "precision", "the start is kept as float16", start(named("1.kernel", halved))),
    Planted("initialization", "wrong set", "two layers start from each other's bias", start(
        lambda model, weights: {**weights, "1.bias": weights["3.bias"], "3.bias": weights["1.bias"]}), SQUARE),
    Planted("initialization", "missing part", "biases start from zero", start(named("1.bias", np.zeros_like)), SQUARE),

    Planted("forward", "value", "one logit is larger and one smaller by as much", logits(cancelling(1e-3))),
    Planted("forward", "value", "one logit is no number", logits(element(37, np.nan))),
    Planted("forward", "order", "a square kernel is transposed", forward_with(
        lambda weights: {"3.kernel": weights["3.kernel"].T}), SQUARE),
    Planted("forward", "order", "the classes are permuted", logits(lambda z: np.roll(z, 1, 1))),
    Planted("forward", "stale state", "logits hold a thousandth of those of the last call",
            fault("values")(mixed_with_last)),
    Planted("forward", "stale state", "images are centred on the first batch that was ever seen",
            fault("values")(centred)),
    Planted("forward", "precision", "kernels are used as float16", forward_with(
        lambda weights: {name: halved(value) for name, value in weights.items()})),
    Planted("forward", "shape", "outputs lose their second axis", fault("values")(
        lambda model, values: [*values[:-1], values[-1][:, 0]]), BINARY),
    Planted("forward", "wrong set", "the images of a batch are moved by one place", batch(
        lambda model, given: (np.roll(given[0], 1, 0), given[1]))),
    Planted("forward", "missing part", "a bias is left out", forward_with(
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
    Planted("loss", "shape", "every label meets every output", loss_value(
        lambda y, z, p: -(y[:, 0] * log_sigmoid(z) + (1 - y[:, 0]) * log_sigmoid(-z)).mean()), BINARY),
    Planted("loss", "wrong set", "the loss is that of the first half of the batch", loss_value(
        lambda y, z, p: -(y * log_softmax(z)).sum(1)[:len(y) // 2].mean())),
    Planted("loss", "missing part", "the loss leaves label 0 out", loss_value(
        lambda y, z, p: -(y * log_sigmoid(z)).mean()), BINARY),

    Planted("loss", "missing part", "all classes weigh the same", loss(
        lambda model, value: weighing(model)), WEIGHTED),
    Planted("loss", "wrong set", "the weights of a batch are those of as many samples", loss(
        lambda model, value: weighing(model, divisor="samples")), WEIGHTED),
    Planted("data", "missing part", "all classes weigh the same, but in single steps", loss(
        lambda model, value: value if model.now.get("epoch") is None else weighing(model)), WEIGHTED,
        UNEXPLAINED_FAULTS),
    Planted("evaluation", "missing part", "the loss of the test set has no weights while it trains", reported(
        lambda model, told: {**told, "test/loss": without_weights(model, *model.now["sets"][1])}), WEIGHTED,
        UNEXPLAINED_FAULTS),

    Planted("gradient", "value", "one slope is larger and one smaller by as much", gradients(
        named("1.kernel", cancelling(1e-3)))),
    Planted("gradient", "value", "one slope is no number", gradients(named("1.kernel", element(37, np.nan)))),
    Planted("gradient", "order", "the gradient of a square kernel is transposed", gradients(
        named("3.kernel", np.transpose)), SQUARE),
    Planted("gradient", "stale state", "the first gradient is never cleared", gradients(
        lambda model, slopes: {name: g + np.float32(0.1) * kept(model, slopes)[name] for name, g in slopes.items()})),
    Planted("gradient", "stale state", "the gradient of the step before is not cleared", gradients(
        lambda model, slopes: {name: g + 0.1 * before for g, (name, before) in zip(
            slopes.values(), last(model, slopes).items())})),
    Planted("gradient", "precision", "gradients are float16", gradients(
        lambda model, slopes: {name: halved(g) for name, g in slopes.items()})),
    Planted("gradient", "shape", "the gradient of a bias keeps its axis", gradients(
        named("1.bias", lambda g: g[None]))),
    Planted("gradient", "wrong set", "the gradient is that of the first half of the batch", gradients(of_first_half)),
    Planted("gradient", "missing part", "the slope of tanh is left out", gradients(without_tanh), SQUARE),
    Planted("gradient", "missing part", "a bias is not among what is trained", fault("trainable")(
        lambda model, names: [name for name in names if name != "3.bias"]), SQUARE),

    Planted("update", "value", "the rate is off by one percent", optimizer(
        lambda model, settings: {**settings, "learning_rate": 1.01 * settings["learning_rate"]})),
    Planted("update", "value", "the rate is off by one percent, in `fit` alone", optimizer(
        lambda model, settings: {**settings, "learning_rate": settings["learning_rate"] * (
            1 if model.now.get("epoch") is None else 1.01)}), seen_by=UNEXPLAINED_FAULTS),
    Planted("update", "value", "the rate is halved, in the second epoch of `fit` alone", optimizer(
        lambda model, settings: {**settings, "learning_rate": settings["learning_rate"] / (
            2 if model.now.get("epoch") == 1 else 1)}), seen_by=UNEXPLAINED_FAULTS),
    Planted("update", "value", "the rate of the first epoch stays, in `fit` alone", optimizer(lambda model, settings: {
        **settings, "learning_rate": {**settings["learning_rate"], "factor": 1.0}}
        if model.now.get("epoch") == 1 else settings), DECAYING, UNEXPLAINED_FAULTS),
    Planted("update", "value", "a plateau leaves the rate where it is", fault("plateau")(
        lambda model, rate: model.spec["optimizer"]["learning_rate"]["initial"]), PLATEAU, UNEXPLAINED_FAULTS),
    Planted("update", "order", "a schedule counts steps for epochs", optimizer(lambda model, settings: {
        **settings, "learning_rate": {**settings["learning_rate"], "per": "step"}}), DECAYING),
    Planted("update", "order", "a momentum keeps the rate of each step", optimizer(lambda model, settings: {
        **settings, "learning_rate": {**settings["learning_rate"], "in_momentum": True}}), DECAYING),
    Planted("update", "order", "epsilon is added after the correction", optimizer(
        lambda model, settings: {**settings, "epsilon_place": "after_correction"}), ADAM),
    Planted("update", "order", "epsilon is added inside the root", optimizer(
        lambda model, settings: {**settings, "epsilon_place": "inside_root"}), RMSPROP),
    Planted("update", "stale state", "momentum is dampened from the second step on", update(dampened), MOMENTUM),
    Planted("update", "stale state", "the corrections stay those of the first step", update(lambda model, value: adam(
        *model.now["update"][:2], {**model.now["update"][2], "step": 0}, 0.001, 0.9, 0.999, 1e-7, "before_correction"
        )), ADAM),
    Planted("update", "precision", "weights are kept as float16", moved(
        lambda old, new: {name: halved(value) for name, value in new.items()})),
    Planted("update", "shape", "a bias moves as one number", moved(
        lambda old, new: {"1.bias": old["1.bias"] + (new["1.bias"] - old["1.bias"])[:1]})),
    Planted("update", "wrong set", "two biases get each other's update", moved(
        lambda old, new: {"1.bias": old["1.bias"] + new["3.bias"] - old["3.bias"],
                          "3.bias": old["3.bias"] + new["1.bias"] - old["1.bias"]}), SQUARE),
    Planted("update", "missing part", "a bias is not trained", moved(lambda old, new: {"1.bias": old["1.bias"]})),

    Planted("metric", "value", "accuracy is a percentage", accuracy(lambda model, share: 100 * share)),
    Planted("metric", "order", "accuracy counts classes from the other end", accuracy(
        lambda model, share: float(np.mean(right(model.now["accuracy"][0][:, ::-1], model.now["accuracy"][2]))))),
    Planted("metric", "stale state", "accuracy is the mean of this step's and the last one's", accuracy(
        lambda model, share: (share + last(model, share)) / 2)),
    Planted("metric", "precision", "accuracy is a float16", accuracy(
        lambda model, share: float(np.float16(share))), THIRTIETHS),
    Planted("metric", "shape", "every label is compared with every output", accuracy(
        lambda model, share: float(np.mean((model.now["accuracy"][2][:, 0] > 0.5) == (model.now["accuracy"][0] > 0.5)))
        ), BINARY),
    Planted("metric", "wrong set", "accuracy is that of the first half of the batch", accuracy(
        lambda model, share: float(np.mean(right(*(part[:len(part) // 2] for part in model.now["accuracy"][::2])))))),
    Planted("metric", "missing part", "accuracy leaves the last sample of a batch out", accuracy(
        lambda model, share: float(np.mean(right(*(part[:-1] for part in model.now["accuracy"][::2])))))),
    Planted("evaluation", "wrong set", "the test accuracy is that of the training images", class_weights_of(
        lambda train, test: train), LEARNT, UNEXPLAINED_FAULTS),
    Planted("evaluation", "wrong set", "the test accuracy is that of half of the test images", class_weights_of(
        lambda train, test: [part[:100] for part in test]), LEARNT, UNEXPLAINED_FAULTS),
    Planted("evaluation", "missing part", "the test accuracy leaves the last short batch out", class_weights_of(
        lambda train, test: [part[:192] for part in test]), LEARNT, UNEXPLAINED_FAULTS),
    Planted("evaluation", "missing part", "the test accuracy leaves the last quarter out", class_weights_of(
        lambda train, test: [part[:150] for part in test]), LEARNT, UNEXPLAINED_FAULTS),
    Planted("metric", "missing part", "the training accuracy leaves the last batch out", reported(
        lambda model, told: {**told, "train/accuracy": 18 / 19 * told["train/accuracy"]}), SOFTMAX, UNEXPLAINED_FAULTS),
    Planted("metric", "wrong set", "an epoch's loss is that of its last step", reported(
        lambda model, told: {**told, "train/loss": model.now["told"][0]}), SOFTMAX, UNEXPLAINED_FAULTS),
    Planted("evaluation", "wrong set", "the test loss is that of the training images", reported(
        lambda model, told: {**told, "test/loss": model.measure(*model.now["sets"][0])[0]}), LEARNT,
        UNEXPLAINED_FAULTS),

    Planted("evaluation", "value", "in evaluation, the loss is twice as large", measured(
        lambda model, value: (2 * value[0], value[1]))),
    Planted("evaluation", "value", "in evaluation, the loss is a twentieth larger, and `fit` does not evaluate",
            measured(lambda model, value: (1.05 * value[0], value[1])), UNVALIDATED),
    Planted("evaluation", "value", "in evaluation, all inputs are a fifth larger", outside_of_training(
        lambda model, x: forward(model.layers, model.weights, np.float32(1.2) * x))),
    Planted("evaluation", "value", "in evaluation, one logit is larger and one smaller by as much", evaluated(
        lambda model, value: (cancelling(1e-3)(value[0]), value[1]))),
    Planted("evaluation", "value", "the loss of the training batch is a hundredth larger", measured(
        lambda model, value: (value[0] * (1 if len(model.now["measured"][0]) > 32 else 1.01), value[1]))),
    Planted("evaluation", "value", "the last test loss of `fit` is a hundredth larger", in_last_epoch(
        lambda told: {**told, "test/loss": 1.01 * told["test/loss"]}), seen_by=UNEXPLAINED_FAULTS),
    Planted("evaluation", "value", "the loss over the whole test set is a hundredth larger", measured(
        lambda model, value: (value[0] * (1.01 if len(model.now["measured"][0]) == 200 else 1), value[1])),
            UNVALIDATED, UNEXPLAINED_FAULTS),
    Planted("evaluation", "value", "the accuracy over the whole test set is a twentieth larger", measured(
        lambda model, value: (value[0], value[1] + (len(model.now["measured"][0]) == 200) / 20)), UNVALIDATED,
            UNEXPLAINED_FAULTS),
    Planted("evaluation", "order", "in evaluation, the classes are permuted", evaluated(
        lambda model, value: tuple(np.roll(part, 1, 1) for part in value))),
    Planted("evaluation", "stale state", "in evaluation, the moving statistics are those of the start",
            outside_of_training(lambda model, x: forward(model.layers, {**model.weights, **{
            f"2.{part}": np.full(12, value, np.float32) for part, value in (
                ("moving_mean", 0), ("moving_variance", 1))}}, x)), NORMALIZED),
    Planted("evaluation", "stale state", "in evaluation, the kernel is that of the evaluation before",
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
    Planted("evaluation", "wrong set", "in evaluation, numbers are dropped as in training", outside_of_training(
        lambda model, x: forward(model.layers, model.weights, x, IN_TRAINING)), DROPPED),
    Planted("evaluation", "wrong set", "in evaluation, loss and accuracy are those of the first half", measured_of(
        lambda part: part[:len(part) // 2])),
    Planted("evaluation", "missing part", "in evaluation, the last sample is left out", measured_of(
        lambda part: part[:-1])),
    Planted("evaluation", "missing part", "in evaluation, a bias is left out", outside_of_training(
        lambda model, x: forward(model.layers, {**model.weights, "3.bias": 0 * model.weights["3.bias"]}, x)), SQUARE),
    Planted("evaluation", "missing part", "in evaluation, all classes weigh the same", measured(
        lambda model, value: (without_weights(model, *model.now["measured"]), value[1])), WEIGHTED),

    Planted("outcome", "value", "one loss is told as no number", taken(at_step(
        UNRECORDED, lambda pair: (np.nan, pair[1]))), seen_by=DIVERGENCE),
    Planted("outcome", "stale state", "the batches of the second epoch are used up", rows(
        lambda model, order: refuse("no batch is left") if model.now["epoch"] else order), seen_by=DIVERGENCE),
    Planted("outcome", "precision", "one loss is too large for a float16", taken(at_step(
        LATE, lambda pair: (np.inf if pair[0] * 1e5 > 65504 else pair[0], pair[1]))), seen_by=DIVERGENCE),
    Planted("outcome", "shape", "a short batch is refused", feed(
        lambda model, fed: refuse("this batch is short") if short(model, fed) else fed), seen_by=DIVERGENCE),
    Planted("outcome", "wrong set", "what is validated on is refused", reported(
        lambda model, told: refuse("no such labels")), seen_by=DIVERGENCE),
    Planted("outcome", "missing part", "the second epoch is left out", fault("stop")(lambda model, stop: True),
            seen_by=DIVERGENCE),
    Planted("outcome", "missing part", "a training ends before its loss is below what is asked", fault("stop")(
        lambda model, stop: True), LONG, DIVERGENCE),
    Planted("outcome", "value", "a training goes on although its loss is below what is asked", fault("stop")(
        lambda model, stop: False), SHORT, DIVERGENCE),
)
NONE_CAN_BE = {
    ("initialization", "shape"): "`training._put` refuses a start of another shape before anything is trained.",
    ("outcome", "order"): "An outcome is one word for the whole training, and has no order.",
}
"""Cells of the table without a fault, and why there can be none."""


@pytest.fixture(scope="module")
def cache(dataset, folder):
    return TrainingCache(dataset, folder)


def test_every_cell_of_the_table_has_a_fault_or_a_reason_why_there_can_be_none():
    cells = {(stage, kind) for stage in STAGES for kind in KINDS}
    filled = {(row.stage, row.kind) for row in PLANTED}
    assert filled | set(NONE_CAN_BE) == cells and not filled & set(NONE_CAN_BE)
    assert len({row.name for row in PLANTED}) == len(PLANTED)


@pytest.mark.parametrize("row", PLANTED, ids=lambda row: f"{row.stage}: {row.name}")
def test_a_planted_fault_is_the_first_thing_that_is_seen_and_at_its_own_gate(cache, row):
    divergence, unexplained_differences = cache.judged(row.spec, row.faults)
    found = {"parting": earliest(divergence), "leftovers": earliest(unexplained_differences)}
    assert {found[half] for half in row.seen_by} == {row.stage} and set(found.values()) <= {row.stage, ""}
    refuse_contradictions(cache, divergence, unexplained_differences)


def refuse_contradictions(cache, divergence, unexplained_differences):
    """What is said of a fault is said once: nothing calls the faulty side the same, or clears it, and the exit code
    is that of an unexplained difference."""
    sides, outcome = ("reference", "lightning"), {stage.name for stage in differing(divergence.stages)} == {"outcome"}
    explained = cache.explained(divergence)
    whole = Result(SCENARIO, cache.dataset, cache.folder, "shared", {}, {},
                   unexplained_differences=tuple(replace(one, variant="a", framework="lightning")
                                                 for one in unexplained_differences),
                   divergences={"a": replace(divergence, variant="a", sides=sides)},
                   explanations=tuple(replace(one, variant="a", sides=sides) for one in explained))
    if outcome and not unexplained_differences:
        return
    assert whole.unexplained and ("a", "lightning") in whole.unexplained_in
    line, = first_differences(whole)
    assert "the same" not in line.partition(" match in the first step")[2], "it is not called the same"
    assert unexplained(whole) and ("made by" not in line)
    cleared = concluded(Verdict(Attribution.UNIVERSAL, sides), ("a",), whole.unexplained_in)
    assert cleared.belongs_to == Attribution.UNEXPLAINED
    assert not concluded(Verdict("Keras", sides), ("a",), whole.unexplained_in).cleared


def clipped(model, slopes):
    """Gradients, smaller where their norm is above 100; something else may have multiplied the norm."""
    norm = model.kept.pop("times", 1) * np.sqrt(sum(float((g * g).sum()) for g in slopes.values()))
    return {name: g * np.float32(min(1, 100 / norm)) for name, g in slopes.items()}


def multiplied(model, slopes):
    model.kept["times"] = 1e4
    return slopes


NORM_OF_THE_SUM, CLIPPED = gradients(multiplied), gradients(clipped)
RATE, BIAS = (next(row.faults for row in PLANTED if row.name == name) for name in (
    "the rate is off by one percent", "a bias is not trained"))


@pytest.mark.parametrize("stage, pair, adds, removes", [
    ("gradient", {"the norm is that of the sum": NORM_OF_THE_SUM, "the norm is clipped": CLIPPED},
     [{"the norm is that of the sum", "the norm is clipped"}],
     [{"the norm is that of the sum"}, {"the norm is clipped"}]),
    ("update", {"rate": RATE, "bias": BIAS}, [{"rate"}, {"bias"}], [{"rate", "bias"}])],
    ids=["only together", "either suffices"])
def test_the_minimal_sets_of_two_faults_are_found_whatever_else_only_rounds(cache, stage, pair, adds, removes):
    suspects = {**pair, "sums are added backwards": SUMMED_BACKWARDS}

    def shown(chosen):
        found = {earliest(half) for half in cache.judged(
            SOFTMAX, tuple(fault for name in suspects if name in chosen for fault in suspects[name]))}
        assert found in ({stage}, {""})
        return found == {stage}
    assert [set(each) for each in sufficient(suspects, shown)] == adds
    assert [set(each) for each in necessary(suspects, shown)] == removes
