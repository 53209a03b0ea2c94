import numpy as np


def data():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(128, 14, 14, 1))
    return [x, x + 0.3 * rng.normal(size=x.shape)], np.zeros(128)
