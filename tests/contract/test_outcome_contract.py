"""The contract of every framework: how a training ends, also in NaN, refusals and errors."""

import numpy as np
import pytest
from contract_specs import BINARY, NET, STEPS
from rounding import SUMMED, each, relative

from compare.execution import initialization
from compare.execution.workers import JobFailed
from frameworks.quirks.resolution import resolve
from scenarios.spec import SGD, CategoricalCrossentropy, Dense, MeanSquaredError, Normal
from scenarios.spec.fields import changed, to_json


@each
def test_training_stops_after_the_first_epoch_with_a_loss_below_stop_below(train, framework):
    losses = train(framework, NET)["reported/train/loss"]  # the first test loss is below the first training loss
    spec = changed(NET, {"training.epochs": 4, "training.stop_below": float(losses[0]) * 0.999})
    trace = train(framework, spec)
    assert trace.outcome == {"kind": "stopped", "step": 2 * STEPS, "message": ""}
    assert relative(trace["reported/train/loss"], losses) < SUMMED and list(trace["epoch"]) == [1, 2]


@each
def test_first_non_finite_loss_is_reported_and_training_continues(train, framework):
    trace = train(framework, changed(NET, {"layers": (Dense(10),), "loss": MeanSquaredError(), "optimizer": SGD(1e6)}))
    step = int(np.flatnonzero(~np.isfinite(trace["step/loss"]))[0])
    assert trace.outcome["kind"] == "nan" and trace.outcome["step"] == step > 0
    assert trace["step/loss"].size == 2 * STEPS and not np.isfinite(trace["reported/train/loss"][-1])


LEAVES = changed(BINARY, {"layers": (Dense(1, Normal(0.0, 0.0), Normal(0.5, 0.0)),), "optimizer": SGD(1.0),
                          "training.batch_size": "all", "training.validate": False})


@pytest.mark.parametrize("framework, kind, message", [
    ("lightning", "refused", "RuntimeError: all elements of input should be between 0 and 1"),
    ("reference", "undefined", "the logarithm of an output outside [0, 1]")])
def test_output_outside_the_domain_ends_the_training(train, framework, kind, message):
    """At once from random weights; after one step where that step is what leads outside."""
    assert train(framework, BINARY).outcome["kind"] == train(framework, LEAVES).outcome["kind"] == kind
    assert train(framework, BINARY).outcome["step"] == 0 and not train(framework, BINARY)["step/loss"].size
    trace = train(framework, LEAVES)
    assert trace.outcome["step"] == trace["step/loss"].size == trace["reported/train/loss"].size == 1
    assert message in trace.outcome["message"]
    assert np.isnan(trace["evaluated/train/loss"]) and np.isfinite(trace["accuracy_by_rule/train/threshold"])
    assert trace.probed_steps() == [0]


@pytest.mark.parametrize("rate, epochs", [(0.001, 0), (0.0005, 1)])
def test_refusal_within_an_epoch_is_reported_with_its_step(train, rate, epochs):
    """The reference, configured like PyTorch, gets the same output outside [0, 1], after as many complete epochs."""
    spec = changed(LEAVES, {"optimizer": SGD(rate), "training.batch_size": 8, "training.epochs": 4})
    actual = train("lightning", spec)
    resolved = changed(resolve(spec, actual.facts["environment"]), {"training.shuffle": None})  # the shared order
    expected = train("reference", resolved)
    assert actual.outcome["kind"] == expected.outcome["kind"] == "refused"
    assert actual.outcome["step"] == expected.outcome["step"] == len(actual["step/loss"])
    assert 0 < actual.outcome["step"] - epochs * actual.facts["steps_per_epoch"] < actual.facts["steps_per_epoch"]
    assert len(actual["reported/train/loss"] if epochs else actual.below("reported")) == epochs
    assert relative(actual["step/loss"], expected["step/loss"]) < len(actual["step/loss"]) * SUMMED


@pytest.mark.parametrize("framework", ["lightning", "reference"])
def test_refused_validation_keeps_the_steps_of_its_epoch(train, framework):
    trace = train(framework, changed(LEAVES, {"training.validate": True}))
    assert trace.outcome["step"] == trace["step/loss"].size == 1 and not trace.below("reported")


def test_keras_error_within_an_epoch_is_reported_with_its_step(train, folder):
    """Sample 600 does not exist: in the second epoch's eighth batch, the second of three batches that one call runs."""
    order = np.load(initialization.order(NET, 600, 0, folder))
    order[1][7 * 32 + 3] = 600
    np.save(folder / "outside.npy", order)
    trace = train("keras", NET, order=str(folder / "outside.npy"), record={"steps": 0, "states": 0, "evaluated": True})
    assert trace.outcome["kind"] == "refused" and "600 is not in [0, 600)" in trace.outcome["message"]
    assert trace.outcome["step"] == STEPS + 7 and len(trace["reported/train/loss"]) == 1
    assert (trace["step/loss"] == train("keras", NET)["step/loss"][:STEPS + 7]).all()


@pytest.mark.parametrize("framework", ["keras", "keras-jax"])
def test_keras_continues_outside_the_domain(train, framework):
    assert train(framework, BINARY).outcome["kind"] == train(framework, LEAVES).outcome["kind"] == "finished"


@each
def test_internal_error_is_raised_and_not_reported_as_a_refusal(train, folder, framework):
    np.save(folder / "short.npy", np.arange(600)[None])
    with pytest.raises(JobFailed, match="IndexError"):
        train(framework, NET, order=str(folder / "short.npy"))  # one epoch long, for a training of two
    loss = to_json(changed(NET, {"loss": CategoricalCrossentropy("outputs", False, 0.1, False)}))
    loss["loss"]["clip"] = "a word"
    with pytest.raises(JobFailed, match="Error"):
        train(framework, NET, spec=loss)
    with pytest.raises(JobFailed, match="The initial weights belong to another model"):
        train(framework, changed(NET, {"layers.0.units": 9}), weights=str(initialization.weights(NET, 0, folder)))
