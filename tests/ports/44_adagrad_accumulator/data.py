import numpy as np


def data():
    rng = np.random.default_rng(0)
    x = (rng.random((128, 25)) < 0.2).astype("float64")
    return x, (x[:, :1] + x[:, 1:2] > 0).astype("float64")
