"""Optimizers of every framework: five consecutive steps, compared with the NumPy reference in float64.

An epsilon of .001 makes its place visible, and keeps Adam and RMSprop from dividing by less.
"""

import itertools

import numpy as np
import pytest
from rounding import SUMMED, each_float32, relative

from compare.execution import initialization
from frameworks.parts import optimizers as parts_of_optimizers
from frameworks.parts.optimizers import optimizer_part
from frameworks.runtime import samples
from scenarios.spec import (
    SGD,
    Activation,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    CategoricalCrossentropy,
    Clip,
    Data,
    Dense,
    Nadam,
    RMSprop,
    Spec,
    Training,
    WeightDecay,
)
from scenarios.spec.fields import to_json

OPTIMIZERS = [SGD(0.01, 0.0, False), SGD(0.01, 0.9, False), SGD(0.01, 0.9, True),
              *[RMSprop(0.01, 0.9, momentum, 1e-3, place) for momentum in (0.0, 0.9)
                for place in ("inside_root", "outside_root")],
              *[Adam(0.01, 0.8, 0.99, 1e-3, place) for place in ("before_correction", "after_correction")]]
L2, DECOUPLED = WeightDecay(1.0, False), WeightDecay(1.0, True)
COVERING = [Adagrad(0.01, 0.01, 0.01, "outside_root"), Adadelta(1.0, 0.9, 1e-3), Nadam(0.01, 0.8, 0.99, 1e-3, 1.0),
            AdamW(0.01, 0.8, 0.99, 1e-3, "after_correction", DECOUPLED),
            SGD(0.01, 0.9, False, L2, Clip(0.1, "variable", 0.0)),
            SGD(0.01, 0.9, False, DECOUPLED, Clip(0.1, "all", 0.1))]
COVERING += [example for kind in parts_of_optimizers.OPTIMIZERS for example in optimizer_part(kind).examples()
             if kind not in {type(optimizer).__name__ for optimizer in OPTIMIZERS + COVERING}]
FURTHER = [Adagrad(0.01, 0.01, 0.01, "inside_root"), AdamW(0.01, 0.8, 0.99, 1e-3, "before_correction", DECOUPLED),
           RMSprop(0.01, 0.9, 0.0, 1e-3, "inside_root", L2), RMSprop(0.01, 0.9, 0.9, 1e-3, "outside_root", L2),
           Adam(0.01, 0.8, 0.99, 1e-3, "before_correction", L2), Adam(0.01, 0.8, 0.99, 1e-3, "after_correction", L2),
           Adam(0.01, 0.8, 0.99, 1e-3, "before_correction", WeightDecay(0.5, True)),
           Nadam(0.01, 0.8, 0.99, 1e-3, 1.0, L2),
           Adagrad(0.01, 0.0, 1e-3, "inside_root", L2), Adadelta(1.0, 0.9, 1e-3, DECOUPLED),
           SGD(0.01, 0.9, True, clip=Clip(0.1, "variable", 0.1)), SGD(0.01, 0.0, False, clip=Clip(0.1, "all", 0.0)),
           SGD(0.01, 0.0, False, clip=Clip(0.1, "all", 1e-6)), SGD(0.01, 0.0, False, clip=Clip(100.0, "all", 0.0))]
"""COVERING has every optimizer class and argument at least once; FURTHER has more combinations of them."""


def every_optimizer():
    for framework, optimizer in itertools.product(("keras", "keras-jax", "lightning", "reference-float32",
                                                   "keras-torch"), OPTIMIZERS + COVERING + FURTHER):
        slow = framework == "keras-torch" or optimizer not in OPTIMIZERS[:2] and framework == "keras-jax" or \
            optimizer in FURTHER and framework != "reference-float32"
        yield pytest.param(framework, optimizer, marks=[pytest.mark.nightly] if slow else [])


def five_steps(optimizer):
    return Spec(Data(first=160, divisor=255.0, flatten=True), (Dense(10), Activation("softmax")),
                CategoricalCrossentropy("outputs", False, 0.0, True), optimizer, Training(1, 32, validate=False))


@pytest.mark.parametrize("framework, optimizer", list(every_optimizer()), ids=str)
def test_five_optimizer_steps_match_the_reference(train, framework, optimizer):
    trace, reference = train(framework, five_steps(optimizer)), train("reference", five_steps(optimizer))
    for step in range(5):
        actual, expected = trace.below(f"probe/{step}"), reference.below(f"probe/{step}")
        kept = {name for name in expected if name.startswith(("weight/", "optimizer_state/"))}
        assert kept == {name for name in actual if name.startswith(("weight/", "optimizer_state/"))}
        assert actual["optimizer_state/step"] == step + 1
        for name in kept:
            assert relative(actual[name], expected[name]) < SUMMED, (step, name)


def test_five_steps_distinguish_every_two_optimizers(train):
    distinct = [each for each in OPTIMIZERS + COVERING + FURTHER if getattr(each.clip, "norm", 0) < 100 and
                getattr(each.clip, "offset", 0) != 1e-6]  # a norm of 100 clips nothing; such an offset hardly matters
    ends = [train("reference", five_steps(optimizer))["probe/4/weight/0.kernel"] for optimizer in distinct]
    assert min(relative(left, right) for left, right in itertools.combinations(ends, 2)) > 100 * SUMMED


@each_float32
@pytest.mark.parametrize("optimizer", [OPTIMIZERS[2], OPTIMIZERS[-3]], ids=str)
def test_probe_from_a_recorded_optimizer_state_repeats_the_step(train, probe, dataset, folder, framework, optimizer):
    spec = five_steps(optimizer)
    trace, (x, y) = train(framework, spec), samples.load(str(dataset.folder), "train", to_json(spec)["data"])
    rows = np.load(initialization.order(spec, 160, 0, folder))[0][96:128]
    actual = probe(framework, spec, trace.below("state/3/weight"), x[rows], y[rows],
                   trace.below("state/3/optimizer_state"))
    expected = trace.below("probe/3")
    assert actual.keys() == expected.keys()
    assert all(relative(actual[name], expected[name]) < SUMMED for name in expected)
