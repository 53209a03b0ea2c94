"""Weights of classes and of samples: every loss and gradient equals the value calculated by hand from the initial
weights."""

import numpy as np
import pytest
from rounding import SUMMED, relative

from frameworks import FRAMEWORKS
from frameworks.runtime import samples
from scenarios.spec import (
    SGD,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    ClassWeights,
    Data,
    Dense,
    Flatten,
    SampleWeights,
    Spec,
    Training,
)
from scenarios.spec.fields import changed, to_json

THREE, TWO = (0.5, 2.0, 8.0), (0.25, 4.0)
STILL = Spec(Data((7, 3, 1), first=200, divisor=255.0), (Flatten(), Dense(3), Activation("softmax")),
             CategoricalCrossentropy("softmax_of_logits", class_weights=ClassWeights(THREE)), SGD(1e-30),
             Training(1, 16, False))
"""A training in which the weights do not move."""
UNEVEN = changed(STILL, {"loss.class_weights": "none", "training.sample_weight": SampleWeights((0.5, 2.0, 8.0))})
SPECS = {"rows": STILL, "numbers": changed(STILL, {"data.labels": "index"}),
         "one output": changed(STILL, {"data": Data((0, 1), 200, 255.0, labels="index"), "layers": (
             Flatten(), Dense(1), Activation("sigmoid")), "loss": BinaryCrossentropy(
                 "sigmoid_of_logits", class_weights=ClassWeights(TWO))})}
UNSET = {("lightning", "rows"): ("samples", True), ("lightning", "numbers"): ("weights", True),
         ("lightning", "one output"): ("samples", True)}
"""What a framework does where both fields are unset; the others do not weight the test loss, and divide by samples."""
SETTINGS = ((None, None), ("weights", True), ("samples", False), ("weights", False))
OLD = [name for name, chosen in FRAMEWORKS.items() if chosen.environment]
"""Old versions of Keras."""
NOT_DIVIDING = [name for name in OLD if name not in ("keras-3.7", "keras-3.12", "keras-3.14")]
"""Those that cannot divide by the weights."""
IN_CI = ("numbers", "weights", True)
"""The case that Keras trains in CI, where each takes long; `test_honesty` covers unset fields too."""


def each_case():
    for framework in ("reference", "lightning", "keras", "keras-jax", "keras-torch", *OLD):
        for name in SPECS:
            for divisor, in_test in SETTINGS:
                slow = framework.startswith(("keras-", "tf-")) or \
                    framework == "keras" and (name, divisor, in_test) != IN_CI
                yield pytest.param(framework, name, divisor, in_test, marks=[pytest.mark.nightly] if slow else [])


def by_hand(trace, spec, part, dataset, divisor, size=16):
    """(loss of each batch, their mean weighted by size, gradient of the bias in the first batch)."""
    x, y = samples.load(str(dataset.folder), part, to_json(spec)["data"])
    x = x.reshape(len(x), -1).astype(float)
    z = x @ trace["state/0/weight/1.kernel"].astype(float) + trace["state/0/weight/1.bias"]
    label = y.argmax(1) if y.shape[1] > 1 else y[:, 0].astype(int)
    z = z if z.shape[1] > 1 else np.concatenate([0 * z, z], axis=1)  # the sigmoid of z is the softmax of (0, z)
    q = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    losses, slopes = -np.log(q[range(len(q)), label]), q - np.eye(q.shape[1])[label]
    of_samples = spec.training.sample_weight
    weights = np.ones(len(q)) if not divisor else np.array(spec.loss.class_weights.values)[label] \
        if of_samples == "none" else np.array([of_samples.values[i % len(of_samples.values)] for i in range(len(q))])
    batches = [slice(i, i + size) for i in range(0, len(q), size)]
    divisors = [weights[batch].sum() if divisor == "weights" else len(q[batch]) for batch in batches]
    means = np.array([(weights * losses)[batch].sum() / total for batch, total in zip(batches, divisors)])
    gradient = (weights[:, None] * slopes)[batches[0]].sum(0) / divisors[0]
    return means, np.average(means, weights=[len(q[batch]) for batch in batches]), gradient


@pytest.mark.parametrize("framework, name, divisor, in_test", list(each_case()))
def test_losses_and_gradients_are_weighted_as_configured(train, dataset, framework, name, divisor, in_test):
    """Losses of steps, of epochs and of the test set, in `fit` and afterwards; another divisor gives other losses."""
    spec = changed(SPECS[name], {"loss.class_weights.divisor": divisor, "loss.class_weights.in_test": in_test})
    trace = train(framework, spec)
    if framework in NOT_DIVIDING and divisor == "weights":
        assert "does not support class_weights.divisor=weights." in trace.outcome["message"]
        return
    divisor, in_test = UNSET.get((framework, name), ("samples", False)) if divisor is None else (divisor, in_test)
    steps, epoch, gradient = by_hand(trace, spec, "train", dataset, divisor)
    _, test, _ = by_hand(trace, spec, "test", dataset, divisor if in_test else "")
    opposite, _, _ = by_hand(trace, spec, "train", dataset, {"weights": "samples", "samples": "weights"}[divisor])
    assert relative(trace["step/loss"], steps) < SUMMED < 1e-3 < relative(opposite, steps)
    assert relative(trace["probe/0/loss"], steps[0]) < SUMMED
    assert relative(trace["reported/train/loss"], epoch) < SUMMED
    assert relative(trace["probe/0/gradient/1.bias"], gradient[-trace["probe/0/gradient/1.bias"].size:]) < 10 * SUMMED
    for kind in ("reported", "evaluated"):
        assert relative(trace[f"{kind}/test/loss"], test) < SUMMED
    _, wrongly_weighted, _ = by_hand(trace, spec, "test", dataset, "" if in_test else divisor)
    assert relative(wrongly_weighted, test) > 1e-3


@pytest.mark.parametrize("framework, divisor", [
    pytest.param(name, divisor, marks=[pytest.mark.nightly] if name.startswith(("keras-", "tf-")) or
                 (name, divisor) == ("keras", None) else [])
    for name in ("reference", "lightning", "keras", "keras-jax", "keras-torch", *OLD) for divisor in (None, "weights")])
def test_losses_and_gradients_have_the_weights_of_samples_as_configured(train, dataset, framework, divisor):
    """Three weights for 200 samples in batches of 16; the losses of the test set have none, in `fit` and afterwards."""
    spec = changed(UNEVEN, {"training.sample_weight.divisor": divisor})
    trace = train(framework, spec)
    if framework == "keras-2.2" or framework in NOT_DIVIDING and divisor == "weights":
        assert "does not support training.sample_weight" in trace.outcome["message"]
        return
    steps, epoch, gradient = by_hand(trace, spec, "train", dataset, divisor or "samples")
    _, test, _ = by_hand(trace, spec, "test", dataset, "")
    unweighted, _, _ = by_hand(trace, spec, "train", dataset, "")
    assert relative(trace["step/loss"], steps) < SUMMED < 1e-3 < relative(unweighted, steps)
    assert relative(trace["probe/0/loss"], steps[0]) < SUMMED
    assert relative(trace["reported/train/loss"], epoch) < SUMMED
    assert relative(trace["probe/0/gradient/1.bias"], gradient) < 10 * SUMMED
    for kind in ("reported", "evaluated"):
        assert relative(trace[f"{kind}/test/loss"], test) < SUMMED


@pytest.mark.parametrize("framework", [
    pytest.param(name, marks=[pytest.mark.nightly] if name.startswith("keras-") else [])
    for name in ("reference", "lightning", "keras", "keras-jax", "keras-torch")])
def test_samples_keep_their_weights_where_a_framework_shuffles_them(train, dataset, framework):
    """Every step has one sample, and the losses of all steps are those of all samples."""
    spec = changed(UNEVEN, {"training": Training(1, 1, True, validate=False,
                                                 sample_weight=UNEVEN.training.sample_weight)})
    trace = train(framework, spec, init="native")
    steps, _, _ = by_hand(trace, spec, "train", dataset, "samples", size=1)
    assert relative(np.sort(trace["step/loss"]), np.sort(steps)) < SUMMED < 1e-3 < relative(trace["step/loss"], steps)
