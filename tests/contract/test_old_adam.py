"""Adam of Keras before tf.keras 2.11: its beta_2 is a float32 number, as its default rule says; and before tf.keras, it
reads the number of the step while this is increased, which no rule can say."""

import numpy as np
import pytest
from test_optimizers import five_steps

from frameworks.quirks.concurrent import explanation
from frameworks.quirks.resolution import resolve
from scenarios.spec import SGD, Adam


def first_averages(trace):
    """Momentum and velocity of the kernel after the first step, where they are larger than rounding."""
    momentum, velocity = (trace[f"probe/0/optimizer_state/{name}/0.kernel"].astype(float)
                          for name in ("momentum", "velocity"))
    return momentum[np.abs(momentum) > 1e-4], velocity[np.abs(momentum) > 1e-4]


@pytest.mark.parametrize("framework", [
    "keras-2.3", "tf-keras-2.4", "keras", "lightning", pytest.param("tf-keras-2.15", marks=pytest.mark.nightly)])
def test_the_velocity_is_that_of_the_beta_of_the_rule(train, worker, framework):
    """The velocity after one step is (1 - beta_2) times the square of the gradient, the momentum .1 times it."""
    beta = resolve(five_steps(Adam()), worker(framework).environment).optimizer.beta_2
    momentum, velocity = first_averages(train(framework, five_steps(Adam())))
    assert np.median(velocity / momentum ** 2) * 0.01 == pytest.approx(1 - beta, rel=2e-6)
    assert (1 - beta == pytest.approx(0.001, rel=2e-6)) is (framework not in ("keras-2.3", "tf-keras-2.4"))


def correction(t):
    """The factor of the learning rate in the step of number t."""
    return np.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)


def test_a_step_of_keras_2_3_is_corrected_by_its_number_or_by_the_next(train):
    trace = train("keras-2.3", five_steps(Adam(epsilon=1e-3)))
    before = trace["state/0/weight/0.kernel"].astype(float)
    for number in range(1, 6):
        step = trace.below(f"probe/{number - 1}")
        momentum, velocity, after = (step[name].astype(float) for name in (
            "optimizer_state/momentum/0.kernel", "optimizer_state/velocity/0.kernel", "weight/0.kernel"))
        moved = np.abs(momentum) > 1e-3
        factor = np.median((before - after)[moved] / (0.001 * momentum / (np.sqrt(velocity) + 1e-3))[moved])
        assert min(abs(factor / correction(t) - 1) for t in (number, number + 1)) < 2e-3
        before = after


def test_the_known_race_is_said_of_adam_before_tf_keras_only(worker):
    assert "while its Adam and Nadam read it" in explanation(five_steps(Adam()), worker("keras-2.3").environment)
    assert not explanation(five_steps(SGD()), worker("keras-2.3").environment)
    assert not explanation(five_steps(Adam()), worker("tf-keras-2.4").environment)
