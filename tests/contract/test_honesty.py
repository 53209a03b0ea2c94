"""The table of quirks is honest: closing changes nothing.

An open field is an argument that a realization leaves out of a call; the same field closed by what the table says must
give the same numbers, and by anything else must not.
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
    KLDivergence,
    LayerNormalization,
    LeakyReLU,
    LeakyReLUByName,
    MaxPooling2D,
    MeanSquaredError,
    Nadam,
    Normal,
    ReduceOnPlateau,
    RMSprop,
    Spec,
    Training,
    WeightDecay,
)
from scenarios.spec.fields import changed, to_json, unset_fields

IMAGES, DIGITS_0_1 = Data(first=80, divisor=255.0), Data((0, 1), divisor=255.0, labels="index")
NUMBERS = Data(first=80, divisor=255.0, labels="index")
TWO, WARM = Data((0, 1), divisor=255.0), Data(first=80, divisor=25.5)
CHANNEL = Data(first=80, divisor=255.0, channel=True)
RISING = tuple(0.5 * digit for digit in range(1, 11))
RAW, BRIGHT = Data(first=80), Data(first=80, divisor=0.01)


def small(data, loss, last=None, optimizer=None, training=None):
    one = data.labels == "index" and not isinstance(loss, CategoricalCrossentropy)
    layers = (Flatten(), Dense(1 if one else len(data.classes)), *([Activation(last)] if last else []))
    return Spec(data, layers, loss, optimizer or SGD(), training or Training(1, 32))


def deep(loss, *functions):
    """A net with an activation after every hidden layer, and after the last one where one is left."""
    hidden = [part for function in functions for part in (Dense(8), Activation(function))]
    layers = (Flatten(), *hidden, Dense(10))
    return Spec(WARM, layers, loss, SGD(), Training(1, 32))


def of(data, *layers):
    """A net of these layers and a last Dense."""
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
    "divergence": small(IMAGES, KLDivergence(), "softmax"),
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
    "decayed": small(IMAGES, MeanSquaredError(), "sigmoid", SGD(0.1, 0.5, weight_decay=WeightDecay(0.1))),
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
    "Huber.delta": ("named", 1.0, 0.5), "Huber.divided": ("rectified", False, True),
    "KLDivergence.of": ("divergence", "outputs", "powers_of_outputs"), "KLDivergence.clip": ("divergence", 0.1, 0.0),
    "KLDivergence.mean_of": ("divergence", "samples", "elements"), "Hinge.signs": ("hinge", True, False),
    "CategoricalHinge.from_zero": ("margin", True, False),
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
    "CosineDecay.per": ("cosine", "step", "epoch"), "CosineDecay.in_momentum": ("cosine", True, False),
    "CosineDecay.after": ("cosine", "stays", "rises"),
    "ReduceOnPlateau.bad_epochs": ("plateau", "patience", "one_more"),
    "ReduceOnPlateau.threshold_of": ("plateau", "difference", "ratio"),
    "ReduceOnPlateau.in_momentum": ("plateau", True, False), "EarlyStopping.patience": ("patient", 0, 3),
    "EarlyStopping.not_finite": ("no_number", "counts", "stops"),
    "EarlyStopping.first_nan": ("no_number", "bad", "best"),
    "Accuracy.rule": ("binary_far", "threshold", "round"), "Accuracy.threshold": ("binary_logits", 0.5, 0.3),
    "Training.batch_size": ("loop", 32, 1), "Training.shuffle": ("loop", True, "once"),
}
SHOWN_BY.update((field, shown) for field, shown in examples.SHOWN_BY.items() if shown[0] not in NAMED)
"""A spec on which the field shows, and two values of it: one of them is wrong. Not here: kernels and biases, which
`test_contract` sees drawn, and `SGD.nesterov`, which without a momentum changes nothing."""
INSTEAD = {("keras", "CategoricalCrossentropy.row_division"): "linear", ("lightning", "Accuracy.rule"): "binary_logits"}
"""Specs for a framework on which a field does not show on the other's."""
ROUNDED_AWAY = {("lightning", "CategoricalCrossentropy.row_division"): "rows of a softmax are divided already",
                ("lightning", "CategoricalCrossentropy.logits_form"): "a softmax of squashed outputs is never near 0",
                ("keras-jax", "CategoricalCrossentropy.logits_form"): "the clip hides it",
                ("keras-torch", "CategoricalCrossentropy.logits_form"): "the clip hides it",
                ("keras-jax", "BinaryCrossentropy.log_floor"): "the clip lies above it",
                ("keras-torch", "BinaryCrossentropy.log_floor"): "the clip lies above it",
                ("lightning", "EarlyStopping.first_nan"): "a number that is none has ended the training"}
"""What no spec shows, as a framework resolves the other fields, and why."""
NEVER_TOLD = {("lightning", "Hinge"): "unsupported", ("lightning", "CategoricalHinge"): "unsupported"}
"""PyTorch has no such loss: open and closed alike are not supported."""
IN_CI = {"numbers_linear": ("keras", "lightning", "reference"), "named": ("keras", "lightning", "reference"),
         **dict.fromkeys(("conv", "pooled", "normed"), ("keras", "reference")), "averaged_images": ("reference",),
         "averaged": ("lightning", "reference"),
         **dict.fromkeys(("numbers", "smoothed", "rectified", "hard", "gelu", "divergence", "hinge", "margin"),
                         ("lightning", "reference")),
         "weighted": ("keras", "lightning", "reference"),
         **dict.fromkeys(("weighted_rows", "weighted_binary"), ("lightning", "reference"))}
"""Of what came with the losses and activations of the catalogue: who trains it in CI; the rest is long."""
OWN = {"Training.shuffle": "native"}  # the way of its start: a shared one has the order
ADAPTIVE = ("adagrad", "adagrad_from_0", "adadelta", "adadelta_at_1", "adamw", "nadam")
"""Specs of a family that has cheaper ones: long, but for the reference."""
KERAS_LONG = ("decaying", "cosine", "patient", "no_number", "lr_scaling-lr_0_01")
"""Of what Keras takes long to train: those of which another one stays."""
COURSE = ("decaying", "cosine", "plateau", "patient", "no_number")
"""Specs of what changes or ends a training, which Keras takes long to train: its single fields are long."""
NO_PROBES = {"steps": 0, "states": 0, "evaluated": True}


@pytest.fixture
def differing(train, dataset, folder):
    """A function: the arrays in which the trainings of a spec and of a closed one differ, from one start.

    The accuracies by rule are left out where a threshold is said that is not theirs: they take one half unless a spec
    says another. Bit for bit; in Keras on jax and torch, where a closed loss is made of other operations, or where
    `rounding` is let pass, beyond what rounding does.
    """
    def found(framework, spec, closed, way="shared", rounding=False, **told):
        given = dict(told)
        if way == "shared":  # a closed initializer or order would draw another one
            n = samples.count(str(dataset.folder), "train", to_json(spec)["data"])
            order = initialization.order(spec, n, 0, folder)
            given.update(weights=str(initialization.weights(spec, 0, folder)), order=str(order) if order else None)
        one, other = train(framework, spec, init=way, **told), train(framework, closed, init=way, **given)
        noise = SUMMED if rounding or framework in ("keras-jax", "keras-torch") else 0
        names = {name for name in one.arrays.keys() | other.arrays.keys() if name not in one or name not in other
                 or (apart(one[name], other[name]) if rounding and name.startswith(COUNTED) else
                     far(one[name], other[name], noise, at_least=1.0 if name.endswith("loss") else 0.0))}
        if closed.accuracy.threshold not in (spec.accuracy.threshold, 0.5):
            names -= {name for name in names if "/accuracy_by_rule/" in name or name.startswith("accuracy_by_rule/")}
        return names | ({"outcome"} if one.outcome != other.outcome else set())
    return found


COUNTED, TIED = ("predicted/", "correct/", "accuracy_by_rule/"), 0.02
"""Where outputs are counted, rounding decides between two that tie, of this share of images at most: on raw pixels
sigmoids are often 1 to the bit, and a closed accuracy switches TensorFlow's rewriting off, which moves a last place."""


def apart(one, other):
    """Whether images are counted otherwise, or shares of them, beyond those that tie."""
    return one.shape != other.shape or bool((np.abs(one - other) > TIED).any() if one.dtype.kind == "f" else
                                            (one != other).mean() > TIED)


def far(one, other, noise, at_least):
    """Whether two arrays are farther apart than `noise`, relative to their largest number, or to `at_least`.

    A loss of almost 0 is the end of a sum of numbers of the order of 1.
    """
    one, other = np.asarray(one, float), np.asarray(other, float)
    if one.shape != other.shape or not np.array_equal(np.isfinite(one), np.isfinite(other)):
        return True
    one, other = one[np.isfinite(one)], other[np.isfinite(other)]
    return bool((abs(one - other) > noise * max(at_least, abs(other).max(initial=0))).any())


def test_every_row_of_these_versions_is_closed_somewhere_here():
    environments = [{"framework": "keras", "backend": backend} for backend in ("tensorflow", "jax")]
    environments += [{"framework": "lightning", "backend": "torch"}, {"framework": "reference", "backend": "numpy"}]
    closed = [row for spec in (*SMALL.values(), *REPORTED.values()) for environment in environments
              for row in resolved(spec, environment).values()]
    assert [row for row in rules.RULES if not row.packages and not any(row is one for one in closed)] == []


def every_spec():
    """(framework, name of a spec); Keras on jax is in a hurry: what is not its loss is Keras's on TensorFlow too."""
    for framework, name in product(("keras", "lightning", "reference", "keras-jax", "keras-torch"),
                                   (*SMALL, *REPORTED)):
        hurry = framework == "keras-jax" and name != "sigmoid" or framework not in IN_CI.get(name, (framework,))
        hurry |= name in ADAPTIVE and framework != "reference" or framework == "keras" and name in KERAS_LONG
        yield pytest.param(framework, name, marks=[pytest.mark.nightly] if hurry or framework == "keras-torch" else [])


def every_field():
    """(framework, field); what another one of its family stands for is long, but for the reference."""
    for framework, field in product(("keras", "lightning", "reference", "keras-jax", "keras-torch"), SHOWN_BY):
        hurry = SHOWN_BY[field][0] in COURSE and framework == "keras" or \
            SHOWN_BY[field][0] in (*ADAPTIVE, "clipped") and framework != "reference" or \
            SHOWN_BY[field][0] in IN_CI and framework == "keras"
        yield pytest.param(framework, field, marks=[pytest.mark.nightly] if hurry or "-" in framework else [])


@pytest.mark.parametrize("framework, name", list(every_spec()))
def test_resolving_all_unset_fields_changes_nothing(worker, differing, framework, name):
    spec = {**SMALL, **REPORTED}[name]
    closed = resolve(spec, worker(framework).environment)
    assert unset_fields(spec) and not unset_fields(closed)
    assert not differing(framework, spec, closed)


TOGETHER = ("CategoricalCrossentropy", "BinaryCrossentropy", "KLDivergence")
"""Losses whose fields can only be closed together."""


def closing(field, framework, environment):
    """(spec, the same with one field closed, way of its start); the fields of some losses only close together."""
    spec = SMALL[INSTEAD.get((framework, field), SHOWN_BY[field][0])]
    kind = field.split(".")[0]
    rows = {path: row for path, row in resolved(spec, environment).items()
            if row.field == field or kind in TOGETHER and row.field.startswith(kind)}
    assert any(row.field == field for row in rows.values())
    return spec, changed(spec, {path: row.value for path, row in rows.items()}), OWN.get(field, "shared")


@pytest.mark.parametrize("framework, field", list(every_field()))
def test_closing_one_field_changes_nothing(worker, differing, framework, field):
    assert not differing(framework, *closing(field, framework, worker(framework).environment), record=NO_PROBES)


@pytest.mark.parametrize("framework, field", list(every_field()))
def test_a_wrong_entry_of_the_table_is_noticed(worker, differing, monkeypatch, framework, field):
    spec, _, _ = closing(field, framework, worker(framework).environment)
    right = next(row for row in resolved(spec, worker(framework).environment).values() if row.field == field)
    wrong = next(value for value in SHOWN_BY[field][1:] if value != right.value)
    planted = [replace(row, value=wrong) if row is right else row for row in rules.RULES]
    monkeypatch.setattr(rules, "RULES", tuple(planted))
    closed = closing(field, framework, worker(framework).environment)
    noticed = differing(framework, *closed, rounding=True, record=NO_PROBES)
    never = (framework, field.partition(".")[0]) in NEVER_TOLD
    assert bool(noticed) is ((framework, field) not in ROUNDED_AWAY and not never)


def test_where_keras_divides_rows_is_noticed_where_labels_are_numbers(worker, differing):
    """On TensorFlow it divides them after the clip, and only there."""
    closed = resolve(SMALL["numbers_linear"], worker("keras").environment)
    assert closed.loss.row_division == "after_clip"
    wrong = changed(closed, {"loss.row_division": True})
    assert differing("keras", SMALL["numbers_linear"], wrong, rounding=True, record=NO_PROBES)
