import numpy as np


def data():
    x = np.random.default_rng(0).normal(size=(128, 10))
    return x, x
