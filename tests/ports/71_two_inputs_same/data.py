import numpy as np


def data():
    rng = np.random.default_rng(0)
    user, item = rng.integers(0, 20, (128, 1)), rng.integers(0, 15, (128, 1))
    hour = rng.uniform(-1, 1, (128, 2))
    return [user, item, hour], 0.1 * user + 0.2 * item + hour[:, :1]
