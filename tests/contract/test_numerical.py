"""The model of Keras's own numerical test (keras-team/keras: integration_tests/numerical_test.py) in all frameworks.

Convolutions, batch normalization and Adam, four steps on 100 images, from one initialization. Keras's test allows a
difference of 1e-3 between Keras 3 and tf_keras.
"""

import numpy as np
import pytest
from measured import needs_mnist
from rounding import skip_unless_installed

from compare.analysis.noise import FACTOR, noise
from compare.execution import initialization
from frameworks.quirks.resolution import quirks, resolve
from frameworks.runtime import npz, samples
from scenarios.spec import (
    Activation,
    Adam,
    AveragePooling2D,
    BatchNormalization,
    CategoricalCrossentropy,
    Conv2D,
    Data,
    Dense,
    Flatten,
    MaxPooling2D,
    Spec,
    Training,
)
from scenarios.spec.fields import changed, to_json

pytestmark = needs_mnist
SPEC = Spec(Data(first=100, divisor=255.0, channel=True),
            (Conv2D(32, 3), Activation("relu"), BatchNormalization(), MaxPooling2D(),
             Conv2D(64, 3), Activation("relu"), BatchNormalization(), MaxPooling2D(),
             Flatten(), Dense(10), Activation("softmax")),
            CategoricalCrossentropy(), Adam(), Training(1, 32, shuffle=False))


ALLOWED = 1e-5


def with_layers(**changes):
    """The spec with every layer or activation of a kind replaced by another; None removes it."""
    layers = [changes.get(getattr(layer, "function", type(layer).__name__), layer) for layer in SPEC.layers]
    return changed(SPEC, {"layers": tuple(layer for layer in layers if layer is not None)})


def largest_difference(left, right):
    """The largest difference between the metrics that two trainings report."""
    assert left.outcome == right.outcome and left.outcome["kind"] == "finished"
    return max(float(np.abs(left[f"reported/{name}"] - right[f"reported/{name}"]).max())
               for name in ("train/loss", "train/accuracy", "test/loss", "test/accuracy"))


@pytest.mark.parametrize("framework", [
    "lightning", "reference", *[pytest.param(name, marks=pytest.mark.nightly)
                                for name in ("keras-jax", "keras-torch")]])
def test_frameworks_with_the_defaults_of_keras_report_the_same(worker, train, framework):
    resolved = resolve(SPEC, worker("keras").environment)
    assert largest_difference(train("keras", SPEC), train(framework, resolved)) < ALLOWED
    if framework == "lightning":  # its own defaults differ: kernel initializer, momentum and epsilon
        assert largest_difference(train("keras", SPEC), train(framework, SPEC)) > 0.01


@pytest.mark.nightly
def test_rounding_of_batch_normalization_in_tf_keras_is_amplified_by_kinks(train, worker, dataset, folder):
    """Why the difference exceeds 1e-5, and at times the 1e-3 of Keras's own test.

    tf_keras normalizes images with a fused TensorFlow operation. Its rounding is within the noise, but decides which
    of two positions in a pool is the largest, and on which side of 0 a value is.
    """
    skip_unless_installed("tf-keras")

    def difference(spec):
        return largest_difference(train("keras", spec), train("tf-keras", spec))

    smooth = dict(relu=Activation("tanh"), MaxPooling2D=AveragePooling2D())
    print("unset:", difference(SPEC), "without a kink:", difference(with_layers(**smooth)))
    assert difference(with_layers(BatchNormalization=None)) == 0
    assert difference(with_layers(**smooth)) < ALLOWED
    first = [train(framework, SPEC).below("probe/0") for framework in ("keras", "tf-keras")]
    x, y = samples.load(str(dataset.folder), "train", to_json(SPEC)["data"])
    weights = npz.read(str(initialization.weights(SPEC, 0, folder)))
    noises = noise(resolve(SPEC, worker("keras").environment), weights, {}, x[:32], y[:32], 4)
    for name in ("logits", "outputs", "loss", *(name for name in first[0] if name.startswith(("gradient", "weight")))):
        assert np.abs(first[0][name] - first[1][name]).max() <= FACTOR * noises[name], name
    calm = noise(resolve(with_layers(**smooth), worker("keras").environment), weights, {}, x[:32], y[:32], 4)
    assert noises["gradient/0.bias"] > 100 * calm["gradient/0.bias"]


def test_fields_that_keras_and_tf_keras_resolve_differently(worker):
    skip_unless_installed("tf-keras")
    paths = {quirk.path for quirk in quirks(SPEC, worker("keras").environment, worker("tf-keras").environment)}
    assert paths == {"layers.2.variance", "layers.6.variance", "accuracy.rule"}
