import numpy as np


def data():
    rng = np.random.default_rng(0)
    x = rng.integers(1, 25, (128, 9))
    for i, row in enumerate(x):
        row[4 + i % 6:] = 0
    return x, rng.integers(0, 2, (128, 1)).astype(float)
