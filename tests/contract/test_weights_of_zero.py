"""Samples of weight 0: a batch of them alone has the loss 0 and no gradient, and the optimizer goes on."""

import numpy as np
import pytest
from rounding import SUMMED, relative
from test_sample_weights import OLD, UNEVEN, by_hand

from frameworks import FRAMEWORKS
from scenarios.spec import SGD, SampleWeights
from scenarios.spec.fields import changed

ZEROS = SampleWeights((0.0,) * 16 + (2.0, 0.0, 1.0, 0.5) * 4, "samples")
"""Of batches of 16, every second has the weight 0 only, beginning with the first one."""
STILL = changed(UNEVEN, {"training.sample_weight": ZEROS})
MOVING = changed(STILL, {"optimizer": SGD(0.05, momentum=0.9), "training.epochs": 2})


@pytest.mark.parametrize("framework", [
    pytest.param(name, marks=[pytest.mark.nightly] if FRAMEWORKS[name].environment or name.startswith("keras-") else [])
    for name in ("reference", "lightning", "keras", "keras-jax", "keras-torch", *OLD)])
def test_a_batch_of_weight_0_has_no_loss_and_no_gradient(train, dataset, framework):
    trace = train(framework, STILL)
    if framework == "keras-2.2":
        assert "does not support training.sample_weight" in trace.outcome["message"]
        return
    steps, epoch, _ = by_hand(trace, STILL, "train", dataset, "samples")
    assert not np.any(steps[::2]) and not np.any(trace["step/loss"][::2]) and np.all(steps[1::2] > 0.1)
    assert relative(trace["step/loss"], steps) < SUMMED
    assert relative(trace["reported/train/loss"], epoch) < SUMMED
    assert not np.any(trace["probe/0/gradient/1.bias"]) and not np.any(trace["probe/0/gradient/1.kernel"])
    moved = train(framework, MOVING)
    expected = train("reference", MOVING)
    assert relative(moved["step/loss"], expected["step/loss"]) < 1e-4
    assert np.array_equal(moved["step/loss"] == 0, expected["step/loss"] == 0)
    assert relative(moved["reported/train/accuracy"], expected["reported/train/accuracy"]) < 1e-6
    assert relative(moved["evaluated/test/loss"], expected["evaluated/test/loss"]) < 1e-4
