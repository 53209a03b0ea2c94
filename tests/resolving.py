"""A pytest plugin: the arrays in which trainings of a spec and of its resolved spec differ."""

import numpy as np
import pytest
from rounding import SUMMED

from compare.execution import initialization
from frameworks.runtime import samples
from scenarios.spec.fields import to_json

NO_PROBES = {"steps": 0, "states": 0, "evaluated": False}
"""What is recorded except of reported variants: `fit` and its validation. Single steps and evaluations, which take as
long again to build, are compared by `test_transplant`: those of the unset spec with the reference's of the resolved
one."""


@pytest.fixture
def differing(train, dataset, folder):
    """A function: the arrays in which trainings of a spec and of its explicit spec differ, from one initialization.

    Accuracies by rule are left out where the explicit threshold is another: they use one half unless a spec sets it.
    The comparison is bit for bit; with `rounding`, and for Keras on jax and torch, where an explicit loss consists of
    other operations, differences within rounding are allowed.
    """
    def differences(framework, spec, explicit, init="shared", rounding=False, **settings):
        shared = dict(settings)
        if init == "shared":  # an explicit initializer or shuffle would draw others
            n = samples.count(str(dataset.folder), "train", to_json(spec)["data"])
            order = initialization.order(spec, n, 0, folder)
            shared.update(weights=str(initialization.weights(spec, 0, folder)), order=str(order) if order else None)
        left, right = train(framework, spec, init=init, **settings), train(framework, explicit, init=init, **shared)
        noise = SUMMED if rounding or framework in ("keras-jax", "keras-torch") else 0
        names = {name for name in left.arrays.keys() | right.arrays.keys() if name not in left or name not in right
                 or (counts_differ(left[name], right[name]) if rounding and name.startswith(COUNTED) else
                     values_differ(left[name], right[name], noise, at_least=1.0 if name.endswith("loss") else 0.0))}
        if explicit.accuracy.threshold not in (spec.accuracy.threshold, 0.5):
            names -= {name for name in names if "/accuracy_by_rule/" in name or name.startswith("accuracy_by_rule/")}
        return names | ({"outcome"} if left.outcome != right.outcome else set())
    return differences


COUNTED, TIED = ("predicted/", "correct/", "accuracy_by_rule/"), 0.02
"""Where predictions are counted, rounding decides ties, in at most this share of images: on raw pixels sigmoids are
often exactly 1, and an explicit accuracy disables TensorFlow's graph rewriting, which changes the last bit."""


def counts_differ(left, right):
    """Whether counted images, or shares of them, differ by more than ties."""
    return left.shape != right.shape or bool((np.abs(left - right) > TIED).any() if left.dtype.kind == "f" else
                                             (left != right).mean() > TIED)


def values_differ(left, right, noise, at_least):
    """Whether two arrays differ by more than `noise`, relative to their largest value, or to `at_least`.

    A loss close to 0 is a sum of terms of the order of 1.
    """
    left, right = np.asarray(left, float), np.asarray(right, float)
    if left.shape != right.shape or not np.array_equal(np.isfinite(left), np.isfinite(right)):
        return True
    left, right = left[np.isfinite(left)], right[np.isfinite(right)]
    return bool((abs(left - right) > noise * max(at_least, abs(right).max(initial=0))).any())
