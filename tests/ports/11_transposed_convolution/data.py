import numpy as np


def data():
    x = np.random.default_rng(1).random((128, 8, 8, 1))
    return x, x
