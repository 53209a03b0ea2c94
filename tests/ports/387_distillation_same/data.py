import numpy as np


def data():
    rng = np.random.default_rng(4)
    return rng.normal(size=(128, 6, 6, 1)), rng.integers(0, 5, 128)
