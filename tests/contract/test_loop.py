"""Learning-rate schedules and early stopping: every step has the configured rate, also within `fit`."""

from itertools import product

import numpy as np
import pytest
import small_specs
from resolving import NO_PROBES
from rounding import SUMMED, relative

from compare.reporting.tensorboard.scalars import rates
from frameworks.quirks.resolution import resolve
from frameworks.runtime.trace import Trace
from scenarios.spec import (
    SGD,
    Activation,
    CosineDecay,
    Data,
    Dense,
    EarlyStopping,
    ExponentialDecay,
    Flatten,
    InverseTimeDecay,
    MeanSquaredError,
    ReduceOnPlateau,
    Spec,
    Training,
)
from scenarios.spec.fields import changed

SMALL = Spec(Data(first=80, divisor=255.0), (Flatten(), Dense(10), Activation("sigmoid")), MeanSquaredError(), SGD(1.0),
             Training(4, 32))
STEPS = 3
"""Per epoch."""
RATES = {
    "halved in every step": (ExponentialDecay(1.0, 0.5, per="step"), [1, 0.5, 0.25, 0.125, 0.0625]),
    "halved in every epoch": (ExponentialDecay(1.0, 0.5, per="epoch"), [1, 1, 1, 0.5, 0.5]),
    "quartered in two steps": (ExponentialDecay(1.0, 0.25, 2, per="step"), [1, 0.5, 0.25, 0.125, 0.0625]),
    "a staircase": (ExponentialDecay(1.0, 0.25, 2, True, per="step"), [1, 1, 0.25, 0.25, 0.0625]),
    "inverse time": (InverseTimeDecay(1.0, 2.0, 2, per="step"), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
    "inverse time in stairs": (InverseTimeDecay(1.0, 1.0, 2, True, "step"), [1, 1, 1 / 2, 1 / 2, 1 / 3]),
    "a cosine that stays": (CosineDecay(1.0, 2, "stays", "step"), [1, 0.5, 0, 0, 0]),
    "a cosine that rises": (CosineDecay(1.0, 2, "rises", "step"), [1, 0.5, 0, 0.5, 1]),
    "a plateau": (ReduceOnPlateau(1.0, 0.5, 1, "train/loss", 0.9, "difference", "patience"), [1, 1, 0.5, 0.25, 0.125]),
    "a plateau of ratios": (ReduceOnPlateau(1.0, 0.5, 1, "train/loss", 0.9, "ratio", "one_more"), [1, 1, 1, 0.5, 0.5]),
}
"""A schedule, and the rates of its first five steps, calculated by hand; for a plateau, every step is an epoch."""


def each_schedule():
    """(framework, name of a schedule); nightly where `test_honesty` covers it too."""
    for framework, name in product(("keras", "keras-jax", "keras-torch", "lightning", "reference"), RATES):
        slow = framework == "keras" and "epoch" not in name or framework.startswith("keras-")
        yield pytest.param(framework, name, marks=[pytest.mark.nightly] if slow else [])


@pytest.mark.parametrize("framework, name", list(each_schedule()))
def test_every_step_uses_the_rate_of_its_schedule(train, framework, name):
    """In single steps, and in those of `fit`, where the losses match the NumPy reference with the same rates."""
    schedule, rates = RATES[name]
    base = SMALL
    if isinstance(schedule, ReduceOnPlateau):
        base = changed(SMALL, {"training.batch_size": "all", "training.epochs": 6})
    trace = train(framework, changed(base, {"optimizer.learning_rate": schedule}))
    for step, rate in enumerate(rates):
        before, after, gradient = (trace[f"{place}/1.kernel"] for place in (
            f"state/{step}/weight", f"probe/{step}/weight", f"probe/{step}/gradient"))
        large = np.abs(gradient) > np.abs(gradient).max() / 2
        assert np.median(((before - after) / np.where(large, gradient, 1))[large]) == pytest.approx(rate, abs=1e-4)
    resolved = changed(base, {"optimizer.learning_rate": schedule, "accuracy.rule": "argmax_outputs"})
    reference, constant = (train("reference", spec)["step/loss"] for spec in (resolved, base))
    assert relative(trace["step/loss"], reference) < 12 * SUMMED < 1e-3 < relative(trace["step/loss"], constant)


EVALUATED = {**NO_PROBES, "evaluated": True}
FRAMEWORKS = ("keras", "keras-jax", "keras-torch", "lightning", "reference")
ENDS = {("keras", "patient"): 2, ("lightning", "patient"): 4, ("reference", "patient"): 2,
        ("keras", "no_number"): 3, ("lightning", "no_number"): 1, ("reference", "no_number"): 2}
"""The epochs after which each framework ends the training of an unset spec, derived from its documentation."""


@pytest.mark.parametrize("source, target, name", [
    pytest.param(source, target, name, marks=[pytest.mark.nightly] if target.startswith("keras-") else [])
    for source, name in ENDS for target in FRAMEWORKS])
def test_early_stopping_configured_like_another_framework_stops_at_its_epoch(train, worker, source, target, name):
    unset = small_specs.SMALL[name]
    resolved = resolve(unset, worker(source).environment).training.early_stopping
    trace = train(target, changed(unset, {"training.early_stopping": resolved}), record=EVALUATED)
    assert len(trace["reported/train/loss"]) == len(trace["epoch"]) == ENDS[source, name]
    assert len(train(source, unset, record=EVALUATED)["epoch"]) == ENDS[source, name]


@pytest.mark.parametrize("framework", [
    "keras-jax", "lightning", "reference", *(pytest.param(name, marks=pytest.mark.nightly) for name in ("keras",
                                                                                                        "keras-torch"))])
def test_epochs_are_counted_where_fit_runs_one_epoch_at_a_time(train, framework):
    """As Keras on jax and torch does with a given order. Nothing improves: all epochs but the first are bad."""
    rate = ReduceOnPlateau(1e-30, 0.1, 1, "train/loss", 0.5, "difference", "patience")
    trace = train(framework, changed(SMALL, {
        "optimizer.learning_rate": rate, "training.epochs": 6,
        "training.early_stopping": EarlyStopping("test/loss", 2, "counts", "bad")}))
    assert trace.outcome == {"kind": "stopped", "step": 3 * STEPS, "message": ""}
    rates = [float(trace[f"state/{epoch * STEPS}/optimizer_state/rate"]) for epoch in (1, 2, 3)]
    assert rates[:2] == pytest.approx([1e-30, 1e-31], rel=1e-6) and len(trace["epoch"]) == 3


RISING = changed(SMALL, {"layers": SMALL.layers[:-1], "optimizer": SGD(1.0)})
"""Its first epoch is the best one."""


@pytest.mark.parametrize("framework", [
    "lightning", "reference", "keras", "keras-jax",
    *(pytest.param(name, marks=pytest.mark.nightly) for name in ("keras-torch", "keras-2.3", "tf-keras-2.15"))])
@pytest.mark.parametrize("restored, patience, restores", [
    ("at_end", 9, True), pytest.param("at_end", 2, True, marks=pytest.mark.nightly), ("when_stopped", 2, True),
    ("when_stopped", 9, False), (None, 2, False)])
def test_early_stopping_restores_the_best_weights_as_configured(train, framework, restored, patience, restores):
    stopping = EarlyStopping("train/loss", patience, "counts", "bad", restored is not None, restored)
    trace = train(framework, changed(RISING, {"training.early_stopping": stopping}), record=EVALUATED)
    losses, reported = trace["evaluated/train/loss"], trace["reported/test/loss"]
    assert len(reported) == (3 if patience == 2 else 4) and ("restored" in trace) is restores
    assert losses[-1] == losses[0] if restores else losses[-1] > 100 * losses[0]
    assert relative(trace["evaluated/test/loss"][:-1], reported[:-1]) < SUMMED


EPOCH_LOSSES = {"mean_of_samples": lambda losses: np.average(losses, weights=[32, 32, 16]), "mean_of_steps": np.mean,
                "last_step": lambda losses: losses[-1]}
"""The loss of an epoch from those of its steps, of 32, 32 and 16 samples."""


@pytest.mark.parametrize("framework, epoch_loss, expected", [
    *(("lightning", name, name) for name in EPOCH_LOSSES), ("lightning", None, "last_step"),
    *(("reference", name, name) for name in EPOCH_LOSSES), ("reference", None, "mean_of_samples"),
    ("keras", None, "mean_of_samples")])
def test_the_loss_of_an_epoch_is_the_configured_one(train, framework, epoch_loss, expected):
    trace = train(framework, changed(SMALL, {"training.epochs": 2, "training.epoch_loss": epoch_loss}),
                  record=NO_PROBES)
    steps = trace["step/loss"].astype(float).reshape(2, STEPS)
    for name, loss_of in EPOCH_LOSSES.items():
        matches = relative(trace["reported/train/loss"], np.array([loss_of(losses) for losses in steps])) < SUMMED
        assert matches is (name == expected), name


@pytest.mark.parametrize("rate, expected", [
    (0.5, [0.5] * 4), (ExponentialDecay(1.0, 0.5, per="epoch"), [1, 0.5, 0.25, 0.125]),
    (ExponentialDecay(1.0, 0.5, STEPS, per="step"), [1, 0.5, 0.25, 0.125]),
    (ReduceOnPlateau(1.0, 0.1, 1, "train/loss", 0.0, "difference", "patience"), [1, 1, 0.1, 0.1])], ids=str)
def test_tensorboard_shows_the_rate_at_the_beginning_of_every_epoch(rate, expected):
    trace = Trace({"steps_per_epoch": STEPS}, {"reported/train/loss": np.array([3.0, 3.0, 2.0, 4.0])})
    assert rates(changed(SMALL, {"optimizer.learning_rate": rate}), trace) == pytest.approx(expected)


@pytest.mark.parametrize("framework", [
    pytest.param(name, marks=[pytest.mark.nightly] if "keras" in name else [])
    for name in ("keras", "keras-jax", "keras-torch", "lightning", "reference")])
def test_the_printed_rate_is_that_of_the_first_step_of_an_epoch_or_of_the_step_after_it(train, framework):
    """Halved in every step: 1 before the first of three steps, 1/8 after them; with a cosine of epochs, 1 and 0.5."""
    by_itself = "first_step" if framework == "lightning" else "next_step"
    for schedule, first, after in ((ExponentialDecay(1.0, 0.5, per="step"), [1, 1 / 8], [1 / 8, 1 / 64]),
                                   (CosineDecay(1.0, 2, "stays", "epoch"), [1, 0.5], [0.5, 0])):
        for printed in (None, "first_step", "next_step"):
            spec = changed(SMALL, {"optimizer.learning_rate": schedule, "training.epochs": 2,
                                   "training.printed_rate": printed})
            trace = train(framework, spec, record=NO_PROBES)
            expected = {"first_step": first, "next_step": after}[printed or by_itself]
            assert trace["reported/train/learning_rate"] == pytest.approx(expected, abs=1e-6), (schedule, printed)
