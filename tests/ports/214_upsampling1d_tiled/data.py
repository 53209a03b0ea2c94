import numpy as np


def data():
    x = np.random.default_rng(0).normal(size=(128, 12, 3))
    return x, x
