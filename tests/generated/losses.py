"""Specs of losses, metrics, weights and activations, in which programs are generated."""

from math import inf

from generated.networks import CLIP, HEAVY, IMAGE, LINEAR, METRICS, MULTI, NUMBERS, ONE_OUTPUT, UNEVEN, of
from scenarios.spec import (
    GELU,
    Accuracy,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    ClassWeights,
    Conv2D,
    Dense,
    Dropout,
    FanInUniform,
    Flatten,
    GlorotUniform,
    HardSigmoid,
    Hinge,
    Huber,
    KLDivergence,
    LayerNormalization,
    LeakyReLU,
    LeakyReLUByName,
    MaxPooling2D,
    MeanAbsoluteError,
    MeanSquaredError,
    Normal,
    QuadraticCost,
    Zeros,
    metrics,
)
from scenarios.spec.fields import changed

SPECS = {
    "mean": of(MULTI, loss=MeanSquaredError()),
    "absolute": of(MULTI, loss=MeanAbsoluteError()),
    "mean, counted before": of(MULTI, loss=MeanSquaredError(), accuracy=Accuracy("argmax_logits")),
    "quadratic": of(MULTI, loss=QuadraticCost(), accuracy=Accuracy("argmax_outputs")),
    "of logits": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits")),
    "of logits, linear": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits"), layers=MULTI.layers[:-1]),
    "counted": of(MULTI, metrics=(metrics.BinaryAccuracy(), metrics.Precision(), metrics.Recall(),
                                  metrics.F1Score("micro"), metrics.CategoricalAccuracy())),
    "ranked": of(ONE_OUTPUT, metrics=(metrics.AUC(), metrics.RootMeanSquaredError())),
    "ranked, set": of(ONE_OUTPUT, metrics=(metrics.AUC(50),)),
    "counted, set": of(MULTI, metrics=(metrics.BinaryAccuracy(0.4, "never"), metrics.Precision("largest"),
                                       metrics.Recall("above_half"), metrics.F1Score("macro", "zero"))),
    "counted beside logits": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits"), metrics=(
        metrics.BinaryAccuracy(sigmoid="outside"), metrics.Precision("above_half"))),
    "measured": of(MULTI, metrics=METRICS),
    "measured, of logits": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits"), metrics=METRICS),
    "numbers": of(MULTI, data=NUMBERS),
    "numbers of logits": of(MULTI, data=NUMBERS, loss=CategoricalCrossentropy("softmax_of_logits"),
                            accuracy=Accuracy("argmax_outputs")),
    "numbers, divided after": of(MULTI, data=NUMBERS, accuracy=Accuracy("argmax_outputs"),
                                 loss=CategoricalCrossentropy("outputs", "after_clip", CLIP, False)),
    "numbers, smoothed": of(MULTI, data=NUMBERS,
                            loss=CategoricalCrossentropy("softmax_of_outputs", "after_clip", CLIP, True, 0.1)),
    "smoothed": of(MULTI, loss=CategoricalCrossentropy(label_smoothing=0.1)),
    "smoothed, of logits": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits", label_smoothing=0.1)),
    "weighted": of(MULTI, loss=CategoricalCrossentropy(class_weights=HEAVY)),
    "weighted numbers": of(MULTI, data=NUMBERS, loss=CategoricalCrossentropy(class_weights=HEAVY)),
    "weighted, set": of(MULTI, data=NUMBERS, loss=CategoricalCrossentropy("softmax_of_logits", class_weights=changed(
        HEAVY, {"divisor": "weights", "in_test": True}))),
    "weighted, set otherwise": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits", class_weights=changed(
        HEAVY, {"divisor": "weights", "in_test": False}))),
    "weighted, written": of(MULTI, loss=CategoricalCrossentropy("outputs", True, CLIP, False, class_weights=changed(
        HEAVY, {"divisor": "weights", "in_test": True}))),
    "weighted, open loss": of(MULTI, loss=CategoricalCrossentropy(class_weights=changed(HEAVY, {
        "divisor": "weights"}))),
    "weighted, accuracy": of(MULTI, loss=CategoricalCrossentropy(class_weights=changed(HEAVY, {"in_accuracy": True}))),
    "weighted, accuracy not of test": of(MULTI, data=NUMBERS, loss=CategoricalCrossentropy(class_weights=changed(
        HEAVY, {"in_accuracy": True, "in_test": False}))),
    "weighted, one output, accuracy": of(ONE_OUTPUT, loss=BinaryCrossentropy(class_weights=ClassWeights(
        (0.5, 4.0), in_accuracy=True))),
    "weighted, one output": of(ONE_OUTPUT, loss=BinaryCrossentropy(class_weights=ClassWeights((0.5, 4.0)))),
    "weighted, one output, set": of(ONE_OUTPUT, loss=BinaryCrossentropy(
        "sigmoid_of_logits", "clip", 0.0, -inf, True, 0.0, ClassWeights((0.5, 4.0), "weights", True))),
    "samples weighed": of(MULTI, training=UNEVEN, loss=MeanSquaredError()),
    "samples weighed, set": of(MULTI, data=NUMBERS, training=changed(UNEVEN, {
        "sample_weight.divisor": "weights", "sample_weight.in_accuracy": True, "shuffle": False})),
    "samples weighed, one output": of(ONE_OUTPUT, training=changed(UNEVEN, {"sample_weight.in_accuracy": True})),
    "samples weighed, written": of(MULTI, loss=KLDivergence("outputs", 0.0, "samples"), training=changed(UNEVEN, {
        "sample_weight.divisor": "weights", "validate": False})),
    "activations": of(MULTI, layers=(
        Flatten(), Dense(4), Activation(LeakyReLU()), Dense(4), Activation(LeakyReLUByName()), Dense(4),
        Activation(GELU()), Dense(4), Activation("elu"), Dense(3), Activation(HardSigmoid())), loss=Huber()),
    "activations, set": of(MULTI, layers=(
        Flatten(), Dense(4), Activation(LeakyReLU(0.1)), Dense(4), Activation(LeakyReLUByName(0.1)), Dense(4),
        Activation(GELU(True)), Dense(4), Activation(HardSigmoid(0.3)), Dense(3), Activation(LeakyReLU(0.5))),
        loss=Huber(0.2, True), accuracy=Accuracy("argmax_logits")),
    "image": of(MULTI, data=IMAGE, loss=MeanSquaredError(), layers=(
        Conv2D(2, 5, 2, "same"), Activation("relu"), MaxPooling2D(), AveragePooling2D(3, "same"), Flatten(),
        LayerNormalization(), Dense(3))),
    "averaged": of(MULTI, data=IMAGE, loss=MeanSquaredError(), layers=(
        Conv2D(2, 5, 4), BatchNormalization(), Activation("relu"), Flatten(), Dense(4), BatchNormalization(0.1, 0.5),
        Dense(3))),
    "dropped": of(MULTI, layers=(Flatten(), Dense(4), Dropout(0.0), Dense(3))),
    "image, set": of(MULTI, data=IMAGE, loss=MeanSquaredError(), layers=(
        Conv2D(2, 3, 2, "same", "as_needed", FanInUniform(), Normal(0.1, 0.1)), AveragePooling2D(),
        AveragePooling2D(3, "same", True), Flatten("channels_last"), Dense(4), LayerNormalization(0.1), Dense(3))),
    "image, set otherwise": of(MULTI, data=IMAGE, loss=MeanSquaredError(), layers=(
        Conv2D(2, 3, 2, "same", "symmetric", GlorotUniform(), Zeros()), AveragePooling2D(3, "same", False),
        Flatten("channels_first"), Dense(3))),
    "huber, set": of(MULTI, loss=Huber(0.2)),
    "huber, counted before": of(MULTI, loss=Huber(0.2, False), accuracy=Accuracy("argmax_logits")),
    "divergence": of(MULTI, loss=KLDivergence()),
    "divergence, counted before": of(MULTI, loss=KLDivergence(), accuracy=Accuracy("argmax_logits")),
    **{f"divergence {i}": of(MULTI, loss=loss) for i, loss in enumerate(
        [KLDivergence("outputs", 0.0, "samples"), KLDivergence("powers_of_outputs", CLIP, "elements"),
         KLDivergence("powers_of_outputs", 0.0, "elements")])},
    "hinge": of(MULTI, loss=Hinge()), "hinge, set": of(MULTI, loss=Hinge(False)),
    "hinge, signs": of(MULTI, loss=Hinge(True)), "margin": of(MULTI, loss=CategoricalHinge()),
    "margin, set": of(MULTI, loss=CategoricalHinge(False)), "margin, from 0": of(MULTI, loss=CategoricalHinge(True)),
    "binary of ten": of(MULTI, loss=BinaryCrossentropy()),
    "one": ONE_OUTPUT, "one, linear": LINEAR,
    "one of logits": of(ONE_OUTPUT, loss=BinaryCrossentropy("sigmoid_of_logits")),
    "one of logits, linear": of(LINEAR, loss=BinaryCrossentropy("sigmoid_of_logits"), accuracy=Accuracy(None, 0.0)),
    **{f"rule {rule}": of(LINEAR, loss=MeanSquaredError(), accuracy=Accuracy(rule, threshold))
       for rule, threshold in (("threshold", 0.3), ("round", None), ("sigmoid_first", 0.6))},
    **{f"categorical {i}": of(MULTI, loss=loss) for i, loss in enumerate(
        CategoricalCrossentropy(which, divided, clip, form) for which in
        ("outputs", "softmax_of_logits", "softmax_of_outputs") for divided in (False, True) for clip in (0.0, CLIP)
        for form in (False, True))},
    **{f"binary {i}": of(ONE_OUTPUT, loss=loss) for i, loss in enumerate(
        BinaryCrossentropy(which, domain, clip, -inf, form, offset) for which in
        ("outputs", "sigmoid_of_logits", "sigmoid_of_outputs") for domain, clip, offset in
        (("clip", 0.0, 0.0), ("clip", CLIP, 0.0), ("undefined", CLIP, 0.01)) for form in (False, True))},
    "a floor": of(ONE_OUTPUT, loss=BinaryCrossentropy("outputs", "refuse", 0.0, -100.0, False, 0.0)),
    "refuses": of(LINEAR, loss=BinaryCrossentropy("outputs", "refuse", CLIP, -inf, False, 0.0)),
}
