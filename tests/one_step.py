"""One step from given weights with moderate values, on which every framework is compared with the reference.

Every q lies in [.1, .9], so neither 1/q nor 1/(1 − q) amplifies a rounding error more than tenfold; every value of a
step results from fewer than 20 operations.
"""

import numpy as np
from rounding import UNIT, relative

from scenarios.spec import SGD, Activation, Data, Dense, Spec, Training

BOUND = 20 * 10 * UNIT
CLIP = 0.4  # some q of the batch lie outside [CLIP, 1 - CLIP]
X = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
Y = np.eye(3, dtype=np.float32)[[0, 1, 2, 1, 0, 2]]


def small(loss, last, before=(), **accuracy):
    layers = (*before, Dense(3), *((Activation(last),) if last else ()))
    return Spec(Data((0, 1, 2), flatten=True), layers, loss, SGD(0.1), Training(1, 6), **accuracy)


def weights_of(spec, scale, middle=0.0):
    """Moderate weights for X; the last bias shifts the outputs to `middle`."""
    drawn, width, generator = {}, X.shape[1], np.random.default_rng(1)
    for place, layer in enumerate(spec.layers):
        if isinstance(layer, Dense):
            drawn[f"{place}.kernel"] = generator.normal(0, scale, (width, layer.units)).astype(np.float32)
            drawn[f"{place}.bias"] = generator.normal(0, scale, layer.units).astype(np.float32)
            last, width = f"{place}.bias", layer.units
    drawn[last] += np.float32(middle)
    return drawn


def assert_agrees(actual, expected):
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        assert actual[name].shape == value.shape and relative(actual[name], value) < BOUND, name


def moderate(spec):
    """Weights with which every output lies in [.1, .9]."""
    return weights_of(spec, 0.4) if isinstance(spec.layers[-1], Activation) else weights_of(spec, 0.1, middle=0.5)
