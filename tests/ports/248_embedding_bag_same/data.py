import numpy as np


def data():
    rng = np.random.default_rng(0)
    x = rng.integers(1, 20, (128, 7))
    x[np.arange(7) >= rng.integers(1, 8, (128, 1))] = 0
    return x, rng.integers(0, 3, (128,))
