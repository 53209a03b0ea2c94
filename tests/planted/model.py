"""Faults of the data, the initialization, the forward pass and the loss."""

import numpy as np
from faulty import BINARY, RAW_SQUARES, SQUARE, WEIGHTED

from frameworks.parts.losses.logarithms import log_sigmoid, log_softmax
from frameworks.reference.layers import IN_TRAINING
from planted.fault import (
    DIVERGENCE,
    UNEXPLAINED_FAULTS,
    UNRECORDED,
    Planted,
    at_step,
    batch,
    cancelling,
    centred,
    element,
    fault,
    feed,
    forward_with,
    halved,
    in_place,
    keep_start,
    kept,
    last,
    logits,
    loss,
    loss_value,
    mixed_with_last,
    named,
    rows,
    start,
    truncated,
    update,
    weighing,
)

FAULTS = (
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
    Planted("data", "missing part", "all classes have the same weight, except in single steps", loss(
        lambda model, value: value if model.now.get("epoch") is None else weighing(model)), WEIGHTED,
        UNEXPLAINED_FAULTS),

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
)
