"""The contract of every framework: its own initialization, and layers that are not trained."""

from math import sqrt

import numpy as np
import pytest
from contract_specs import IMAGES, NET, STEPS
from rounding import SUMMED, UNIT, each, relative

from frameworks.quirks.resolution import resolve
from scenarios.spec import (
    SGD,
    Activation,
    Dense,
    FanInUniform,
    GlorotUniform,
    MeanSquaredError,
    Normal,
    Spec,
    Training,
    Zeros,
)
from scenarios.spec.fields import changed

DRAWN = Spec(changed(IMAGES, {"first": 32}),
             (Dense(64, Normal(0.5, 2.0), FanInUniform()), Activation("tanh"), Dense(64, GlorotUniform(), Zeros()),
              Activation("tanh"), Dense(64, FanInUniform(), Normal()), Activation("tanh"), Dense(64),
              Activation("tanh"), Dense(10)), MeanSquaredError(), SGD(0.01), Training(1, 32, validate=False))


def limit(initializer, inputs, units):
    """The bound of a uniform initializer."""
    return {FanInUniform(): 1 / sqrt(inputs), GlorotUniform(): sqrt(6 / (inputs + units))}[initializer]


@each
def test_native_initialization_follows_the_spec_or_the_framework_default(train, framework):
    trace, inputs = train(framework, DRAWN, init="native"), 784
    for place, layer in enumerate(resolve(DRAWN, trace.facts["environment"]).layers):
        for part in ("kernel", "bias") if isinstance(layer, Dense) else ():
            values, initializer = trace[f"state/0/weight/{place}.{part}"], getattr(layer, part)
            if initializer == Zeros():
                assert not values.any()
                continue
            normal = isinstance(initializer, Normal)
            mean = initializer.mean if normal else 0
            spread = initializer.stddev if normal else limit(initializer, inputs, layer.units) / sqrt(3)
            assert abs(values.mean() - mean) < 5 * spread / sqrt(values.size)  # exceeded by one in two million
            assert values.std() == pytest.approx(spread, rel=5 / sqrt(2 * values.size))
            assert normal or abs(values).max() <= spread * sqrt(3) * (1 + UNIT)
        inputs = getattr(layer, "units", inputs)


@each
def test_kernels_of_a_native_initialization_are_uncorrelated(train, framework):
    trace = train(framework, DRAWN, init="native")
    drawn = [trace[f"state/0/weight/{place}.kernel"].ravel()[:4096] for place in (0, 2, 4, 6)]
    assert np.abs(np.corrcoef(drawn) - np.eye(4)).max() < 5 / sqrt(4096)


@each
def test_native_initialization_is_reproducible_for_its_seed_only(train, framework):
    first, again, other_seed = (train(framework, NET, seed=seed, init="native", repetition=repetition)
                                for seed, repetition in ((0, 0), (0, 1), (1, 0)))
    assert first.arrays.keys() == again.arrays.keys()
    assert all((first[name] == again[name]).all() for name in first.arrays)
    assert relative(first["state/0/weight/0.kernel"], other_seed["state/0/weight/0.kernel"]) > 0.1


FROZEN = changed(NET, {"layers": (Dense(20, trainable=False), *NET.layers[1:])})


@each
@pytest.mark.parametrize("init", ["shared", "native"])
@pytest.mark.parametrize("batch", ["all", 32])
def test_frozen_prefix_computed_once_gives_the_same_results(train, framework, init, batch):
    spec = changed(FROZEN, {"training.batch_size": batch})
    once, every = (train(framework, spec, init=init, prefix=prefix) for prefix in ("once", "every"))
    numbers = ["step/loss", *(f"reported/{name}" for name in once.below("reported"))]
    assert once["step/loss"].size == every["step/loss"].size == 2 * (1 if batch == "all" else STEPS)
    if framework == "keras" and batch == "all":
        assert all((once[name] == every[name]).all() for name in numbers)
    assert all(relative(once[name], every[name]) < 2 * STEPS * SUMMED for name in numbers if "loss" in name)
