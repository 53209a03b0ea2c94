"""Workers read back the environment that they report: a setting without effect is not reported as effective."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from rounding import each, skip_unless_installed

from compare import HOME
from compare.execution.workers import Worker
from frameworks import FRAMEWORKS
from frameworks.runtime import training

CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
NO_GPU = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2", "XLA_FLAGS": ""}


@each
def test_worker_with_two_threads_reports_two(tmp_path, monkeypatch, framework):
    skip_unless_installed(framework)
    if CPUS < 2:
        pytest.skip("needs two CPUs")
    for name in ("XLA_FLAGS", "NPROC"):
        monkeypatch.delenv(name, raising=False)
    with Worker(framework, tmp_path, threads=2) as worker:
        assert worker.environment["threads"] == 2


SCRIPT = """
import importlib, json, sys
from frameworks.{realization} import prepare
settings = {settings}
prepare(settings)
{plant}
print(json.dumps(importlib.import_module("frameworks.{realization}.model").environment(settings)))
"""


def environment(framework, plant="", **variables):
    """The environment that a process with two threads reports, after the code `plant` and with these variables."""
    skip_unless_installed(framework)
    chosen = FRAMEWORKS[framework]
    settings = {"backend": chosen.backend, "module": chosen.module, "dtype": chosen.dtype, "device": "cpu",
                "threads": 2}
    script = SCRIPT.format(realization=chosen.realization, settings=settings, plant=plant)
    child = subprocess.run([sys.executable, "-c", script], cwd=HOME, env={**os.environ, **NO_GPU, **variables},
                           capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout.splitlines()[-1])


@pytest.mark.parametrize("framework, plant, variables", [
    ("keras-jax", "", {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}),
    ("keras-jax", "", {"NPROC": "1"}),
    ("keras-torch", "", {"OMP_NUM_THREADS": "1"}),
    ("lightning", "import torch; torch.set_num_threads = print", {"OMP_NUM_THREADS": "1"}),
    ("reference", "", {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}),
], ids=str)
def test_thread_count_without_effect_is_not_reported(framework, plant, variables):
    assert environment(framework, plant, **variables)["threads"] == 1


TENSORFLOW = """
import tensorflow as tf
threading = tf.config.threading
threading.set_intra_op_parallelism_threads(3)
threading.set_intra_op_parallelism_threads = threading.set_inter_op_parallelism_threads = lambda number: None
tf.config.list_physical_devices = lambda kind=None: [tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")]
"""
DETERMINISTIC = "tf.config.experimental.enable_op_determinism()"


@pytest.mark.parametrize("plant, execution", [("", "jit"), (DETERMINISTIC, "graph")], ids=["free", "deterministic"])
def test_threads_and_execution_are_read_from_tensorflow(plant, execution):
    """With a GPU, mocked here, Keras compiles with XLA, except where it must be deterministic."""
    reported = environment("keras", TENSORFLOW + plant)
    assert reported["threads"] == 3 and reported["execution"] == execution and reported["device"] == "cuda"


@pytest.mark.parametrize("platform, maximum", [("linux", 3 * 2**20), ("darwin", 3 * 2**30)])
def test_peak_memory_is_reported_in_mb(monkeypatch, platform, maximum):
    monkeypatch.setattr(training.sys, "platform", platform)
    monkeypatch.setattr(training.resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=maximum))
    assert training.peak_mb() == 3 * 2**10
