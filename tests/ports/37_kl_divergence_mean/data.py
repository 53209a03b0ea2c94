import numpy as np


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(128, 10))
    teacher = np.exp(x[:, :4])
    return x, teacher / teacher.sum(1, keepdims=True)
