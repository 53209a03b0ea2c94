import numpy as np


def data():
    x = np.random.default_rng(0).random((128, 12))
    return x, x
