import numpy as np


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(128, 9, 9, 1)), rng.normal(size=(128, 1))
