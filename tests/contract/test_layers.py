"""Layers: gradients of the reference against finite differences, and every framework against the reference."""

import numpy as np
import pytest
from rounding import UNIT, each_in_ci, relative

from compare.execution.workers import JobFailed
from frameworks import FRAMEWORKS
from frameworks.parts import LAYERS, part_of
from frameworks.parts.batch_normalization import variance_factor
from frameworks.reference.model import Model
from frameworks.runtime import samples
from scenarios.spec import (
    SGD,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Data,
    Dense,
    Dropout,
    Flatten,
    LayerNormalization,
    MaxPooling2D,
    MeanSquaredError,
    Spec,
    Training,
)
from scenarios.spec.fields import changed, to_json

STEP, BATCH = 1e-6, 6
EIGHT = {"steps": 8, "states": 0, "evaluated": True}
BOUND = 1000 * UNIT
"""A value of a step results from up to 150 operations, and the root of a variance of about .1 amplifies rounding."""
LABELS = np.eye(3, dtype=np.float32)[[0, 1, 2, 1, 0, 2]]
ROW, IMAGE = (5,), (7, 7, 1)
STACKS = {
    "dropout": (Dense(4), Activation("tanh"), Dropout(0.4)),
    "convolution": (Conv2D(2, 3, 2, "same", "as_needed"), Activation("tanh"), Flatten("channels_last")),
    "pools": (Conv2D(2, 3), MaxPooling2D(), AveragePooling2D(3, "same", False), Flatten("channels_first")),
    "layer normalization": (Dense(4), LayerNormalization(0.1), Activation("tanh")),
    "batch normalization": (Dense(4), BatchNormalization(0.1, 0.8, "unbiased"), Activation("tanh")),
    "batch normalization of images": (Conv2D(2, 3), BatchNormalization(0.1, 0.8, "biased"), Activation("tanh"),
                                      Flatten("channels_last")),
}


def stacked(layers):
    """(spec of these layers and three outputs, shape of its samples)."""
    shape = IMAGE if isinstance(layers[0], Conv2D) else ROW
    return Spec(Data((0, 1, 2), flatten=shape == ROW, channel=shape == IMAGE), (*layers, Dense(3)), MeanSquaredError(),
                SGD(0.1, 0.0, False), Training(1, BATCH)), shape


def model(spec, shape):
    job = {"settings": {"dtype": "float64"}, "seed": 0, "init": "shared"}
    return Model(to_json(spec), (0, len(spec.layers)), shape, job)


def initial_values(spec, shape):
    """(nonzero weights, samples), both float32."""
    draw = np.random.default_rng(1)
    weights = {name: value if name.endswith(("masks", "step")) else value + draw.uniform(0.1, 0.3, value.shape)
               for name, value in model(spec, shape).get_weights().items()}
    weights = {name: value.astype(np.float32) for name, value in weights.items()}
    return weights, draw.normal(size=(BATCH, *shape)).astype(np.float32)


EXAMPLES = [pytest.param(stack, id=f"{kind}-{n}")
            for kind in LAYERS for n, stack in enumerate(part_of(kind).examples())]


@pytest.mark.parametrize("stack", EXAMPLES)
def test_gradients_match_finite_differences_of_the_loss(stack):
    spec, shape = stacked(stack)
    built, (weights, x) = model(spec, shape), initial_values(spec, shape)

    def stepped(replaced=()):
        built.set_weights({**weights, **dict(replaced)})
        return built.step(x, LABELS)

    gradients = stepped()
    assert set(built.trainable) == {name[9:] for name in gradients if name.startswith("gradient/")}
    for weight in built.trainable:
        for place in np.ndindex(weights[weight].shape):
            nudge = np.zeros(weights[weight].shape)
            nudge[place] = STEP
            sides = [stepped({weight: weights[weight] + sign * nudge})["loss"] for sign in (1, -1)]
            slope = (sides[0] - sides[1]) / (2 * STEP)
            assert slope == pytest.approx(gradients[f"gradient/{weight}"][place], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("stack", EXAMPLES)
@pytest.mark.parametrize("framework", ["keras", "lightning"])
def test_step_through_every_example_matches_the_reference(probe, framework, stack):
    spec, shape = stacked(stack)
    weights, x = initial_values(spec, shape)
    actual, expected = (probe(side, spec, weights, x, LABELS) for side in (framework, "reference"))
    assert actual.keys() == expected.keys()
    normalized = {f"{place}.bias" for place, layer in enumerate(spec.layers[1:]) if "Normalization" in str(type(layer))}
    for name, value in expected.items():
        if name.rpartition("/")[2] not in normalized:  # the gradient of such a bias is rounding only
            assert actual[name].shape == value.shape and relative(actual[name], value) < BOUND, name


VARIANCES = ("biased", "unbiased", "unbiased_images", "twice")
SUPPORTED = {"keras-2.2": (), "keras-2.3": ("twice",), "keras-3.3": VARIANCES,
             **dict.fromkeys(("tf-keras", "tf-keras-2.3", "tf-keras-2.4", "tf-keras-2.8", "tf-keras-2.15"),
                             ("unbiased_images",))}
"""By framework, the variances that it supports; current versions support all of them."""


def every_batch_normalization():
    for framework in FRAMEWORKS:
        slow = framework in ("keras-torch", "keras-jax") or FRAMEWORKS[framework].environment
        for stack in ("batch normalization", "batch normalization of images"):
            for variance in VARIANCES if framework != "reference" else ():
                yield pytest.param(framework, stack, variance, marks=[pytest.mark.nightly] if slow else [])


@pytest.mark.parametrize("framework, stack, variance", list(every_batch_normalization()))
def test_step_through_batch_normalization_matches_the_reference(probe, framework, stack, variance):
    spec, shape = stacked(STACKS[stack])
    spec = changed(spec, {"layers.1.variance": variance})
    weights, x = initial_values(spec, shape)
    if variance not in SUPPORTED.get(framework, VARIANCES):
        with pytest.raises(JobFailed, match="moving"):
            probe(framework, spec, weights, x, LABELS)
        return
    actual, expected = (probe(side, spec, weights, x, LABELS) for side in (framework, "reference"))
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        if not name.endswith("0.bias"):  # batch normalization cancels this bias: its gradient is rounding only
            assert actual[name].shape == value.shape and relative(actual[name], value) < BOUND, name
    assert abs(actual["gradient/0.bias"]).max() < BOUND


def test_factors_of_the_moving_variance():
    def factors(n, shape):
        return [variance_factor(vars(BatchNormalization(0.1, 0.8, variance)), shape, n) for variance in VARIANCES]
    assert factors(11, (11, 4)) == [1, 1.1, 1, 11 / 9.9]
    assert factors(11, (1, 1, 11, 4)) == [1, 1.1, 1.1, 1.1 * 11 / 9.9]


@each_in_ci
def test_evaluation_uses_the_moving_mean_and_variance(train, dataset, framework):
    spec = Spec(Data(first=64, divisor=255.0), (Flatten(), Dense(6), BatchNormalization(), Activation("tanh"),
                                                Dense(10)), MeanSquaredError(), SGD(0.1), Training(2, 16))
    trace = train(framework, spec, record=EIGHT)
    weights = {name: trace[f"probe/7/weight/{name}"] for name in model(spec, (28, 28)).get_weights()}
    assert abs(weights["2.moving_mean"]).max() > 0.01  # it has moved
    reference = model(changed(spec, {"layers.2.epsilon": 1e-5 if framework == "lightning" else 1e-3}), (28, 28))
    x, y = samples.load(str(dataset.folder), "test", to_json(spec)["data"])
    losses = []
    for moving in (weights, {**weights, "2.moving_mean": 0 * weights["2.moving_mean"]}):
        reference.set_weights(moving)
        losses.append(reference.measure(x, y)[0])
    assert trace["evaluated/test/loss"][-1] == pytest.approx(losses[0],
                                                             rel=1e-5) and losses[1] != pytest.approx(losses[0])


@each_in_ci
def test_dropout_uses_the_masks_of_the_initialization_in_turn(probe, framework):
    spec, shape = stacked(STACKS["dropout"])
    weights, x = initial_values(spec, shape)
    masks = weights["2.masks"]
    assert set(np.unique(masks)) == {0, 1} and masks.mean() == pytest.approx(0.6, abs=0.03)
    for step in (0.0, 1.0, 170.0, 171.0):  # the last of 1,024 masks, then the first again
        weights["2.step"] = np.float32(step)
        actual, expected = (probe(side, spec, weights, x, LABELS) for side in (framework, "reference"))
        assert actual.keys() == expected.keys() and actual["weight/2.step"] == step + 1
        assert all(relative(actual[name], expected[name]) < BOUND for name in expected)
        rows = masks[(np.arange(BATCH) + int(step) * BATCH) % len(masks)]
        hidden = np.tanh(x @ weights["0.kernel"] + weights["0.bias"]) * rows / 0.6
        assert relative(actual["logits"], hidden @ weights["3.kernel"] + weights["3.bias"]) < BOUND


@each_in_ci
def test_training_and_probes_drop_the_same_and_evaluation_nothing(train, dataset, framework):
    layers = Flatten(), Dense(8), Activation("tanh"), Dropout(0.5), Dense(10)
    spec = Spec(Data(first=64, divisor=255.0), layers, MeanSquaredError(), SGD(0.1), Training(2, 16))
    trace = train(framework, spec, record=EIGHT)
    for step in range(8):
        assert float(trace[f"probe/{step}/loss"]) == pytest.approx(trace["step/loss"][step], rel=BOUND)
    reference = model(spec, (28, 28))
    reference.set_weights({**reference.get_weights(), **trace.below("probe/7/weight")})
    x, y = samples.load(str(dataset.folder), "test", to_json(spec)["data"])
    assert trace["evaluated/test/loss"][-1] == pytest.approx(reference.measure(x, y)[0], rel=BOUND)


@pytest.mark.parametrize("framework", ["keras", "lightning"])
def test_native_initialization_uses_the_frameworks_own_dropout(train, framework):
    def losses(rate):
        layers = Flatten(), Dense(64), Dropout(rate), Dense(10)
        spec = Spec(Data(first=64, divisor=255.0), layers, MeanSquaredError(), SGD(0.0001), Training(8, "all"))
        return train(framework, spec, init="native")["step/loss"]
    assert np.ptp(losses(0.5)) > 10 * np.ptp(losses(0.0)) > 0
