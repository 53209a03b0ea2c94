"""What every realization computes: losses, optimizers and accuracies, against the reference in float64."""

import itertools
import re
from math import inf

import numpy as np
import pytest
from rounding import SUMMED, UNIT, each, each_float32, relative

from compare.execution import initialization
from compare.execution.workers import JobFailed
from frameworks import FRAMEWORKS
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
    MeanAbsoluteError,
    MeanSquaredError,
    Nadam,
    QuadraticCost,
    RMSprop,
    Spec,
    Training,
    WeightDecay,
)
from scenarios.spec.fields import changed, to_json

# One step from given weights, moderate numbers: every q lies in [.1, .9], so that neither 1/q nor 1/(1 − q)
# magnifies a rounding more than ten times; a number of a step goes through less than 20 operations.

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
ROWS_OF_ONE = [loss for loss in CATEGORICAL if loss.of != "outputs" and loss.row_division]  # nothing to divide
DIVERGENCES = [KLDivergence(*values) for values in itertools.product(
    ("outputs", "powers_of_outputs"), (0.0, CLIP), ("samples", "elements"))]
HINGES = [Hinge(True), Hinge(False), CategoricalHinge(True), CategoricalHinge(False)]
LOSSES = [*CATEGORICAL, *BINARIES, *DIVERGENCES, *HINGES, Huber(0.3, False), Huber(0.3, True), MeanSquaredError(),
          MeanAbsoluteError(),
          QuadraticCost()]


def small(loss, last, before=(), **accuracy):
    layers = (*before, Dense(3), *((Activation(last),) if last else ()))
    return Spec(Data((0, 1, 2), flatten=True), layers, loss, SGD(0.1), Training(1, 6), **accuracy)


def weights_of(spec, scale, middle=0.0):
    """Moderate weights for X; the last bias moves the outputs to `middle`."""
    drawn, width, generator = {}, X.shape[1], np.random.default_rng(1)
    for place, layer in enumerate(spec.layers):
        if isinstance(layer, Dense):
            drawn[f"{place}.kernel"] = generator.normal(0, scale, (width, layer.units)).astype(np.float32)
            drawn[f"{place}.bias"] = generator.normal(0, scale, layer.units).astype(np.float32)
            last, width = f"{place}.bias", layer.units
    drawn[last] += np.float32(middle)
    return drawn


def assert_agrees(mine, theirs):
    assert mine.keys() == theirs.keys()
    for name, value in theirs.items():
        assert mine[name].shape == value.shape and relative(mine[name], value) < BOUND, name


def every_loss():
    for framework, loss, last in itertools.product(FRAMEWORKS, LOSSES, ("sigmoid", "softmax", None)):
        if framework == "lightning" and loss in HINGES:  # refused, as the list below says
            continue
        slow = framework == "keras-torch" or FRAMEWORKS[framework].environment or \
            framework == "keras" and loss in DIVERGENCES and (loss.clip or loss.mean_of == "elements") or \
            framework.startswith("keras") and last != "sigmoid" or \
            framework == "keras-jax" and (loss not in CATEGORICAL or loss.of != "outputs")
        if framework != "reference":
            yield pytest.param(framework, loss, last, marks=[pytest.mark.nightly] if slow else [])


LACKING = {"keras-2.2": (Huber, "This Keras has no Huber loss")}
"""A loss that an old Keras does not have, and its words."""


@pytest.mark.parametrize("framework, loss, last", list(every_loss()), ids=str)
def test_every_closed_loss_is_the_references(probe, framework, loss, last):
    spec = small(loss, last)
    lacking, words = LACKING.get(framework, ((), ""))
    if isinstance(loss, lacking):
        with pytest.raises(JobFailed, match=words):
            probe(framework, spec, moderate(spec), X, Y)
        return
    theirs = probe("reference", spec, moderate(spec), X, Y)
    assert theirs["outputs"].min() > 0.1 and theirs["outputs"].max() < 0.9
    assert_agrees(probe(framework, spec, moderate(spec), X, Y), theirs)


@pytest.mark.parametrize("loss", [CATEGORICAL[i] for i in (0, 1, -3, -2, -1)], ids=str)
@each_float32
def test_a_closed_loss_of_labels_that_are_numbers_is_the_references(probe, framework, loss):
    numbers = changed(small(loss, "sigmoid"), {"data.labels": "index"})
    y = Y.argmax(1).astype(np.float32)[:, None]
    mine = probe(framework, numbers, moderate(numbers), X, y)
    assert_agrees(mine, probe("reference", numbers, moderate(numbers), X, y))
    theirs = probe("reference", small(loss, "sigmoid"), moderate(numbers), X, Y)
    assert_agrees(mine, theirs)


def moderate(spec):
    return weights_of(spec, 0.4) if isinstance(spec.layers[-1], Activation) else weights_of(spec, 0.1, middle=0.5)


def test_the_batch_tells_every_two_losses_apart_that_differ_by_more_than_their_form(probe):
    """Else agreement would prove nothing. The form of a logarithm shows only where numbers are not moderate."""
    for kind in (CATEGORICAL, BINARIES, DIVERGENCES, HINGES[:2]):
        told = [loss for loss in kind if not getattr(loss, "logits_form", False) and loss not in ROWS_OF_ONE]
        specs = [small(loss, "softmax" if kind is BINARIES else "sigmoid") for loss in told]
        found = [float(probe("reference", spec, moderate(spec), X, Y)["loss"]) for spec in specs]
        assert min(abs(a - b) for a, b in itertools.combinations(found, 2)) > 10 * BOUND


SATURATED = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([0, 200, 0], np.float32)}


@each_float32
@pytest.mark.parametrize("form", [True, False])
def test_the_logits_form_keeps_what_float32_rounds_to_zero(probe, framework, form):
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
def test_without_a_clip_certain_outputs_cost_nothing_or_everything(probe, framework, labels, outputs, expected):
    spec = small(BinaryCrossentropy("outputs", "clip", 0.0, -inf, False, 0.0), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array(outputs, np.float32)}
    y = np.array([labels] * 6, np.float32)
    if framework == "reference-float32" and expected != 0:
        with pytest.raises(JobFailed, match="Undefined: the logarithm of"):
            probe(framework, spec, weights, X, y)
    else:
        assert probe(framework, spec, weights, X, y)["loss"] == pytest.approx(expected, nan_ok=True)


@each_float32
def test_every_hidden_activation_and_a_flatten_agree(probe, framework):
    hidden = [layer for name in ("relu", "tanh", "sigmoid", "softmax", "elu") for layer in (Dense(6), Activation(name))]
    spec = changed(small(QuadraticCost(), "sigmoid", (Flatten(), *hidden)), {"data.flatten": False})
    x, weights = X.reshape(6, 5, 1), weights_of(spec, 0.8)
    assert_agrees(probe(framework, spec, weights, x, Y), probe("reference", spec, weights, x, Y))


@each_float32
def test_every_activation_with_a_field_agrees_and_its_values_are_told_apart(probe, framework):
    """One net of all of them; another value of each moves its numbers."""
    told = [LeakyReLU(0.3), LeakyReLUByName(0.2), GELU(True), GELU(False), HardSigmoid(0.2)]
    spec = small(Huber(0.3, False), None, [part for one in told for part in (Dense(6), Activation(one))])
    mine = probe(framework, spec, weights_of(spec, 0.8), X, Y)
    assert_agrees(mine, probe("reference", spec, weights_of(spec, 0.8), X, Y))
    for place, path, value in ((1, "slope", 0.29), (3, "slope", 0.19), (5, "approximate", False), (9, "slope", 1 / 6)):
        other = changed(spec, {f"layers.{place}.function.{path}": value})
        assert relative(probe("reference", other, weights_of(spec, 0.8), X, Y)["logits"], mine["logits"]) > BOUND


@pytest.mark.parametrize("from_zero", [True, False])
@each_float32
def test_a_categorical_hinge_of_outputs_below_0_says_what_it_measures_from(probe, framework, from_zero):
    if framework == "lightning":
        pytest.skip("refused, as the list below says")
    spec = small(CategoricalHinge(from_zero), None)
    weights = weights_of(spec, 0.1, middle=-2.0)
    mine, theirs = (probe(one, spec, weights, X, Y) for one in (framework, "reference"))
    assert_agrees(mine, theirs)
    assert (float(mine["loss"]) > 2) is from_zero


@each_float32
def test_a_clip_stops_the_gradient_of_outputs_outside_the_domain(probe, framework):
    spec = small(BinaryCrossentropy("outputs", "clip", CLIP, -inf, False, 0.0), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([-0.5, 0.5, 1.5], np.float32)}
    mine = probe(framework, spec, weights, X, Y)
    assert_agrees(mine, probe("reference", spec, weights, X, Y))
    assert list(mine["gradient/0.bias"] != 0) == [False, True, False]


def test_lightning_can_be_told_the_floor_of_its_own_loss(probe):
    spec = small(BinaryCrossentropy("outputs", "refuse", 0.0, -100.0, False, 0.0), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([0, 0.5, 1], np.float32)}
    mine, theirs = (probe(framework, spec, weights, X, Y) for framework in ("lightning", "reference"))
    assert mine["loss"] > 30 and np.isnan(mine.pop("loss_after")) and np.isnan(theirs.pop("loss_after"))  # far outside
    assert_agrees(mine, theirs)


# What a framework cannot be told, it refuses, in a sentence. These are all.

CLOSED = BinaryCrossentropy("outputs", "clip", 0.0, -inf, False, 0.0)
REFUSED = [
    ("keras", "loss", changed(CLOSED, {"domain": "refuse"}), "Keras cannot be told to refuse outputs"),
    ("keras", "loss", changed(CLOSED, {"log_floor": -100.0}), "Keras cannot be told a floor of the logarithm"),
    ("keras", "loss", CategoricalCrossentropy(clip=0.1), "Keras needs all fields of CategoricalCrossentropy open"),
    ("keras-jax", "accuracy", Accuracy("argmax_logits"), "Keras on jax cannot be told accuracy.rule=argmax_logits"),
    ("lightning", "loss", changed(CLOSED, {"log_floor": -100.0}), "only as torch.nn.BCELoss has it"),
    ("lightning", "loss", BinaryCrossentropy(clip=0.1), "Lightning needs all fields of BinaryCrossentropy open"),
    ("keras", "optimizer", Nadam(momentum_decay=0.004), "Keras cannot be told optimizer.momentum_decay=0.004"),
    ("keras", "loss", Huber(divided=True), "Keras can be told to divide by delta (loss.divided) only where loss.delta"),
    ("keras", "loss", KLDivergence(clip=0.1), "Keras needs all fields of KLDivergence open, all closed"),
    ("lightning", "loss", KLDivergence(clip=0.1), "Lightning needs all fields of KLDivergence open, or all closed"),
    ("lightning", "loss", Hinge(), "Lightning cannot be told a hinge: PyTorch has none"),
    ("lightning", "loss", CategoricalHinge(False), "Lightning cannot be told a categorical hinge: PyTorch has none"),
    ("lightning", "optimizer", SGD(0.1, 0.0, True), "Nesterov momentum requires a momentum"),
]


@pytest.mark.parametrize("framework, field, value, words", REFUSED)
def test_what_cannot_be_told_is_refused_in_a_sentence(train, probe, framework, field, value, words):
    spec = changed(small(CLOSED, "sigmoid"), {field: value})
    with pytest.raises(JobFailed, match=re.escape(words)):
        probe(framework, spec, moderate(spec), X, Y)
    trained = train(framework, changed(spec, {"training.validate": False}))
    assert trained.outcome["kind"] in ("refused", "unsupported") and words in trained.outcome["message"]


# Optimizers: five steps in a row. An epsilon of .001 shows its place, and keeps Adam and RMSprop from dividing by less.

OPTIMIZERS = [SGD(0.01, 0.0, False), SGD(0.01, 0.9, False), SGD(0.01, 0.9, True),
              *[RMSprop(0.01, 0.9, momentum, 1e-3, place) for momentum in (0.0, 0.9)
                for place in ("inside_root", "outside_root")],
              *[Adam(0.01, 0.8, 0.99, 1e-3, place) for place in ("before_correction", "after_correction")]]
L2, BESIDE = WeightDecay(1.0, False), WeightDecay(1.0, True)
HURRY = [Adagrad(0.01, 0.01, 0.01, "outside_root"), Adadelta(1.0, 0.9, 1e-3), Nadam(0.01, 0.8, 0.99, 1e-3, 1.0),
         AdamW(0.01, 0.8, 0.99, 1e-3, "after_correction", BESIDE),
         SGD(0.01, 0.9, False, L2, Clip(0.1, "variable", 0.0)), SGD(0.01, 0.9, False, BESIDE, Clip(0.1, "all", 0.1))]
FURTHER = [Adagrad(0.01, 0.01, 0.01, "inside_root"), AdamW(0.01, 0.8, 0.99, 1e-3, "before_correction", BESIDE),
           RMSprop(0.01, 0.9, 0.0, 1e-3, "inside_root", L2), RMSprop(0.01, 0.9, 0.9, 1e-3, "outside_root", L2),
           Adam(0.01, 0.8, 0.99, 1e-3, "before_correction", L2), Adam(0.01, 0.8, 0.99, 1e-3, "after_correction", L2),
           Adam(0.01, 0.8, 0.99, 1e-3, "before_correction", WeightDecay(0.5, True)),
           Nadam(0.01, 0.8, 0.99, 1e-3, 1.0, L2),
           Adagrad(0.01, 0.0, 1e-3, "inside_root", L2), Adadelta(1.0, 0.9, 1e-3, BESIDE),
           SGD(0.01, 0.9, True, clip=Clip(0.1, "variable", 0.1)), SGD(0.01, 0.0, False, clip=Clip(0.1, "all", 0.0)),
           SGD(0.01, 0.0, False, clip=Clip(0.1, "all", 1e-6)), SGD(0.01, 0.0, False, clip=Clip(100.0, "all", 0.0))]
"""Each class of our own and each argument is in the first list; the second has them in other company."""


def every_optimizer():
    for framework, optimizer in itertools.product(("keras", "keras-jax", "lightning", "reference-float32",
                                                   "keras-torch"), OPTIMIZERS + HURRY + FURTHER):
        slow = framework == "keras-torch" or optimizer not in OPTIMIZERS[:2] and framework == "keras-jax" or \
            optimizer in FURTHER and framework != "reference-float32"
        yield pytest.param(framework, optimizer, marks=[pytest.mark.nightly] if slow else [])


def five_steps(optimizer):
    return Spec(Data(first=160, divisor=255.0, flatten=True), (Dense(10), Activation("softmax")),
                CategoricalCrossentropy("outputs", False, 0.0, True), optimizer, Training(1, 32, validate=False))


@pytest.mark.parametrize("framework, optimizer", list(every_optimizer()), ids=str)
def test_five_steps_of_an_optimizer_are_the_references(train, framework, optimizer):
    mine, theirs = train(framework, five_steps(optimizer)), train("reference", five_steps(optimizer))
    for step in range(5):
        arrays, expected = mine.below(f"probe/{step}"), theirs.below(f"probe/{step}")
        kept = {name for name in expected if name.startswith(("weight/", "optimizer_state/"))}
        assert kept == {name for name in arrays if name.startswith(("weight/", "optimizer_state/"))}
        assert arrays["optimizer_state/step"] == step + 1
        for name in kept:
            assert relative(arrays[name], expected[name]) < SUMMED, (step, name)


def test_five_steps_tell_every_two_optimizers_apart(train):
    unlike = [one for one in OPTIMIZERS + HURRY + FURTHER if getattr(one.clip, "norm", 0) < 100 and
              getattr(one.clip, "offset", 0) != 1e-6]  # of those, the first clips nothing and the second hardly differs
    ends = [train("reference", five_steps(optimizer))["probe/4/weight/0.kernel"] for optimizer in unlike]
    assert min(relative(one, other) for one, other in itertools.combinations(ends, 2)) > 100 * SUMMED


@each_float32
@pytest.mark.parametrize("optimizer", [OPTIMIZERS[2], OPTIMIZERS[-3]], ids=str)
def test_a_step_from_given_slots_is_the_trainings_own(train, probe, dataset, folder, framework, optimizer):
    spec = five_steps(optimizer)
    trace, (x, y) = train(framework, spec), samples.load(str(dataset.folder), "train", to_json(spec)["data"])
    rows = np.load(initialization.order(spec, 160, 0, folder))[0][96:128]
    mine = probe(framework, spec, trace.below("state/3/weight"), x[rows], y[rows],
                 trace.below("state/3/optimizer_state"))
    expected = trace.below("probe/3")
    assert mine.keys() == expected.keys() and all(relative(mine[name], expected[name]) < SUMMED for name in expected)


# Accuracy: outputs that leave [0, 1], and sigmoids of logits so large that float32 makes all of them 1.

LINEAR = np.array([[-1.0], [-0.4], [0.3], [0.6], [1.4], [2.0]], np.float32)
TIED = np.array([[30, 20, 40], [20, 30, 40], [40, 30, 20], [30, 40, 20], [20, 40, 30], [-1, 0, 1]], np.float32)
ONE_OUTPUT = [Accuracy(), Accuracy("threshold", 0.5), Accuracy(None, 0.0), Accuracy("threshold", 0.0),
              Accuracy("round"), Accuracy("sigmoid_first")]
MORE_OUTPUTS = [Accuracy(), Accuracy(None, 0.5), Accuracy("argmax_outputs"), Accuracy("argmax_logits")]


@each
@pytest.mark.parametrize("rule", ONE_OUTPUT, ids=str)
def test_the_accuracy_of_one_output_is_its_rules(worker, probe, framework, rule):
    data = Data((0, 1), flatten=True, labels="index")
    spec = Spec(data, (Dense(1),), MeanSquaredError(), SGD(0.1), Training(1, 6), rule)
    y = np.array([[0, 0, 0, 1, 1, 1]], np.float32).T
    assert_counts(probe(framework, spec, one_to_one(1), LINEAR, y), spec, worker(framework).environment, y)


@each
@pytest.mark.parametrize("rule", MORE_OUTPUTS, ids=str)
def test_the_accuracy_of_more_outputs_is_its_rules(worker, probe, framework, rule):
    if (framework, rule.rule) == ("keras-jax", "argmax_logits"):
        pytest.skip("refused, as the list above says")
    spec = small(MeanSquaredError(), "sigmoid", accuracy=rule)
    assert_counts(probe(framework, spec, one_to_one(3), TIED, Y), spec, worker(framework).environment, Y)


def one_to_one(width):
    return {"0.kernel": np.eye(width, dtype=np.float32), "0.bias": np.zeros(width, np.float32)}


def assert_counts(mine, spec, environment, y):
    resolved = resolve(spec, environment).accuracy
    expected = accuracy(resolved.rule, y, mine["logits"], mine["outputs"], resolved.threshold)
    assert mine["accuracy"] == pytest.approx(expected, abs=UNIT)


def test_the_batches_tell_the_rules_apart():
    y, saturated = np.array([[0, 0, 0, 1, 1, 1]]).T, 1 / (1 + np.exp(-TIED))
    assert len({accuracy(rule, y, LINEAR, LINEAR) for rule in ("threshold", "round", "sigmoid_first")}) == 3
    assert len({accuracy(rule, Y, TIED, saturated) for rule in ("argmax_outputs", "argmax_logits")}) == 2
