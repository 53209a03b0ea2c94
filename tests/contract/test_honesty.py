"""Default rules are correct: resolving a spec changes nothing.

An unset field is an argument that a framework's builder leaves out of a call. The same field set to the value of its
rule must give the same results, and set to any other value must not.
"""

from dataclasses import replace
from itertools import product
from math import inf

import examples
import numpy as np
import pytest
from rounding import SUMMED

import scenarios
from compare.execution import initialization
from frameworks.quirks import rules
from frameworks.quirks.resolution import resolve, resolved
from frameworks.runtime import samples
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
from scenarios.spec.fields import changed, to_json, unset_fields

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
SHOWN_BY = {
    "CategoricalCrossentropy.of": ("sigmoid", "outputs", "softmax_of_logits"),
    "CategoricalCrossentropy.row_division": ("sigmoid", True, False),
    "CategoricalCrossentropy.clip": ("saturated", 0.0, 0.1),
    "CategoricalCrossentropy.logits_form": ("saturated", True, False),
    "BinaryCrossentropy.of": ("binary_sigmoid", "sigmoid_of_outputs", "outputs"),
    "BinaryCrossentropy.domain": ("binary_linear", "refuse", "clip"),
    "BinaryCrossentropy.clip": ("binary_saturated", 0.0, 0.1),
    "BinaryCrossentropy.log_floor": ("binary_saturated", -inf, -100.0),
    "BinaryCrossentropy.logits_form": ("binary_saturated", True, False),
    "BinaryCrossentropy.log_offset": ("binary_saturated", 0.0, 1e-3),
    "ClassWeights.divisor": ("weighted", "samples", "weights"), "ClassWeights.in_test": ("weighted", True, False),
    "ClassWeights.in_accuracy": ("weighted", False, True),
    "SampleWeights.divisor": ("weighed", "samples", "weights"), "SampleWeights.in_accuracy": ("weighed", False, True),
    "Huber.delta": ("named", 1.0, 0.5), "Huber.divided": ("rectified", False, True),
    "KLDivergence.of": ("divergence", "outputs", "powers_of_outputs"), "KLDivergence.clip": ("divergence", 0.1, 0.0),
    "KLDivergence.mean_of": ("divergence", "samples", "elements"), "Hinge.signs": ("hinge", True, False),
    "CategoricalHinge.from_zero": ("margin", True, False),
    "L1.reported": ("regularized", True, False), "L2.reported": ("regularized", True, False),
    "BinaryAccuracy.threshold": ("measured", 0.5, 0.15),
    "BinaryAccuracy.sigmoid": ("measured_outside", "never", "outside"),
    "CategoricalAccuracy.average": ("measured", "micro", "macro"), "AUC.thresholds": ("ranked", 200, "all"),
    "Precision.predicted": ("measured", "above_half", "largest"),
    "Recall.predicted": ("measured", "above_half", "largest"), "F1Score.absent": ("measured_few", "zero", "left_out"),
    "Poisson.of": ("counts", "outputs", "powers_of_outputs"), "Poisson.log_offset": ("counts", 0.1, 0.0),
    "LeakyReLU.slope": ("rectified", 0.3, 0.01), "LeakyReLUByName.slope": ("named", 0.2, 0.01),
    "GELU.approximate": ("gelu", False, True), "HardSigmoid.slope": ("hard", 0.2, 1 / 6),
    "Conv2D.padded": ("conv", "as_needed", "symmetric"), "Flatten.order": ("conv", "channels_last", "channels_first"),
    "AveragePooling2D.counts_padding": ("pooled", False, True), "LayerNormalization.epsilon": ("normed", 1e-3, 1e-5),
    "BatchNormalization.epsilon": ("averaged", 1e-3, 1e-5), "BatchNormalization.momentum": ("averaged", 0.99, 0.9),
    "BatchNormalization.variance": ("averaged", "biased", "unbiased"),
    "SGD.learning_rate": ("sgd", 0.01, 0.001), "SGD.momentum": ("sgd", 0.0, 0.5),
    "RMSprop.learning_rate": ("rmsprop", 0.01, 0.001), "RMSprop.rho": ("rmsprop", 0.5, 0.99),
    "RMSprop.momentum": ("rmsprop", 0.0, 0.5), "RMSprop.epsilon": ("rmsprop", 1e-7, 1e-8),
    "RMSprop.epsilon_place": ("rmsprop", "inside_root", "outside_root"),
    "Adam.learning_rate": ("adam", 0.001, 0.002), "Adam.beta_1": ("adam", 0.9, 0.8),
    "Adam.beta_2": ("adam", 0.999, 0.99), "Adam.epsilon": ("adam", 1e-7, 1e-8),
    "Adam.epsilon_place": ("adam", "before_correction", "after_correction"),
    "Adagrad.learning_rate": ("adagrad", 0.01, 0.001), "Adagrad.initial_accumulator_value": ("adagrad", 0.0, 0.1),
    "Adagrad.epsilon": ("adagrad_from_0", 1e-3, 1e-2),
    "Adagrad.epsilon_place": ("adagrad_from_0", "inside_root", "outside_root"),
    "Adadelta.learning_rate": ("adadelta", 1.0, 0.001), "Adadelta.rho": ("adadelta_at_1", 0.95, 0.9),
    "Adadelta.epsilon": ("adadelta_at_1", 1e-6, 1e-7),
    "AdamW.learning_rate": ("adamw", 0.001, 0.002), "AdamW.beta_1": ("adamw", 0.9, 0.8),
    "AdamW.beta_2": ("adamw", 0.999, 0.99), "AdamW.epsilon": ("adamw", 1e-7, 1e-8),
    "AdamW.epsilon_place": ("adamw", "before_correction", "after_correction"),
    "Nadam.learning_rate": ("nadam", 0.001, 0.002), "Nadam.beta_1": ("nadam", 0.9, 0.8),
    "Nadam.beta_2": ("nadam", 0.999, 0.99), "Nadam.epsilon": ("nadam", 1e-7, 1e-8),
    "Nadam.momentum_decay": ("nadam", 1.0, 0.004),
    "WeightDecay.factor": ("adamw", 1.0, 0.004), "WeightDecay.decoupled": ("decayed", True, False),
    "Accumulation.unfinished": ("accumulated", "waits", "steps"),
    "Clip.of": ("clipped", "variable", "all"), "Clip.offset": ("clipped", 0.5, 0.0),
    "ExponentialDecay.per": ("decaying", "step", "epoch"), "ExponentialDecay.in_momentum": ("decaying", True, False),
    "InverseTimeDecay.per": ("inverse", "step", "epoch"), "InverseTimeDecay.in_momentum": ("inverse", True, False),
    "CosineDecay.per": ("cosine", "step", "epoch"), "CosineDecay.in_momentum": ("cosine", True, False),
    "CosineDecay.after": ("cosine", "stays", "rises"),
    "ReduceOnPlateau.bad_epochs": ("plateau", "patience", "one_more"),
    "ReduceOnPlateau.threshold_of": ("plateau", "difference", "ratio"),
    "ReduceOnPlateau.in_momentum": ("plateau", True, False), "EarlyStopping.patience": ("patient", 0, 3),
    "EarlyStopping.not_finite": ("no_number", "counts", "stops"),
    "EarlyStopping.restore_best_weights": ("rising", False, True),
    "EarlyStopping.restored": ("rising_restored", "at_end", "when_stopped"),
    "EarlyStopping.first_nan": ("no_number", "bad", "best"),
    "Accuracy.rule": ("binary_far", "threshold", "round"), "Accuracy.threshold": ("binary_logits", 0.5, 0.3),
    "Training.epoch_loss": ("logged", "mean_of_samples", "last_step"),
    "Training.printed_rate": ("printed", "next_step", "first_step"),
    "Training.batch_size": ("loop", 32, 1), "Training.shuffle": ("loop", True, "once"),
}
SHOWN_BY.update((field, shown) for field, shown in examples.SHOWN_BY.items() if shown[0] not in NAMED)
"""A spec on which the field has an effect, and two values of it, one of them wrong. Not here: kernels and biases, which
`test_contract` checks, and `SGD.nesterov`, which has no effect without momentum."""
INSTEAD = {("keras", "CategoricalCrossentropy.row_division"): "linear", ("lightning", "Accuracy.rule"): "binary_logits"}
"""Other specs for frameworks in which the field has no effect on the usual one."""
ROUNDED_AWAY = {("lightning", "CategoricalCrossentropy.row_division"): "rows of a softmax already sum to 1",
                ("lightning", "CategoricalCrossentropy.logits_form"): "a softmax of squashed outputs is never near 0",
                ("keras-jax", "CategoricalCrossentropy.logits_form"): "the clip hides it",
                ("keras-torch", "CategoricalCrossentropy.logits_form"): "the clip hides it",
                ("keras-jax", "BinaryCrossentropy.log_floor"): "the clip lies above it",
                ("keras-torch", "BinaryCrossentropy.log_floor"): "the clip lies above it",
                ("lightning", "Poisson.log_offset"): "e to the power of an output needs no offset",
                ("lightning", "EarlyStopping.first_nan"): "a NaN has already ended the training"}
"""Fields without an effect on any spec, given how the framework resolves the other fields, and why."""
UNSUPPORTED = {("lightning", "Hinge"): "unsupported", ("lightning", "CategoricalHinge"): "unsupported"}
"""PyTorch has no such loss: unset or resolved, it is unsupported."""
IN_CI = {"numbers_linear": ("keras", "lightning", "reference"), "named": ("keras", "lightning", "reference"),
         **dict.fromkeys(("conv", "pooled", "normed"), ("keras", "reference")), "averaged_images": ("reference",),
         "averaged": ("lightning", "reference"),
         **dict.fromkeys(("numbers", "smoothed", "rectified", "hard", "gelu", "divergence", "hinge", "margin"),
                         ("lightning", "reference")),
         "weighted": ("keras", "lightning", "reference"), "logged": ("lightning", "reference"),
         "printed": ("lightning", "reference"),
         "weighed": ("keras", "lightning", "reference"),
         **dict.fromkeys(("weighted_rows", "weighted_binary", "weighed_classes", "weighed_binary"),
                         ("lightning", "reference"))}
"""Specs with losses and activations of the catalogue: the frameworks that train them in CI; the rest is nightly."""
INIT_OF = {"Training.shuffle": "native"}  # a shared initialization includes the order
ADAPTIVE = ("adagrad", "adagrad_from_0", "adadelta", "adadelta_at_1", "adamw", "nadam")
"""Specs of optimizers that cheaper specs cover too: nightly, except for the reference."""
KERAS_LONG = ("decaying", "cosine", "patient", "no_number", "rising", "rising_restored", "inverse",
              "lr_scaling-lr_0_01")
"""Specs that Keras takes long to train, and for which a similar one stays in CI."""
SCHEDULED = ("decaying", "cosine", "printed", "plateau", "patient", "no_number", "rising", "rising_restored", "inverse")
"""Specs with schedules or early stopping, which Keras takes long to train: their single fields are nightly."""
NO_PROBES = {"steps": 0, "states": 0, "evaluated": False}
"""What is recorded except of reported variants: `fit` and its validation. Single steps and evaluations, which take as
long again to build, are compared by `test_transplant`: those of the unset spec with the reference's of the resolved
one."""


@pytest.fixture
def differing(train, dataset, folder):
    """A function: the arrays in which trainings of a spec and of its explicit spec differ, from one initialization.

    Accuracies by rule are left out where the explicit threshold is another: they use one half unless a spec sets it.
    The comparison is bit for bit; with `rounding`, and for Keras on jax and torch, where an explicit loss consists of
    other operations, differences within rounding are allowed.
    """
    def differences(framework, spec, explicit, init="shared", rounding=False, **settings):
        shared = dict(settings)
        if init == "shared":  # an explicit initializer or shuffle would draw others
            n = samples.count(str(dataset.folder), "train", to_json(spec)["data"])
            order = initialization.order(spec, n, 0, folder)
            shared.update(weights=str(initialization.weights(spec, 0, folder)), order=str(order) if order else None)
        left, right = train(framework, spec, init=init, **settings), train(framework, explicit, init=init, **shared)
        noise = SUMMED if rounding or framework in ("keras-jax", "keras-torch") else 0
        names = {name for name in left.arrays.keys() | right.arrays.keys() if name not in left or name not in right
                 or (counts_differ(left[name], right[name]) if rounding and name.startswith(COUNTED) else
                     values_differ(left[name], right[name], noise, at_least=1.0 if name.endswith("loss") else 0.0))}
        if explicit.accuracy.threshold not in (spec.accuracy.threshold, 0.5):
            names -= {name for name in names if "/accuracy_by_rule/" in name or name.startswith("accuracy_by_rule/")}
        return names | ({"outcome"} if left.outcome != right.outcome else set())
    return differences


COUNTED, TIED = ("predicted/", "correct/", "accuracy_by_rule/"), 0.02
"""Where predictions are counted, rounding decides ties, in at most this share of images: on raw pixels sigmoids are
often exactly 1, and an explicit accuracy disables TensorFlow's graph rewriting, which changes the last bit."""


def counts_differ(left, right):
    """Whether counted images, or shares of them, differ by more than ties."""
    return left.shape != right.shape or bool((np.abs(left - right) > TIED).any() if left.dtype.kind == "f" else
                                             (left != right).mean() > TIED)


def values_differ(left, right, noise, at_least):
    """Whether two arrays differ by more than `noise`, relative to their largest value, or to `at_least`.

    A loss close to 0 is a sum of terms of the order of 1.
    """
    left, right = np.asarray(left, float), np.asarray(right, float)
    if left.shape != right.shape or not np.array_equal(np.isfinite(left), np.isfinite(right)):
        return True
    left, right = left[np.isfinite(left)], right[np.isfinite(right)]
    return bool((abs(left - right) > noise * max(at_least, abs(right).max(initial=0))).any())


def test_every_rule_of_current_versions_is_used_by_a_spec():
    environments = [{"framework": "keras", "backend": backend} for backend in ("tensorflow", "jax")]
    environments += [{"framework": "lightning", "backend": "torch"}, {"framework": "reference", "backend": "numpy"}]
    used = [rule for spec in (*SMALL.values(), *REPORTED.values()) for environment in environments
            for rule in resolved(spec, environment).values()]
    assert [rule for rule in rules.RULES if not rule.packages and not any(rule is each for each in used)] == []


def every_spec():
    """(framework, name of a spec); Keras on jax and on TensorFlow differ in their losses only: the rest is nightly."""
    for framework, name in product(("keras", "lightning", "reference", "keras-jax", "keras-torch"),
                                   (*SMALL, *REPORTED)):
        slow = framework == "keras-jax" and name != "sigmoid" or framework not in IN_CI.get(name, (framework,))
        slow |= name in ADAPTIVE and framework != "reference" or framework == "keras" and name in KERAS_LONG
        yield pytest.param(framework, name, marks=[pytest.mark.nightly] if slow or framework == "keras-torch" else [])


def every_field(alone=False):
    """(framework, field); nightly where a similar field is in CI, except for the reference.

    With `alone`, Keras is nightly too: in CI, all fields of its specs are resolved together, and a wrong rule of each
    is detected.
    """
    for framework, field in product(("keras", "lightning", "reference", "keras-jax", "keras-torch"), SHOWN_BY):
        slow = alone and framework == "keras" or SHOWN_BY[field][0] in SCHEDULED and framework == "keras" or \
            SHOWN_BY[field][0] in (*ADAPTIVE, "clipped") and framework != "reference" or \
            SHOWN_BY[field][0] in IN_CI and framework == "keras"
        yield pytest.param(framework, field, marks=[pytest.mark.nightly] if slow or "-" in framework else [])


@pytest.mark.parametrize("framework, name", list(every_spec()))
def test_resolving_all_unset_fields_changes_nothing(worker, differing, framework, name):
    spec = {**SMALL, **REPORTED}[name]
    explicit = resolve(spec, worker(framework).environment)
    assert unset_fields(spec) and not unset_fields(explicit)
    assert not differing(framework, spec, explicit, **({} if name in REPORTED else {"record": NO_PROBES}))


TOGETHER = ("CategoricalCrossentropy", "BinaryCrossentropy", "KLDivergence")
"""Losses whose fields can only be resolved together."""


def resolve_field(field, framework, environment):
    """(spec, the spec with one field resolved, initialization); the fields of some losses resolve together."""
    spec = SMALL[INSTEAD.get((framework, field), SHOWN_BY[field][0])]
    kind = field.split(".")[0]
    chosen = {path: rule for path, rule in resolved(spec, environment).items()
              if rule.field == field or kind in TOGETHER and rule.field.startswith(kind)}
    assert any(rule.field == field for rule in chosen.values())
    return spec, changed(spec, {path: rule.value for path, rule in chosen.items()}), INIT_OF.get(field, "shared")


@pytest.mark.parametrize("framework, field", list(every_field(alone=True)))
def test_resolving_one_field_changes_nothing(worker, differing, framework, field):
    assert not differing(framework, *resolve_field(field, framework, worker(framework).environment), record=NO_PROBES)


@pytest.mark.parametrize("framework, field", list(every_field()))
def test_wrong_rule_is_detected(worker, differing, monkeypatch, framework, field):
    spec, _, _ = resolve_field(field, framework, worker(framework).environment)
    correct = next(rule for rule in resolved(spec, worker(framework).environment).values() if rule.field == field)
    wrong = next(value for value in SHOWN_BY[field][1:] if value != correct.value)
    planted = [replace(rule, value=wrong) if rule is correct else rule for rule in rules.RULES]
    monkeypatch.setattr(rules, "RULES", tuple(planted))
    case = resolve_field(field, framework, worker(framework).environment)
    detected = differing(framework, *case, rounding=True, record=NO_PROBES)
    unsupported = (framework, field.partition(".")[0]) in UNSUPPORTED
    assert bool(detected) is ((framework, field) not in ROUNDED_AWAY and not unsupported)


def test_wrong_row_division_of_keras_is_detected_with_index_labels(worker, differing):
    """On TensorFlow it divides rows after the clip, and only with such labels."""
    explicit = resolve(SMALL["numbers_linear"], worker("keras").environment)
    assert explicit.loss.row_division == "after_clip"
    wrong = changed(explicit, {"loss.row_division": True})
    assert differing("keras", SMALL["numbers_linear"], wrong, rounding=True, record=NO_PROBES)
