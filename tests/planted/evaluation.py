"""Faults of metrics, of evaluations and of outcomes."""

import numpy as np
from faulty import BINARY, DROPPED, LEARNT, LONG, NORMALIZED, SHORT, SOFTMAX, SQUARE, THIRTIETHS, UNVALIDATED, WEIGHTED

from frameworks.reference.layers import FORWARD, IN_TRAINING, forward
from planted.fault import (
    DIVERGENCE,
    LATE,
    UNEXPLAINED_FAULTS,
    UNRECORDED,
    Planted,
    accuracy,
    accuracy_on,
    at_step,
    cancelling,
    correct,
    evaluated,
    fault,
    feed,
    halved,
    in_last_epoch,
    last,
    measured,
    measured_of,
    outside_of_training,
    refuse,
    reported,
    rows,
    short,
    taken,
    without_weights,
)

FAULTS = (
    Planted("metric", "value", "accuracy is a percentage", accuracy(lambda model, share: 100 * share)),
    Planted("metric", "order", "accuracy counts classes from the other end", accuracy(
        lambda model, share: float(np.mean(correct(model.now["accuracy"][0][:, ::-1], model.now["accuracy"][2]))))),
    Planted("metric", "stale state", "accuracy is the mean of this and the previous step", accuracy(
        lambda model, share: (share + last(model, share)) / 2)),
    Planted("metric", "precision", "accuracy is a float16", accuracy(
        lambda model, share: float(np.float16(share))), THIRTIETHS),
    Planted("metric", "shape", "every label is compared with every output", accuracy(
        lambda model, share: float(np.mean((model.now["accuracy"][2][:, 0] > 0.5) == (model.now["accuracy"][0] > 0.5)))
        ), BINARY),
    Planted("metric", "wrong set", "accuracy is that of the first half of the batch", accuracy(
        lambda model, share: float(np.mean(correct(*(part[:len(part) // 2] for part in model.now["accuracy"][::2])))))),
    Planted("metric", "missing part", "accuracy omits the last sample of a batch", accuracy(
        lambda model, share: float(np.mean(correct(*(part[:-1] for part in model.now["accuracy"][::2])))))),
    Planted("metric", "missing part", "the training accuracy omits the last batch", reported(
        lambda model, metrics: {**metrics, "train/accuracy": 18 / 19 * metrics["train/accuracy"]}), SOFTMAX,
        UNEXPLAINED_FAULTS),
    Planted("metric", "wrong set", "an epoch's loss is that of its last step", reported(
        lambda model, metrics: {**metrics, "train/loss": model.now["last"][0]}), SOFTMAX, UNEXPLAINED_FAULTS),

    Planted("evaluation", "missing part", "the test loss of `fit` has no class weights", reported(
        lambda model, metrics: {**metrics, "test/loss": without_weights(model, *model.now["sets"][1])}), WEIGHTED,
        UNEXPLAINED_FAULTS),
    Planted("evaluation", "wrong set", "the test accuracy is that of the training images", accuracy_on(
        lambda train, test: train), LEARNT, UNEXPLAINED_FAULTS),
    Planted("evaluation", "wrong set", "the test accuracy is that of half of the test images", accuracy_on(
        lambda train, test: [part[:100] for part in test]), LEARNT, UNEXPLAINED_FAULTS),
    Planted("evaluation", "missing part", "the test accuracy omits the last short batch", accuracy_on(
        lambda train, test: [part[:192] for part in test]), LEARNT, UNEXPLAINED_FAULTS),
    Planted("evaluation", "missing part", "the test accuracy omits the last quarter", accuracy_on(
        lambda train, test: [part[:150] for part in test]), LEARNT, UNEXPLAINED_FAULTS),
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
