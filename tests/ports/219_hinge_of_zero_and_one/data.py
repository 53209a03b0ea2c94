import numpy as np


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(128, 2)), rng.integers(0, 2, (128, 1)).astype("float64")
