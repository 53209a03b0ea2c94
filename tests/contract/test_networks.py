"""A network that a warm worker reuses trains like a new one, bit for bit, whatever was trained with it before."""

import numpy as np
import pytest

from compare.execution.trials import Trial, job
from compare.execution.workers import Worker
from frameworks.runtime import trace
from scenarios.spec import (
    SGD,
    Activation,
    Adam,
    BatchNormalization,
    CategoricalCrossentropy,
    Data,
    Dense,
    Dropout,
    ReduceOnPlateau,
    Spec,
    Training,
)
from scenarios.spec.fields import changed

MODEL = Spec(Data(divisor=255.0, flatten=True),
             (Dense(8), BatchNormalization(), Activation("relu"), Dropout(0.3), Dense(10), Activation("softmax")),
             CategoricalCrossentropy(), SGD(0.05, 0.9), Training(2, 64))
SPECS = {"momentum": MODEL, "adam": changed(MODEL, {"optimizer": Adam(0.002)}),
         "open rate": changed(MODEL, {"optimizer": SGD()}),
         "plateau": changed(MODEL, {"optimizer": SGD(ReduceOnPlateau(0.05, patience=0, threshold=9.0))})}
CHANGES = {"optimizer.learning_rate": 0.7, "data.divisor": 1.0, "training.epochs": 1, "training.stop_below": 0.1}


def variation(spec):
    """A spec with the same graph and other values everywhere else; with a numeric rate, it diverges."""
    kept = () if isinstance(spec.optimizer.learning_rate, float) else ("optimizer.learning_rate",)
    return changed(spec, {name: value for name, value in CHANGES.items() if name not in kept})


@pytest.mark.parametrize("framework", ["keras", pytest.param("keras-jax", marks=pytest.mark.nightly)])
def test_reused_network_trains_like_a_new_one(train, dataset, tmp_path, framework):
    reused = {name: (train(framework, variation(spec)), train(framework, spec))[1] for name, spec in SPECS.items()}
    with Worker(framework, tmp_path) as fresh:
        for name, spec in SPECS.items():
            request = job(Trial("networks", name, framework, 0, "shared", spec, True), dataset, tmp_path)
            fresh.run(request)
            new, old = trace.read(request["out"]).arrays, reused[name].arrays
            assert set(new) == set(old)
            assert not [key for key in new if not np.array_equal(new[key], old[key], equal_nan=True)], name
