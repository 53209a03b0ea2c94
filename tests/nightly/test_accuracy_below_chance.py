"""accuracy_below_chance on the real MNIST: refusal, clipping, and what rounding does to the accuracy."""

import numpy as np
import pytest
from measured import Trainings, keep, needs_mnist

pytestmark = needs_mnist


@pytest.fixture(scope="module")
def training(worker, folder):
    return Trainings("accuracy_below_chance", worker, folder)


def test_lightning_refuses_with_an_explanation(training):
    outcome = training("width_1000", "lightning", epochs=2).outcome
    assert outcome["kind"] == "refused"
    assert "between 0 and 1" in outcome["message"]


def test_loss_of_the_reference_is_undefined(training):
    assert training("width_1000", "reference", epochs=2).outcome["kind"] == "undefined"


def test_keras_reports_the_accuracy_by_the_threshold(training):
    """Measured elsewhere: .998 at epoch 250 for one seed; it depends on the seed, and never falls below .99."""
    trace = training("width_1000", "keras", epochs=250)
    assert trace["reported/train/accuracy"][-1] > 0.99
    assert trace["accuracy_by_rule/train/threshold"][-1] == pytest.approx(trace["evaluated/train/accuracy"][-1],
                                                                          abs=1e-6)


@pytest.mark.nightly
def test_rounded_accuracy_falls_while_the_accuracy_by_threshold_stays(training):
    """Five seeds: how far the rounded accuracy falls from its peak, and where the accuracy by the threshold ends."""
    traces = [training("width_1000", "keras", seed) for seed in range(5)]
    falls = [float(trace["accuracy_by_rule/train/round"].max() - trace["accuracy_by_rule/train/round"][-1])
             for trace in traces]
    ends = [float(trace["accuracy_by_rule/train/threshold"][-1]) for trace in traces]
    reported = [float(trace["reported/train/accuracy"][-1]) for trace in traces]
    keep("accuracy_below_chance", {"fall of the rounded accuracy from its peak, five starts": falls,
                                   "accuracy by the threshold after 1,000 epochs": ends,
                                   "accuracy that Keras 3 reports after 1,000 epochs": reported}, *traces)
    assert np.median(falls) > 0.4
    assert np.median(ends) > 0.99
    assert np.median(reported) == pytest.approx(0.998, abs=0.0015)
