"""BatchNormalization of a batch with one value per channel: only an unbiased variance divides by n - 1, which is 0."""

import numpy as np
import pytest

from frameworks.parts.batch_normalization import PART
from frameworks.runtime.errors import Refused

X, WEIGHTS = np.array([[1.0, -2.0]]), (np.ones(2), np.zeros(2), np.zeros(2), np.ones(2))


def after_step(variance):
    return PART.after_step({"variance": variance, "momentum": 0.75, "epsilon": 0.1}, X, *WEIGHTS)


@pytest.mark.parametrize("variance", ["biased", "unbiased_images"])
def test_a_biased_variance_is_zero_as_in_keras(variance):
    moved = after_step(variance)
    assert np.array_equal(moved["moving_mean"], 0.25 * X[0]) and np.array_equal(moved["moving_variance"], [0.75, 0.75])


@pytest.mark.parametrize("variance", ["unbiased", None])
def test_an_unbiased_variance_is_refused_as_in_pytorch(variance):
    with pytest.raises(Refused, match="one value per channel has no unbiased variance"):
        after_step(variance)
