"""A user's own environment is a framework; it is refused if it cannot be one."""

import json
from types import SimpleNamespace
from typing import ClassVar

import pytest

from compare.execution import registered
from compare.execution.environments import ENVIRONMENTS
from compare.execution.errors import UsageError
from compare.execution.settings import read
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool
from frameworks import FRAMEWORKS


class Answering:
    """A worker that reports versions and starts no process."""

    def __init__(self, framework, folder):
        entry = FRAMEWORKS[framework]
        self.environment = {"versions": {"python": "3.12.1", "torch": "2.5.1", entry.realization: "2.4.0"}}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


@pytest.fixture
def virtual_environment(tmp_path, monkeypatch):
    """A function: the path of an environment with an interpreter that reports these packages."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("compare.execution.workers.Worker", Answering)

    def made(**packages):
        place = tmp_path / "own" / "bin" / "python"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\necho '{json.dumps(packages)}'\n")
        place.chmod(0o755)
        return place.parents[1]
    yield made
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    registered.load()


def test_registered_environment_is_a_framework_until_it_is_removed(virtual_environment):
    folder = virtual_environment(numpy="1.26", torch="2.5.1", lightning="2.4.0", pytorch_lightning="2.4.0")
    entry = registered.add("ours", str(folder))
    assert entry.versions == "torch 2.5.1, lightning 2.4.0" and entry.version == "3.12.1"
    FRAMEWORKS.pop("ours"), ENVIRONMENTS.pop("ours"), registered.REGISTERED.clear()  # as in another process
    settings = read(["scenario=lr_scaling", "frameworks=keras,ours"])
    assert settings.frameworks == ["keras", "ours", "reference"]
    assert FRAMEWORKS["ours"].realization == "lightning" and FRAMEWORKS["ours"].title == "PyTorch Lightning (ours)"
    assert ENVIRONMENTS["ours"].python == folder / "bin" / "python"
    (folder / "bin" / "python").unlink()
    with pytest.raises(UsageError, match="ours is registered with .*, which is no longer there"):
        read(["scenario=lr_scaling", "frameworks=ours"])
    registered.remove("ours")
    with pytest.raises(UsageError, match="frameworks is 'ours'"):
        read(["scenario=lr_scaling", "frameworks=ours"])


@pytest.mark.parametrize("packages, framework, chosen", [
    ({"keras": "3.7.0", "tensorflow": "2.18.1"}, "", ("keras", "tensorflow", "keras")),
    ({"keras": "2.15.0", "tensorflow": "2.15.1"}, "", ("keras", "tensorflow", "tensorflow.keras")),
    ({"tensorflow": "2.4.4"}, "", ("keras", "tensorflow", "tensorflow.keras")),
    ({"keras": "2.3.1", "tensorflow": "1.15.0"}, "", ("keras", "tensorflow", "keras")),
    ({"keras": "3.7.0", "jax": "0.4.30"}, "", ("keras", "jax", "keras")),
    ({"keras": "3.7.0", "jax": "0.4.30", "tensorflow": "2.18.1"}, "keras-jax", ("keras", "jax", "keras")),
    ({"torch": "2.3.0", "pytorch_lightning": "2.3.0"}, "", ("lightning", "", "keras"))])
def test_framework_of_an_environment_follows_from_its_packages(virtual_environment, packages, framework, chosen):
    entry = registered.add("ours", str(virtual_environment(numpy="1.26", **packages)), framework)
    assert (entry.realization, entry.backend, entry.module) == chosen


@pytest.mark.parametrize("packages, framework, message", [
    ({"keras": "3.7.0", "tensorflow": "2.18.1"}, "", "no framework, only keras 3.7.0 and tensorflow 2.18.1; it"),
    ({"numpy": "1.26", "torch": "2.3.0"}, "", "has no framework, only numpy 1.26 and torch 2.3.0; it needs NumPy"),
    ({}, "", "has no framework; it needs NumPy"),
    ({"numpy": "1.26", "keras": "3.7.0", "tensorflow": "2.18.1", "jax": "0.4.30"}, "",
     "has keras, keras-jax; say which, as in framework=keras"),
    ({"numpy": "1.26", "keras": "3.7.0", "tensorflow": "2.18.1"}, "lightning", "has no 'lightning'; ")])
def test_environment_that_cannot_be_registered_is_refused(virtual_environment, packages, framework, message):
    with pytest.raises(UsageError, match=message):
        registered.add("ours", str(virtual_environment(**packages)), framework)
    assert not registered.register().exists()


class Without:
    """A worker without a GPU."""

    trained: ClassVar[list[str]] = []

    def __init__(self, framework, folder, device, threads):
        self.framework, self.process, self.ready = framework, SimpleNamespace(poll=lambda: None, kill=lambda: None), 0.0

    @property
    def environment(self):
        if self.framework == "keras":
            raise UsageError("keras sees only cpu")
        return {"framework": "reference"}

    def run(self, job, on_event, limit):
        self.trained.append(self.framework)

    def kill(self):
        pass

    def close(self):
        pass


def test_a_missing_gpu_is_refused_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr("compare.execution.executors.Worker", Without)
    jobs = {Trial("test", name, name, 0, "shared", None, True): {"out": ""} for name in ("reference", "keras")}
    with WorkerPool(("reference", "keras"), tmp_path, "cuda", 1) as pool, pytest.raises(UsageError, match="only cpu"):
        pool.work(jobs, 60, lambda trial, event: None, lambda trial, trace: None)
    assert Without.trained == []
