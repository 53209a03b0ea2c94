"""Losses, optimizers and accuracies of every framework, compared with the NumPy reference in float64."""

import itertools
import re
from math import inf

import numpy as np
import pytest
from rounding import SUMMED, UNIT, each_float32, relative

from compare.execution import initialization
from compare.execution.workers import JobFailed
from frameworks import FRAMEWORKS
from frameworks.parts import losses as parts_of_losses
from frameworks.parts import optimizers as parts_of_optimizers
from frameworks.parts.losses import loss_part
from frameworks.parts.optimizers import optimizer_part
from frameworks.quirks.resolution import resolve
from frameworks.runtime import samples
from frameworks.runtime.accuracy import accuracy
from scenarios.spec import (
    GELU,
    SGD,
    Accuracy,
    Activation,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Clip,
    Data,
    Dense,
    Flatten,
    HardSigmoid,
    Hinge,
    Huber,
    KLDivergence,
    LeakyReLU,
    LeakyReLUByName,
    MeanSquaredError,
    Nadam,
    QuadraticCost,
    RMSprop,
    SampleWeights,
    Spec,
    Training,
    WeightDecay,
)
from scenarios.spec.fields import changed, to_json

# One step from given weights with moderate values: every q lies in [.1, .9], so neither 1/q nor 1/(1 − q) amplifies
# a rounding error more than tenfold; every value of a step results from fewer than 20 operations.

BOUND = 20 * 10 * UNIT
CLIP = 0.4  # some q of the batch lie outside [CLIP, 1 - CLIP]
X = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
Y = np.eye(3, dtype=np.float32)[[0, 1, 2, 1, 0, 2]]
CATEGORICAL = [CategoricalCrossentropy(*values) for values in itertools.product(
    ("outputs", "softmax_of_logits", "softmax_of_outputs"), (False, True), (0.0, CLIP), (False, True))]
CATEGORICAL += [CategoricalCrossentropy("outputs", "after_clip", CLIP, False),
                CategoricalCrossentropy("outputs", "after_clip", CLIP, True, 0.3),
                CategoricalCrossentropy("softmax_of_logits", False, 0.0, True, 0.3)]
BINARIES = [BinaryCrossentropy(of, "clip", clip, -inf, form, offset) for of, (clip, offset), form in itertools.product(
    ("outputs", "sigmoid_of_logits", "sigmoid_of_outputs"), ((0.0, 0.0), (CLIP, 0.0), (CLIP, 0.01)), (False, True))]
ROWS_SUM_TO_ONE = [loss for loss in CATEGORICAL if loss.of != "outputs" and loss.row_division]  # they already sum to 1
DIVERGENCES = [KLDivergence(*values) for values in itertools.product(
    ("outputs", "powers_of_outputs"), (0.0, CLIP), ("samples", "elements"))]
REST = [example for kind in parts_of_losses.LOSSES for example in loss_part(kind).examples()
        if not isinstance(example, (CategoricalCrossentropy, BinaryCrossentropy, KLDivergence))]
HINGES = [loss for loss in REST if isinstance(loss, (Hinge, CategoricalHinge))]
LOSSES = [*CATEGORICAL, *BINARIES, *DIVERGENCES, *REST]


def small(loss, last, before=(), **accuracy):
    layers = (*before, Dense(3), *((Activation(last),) if last else ()))
    return Spec(Data((0, 1, 2), flatten=True), layers, loss, SGD(0.1), Training(1, 6), **accuracy)


def weights_of(spec, scale, middle=0.0):
    """Moderate weights for X; the last bias shifts the outputs to `middle`."""
    drawn, width, generator = {}, X.shape[1], np.random.default_rng(1)
    for place, layer in enumerate(spec.layers):
        if isinstance(layer, Dense):
            drawn[f"{place}.kernel"] = generator.normal(0, scale, (width, layer.units)).astype(np.float32)
            drawn[f"{place}.bias"] = generator.normal(0, scale, layer.units).astype(np.float32)
            last, width = f"{place}.bias", layer.units
    drawn[last] += np.float32(middle)
    return drawn


def assert_agrees(actual, expected):
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        assert actual[name].shape == value.shape and relative(actual[name], value) < BOUND, name


def every_loss():
    for framework, loss, last in itertools.product(FRAMEWORKS, LOSSES, ("sigmoid", "softmax", None)):
        if framework == "lightning" and loss in HINGES:  # unsupported, see REFUSED below
            continue
        slow = framework == "keras-torch" or FRAMEWORKS[framework].environment or \
            framework == "keras" and loss in DIVERGENCES and (loss.clip or loss.mean_of == "elements") or \
            framework.startswith("keras") and last != "sigmoid" or \
            framework == "keras-jax" and (loss not in CATEGORICAL or loss.of != "outputs")
        if framework != "reference":
            yield pytest.param(framework, loss, last, marks=[pytest.mark.nightly] if slow else [])


LACKING = {"keras-2.2": (Huber, "This Keras has no Huber loss")}
"""A loss that an old Keras lacks, and its error message."""


@pytest.mark.parametrize("framework, loss, last", list(every_loss()), ids=str)
def test_every_resolved_loss_matches_the_reference(probe, framework, loss, last):
    spec = small(loss, last)
    missing_loss, message = LACKING.get(framework, ((), ""))
    if isinstance(loss, missing_loss):
        with pytest.raises(JobFailed, match=message):
            probe(framework, spec, moderate(spec), X, Y)
        return
    expected = probe("reference", spec, moderate(spec), X, Y)
    assert expected["outputs"].min() > 0.1 and expected["outputs"].max() < 0.9
    assert_agrees(probe(framework, spec, moderate(spec), X, Y), expected)


@pytest.mark.parametrize("loss", [CATEGORICAL[i] for i in (0, 1, -3, -2, -1)], ids=str)
@each_float32
def test_resolved_losses_of_index_labels_match_the_reference(probe, framework, loss):
    indexed = changed(small(loss, "sigmoid"), {"data.labels": "index"})
    y = Y.argmax(1).astype(np.float32)[:, None]
    actual = probe(framework, indexed, moderate(indexed), X, y)
    assert_agrees(actual, probe("reference", indexed, moderate(indexed), X, y))
    expected = probe("reference", small(loss, "sigmoid"), moderate(indexed), X, Y)
    assert_agrees(actual, expected)


def moderate(spec):
    return weights_of(spec, 0.4) if isinstance(spec.layers[-1], Activation) else weights_of(spec, 0.1, middle=0.5)


def test_batch_distinguishes_every_two_losses_beyond_their_form(probe):
    """Otherwise agreement would prove nothing. The form of the logarithm has an effect only on extreme values."""
    for kind in (CATEGORICAL, BINARIES, DIVERGENCES, HINGES[:2]):
        distinct = [loss for loss in kind if not getattr(loss, "logits_form", False) and loss not in ROWS_SUM_TO_ONE]
        specs = [small(loss, "softmax" if kind is BINARIES else "sigmoid") for loss in distinct]
        values = [float(probe("reference", spec, moderate(spec), X, Y)["loss"]) for spec in specs]
        assert min(abs(a - b) for a, b in itertools.combinations(values, 2)) > 10 * BOUND


def every_weighed_loss():
    for framework, loss, divisor in itertools.product(("lightning", "keras", "keras-jax", "keras-torch"), LOSSES,
                                                      ("samples", "weights")):
        if framework != "lightning" or loss not in HINGES:
            few = framework == "lightning" or loss in (CATEGORICAL[0], REST[0])
            slow = framework != "lightning" or loss in CATEGORICAL[1:-2] + BINARIES[1:]
            if few:
                yield pytest.param(framework, loss, divisor, marks=[pytest.mark.nightly] if slow else [])


@pytest.mark.parametrize("framework, loss, divisor", list(every_weighed_loss()), ids=str)
def test_every_loss_with_sample_weights_matches_the_reference(probe, framework, loss, divisor):
    weighed = changed(small(loss, "sigmoid"), {"training.sample_weight": SampleWeights((0.5, 2.0, 8.0, 1.0), divisor)})
    expected, plain = (probe("reference", spec, moderate(weighed), X, Y) for spec in (weighed, small(loss, "sigmoid")))
    assert_agrees(probe(framework, weighed, moderate(weighed), X, Y), expected)
    gradients = [arrays["gradient/0.kernel"] for arrays in (plain, expected)]
    assert relative(*gradients) > 100 * BOUND or not np.any(gradients), "the weights have an effect"


SATURATED = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([0, 200, 0], np.float32)}


@each_float32
@pytest.mark.parametrize("form", [True, False])
def test_logits_form_keeps_values_that_float32_rounds_to_zero(probe, framework, form):
    spec = small(CategoricalCrossentropy("softmax_of_logits", False, 0.0, form), "softmax")
    assert probe(framework, spec, SATURATED, X, Y[[1] * 6])["loss"] == 0
    if framework == "reference-float32" and not form:
        with pytest.raises(JobFailed, match="Undefined: the logarithm of 0"):
            probe(framework, spec, SATURATED, X, Y[[0] * 6])
    else:
        assert probe(framework, spec, SATURATED, X, Y[[0] * 6])["loss"] == (200 if form else inf)


@each_float32
@pytest.mark.parametrize("labels, outputs, expected", [((0, 0, 1), (0, 0, 1), 0), ((0, 1, 0), (0, 0, 1), inf),
                                                       ((0, 0, 1), (0, 0, 1.5), float("nan"))])
def test_unclipped_loss_of_certain_outputs_is_zero_or_infinite(probe, framework, labels, outputs, expected):
    spec = small(BinaryCrossentropy("outputs", "clip", 0.0, -inf, False, 0.0), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array(outputs, np.float32)}
    y = np.array([labels] * 6, np.float32)
    if framework == "reference-float32" and expected != 0:
        with pytest.raises(JobFailed, match="Undefined: the logarithm of"):
            probe(framework, spec, weights, X, y)
    else:
        assert probe(framework, spec, weights, X, y)["loss"] == pytest.approx(expected, nan_ok=True)


@each_float32
def test_hidden_activations_and_flatten_match_the_reference(probe, framework):
    hidden = [layer for name in ("relu", "tanh", "sigmoid", "softmax", "elu") for layer in (Dense(6), Activation(name))]
    spec = changed(small(QuadraticCost(), "sigmoid", (Flatten(), *hidden)), {"data.flatten": False})
    x, weights = X.reshape(6, 5, 1), weights_of(spec, 0.8)
    assert_agrees(probe(framework, spec, weights, x, Y), probe("reference", spec, weights, x, Y))


@each_float32
def test_activations_with_fields_match_the_reference_and_every_field_matters(probe, framework):
    """One network with all of them; changing the value of any field changes the outputs."""
    functions = [LeakyReLU(0.3), LeakyReLUByName(0.2), GELU(True), GELU(False), HardSigmoid(0.2)]
    hidden = [layer for function in functions for layer in (Dense(6), Activation(function))]
    spec = small(Huber(0.3, False), None, hidden)
    actual = probe(framework, spec, weights_of(spec, 0.8), X, Y)
    assert_agrees(actual, probe("reference", spec, weights_of(spec, 0.8), X, Y))
    for place, path, value in ((1, "slope", 0.29), (3, "slope", 0.19), (5, "approximate", False), (9, "slope", 1 / 6)):
        variant = changed(spec, {f"layers.{place}.function.{path}": value})
        assert relative(probe("reference", variant, weights_of(spec, 0.8), X, Y)["logits"], actual["logits"]) > BOUND


@pytest.mark.parametrize("from_zero", [True, False])
@each_float32
def test_categorical_hinge_of_negative_outputs_depends_on_from_zero(probe, framework, from_zero):
    if framework == "lightning":
        pytest.skip("unsupported, see REFUSED below")
    spec = small(CategoricalHinge(from_zero), None)
    weights = weights_of(spec, 0.1, middle=-2.0)
    actual, expected = (probe(name, spec, weights, X, Y) for name in (framework, "reference"))
    assert_agrees(actual, expected)
    assert (float(actual["loss"]) > 2) is from_zero


@each_float32
def test_clip_stops_the_gradient_of_outputs_outside_the_domain(probe, framework):
    spec = small(BinaryCrossentropy("outputs", "clip", CLIP, -inf, False, 0.0), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([-0.5, 0.5, 1.5], np.float32)}
    actual = probe(framework, spec, weights, X, Y)
    assert_agrees(actual, probe("reference", spec, weights, X, Y))
    assert list(actual["gradient/0.bias"] != 0) == [False, True, False]


def test_lightning_supports_the_log_floor_of_its_own_loss(probe):
    spec = small(BinaryCrossentropy("outputs", "refuse", 0.0, -100.0, False, 0.0), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([0, 0.5, 1], np.float32)}
    actual, expected = (probe(framework, spec, weights, X, Y) for framework in ("lightning", "reference"))
    assert actual["loss"] > 30
    assert np.isnan(actual.pop("loss_after")) and np.isnan(expected.pop("loss_after"))  # far outside [0, 1]
    assert_agrees(actual, expected)


# Unsupported values are refused with a one-sentence message. This list is complete.

RESOLVED = BinaryCrossentropy("outputs", "clip", 0.0, -inf, False, 0.0)
REFUSED = [
    ("keras", "loss", changed(RESOLVED, {"domain": "refuse"}), "Keras cannot refuse outputs"),
    ("keras", "loss", changed(RESOLVED, {"log_floor": -100.0}), "Keras does not support a floor of the logarithm"),
    ("keras", "loss", CategoricalCrossentropy(clip=0.1), "Keras needs all fields of CategoricalCrossentropy unset"),
    ("keras-jax", "accuracy", Accuracy("argmax_logits"), "Keras on jax does not support accuracy.rule=argmax_logits"),
    ("lightning", "loss", changed(RESOLVED, {"log_floor": -100.0}), "only as torch.nn.BCELoss has it"),
    ("lightning", "loss", BinaryCrossentropy(clip=0.1), "Lightning needs all fields of BinaryCrossentropy unset"),
    ("keras", "optimizer", Nadam(momentum_decay=0.004), "Keras does not support optimizer.momentum_decay=0.004"),
    ("keras", "loss", Huber(divided=True), "Keras supports division by delta (loss.divided) only where loss.delta"),
    ("keras", "loss", KLDivergence(clip=0.1), "Keras needs all fields of KLDivergence unset, all set"),
    ("lightning", "loss", KLDivergence(clip=0.1), "Lightning needs all fields of KLDivergence unset, or all set"),
    ("lightning", "loss", Hinge(), "Lightning does not support a hinge: PyTorch has none"),
    ("lightning", "loss", CategoricalHinge(False), "Lightning does not support a categorical hinge: PyTorch has none"),
    ("lightning", "optimizer", SGD(0.1, 0.0, True), "Nesterov momentum requires a momentum"),
]


@pytest.mark.parametrize("framework, field, value, message", REFUSED)
def test_unsupported_values_are_refused_with_a_message(train, probe, framework, field, value, message):
    spec = changed(small(RESOLVED, "sigmoid"), {field: value})
    with pytest.raises(JobFailed, match=re.escape(message)):
        probe(framework, spec, moderate(spec), X, Y)
    trace = train(framework, changed(spec, {"training.validate": False}))
    assert trace.outcome["kind"] in ("refused", "unsupported") and message in trace.outcome["message"]


# Optimizers: five consecutive steps. An epsilon of .001 makes its place visible, and keeps Adam and RMSprop from
# dividing by less.

OPTIMIZERS = [SGD(0.01, 0.0, False), SGD(0.01, 0.9, False), SGD(0.01, 0.9, True),
              *[RMSprop(0.01, 0.9, momentum, 1e-3, place) for momentum in (0.0, 0.9)
                for place in ("inside_root", "outside_root")],
              *[Adam(0.01, 0.8, 0.99, 1e-3, place) for place in ("before_correction", "after_correction")]]
L2, DECOUPLED = WeightDecay(1.0, False), WeightDecay(1.0, True)
COVERING = [Adagrad(0.01, 0.01, 0.01, "outside_root"), Adadelta(1.0, 0.9, 1e-3), Nadam(0.01, 0.8, 0.99, 1e-3, 1.0),
            AdamW(0.01, 0.8, 0.99, 1e-3, "after_correction", DECOUPLED),
            SGD(0.01, 0.9, False, L2, Clip(0.1, "variable", 0.0)),
            SGD(0.01, 0.9, False, DECOUPLED, Clip(0.1, "all", 0.1))]
COVERING += [example for kind in parts_of_optimizers.OPTIMIZERS for example in optimizer_part(kind).examples()
             if kind not in {type(optimizer).__name__ for optimizer in OPTIMIZERS + COVERING}]
FURTHER = [Adagrad(0.01, 0.01, 0.01, "inside_root"), AdamW(0.01, 0.8, 0.99, 1e-3, "before_correction", DECOUPLED),
           RMSprop(0.01, 0.9, 0.0, 1e-3, "inside_root", L2), RMSprop(0.01, 0.9, 0.9, 1e-3, "outside_root", L2),
           Adam(0.01, 0.8, 0.99, 1e-3, "before_correction", L2), Adam(0.01, 0.8, 0.99, 1e-3, "after_correction", L2),
           Adam(0.01, 0.8, 0.99, 1e-3, "before_correction", WeightDecay(0.5, True)),
           Nadam(0.01, 0.8, 0.99, 1e-3, 1.0, L2),
           Adagrad(0.01, 0.0, 1e-3, "inside_root", L2), Adadelta(1.0, 0.9, 1e-3, DECOUPLED),
           SGD(0.01, 0.9, True, clip=Clip(0.1, "variable", 0.1)), SGD(0.01, 0.0, False, clip=Clip(0.1, "all", 0.0)),
           SGD(0.01, 0.0, False, clip=Clip(0.1, "all", 1e-6)), SGD(0.01, 0.0, False, clip=Clip(100.0, "all", 0.0))]
"""COVERING has every optimizer class and argument at least once; FURTHER has more combinations of them."""


def every_optimizer():
    for framework, optimizer in itertools.product(("keras", "keras-jax", "lightning", "reference-float32",
                                                   "keras-torch"), OPTIMIZERS + COVERING + FURTHER):
        slow = framework == "keras-torch" or optimizer not in OPTIMIZERS[:2] and framework == "keras-jax" or \
            optimizer in FURTHER and framework != "reference-float32"
        yield pytest.param(framework, optimizer, marks=[pytest.mark.nightly] if slow else [])


def five_steps(optimizer):
    return Spec(Data(first=160, divisor=255.0, flatten=True), (Dense(10), Activation("softmax")),
                CategoricalCrossentropy("outputs", False, 0.0, True), optimizer, Training(1, 32, validate=False))


@pytest.mark.parametrize("framework, optimizer", list(every_optimizer()), ids=str)
def test_five_optimizer_steps_match_the_reference(train, framework, optimizer):
    trace, reference = train(framework, five_steps(optimizer)), train("reference", five_steps(optimizer))
    for step in range(5):
        actual, expected = trace.below(f"probe/{step}"), reference.below(f"probe/{step}")
        kept = {name for name in expected if name.startswith(("weight/", "optimizer_state/"))}
        assert kept == {name for name in actual if name.startswith(("weight/", "optimizer_state/"))}
        assert actual["optimizer_state/step"] == step + 1
        for name in kept:
            assert relative(actual[name], expected[name]) < SUMMED, (step, name)


def test_five_steps_distinguish_every_two_optimizers(train):
    distinct = [each for each in OPTIMIZERS + COVERING + FURTHER if getattr(each.clip, "norm", 0) < 100 and
                getattr(each.clip, "offset", 0) != 1e-6]  # a norm of 100 clips nothing; such an offset hardly matters
    ends = [train("reference", five_steps(optimizer))["probe/4/weight/0.kernel"] for optimizer in distinct]
    assert min(relative(left, right) for left, right in itertools.combinations(ends, 2)) > 100 * SUMMED


@each_float32
@pytest.mark.parametrize("optimizer", [OPTIMIZERS[2], OPTIMIZERS[-3]], ids=str)
def test_probe_from_a_recorded_optimizer_state_repeats_the_step(train, probe, dataset, folder, framework, optimizer):
    spec = five_steps(optimizer)
    trace, (x, y) = train(framework, spec), samples.load(str(dataset.folder), "train", to_json(spec)["data"])
    rows = np.load(initialization.order(spec, 160, 0, folder))[0][96:128]
    actual = probe(framework, spec, trace.below("state/3/weight"), x[rows], y[rows],
                   trace.below("state/3/optimizer_state"))
    expected = trace.below("probe/3")
    assert actual.keys() == expected.keys()
    assert all(relative(actual[name], expected[name]) < SUMMED for name in expected)


# Accuracy: outputs outside [0, 1], and sigmoids of logits so large that float32 rounds all of them to 1.

LINEAR = np.array([[-1.0], [-0.4], [0.3], [0.6], [1.4], [2.0]], np.float32)
TIED = np.array([[30, 20, 40], [20, 30, 40], [40, 30, 20], [30, 40, 20], [20, 40, 30], [-1, 0, 1]], np.float32)
ONE_OUTPUT = [Accuracy(), Accuracy("threshold", 0.5), Accuracy(None, 0.0), Accuracy("threshold", 0.0),
              Accuracy("round"), Accuracy("sigmoid_first")]
MORE_OUTPUTS = [Accuracy(), Accuracy(None, 0.5), Accuracy("argmax_outputs"), Accuracy("argmax_logits")]


def every_rule(rules):
    """(framework, rule); Keras computes accuracies on jax by the same functions as on TensorFlow: mostly nightly."""
    for framework, rule in itertools.product(("keras", "keras-jax", "lightning", "reference", "keras-torch"), rules):
        slow = framework == "keras-torch" or framework == "keras-jax" and rule not in rules[:2]
        yield pytest.param(framework, rule, marks=[pytest.mark.nightly] if slow else [])


@pytest.mark.parametrize("framework, rule", list(every_rule(ONE_OUTPUT)), ids=str)
def test_accuracy_of_one_output_follows_its_rule(worker, probe, framework, rule):
    data = Data((0, 1), flatten=True, labels="index")
    spec = Spec(data, (Dense(1),), MeanSquaredError(), SGD(0.1), Training(1, 6), rule)
    y = np.array([[0, 0, 0, 1, 1, 1]], np.float32).T
    assert_counts(probe(framework, spec, one_to_one(1), LINEAR, y), spec, worker(framework).environment, y)


@pytest.mark.parametrize("framework, rule", list(every_rule(MORE_OUTPUTS)), ids=str)
def test_accuracy_of_several_outputs_follows_its_rule(worker, probe, framework, rule):
    if (framework, rule.rule) == ("keras-jax", "argmax_logits"):
        pytest.skip("unsupported, see REFUSED above")
    spec = small(MeanSquaredError(), "sigmoid", accuracy=rule)
    assert_counts(probe(framework, spec, one_to_one(3), TIED, Y), spec, worker(framework).environment, Y)


def one_to_one(width):
    return {"0.kernel": np.eye(width, dtype=np.float32), "0.bias": np.zeros(width, np.float32)}


def assert_counts(actual, spec, environment, y):
    resolved = resolve(spec, environment).accuracy
    expected = accuracy(resolved.rule, y, actual["logits"], actual["outputs"], resolved.threshold)
    assert actual["accuracy"] == pytest.approx(expected, abs=UNIT)


def test_batches_distinguish_the_accuracy_rules():
    y, saturated = np.array([[0, 0, 0, 1, 1, 1]]).T, 1 / (1 + np.exp(-TIED))
    assert len({accuracy(rule, y, LINEAR, LINEAR) for rule in ("threshold", "round", "sigmoid_first")}) == 3
    assert len({accuracy(rule, Y, TIED, saturated) for rule in ("argmax_outputs", "argmax_logits")}) == 2
