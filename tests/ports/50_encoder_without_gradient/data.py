import numpy as np


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(128, 10))
    return x, x[:, :4].argmax(1)
