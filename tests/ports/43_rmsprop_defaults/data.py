import numpy as np


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(128, 6))
    return x, (x[:, 0] > 0).astype("int64") + (x[:, 1] > 0)
