"""lr_scaling on the real MNIST: the numbers that its answer rests on."""

import numpy as np
import pytest
from measured import Trainings, needs_mnist, relative_gaps
from scipy import stats

from scenarios import lr_scaling

RATES = {**lr_scaling.RATES, "lr_0_03": 0.03}
pytestmark = needs_mnist


@pytest.fixture(scope="module")
def training(worker, folder):
    return Trainings("lr_scaling", worker, folder)


def first_epoch_losses(training, framework, seed=0):
    return [float(training(name, framework, seed, epochs=1)["reported/train/loss"][0]) for name in RATES]


def slope_and_interval(training, framework):
    """The slope of log loss over log rate of two starts, and the half width of its 95 % interval."""
    losses = [loss for seed in range(2) for loss in first_epoch_losses(training, framework, seed)]
    line = stats.linregress(np.log(2 * list(RATES.values())), np.log(losses))
    return line.slope, line.stderr * stats.t.ppf(0.975, len(losses) - 2)


def test_keras_loses_what_was_asked_about(training):
    """Asked: 315.4696 and 931.7540; NumPy over 8 starts gives 312 to 329 and 951 to 979 (facts on the question)."""
    losses = dict(zip(RATES, first_epoch_losses(training, "keras")))
    assert losses["lr_0_01"] == pytest.approx(320, rel=0.05)
    assert losses["lr_0_03"] == pytest.approx(960, rel=0.05)


def test_the_loss_of_keras_is_proportional_to_the_rate(training):
    slope, width = slope_and_interval(training, "keras")
    assert abs(slope - 1) < width
    assert width < 0.05, "an interval so wide would hold 1 whatever the losses do"
    assert all(training(name, "keras", epochs=1)["reported/train/accuracy"][0] > 0.2 for name in RATES)


def test_the_loss_of_a_usual_port_stays_within_its_bounds_whatever_the_rate(training):
    """Ten numbers in [0, 1]: the loss is least for (1, 0, …), log(e + 9) − 1, most for (0, 1, …), log(9 e + 1)."""
    least, most = np.log(np.e + 9) - 1, np.log(9 * np.e + 1)
    for name in RATES:
        losses = training(name, "lightning", epochs=1)["step/loss"]
        assert least - 1e-6 <= losses.min() and losses.max() <= most + 1e-6
    assert abs(slope_and_interval(training, "lightning")[0]) < 0.1


def seeds(count, in_ci):
    """So many seeds, of which CI takes the first."""
    return pytest.mark.parametrize("seed", [pytest.param(seed, marks=[pytest.mark.nightly] if seed >= in_ci else [])
                                            for seed in range(count)])


@seeds(5, in_ci=2)
@pytest.mark.parametrize("framework", ["lightning", "reference"])
def test_with_what_keras_fills_others_do_what_keras_does(training, framework, seed):
    keras, other = (training("lr_0_01", name, seed, epochs=1, resolved_as="keras") for name in ("keras", framework))
    assert other["reported/train/loss"][0] == pytest.approx(keras["reported/train/loss"][0], rel=0.03)
    largest = np.maximum.accumulate(keras["step/loss"][:5])
    assert (np.abs(other["step/loss"][:5] - keras["step/loss"][:5]) <= 1e-5 * largest).all()


@seeds(3, in_ci=1)
@pytest.mark.parametrize("framework", ["lightning", "reference", "reference-float32"])
def test_a_well_behaved_training_agrees_in_every_step(training, framework, seed):
    keras, other = (training("softmax_scaled_0_01", name, seed, epochs=1, resolved_as="keras")
                    for name in ("keras", framework))
    assert len(keras["step/loss"]) == 1875
    assert relative_gaps(other["step/loss"], keras["step/loss"]).max() < 2e-6
