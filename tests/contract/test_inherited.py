"""Settings of a user account do not affect training: workers do not inherit them, and changed defaults are refused."""

import json
from pathlib import Path

import pytest
from rounding import skip_unless_installed

from compare.execution import inherited, trials, workers
from compare.execution.errors import UsageError
from compare.execution.workers import Worker
from frameworks.runtime import trace
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Conv2D, Data, Dense, Flatten, Spec, Training

SPEC = Spec(Data(divisor=255.0, channel=True), (Conv2D(2, 3), Flatten(), Dense(10), Activation("softmax")),
            CategoricalCrossentropy(), SGD(0.1), Training(1, 32))
KERAS_JSON = {"backend": "torch", "floatx": "float16", "epsilon": 0.01, "image_data_format": "channels_first"}
PLANTED = {"KERAS_BACKEND": "jax", "TF_ENABLE_ONEDNN_OPTS": "0", "TF_USE_LEGACY_KERAS": "1", "TF_XLA_FLAGS": "--no",
           "JAX_ENABLE_X64": "1", "SLURM_NTASKS": "2", "SLURM_JOB_NAME": "train", "PL_TRAINER_PRECISION": "bf16-mixed",
           "PL_TRAINER_GRADIENT_CLIP_VAL": "0.001", "PL_TRAINER_MAX_EPOCHS": "7", "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
           "WORLD_SIZE": "2", "PYTHONWARNINGS": "error", "XLA_FLAGS": "--no_such"}


@pytest.mark.parametrize("framework", ["keras", "lightning"])
def test_account_settings_change_nothing(train, dataset, tmp_path, monkeypatch, framework):
    """Bit for bit, with all settings at once in a real home directory and environment."""
    skip_unless_installed(framework)
    expected = train(framework, SPEC)
    for home in (tmp_path / ".keras", tmp_path / "keras_home"):
        home.mkdir()
        (home / "keras.json").write_text(json.dumps(KERAS_JSON))
    for name, value in {**PLANTED, "HOME": str(tmp_path), "KERAS_HOME": str(tmp_path / "keras_home")}.items():
        monkeypatch.setenv(name, value)
    job = trials.job(trials.Trial("test", "planted", framework, 0, "shared", SPEC, True), dataset, tmp_path)
    with Worker(framework, tmp_path) as worker:
        worker.run(job)
        assert worker.environment == expected.facts["environment"]
        settings = worker.environment["settings"]
    assert settings and all(settings[name] == inherited.DEFAULTS[name] for name in settings)
    actual = trace.read(job["out"])
    assert actual.arrays.keys() == expected.arrays.keys() and len(actual["step/loss"]) > 10
    assert all((actual[name] == expected[name]).all() for name in actual.arrays)


def test_worker_inherits_only_what_the_platform_needs(monkeypatch):
    for name, value in {**PLANTED, "LD_LIBRARY_PATH": "/lib", "OPENBLAS_CORETYPE": "Haswell"}.items():
        monkeypatch.setenv(name, value)
    variables = inherited.variables("tensorflow", 2, "/empty")
    assert variables["LD_LIBRARY_PATH"] == "/lib" and variables["OPENBLAS_CORETYPE"] == "Haswell" and variables["PATH"]
    assert (variables["KERAS_BACKEND"], variables["KERAS_HOME"], variables["NPROC"], variables["XLA_FLAGS"]) == (
        "tensorflow", "/empty", "2", "")
    assert not variables.keys() & (PLANTED.keys() - {"KERAS_BACKEND", "XLA_FLAGS"})
    assert "KERAS_BACKEND" not in inherited.variables("", 1, "/empty")


@pytest.mark.parametrize("name", inherited.DEFAULTS)
def test_changed_default_is_refused_with_a_message(name):
    inherited.refuse_changed("keras", {"settings": inherited.DEFAULTS})
    with pytest.raises(UsageError, match=f"^keras starts with {name}='odd' where its own default is .*; remove it, .*"):
        inherited.refuse_changed("keras", {"settings": {**inherited.DEFAULTS, name: "odd"}})


SCRIPT = """
import importlib.util, sys
import torch
torch.set_default_dtype(torch.float64)
found = importlib.util.spec_from_file_location("worker", {worker!r})
worker = importlib.util.module_from_spec(found)
found.loader.exec_module(worker)
worker.main(*sys.argv[1:])
"""


def test_default_changed_by_a_startup_file_is_refused_before_training(tmp_path, monkeypatch):
    skip_unless_installed("lightning")
    (tmp_path / "start.py").write_text(SCRIPT.format(worker=str(workers.SCRIPT)))
    monkeypatch.setattr(workers, "SCRIPT", Path(tmp_path / "start.py"))
    with Worker("lightning", tmp_path) as worker, pytest.raises(UsageError, match="default_dtype='float64'"):
        worker.run({})
