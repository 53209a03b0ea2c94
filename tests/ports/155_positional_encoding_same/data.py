import numpy as np


def data():
    rng = np.random.default_rng(0)
    return rng.integers(0, 15, (128, 6)), rng.integers(0, 3, 128)
