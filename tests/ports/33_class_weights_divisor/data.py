import numpy as np


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(128, 9)), rng.integers(0, 3, 128)
