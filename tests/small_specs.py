"""Small specs with unset fields: each default rule of a framework is used by at least one of them."""

import examples

import scenarios
from scenarios.spec import (
    GELU,
    L1,
    L2,
    SGD,
    Accumulation,
    Activation,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    AveragePooling2D,
    BatchNormalization,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    ClassWeights,
    Clip,
    Conv2D,
    CosineDecay,
    Data,
    Dense,
    Dropout,
    EarlyStopping,
    ExponentialDecay,
    Flatten,
    HardSigmoid,
    Hinge,
    Huber,
    InverseTimeDecay,
    KLDivergence,
    LayerNormalization,
    LeakyReLU,
    LeakyReLUByName,
    MaxPooling2D,
    MeanSquaredError,
    Nadam,
    Normal,
    Poisson,
    ReduceOnPlateau,
    RMSprop,
    SampleWeights,
    Spec,
    Training,
    WeightDecay,
    metrics,
)
from scenarios.spec.fields import changed

IMAGES, DIGITS_0_1 = Data(first=80, divisor=255.0), Data((0, 1), divisor=255.0, labels="index")
NUMBERS = Data(first=80, divisor=255.0, labels="index")
TWO, WARM = Data((0, 1), divisor=255.0), Data(first=80, divisor=25.5)
CHANNEL = Data(first=80, divisor=255.0, channel=True)
RISING = tuple(0.5 * digit for digit in range(1, 11))
UNEVEN = SampleWeights((0.5, 4.0, 1.0))
RAW, BRIGHT = Data(first=80), Data(first=80, divisor=0.01)
MEASURED = (metrics.BinaryAccuracy(), metrics.Precision(), metrics.Recall(), metrics.F1Score("macro"),
            metrics.CategoricalAccuracy())


def small(data, loss, last=None, optimizer=None, training=None):
    single = data.labels == "index" and not isinstance(loss, CategoricalCrossentropy)
    layers = (Flatten(), Dense(1 if single else len(data.classes)), *([Activation(last)] if last else []))
    return Spec(data, layers, loss, optimizer or SGD(), training or Training(1, 32))


def deep(loss, *functions):
    """A network with an activation after every hidden layer."""
    hidden = [layer for function in functions for layer in (Dense(8), Activation(function))]
    layers = (Flatten(), *hidden, Dense(10))
    return Spec(WARM, layers, loss, SGD(), Training(1, 32))


def of(data, *layers):
    """A network of these layers and a last Dense layer."""
    return Spec(data, (*layers, Dense(10)), MeanSquaredError(), SGD(), Training(1, 32))


SMALL = {
    "softmax": small(IMAGES, CategoricalCrossentropy(), "softmax"),
    "sigmoid": small(IMAGES, CategoricalCrossentropy(), "sigmoid"),
    "linear": small(IMAGES, CategoricalCrossentropy()),
    "numbers": small(NUMBERS, CategoricalCrossentropy(), "sigmoid"),
    "numbers_linear": small(NUMBERS, CategoricalCrossentropy()),
    "smoothed": small(IMAGES, CategoricalCrossentropy(label_smoothing=0.1), "softmax"),
    "weighted": small(NUMBERS, CategoricalCrossentropy(class_weights=ClassWeights(RISING)), "softmax"),
    "weighted_rows": small(IMAGES, CategoricalCrossentropy(class_weights=ClassWeights(RISING)), "softmax"),
    "weighted_binary": small(DIGITS_0_1, BinaryCrossentropy(class_weights=ClassWeights((0.5, 4.0))), "sigmoid"),
    "weighed": small(IMAGES, MeanSquaredError(), "softmax", training=Training(2, 32, sample_weight=UNEVEN)),
    "weighed_classes": small(NUMBERS, CategoricalCrossentropy(), "softmax", training=Training(
        1, 32, sample_weight=UNEVEN)),
    "weighed_binary": small(DIGITS_0_1, BinaryCrossentropy(), "sigmoid", training=Training(
        1, 32, sample_weight=UNEVEN)),
    "rectified": deep(Huber(0.5), LeakyReLU(), "elu", HardSigmoid()),
    "named": deep(Huber(), LeakyReLUByName()),
    "gelu": changed(small(IMAGES, MeanSquaredError(), GELU()), {"layers.1.kernel": Normal(0.0, 0.18)}),
    "hard": deep(MeanSquaredError(), HardSigmoid()),
    "conv": of(CHANNEL, Conv2D(2, 3, 2, "same"), Activation("relu"), AveragePooling2D(), Flatten()),
    "pooled": of(CHANNEL, Conv2D(2, 5), MaxPooling2D(), AveragePooling2D(3, "same"), AveragePooling2D(), Flatten()),
    "averaged": changed(of(IMAGES, Flatten(), Dense(8), BatchNormalization(), Activation("tanh")),
                        {"training.batch_size": 8}),
    "averaged_images": changed(of(CHANNEL, Conv2D(2, 5, 4), BatchNormalization(), Flatten("channels_last")),
                               {"training.batch_size": 8}),
    "normed": of(IMAGES, Flatten(), Dense(8), LayerNormalization(), Activation("tanh")),
    "regularized": of(IMAGES, Flatten(), Dense(8, None, None, True, L1(0.01), L1(0.02), L2(0.03)), Activation("tanh"),
                      Dense(8, None, None, True, L2(0.01), L2(0.02), L1(0.03))),
    "measured": changed(small(IMAGES, MeanSquaredError(), "softmax", Adam(0.01), Training(2, 32)),
                        {"metrics": MEASURED}),
    "measured_few": changed(small(Data(first=8, divisor=255.0), MeanSquaredError(), "softmax", training=Training(1, 2)),
                            {"metrics": MEASURED[3:4]}),
    "measured_outside": changed(small(IMAGES, MeanSquaredError(), None, SGD(0.01)), {"metrics": MEASURED}),
    "ranked": changed(small(DIGITS_0_1, MeanSquaredError(), "sigmoid"), {"metrics": (metrics.AUC(),)}),
    "dropped": Spec(IMAGES, (Flatten(), Dense(10), Activation("sigmoid"), Dropout(0.001)), CategoricalCrossentropy(),
                    SGD(), Training(1, 32)),
    "masked": of(IMAGES, Flatten(), Dense(4), Activation("tanh"), Dropout(0.4)),
    "ranked_outside": changed(small(DIGITS_0_1, MeanSquaredError()), {"metrics": (metrics.AUC(),)}),
    "divergence": small(IMAGES, KLDivergence(), "softmax"),
    "counts": small(IMAGES, Poisson(), "softmax"),
    "hinge": small(IMAGES, Hinge()),
    "margin": small(TWO, CategoricalHinge()),
    "saturated": small(BRIGHT, CategoricalCrossentropy(), "sigmoid"),
    "logits": small(IMAGES, CategoricalCrossentropy("softmax_of_logits"), "sigmoid"),
    "binary_sigmoid": small(DIGITS_0_1, BinaryCrossentropy(), "sigmoid"),
    "binary_softmax": small(Data((0, 1), divisor=255.0), BinaryCrossentropy(), "softmax"),
    "binary_linear": small(DIGITS_0_1, BinaryCrossentropy()),
    "binary_logits": small(DIGITS_0_1, BinaryCrossentropy("sigmoid_of_logits")),
    "binary_far": small(Data((0, 1), labels="index"), BinaryCrossentropy("sigmoid_of_logits")),
    "binary_saturated": small(Data((0, 1), labels="index"), BinaryCrossentropy(), "sigmoid"),
    "sgd": small(RAW, MeanSquaredError(), "sigmoid"),
    "rmsprop": small(RAW, MeanSquaredError(), "sigmoid", RMSprop()),
    "adam": small(RAW, MeanSquaredError(), "sigmoid", Adam(), Training(2, 32)),
    "loop": small(IMAGES, MeanSquaredError(), training=Training(2)),
    "adagrad": small(RAW, MeanSquaredError(), "sigmoid", Adagrad()),
    "adadelta": small(IMAGES, MeanSquaredError(), "sigmoid", Adadelta()),
    "adagrad_from_0": small(RAW, MeanSquaredError(), "sigmoid", Adagrad(0.01, 0.0)),
    "adadelta_at_1": small(IMAGES, MeanSquaredError(), "sigmoid", Adadelta(1.0)),
    "adamw": small(RAW, MeanSquaredError(), "sigmoid", AdamW(), Training(2, 32)),
    "nadam": small(RAW, MeanSquaredError(), "sigmoid", Nadam(), Training(2, 32)),
    "decayed": small(IMAGES, MeanSquaredError(), "sigmoid", SGD(0.1, 0.5, weight_decay=WeightDecay(1.0))),
    "accumulated": small(IMAGES, MeanSquaredError(), "sigmoid", SGD(0.5, 0.5, accumulation=Accumulation(2)),
                         Training(2, 32)),
    "clipped": small(IMAGES, MeanSquaredError(), "sigmoid", SGD(1.0, clip=Clip(0.01))),
    "decaying": small(IMAGES, MeanSquaredError(), "sigmoid", SGD(ExponentialDecay(1.0, 0.5, 2), 0.5), Training(2, 32)),
    "plateau": small(IMAGES, MeanSquaredError(), "sigmoid",
                     SGD(ReduceOnPlateau(2.0, 0.1, 1, "train/loss", 0.3), 0.5), Training(5, 32)),
    "patient": small(IMAGES, MeanSquaredError(), "sigmoid", SGD(1e-30),
                     Training(6, 32, False, early_stopping=EarlyStopping("train/loss"))),
    "no_number": small(Data(first=80, divisor=1e-29), MeanSquaredError(), None, SGD(),
                       Training(5, 8, early_stopping=EarlyStopping("train/loss", 2))),
    "logged": small(IMAGES, MeanSquaredError(), "sigmoid", training=Training(2, 32, epoch_loss=None)),
    "printed": small(IMAGES, MeanSquaredError(), "sigmoid", SGD(CosineDecay(1.0, 9)), Training(2, 32,
                                                                                               printed_rate=None)),
    "inverse": small(IMAGES, MeanSquaredError(), "sigmoid", SGD(InverseTimeDecay(1.0, 1.0), 0.5), Training(2, 32)),
    "rising": small(IMAGES, MeanSquaredError(), None, SGD(1.0),
                    Training(4, 32, False, early_stopping=EarlyStopping("train/loss", 2))),
    "rising_restored": small(IMAGES, MeanSquaredError(), None, SGD(1.0), Training(
        3, 32, False, early_stopping=EarlyStopping("train/loss", 9, restore_best_weights=True))),
    "cosine": small(IMAGES, MeanSquaredError(), "sigmoid", SGD(CosineDecay(1.0, 2), 0.5), Training(4, 32)),
}
NAMED = {type(layer).__name__ for spec in SMALL.values() for layer in spec.layers}
SMALL.update((kind, spec) for kind, spec in examples.SPECS.items() if kind not in NAMED)
REPORTED = {f"{name}-{variant.name}": changed(variant.spec, {"data.first": 80, "training.epochs": 2})
            for name in scenarios.names() for variant in scenarios.load(name).variants if variant.role == "reported"}
