import numpy as np


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(128, 12, 12, 8, 1)), rng.integers(0, 2, (128, 1)).astype("float64")


def to_torch(x, y):
    return x.transpose(0, 4, 1, 2, 3).copy(), y
