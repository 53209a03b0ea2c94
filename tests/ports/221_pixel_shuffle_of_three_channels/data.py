import numpy as np


def data():
    rng = np.random.default_rng(0)
    return rng.random((128, 8, 8, 3)), rng.random((128, 16, 16, 3))


def to_torch(x, y):
    return x.transpose(0, 3, 1, 2).copy(), y.transpose(0, 3, 1, 2).copy()
