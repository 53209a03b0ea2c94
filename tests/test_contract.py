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
                            FanInUniform, GlorotUniform, MeanSquaredError, Normal, QuadraticCost, RMSprop, Spec,
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
