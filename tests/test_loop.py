"""What changes in the course of a training: every step has the rate that the words name, also within `fit`."""

from itertools import product

import numpy as np
import pytest
from rounding import SUMMED, relative

from scenarios.fields import changed
from scenarios.spec import (
    SGD,
    Activation,
    CosineDecay,
    Data,
    Dense,
    ExponentialDecay,
    Flatten,
    MeanSquaredError,
    Spec,
    Training,
)

SMALL = Spec(Data(first=80, divisor=255.0), (Flatten(), Dense(10), Activation("sigmoid")), MeanSquaredError(), SGD(1.0),
             Training(4, 32))
STEPS = 3
"""Of an epoch."""
RATES = {
    "halved in every step": (ExponentialDecay(1.0, 0.5, per="step"), [1, 0.5, 0.25, 0.125, 0.0625]),
    "halved in every epoch": (ExponentialDecay(1.0, 0.5, per="epoch"), [1, 1, 1, 0.5, 0.5]),
    "quartered in two steps": (ExponentialDecay(1.0, 0.25, 2, per="step"), [1, 0.5, 0.25, 0.125, 0.0625]),
    "a staircase": (ExponentialDecay(1.0, 0.25, 2, True, per="step"), [1, 1, 0.25, 0.25, 0.0625]),
    "a cosine that stays": (CosineDecay(1.0, 2, "stays", "step"), [1, 0.5, 0, 0, 0]),
    "a cosine that rises": (CosineDecay(1.0, 2, "rises", "step"), [1, 0.5, 0, 0.5, 1]),
}
"""A schedule, and the rates of the first five steps by hand."""


def each_schedule():
    """(framework, name of a schedule); what the honesty of the table tells too is long."""
    for framework, name in product(("keras", "keras-jax", "keras-torch", "lightning", "reference"), RATES):
        hurry = framework == "keras" and "epoch" not in name or framework.startswith("keras-")
        yield pytest.param(framework, name, marks=[pytest.mark.long] if hurry else [])


@pytest.mark.parametrize("framework, name", list(each_schedule()))
def test_every_step_has_the_rate_that_its_schedule_gives_it(train, framework, name):
    """In single steps, and in the steps of `fit`, whose losses are those of the textbook with the same rates."""
    schedule, rates = RATES[name]
    trace = train(framework, changed(SMALL, {"optimizer.learning_rate": schedule}))
    for step, rate in enumerate(rates):
        before, after, gradient = (trace[f"{place}/1.kernel"] for place in (
            f"state/{step}/weight", f"probe/{step}/weight", f"probe/{step}/gradient"))
        seen = np.abs(gradient) > np.abs(gradient).max() / 2
        assert np.median(((before - after) / np.where(seen, gradient, 1))[seen]) == pytest.approx(rate, abs=1e-4)
    told = changed(SMALL, {"optimizer.learning_rate": schedule, "accuracy.rule": "argmax_outputs"})
    textbook, constant = (train("reference", spec)["step/loss"] for spec in (told, SMALL))
    assert relative(trace["step/loss"], textbook) < 12 * SUMMED < 1e-2 < relative(trace["step/loss"], constant)
