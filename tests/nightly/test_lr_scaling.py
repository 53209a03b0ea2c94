"""lr_scaling on the real MNIST: the numbers on which its answer is based."""

import numpy as np
import pytest
from measured import Trainings, needs_mnist, relative_differences
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
    """The slope of log loss over log rate for two seeds, and the half width of its 95 % interval."""
    losses = [loss for seed in range(2) for loss in first_epoch_losses(training, framework, seed)]
    line = stats.linregress(np.log(2 * list(RATES.values())), np.log(losses))
    return line.slope, line.stderr * stats.t.ppf(0.975, len(losses) - 2)


def test_keras_has_the_reported_losses(training):
    """Reported: 315.4696 and 931.7540; NumPy gives 312 to 329 and 951 to 979 for 8 seeds (facts on the question)."""
    losses = dict(zip(RATES, first_epoch_losses(training, "keras")))
    assert losses["lr_0_01"] == pytest.approx(320, rel=0.05)
    assert losses["lr_0_03"] == pytest.approx(960, rel=0.05)


def test_loss_of_keras_is_proportional_to_the_rate(training):
    slope, width = slope_and_interval(training, "keras")
    assert abs(slope - 1) < width
    assert width < 0.05, "a wider interval would contain 1 whatever the losses are"
    assert all(training(name, "keras", epochs=1)["reported/train/accuracy"][0] > 0.2 for name in RATES)


def test_loss_of_a_usual_port_stays_within_its_bounds_at_every_rate(training):
    """Ten outputs in [0, 1]: the loss is lowest for (1, 0, …), log(e + 9) − 1, highest for (0, 1, …), log(9 e + 1)."""
    least, most = np.log(np.e + 9) - 1, np.log(9 * np.e + 1)
    for name in RATES:
        losses = training(name, "lightning", epochs=1)["step/loss"]
        assert least - 1e-6 <= losses.min() and losses.max() <= most + 1e-6
    assert abs(slope_and_interval(training, "lightning")[0]) < 0.1


def seeds(count, in_ci):
    """`count` seeds, of which CI runs the first `in_ci`."""
    return pytest.mark.parametrize("seed", [pytest.param(seed, marks=[pytest.mark.nightly] if seed >= in_ci else [])
                                            for seed in range(count)])


@seeds(5, in_ci=2)
@pytest.mark.parametrize("framework", ["lightning", "reference"])
def test_frameworks_with_the_defaults_of_keras_match_keras(training, framework, seed):
    keras, actual = (training("lr_0_01", name, seed, epochs=1, resolved_as="keras") for name in ("keras", framework))
    assert actual["reported/train/loss"][0] == pytest.approx(keras["reported/train/loss"][0], rel=0.03)
    largest = np.maximum.accumulate(keras["step/loss"][:5])
    assert (np.abs(actual["step/loss"][:5] - keras["step/loss"][:5]) <= 1e-5 * largest).all()


@seeds(3, in_ci=1)
@pytest.mark.parametrize("framework", ["lightning", "reference", "reference-float32"])
def test_well_behaved_training_matches_in_every_step(training, framework, seed):
    keras, actual = (training("softmax_scaled_0_01", name, seed, epochs=1, resolved_as="keras")
                     for name in ("keras", framework))
    assert len(keras["step/loss"]) == 1875
    assert relative_differences(actual["step/loss"], keras["step/loss"]).max() < 2e-6
