"""What every realization owes: the same tests for each framework, against the reference in float64.

Bounds are rounding's: UNIT is the half distance of two float32 numbers at 1, the most that one operation loses.
"""

import itertools
import json
import re
from importlib.util import find_spec
from math import inf, log, sqrt
from pathlib import Path

import numpy as np
import pytest

from compare import start
from compare.workers import JobFailed
from frameworks import FRAMEWORKS, samples
from frameworks.accuracy import accuracy
from frameworks.quirks import fill
from scenarios.fields import changed, to_json
from scenarios.spec import (SGD, Accuracy, Activation, Adam, BinaryCrossentropy, CategoricalCrossentropy, Data, Dense,
                            FanInUniform, Flatten, GlorotUniform, MeanSquaredError, Normal, QuadraticCost, RMSprop, Spec,
                            Training, Zeros)

UNIT = 2.0**-24
SUMMED = 784 * UNIT  # the most that a sum over the pixels loses
LONG = pytest.param("keras-torch", marks=pytest.mark.long)
each = pytest.mark.parametrize("framework", ["keras", "keras-jax", "lightning", "reference", LONG])
each_float32 = pytest.mark.parametrize("framework", ["keras", "keras-jax", "lightning", "reference-float32", LONG])

IMAGES = Data(divisor=255.0, flatten=True)
NET = Spec(IMAGES, (Dense(8), Activation("relu"), Dense(10), Activation("softmax")), CategoricalCrossentropy(), SGD(0.1),
           Training(2, 32))
BINARY = Spec(Data((0, 1), divisor=255.0, flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy(), SGD(0.01),
              Training(2, 32))
STEPS = -(-600 // 32)  # an epoch of NET; the last batch has 24 samples


def relative(one, other):
    """The largest difference of two arrays, relative to the largest of their numbers."""
    return float(np.max(np.abs(one - other)) / max(np.max(np.abs(other)), 1e-30))


# The process.

@each
def test_a_worker_tells_what_really_runs(worker, framework):
    told, chosen = worker(framework).environment, FRAMEWORKS[framework]
    assert told["framework"] == chosen.realization and told["dtype"] == chosen.dtype
    assert told["backend"] == (chosen.backend or {"lightning": "torch", "reference": "numpy"}[chosen.realization])
    assert told["device"] == "cpu" and told["threads"] == 1 and told["execution"] in ("eager", "graph", "jit")
    packages = {name.replace("_", "-") for name in chosen.packages}
    assert {"python", "numpy"} | packages == set(told["versions"]) and all(told["versions"].values())


@each
def test_a_worker_loads_one_framework_only(worker, framework):
    process = worker(framework)
    assert process.environment
    loaded = Path(f"/proc/{process.process.pid}/maps").read_text()
    assert ("libtensorflow" in loaded) == (process.environment["backend"] == "tensorflow")
    assert ("libtorch" in loaded) == (process.environment["backend"] == "torch")


def test_the_keras_that_is_trained_is_the_installed_one_and_not_our_folder(worker):
    assert Path(worker("keras").environment["file"]) == Path(find_spec("keras").origin).parent


# The trace.

@each
def test_a_trace_holds_what_its_docstring_names(train, framework):
    trace = train(framework, NET)
    assert trace.outcome == {"kind": "finished", "step": 2 * STEPS, "message": ""}
    assert trace["step/loss"].shape == (2 * STEPS,) and list(trace["epoch"]) == [1, 2]
    measured = {f"{part}/{name}" for part in ("train", "test") for name in ("loss", "accuracy")}
    rules = {f"{part}/{name}" for part in ("train", "test") for name in ("argmax_logits", "argmax_outputs")}
    assert trace.below("reported").keys() == trace.below("frozen").keys() == measured
    assert trace.below("rule").keys() == rules
    assert {values.shape for kind in ("reported", "frozen", "rule") for values in trace.below(kind).values()} == {(2,)}
    assert trace.probed_steps() == [0, 1, 2, 3, 4, *range(6, STEPS, 3), STEPS]  # first steps, and the states kept later


@each
def test_a_probe_holds_what_a_step_saw_and_did(train, framework):
    trace, weights = train(framework, NET), {"0.kernel": (784, 8), "0.bias": (8,), "2.kernel": (8, 10), "2.bias": (10,)}
    expected = {f"{kind}/{name}": shape for kind in ("gradient", "weight") for name, shape in weights.items()}
    expected.update({"logits": (32, 10), "outputs": (32, 10), "loss": (), "accuracy": (), "loss_after": (),
                     "slot/step": ()})
    arrays = trace.below("probe/0")
    assert {name: value.shape for name, value in arrays.items()} == expected
    precision = trace.facts["environment"]["dtype"]
    assert {str(value.dtype) for name, value in arrays.items() if value.shape} == {precision}
    for step in trace.probed_steps():
        state = trace.below(f"state/{step}")
        assert {name for name in state if name.startswith("weight/")} == {f"weight/{name}" for name in weights}
        assert step == 0 or state["slot/step"] == step


@each
def test_step_losses_average_to_the_reported_loss_with_the_last_short_batch_weighed_by_its_size(train, framework):
    trace = train(framework, NET)
    sizes = [32] * (STEPS - 1) + [600 - 32 * (STEPS - 1)]
    for epoch, reported in enumerate(trace["reported/train/loss"]):
        losses = trace["step/loss"][epoch * STEPS:(epoch + 1) * STEPS]
        rounding = 3 * STEPS * UNIT * reported  # a product, a sum and a division a step, all of positive numbers
        assert abs(np.average(losses, weights=sizes) - reported) <= rounding < abs(np.mean(losses) - reported)


@each
def test_every_recorded_state_meets_the_batch_that_the_shared_order_gives_it(train, probe, dataset, folder, framework):
    """The reference, told what the framework does, finds each step's loss from the recorded weights and the order."""
    (trace, x, y), order = recorded(train, dataset, framework), np.load(start.order(NET, 600, 0, folder))

    def losses(order):
        batches = [order[step // STEPS][step % STEPS * 32:][:32] for step in trace.probed_steps()]
        return [replayed(probe, trace, f"state/{step}", x[rows], y[rows])
                for step, rows in zip(trace.probed_steps(), batches)]
    assert relative(trace["step/loss"][trace.probed_steps()], losses(order)) < SUMMED
    assert relative(trace["step/loss"][trace.probed_steps()], losses(order[::-1])) > 10 * SUMMED


@each
def test_probes_chain_from_the_start_to_the_recorded_losses(train, framework):
    trace = train(framework, NET)
    for step in trace.probed_steps():
        assert trace[f"probe/{step}/loss"] == pytest.approx(trace["step/loss"][step], rel=SUMMED)
    for step in range(4):
        before, after = trace.below(f"probe/{step}/weight"), trace.below(f"state/{step + 1}/weight")
        assert before.keys() == after.keys() and all((before[name] == after[name]).all() for name in before)


@each
def test_frozen_numbers_are_those_of_the_weights_after_the_epoch(train, probe, dataset, framework):
    trace, x, y = recorded(train, dataset, framework)
    filled = fill(NET, trace.facts["environment"])
    theirs = replayed(probe, trace, f"state/{STEPS}", x, y)
    assert trace["frozen/train/loss"][0] == pytest.approx(theirs, rel=SUMMED)
    for part in ("train", "test"):
        assert trace[f"frozen/{part}/accuracy"] == pytest.approx(trace[f"rule/{part}/{filled.accuracy.rule}"], abs=UNIT)
    assert trace["reported/test/loss"] == pytest.approx(trace["frozen/test/loss"], rel=SUMMED)
    assert trace["reported/test/accuracy"] == pytest.approx(trace["frozen/test/accuracy"], abs=200 * UNIT)


def recorded(train, dataset, framework):
    """(the trace of NET, its training samples)."""
    return (train(framework, NET), *samples.load(str(dataset.folder), "train", to_json(NET)["data"]))


def replayed(probe, trace, state, x, y):
    """The loss that the reference finds at recorded weights, told what the trace's framework does."""
    return float(probe("reference", fill(NET, trace.facts["environment"]), trace.below(f"{state}/weight"), x, y)["loss"])


# Agreement: one step from given weights, moderate numbers. Every q lies in [.1, .9], so that neither 1/q nor 1/(1 − q)
# magnifies a rounding more than ten times; a number of a step goes through less than 20 operations.

BOUND = 20 * 10 * UNIT
CLIP = 0.3  # some q of the batch lie outside [CLIP, 1 - CLIP]
X = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
Y = np.eye(3, dtype=np.float32)[[0, 1, 2, 1, 0, 2]]
CATEGORICAL = [CategoricalCrossentropy(*values) for values in itertools.product(
    ("outputs", "softmax_of_logits", "softmax_of_outputs"), (False, True), (0.0, CLIP), (False, True))]
BINARIES = [BinaryCrossentropy(of, "clip", clip, -inf, form) for of, clip, form in itertools.product(
    ("outputs", "sigmoid_of_logits", "sigmoid_of_outputs"), (0.0, CLIP), (False, True))]
ROWS_OF_ONE = [loss for loss in CATEGORICAL if loss.of != "outputs" and loss.row_division]  # nothing to divide
LOSSES = [*CATEGORICAL, *BINARIES, MeanSquaredError(), QuadraticCost()]


def small(loss, last, before=(), accuracy=Accuracy()):
    last_layer = (Activation(last),) if last else ()
    return Spec(Data((0, 1, 2), flatten=True), (*before, Dense(3), *last_layer), loss, SGD(0.1), Training(1, 6), accuracy)


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
        slow = framework == "keras-torch" or framework.startswith("keras") and last != "sigmoid"
        if framework != "reference":
            yield pytest.param(framework, loss, last, marks=[pytest.mark.long] if slow else [])


@pytest.mark.parametrize("framework, loss, last", list(every_loss()), ids=str)
def test_every_closed_loss_is_the_references(probe, framework, loss, last):
    spec = small(loss, last)
    theirs = probe("reference", spec, moderate(spec), X, Y)
    assert 0.1 < theirs["outputs"].min() and theirs["outputs"].max() < 0.9
    assert_agrees(probe(framework, spec, moderate(spec), X, Y), theirs)


def moderate(spec):
    return weights_of(spec, 0.4) if isinstance(spec.layers[-1], Activation) else weights_of(spec, 0.1, middle=0.5)


def test_the_batch_tells_every_two_losses_apart_that_differ_by_more_than_their_form(probe):
    """Else agreement would prove nothing. The form of a logarithm shows only where numbers are not moderate."""
    for kind in (CATEGORICAL, BINARIES):
        told = [loss for loss in kind if not loss.logits_form and loss not in ROWS_OF_ONE]
        specs = [small(loss, "sigmoid") for loss in told]
        found = [float(probe("reference", spec, moderate(spec), X, Y)["loss"]) for spec in specs]
        assert min(abs(a - b) for a, b in itertools.combinations(found, 2)) > 100 * BOUND


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
    spec = small(BinaryCrossentropy("outputs", "clip", 0.0, -inf, False), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array(outputs, np.float32)}
    y = np.array([labels] * 6, np.float32)
    if framework == "reference-float32" and expected != 0:
        with pytest.raises(JobFailed, match="Undefined: the logarithm of"):
            probe(framework, spec, weights, X, y)
    else:
        assert probe(framework, spec, weights, X, y)["loss"] == pytest.approx(expected, nan_ok=True)


@each_float32
def test_every_hidden_activation_and_a_flatten_agree(probe, framework):
    hidden = [layer for name in ("relu", "tanh", "sigmoid", "softmax") for layer in (Dense(6), Activation(name))]
    spec = changed(small(QuadraticCost(), "sigmoid", (Flatten(), *hidden)), {"data.flatten": False})
    x, weights = X.reshape(6, 5, 1), weights_of(spec, 0.8)
    assert_agrees(probe(framework, spec, weights, x, Y), probe("reference", spec, weights, x, Y))


@each_float32
def test_a_clip_stops_the_gradient_of_outputs_outside_the_domain(probe, framework):
    spec = small(BinaryCrossentropy("outputs", "clip", CLIP, -inf, False), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([-0.5, 0.5, 1.5], np.float32)}
    mine = probe(framework, spec, weights, X, Y)
    assert_agrees(mine, probe("reference", spec, weights, X, Y))
    assert list(mine["gradient/0.bias"] != 0) == [False, True, False]


def test_lightning_can_be_told_the_floor_of_its_own_loss(probe):
    spec = small(BinaryCrossentropy("outputs", "refuse", 0.0, -100.0, False), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([0, 0.5, 1], np.float32)}
    mine, theirs = (probe(framework, spec, weights, X, Y) for framework in ("lightning", "reference"))
    assert mine["loss"] > 30 and np.isnan(mine.pop("loss_after")) and np.isnan(theirs.pop("loss_after"))  # far outside
    assert_agrees(mine, theirs)


# What a framework cannot be told, it refuses, in a sentence. These are all.

CLOSED = BinaryCrossentropy("outputs", "clip", 0.0, -inf, False)
REFUSED = [
    ("keras", "loss", changed(CLOSED, {"domain": "refuse"}), "Keras cannot be told to refuse outputs"),
    ("keras", "loss", changed(CLOSED, {"log_floor": -100.0}), "Keras cannot be told a floor of the logarithm"),
    ("keras", "loss", CategoricalCrossentropy(clip=0.1), "Keras needs all fields of CategoricalCrossentropy open"),
    ("keras-jax", "accuracy", Accuracy("argmax_logits"), "Keras on jax cannot be told accuracy.rule=argmax_logits"),
    ("lightning", "loss", changed(CLOSED, {"log_floor": -100.0}), "only as torch.nn.BCELoss has it"),
    ("lightning", "loss", BinaryCrossentropy(clip=0.1), "Lightning needs all fields of BinaryCrossentropy open"),
    ("lightning", "optimizer", SGD(0.1, 0.0, True), "Nesterov momentum requires a momentum"),
]


@pytest.mark.parametrize("framework, field, value, words", REFUSED)
def test_what_cannot_be_told_is_refused_in_a_sentence(train, probe, framework, field, value, words):
    spec = changed(small(CLOSED, "sigmoid"), {field: value})
    with pytest.raises(JobFailed, match=re.escape(words)):
        probe(framework, spec, moderate(spec), X, Y)
    trained = train(framework, changed(spec, {"training.validate": False}))
    assert trained.outcome["kind"] == "refused" and words in trained.outcome["message"]


# Optimizers: five steps in a row. An epsilon of .001 shows its place, and keeps Adam and RMSprop from dividing by less.

OPTIMIZERS = [SGD(0.01, 0.0, False), SGD(0.01, 0.9, False), SGD(0.01, 0.9, True),
              *[RMSprop(0.01, 0.9, momentum, 1e-3, place) for momentum in (0.0, 0.9)
                for place in ("inside_root", "outside_root")],
              *[Adam(0.01, 0.8, 0.99, 1e-3, place) for place in ("before_correction", "after_correction")]]


def five_steps(optimizer):
    return Spec(Data(first=160, divisor=255.0, flatten=True), (Dense(10), Activation("softmax")),
                CategoricalCrossentropy("outputs", False, 0.0, True), optimizer, Training(1, 32, validate=False))


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
@each_float32
def test_five_steps_of_an_optimizer_are_the_references(train, framework, optimizer):
    mine, theirs = train(framework, five_steps(optimizer)), train("reference", five_steps(optimizer))
    for step in range(5):
        arrays, expected = mine.below(f"probe/{step}"), theirs.below(f"probe/{step}")
        kept = {name for name in expected if name.startswith(("weight/", "slot/"))}
        assert kept == {name for name in arrays if name.startswith(("weight/", "slot/"))}
        assert arrays["slot/step"] == step + 1
        for name in kept:
            assert relative(arrays[name], expected[name]) < SUMMED, (step, name)


def test_five_steps_tell_every_two_optimizers_apart(train):
    ends = [train("reference", five_steps(optimizer))["probe/4/weight/0.kernel"] for optimizer in OPTIMIZERS]
    assert min(relative(one, other) for one, other in itertools.combinations(ends, 2)) > 100 * SUMMED


@each_float32
@pytest.mark.parametrize("optimizer", [OPTIMIZERS[2], OPTIMIZERS[-3]], ids=str)
def test_a_step_from_given_slots_is_the_trainings_own(train, probe, dataset, folder, framework, optimizer):
    spec = five_steps(optimizer)
    trace, (x, y) = train(framework, spec), samples.load(str(dataset.folder), "train", to_json(spec)["data"])
    rows = np.load(start.order(spec, 160, 0, folder))[0][96:128]
    mine = probe(framework, spec, trace.below("state/3/weight"), x[rows], y[rows], trace.below("state/3/slot"))
    expected = trace.below("probe/3")
    assert mine.keys() == expected.keys() and all(relative(mine[name], expected[name]) < SUMMED for name in expected)
