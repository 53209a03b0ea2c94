import numpy as np


def data():
    rng = np.random.default_rng(0)
    return rng.integers(1, 21, (128, 6)), rng.integers(0, 4, (128,))
