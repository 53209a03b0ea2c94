"""The least rounding noise of a loss: one unit of the loss itself, however small the numbers before it are."""

import numpy as np
from faulty import SOFTMAX

from compare.analysis import noise
from compare.analysis.float32 import UNIT
from scenarios.spec.fields import changed

BLACK = changed(SOFTMAX, {"data.divisor": 1e30})
"""Images that are almost black: the logits are 0 at first, the loss is log 10."""


def test_loss_of_black_images_has_the_noise_of_a_number_of_its_size():
    rng = np.random.default_rng(0)
    weights = {"1.kernel": rng.normal(size=(784, 10)), "1.bias": np.zeros(10)}
    measured = noise.noise(BLACK, weights, {}, rng.random((8, 28, 28)) * 1e-28, np.eye(10)[:8])
    assert measured["loss"] >= UNIT * np.log(10) > measured["logits"]
