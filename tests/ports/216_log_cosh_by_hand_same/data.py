import numpy as np


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(128, 4)) * [2, 1, 3, 0.5] + [1, -2, 0.5, 3]
    return x, rng.uniform(0, 3, (128, 1))
