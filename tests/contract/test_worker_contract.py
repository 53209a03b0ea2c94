"""The contract of every framework: its process, and the samples that it trains on."""

import dataclasses
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from contract_specs import NET
from rounding import SUMMED, each, relative

from frameworks import FRAMEWORKS
from frameworks.lightning.package import DISTRIBUTION
from frameworks.runtime import samples
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training


@each
def test_worker_reports_its_actual_environment(worker, framework):
    environment, expected = worker(framework).environment, FRAMEWORKS[framework]
    assert environment["framework"] == expected.realization and environment["dtype"] == expected.dtype
    backend = expected.backend or {"lightning": "torch", "reference": "numpy"}[expected.realization]
    assert environment["backend"] == backend
    assert environment["device"] == "cpu" and environment["threads"] == 1
    assert environment["execution"] == {"keras": "graph", "keras-jax": "jit"}.get(framework, "eager")
    packages = {DISTRIBUTION if "lightning" in name else name for name in expected.packages}
    assert {"python", "numpy"} | packages == set(environment["versions"]) and all(environment["versions"].values())


@each
def test_worker_loads_one_framework_only(worker, train, framework):
    """Keras on jax or torch would import TensorFlow only to seed it, and TensorFlow aborts in a process with torch."""
    train(framework, NET)
    process = worker(framework)
    loaded = Path(f"/proc/{process.process.pid}/maps").read_text()
    assert ("libtensorflow" in loaded) == (process.environment["backend"] == "tensorflow")
    assert ("libtorch" in loaded) == (process.environment["backend"] == "torch")


def test_worker_imports_the_installed_keras_and_not_our_folder(worker):
    assert Path(worker("keras").environment["file"]) == Path(find_spec("keras").origin).parent


@pytest.mark.parametrize("data", [Data(), Data((7, 3), 100, 255.0, True), Data((0, 1), 0, 2.0, labels="index")],
                         ids=str)
def test_samples_are_the_images_selected_by_the_data_spec(dataset, data):
    settings = dict(dataclasses.asdict(data), classes=list(data.classes))
    for part, first in (("train", data.first), ("test", 0)):
        images, labels = (np.load(dataset.folder / f"{part}_{what}.npy") for what in ("images", "labels"))
        kept = [i for i in range(first or len(labels)) if labels[i] in data.classes]
        x, y = samples.load(str(dataset.folder), part, settings)
        assert x.dtype == y.dtype == np.float32 and x.shape[1:] == ((784,) if data.flatten else (28, 28))
        assert (x.reshape(-1, 28, 28) == images[kept].astype(np.float32) / np.float32(data.divisor)).all()
        numbers = [data.classes.index(labels[i]) for i in kept]
        assert (y == (np.eye(len(data.classes))[numbers] if data.labels == "one_hot" else np.array([numbers]).T)).all()
    for part in ("train", "test"):
        x, _ = samples.load(str(dataset.folder), part, settings)
        assert samples.count(str(dataset.folder), part, settings) == len(x)


@each
@pytest.mark.parametrize("data, units", [(Data((7, 3), 300), 2), (Data((7, 3), 300, 255.0, labels="index"), 1)],
                         ids=str)
def test_every_framework_gets_the_same_samples(train, framework, data, units):
    spec = Spec(data, (Flatten(), Dense(units)), MeanSquaredError(), SGD(1e-6), Training(1, 32))
    actual, expected = train(framework, spec), train("reference", spec)
    assert actual.facts["steps_per_epoch"] == expected.facts["steps_per_epoch"] == len(actual["step/loss"])
    assert relative(actual["probe/0/logits"], expected["probe/0/logits"]) < SUMMED
    assert relative(actual["step/loss"], expected["step/loss"]) < SUMMED
    assert relative(actual["reported/test/loss"], expected["reported/test/loss"]) < SUMMED
