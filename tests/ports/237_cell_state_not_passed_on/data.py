import numpy as np


def data():
    rng = np.random.default_rng(0)
    source, target = rng.integers(0, 12, (128, 6)), rng.integers(0, 10, (128, 5))
    return [source, target], np.roll(target, -1, axis=1)
