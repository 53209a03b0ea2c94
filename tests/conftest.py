"""What tests of the realizations share: warm workers, a small data set, and the two verbs."""

import itertools
import os
import subprocess

import numpy as np
import pytest
import threadpoolctl
from fix_text import not_code
from rounding import skip_unless_installed
from xdist.scheduler import LoadFileScheduling

from compare.analysis.programs import check, runs
from compare.execution import data, program_arguments, programs, trials
from compare.execution.workers import Worker
from compare.reporting.programs.facts import facts
from frameworks import FRAMEWORKS as FRAMEWORK_NAMES
from frameworks.runtime import trace
from scenarios.spec.fields import to_json

pytest_plugins = ("reported_run", "resolving", "short_runs", "stage_traces", "stored_trainings")
"""Modules of this folder with fixtures that several files use."""
TOGETHER = (("test_report.py", "test_outputs.py"),
            ("test_trace_contract.py", "test_worker_contract.py", "test_outcome_contract.py", "test_metric_contract.py",
             "test_initialization_contract.py"))
"""Files that one process runs, since they share a run, workers or trainings that another would make again."""

os.environ.pop("COLUMNS", None)  # pytest-xdist sets it in its processes, and output would be wrapped
# What jax compiled is kept for the session: otherwise every training of the same spec would compile it again.
JAX = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}
# In this process as in every worker: on small matrices, two threads of BLAS wait for one another.
threadpoolctl.threadpool_limits(1, user_api="blas")
# Nothing is taken from the user's store, nor put there, since tests plant faults; tests of the store name a folder.
os.environ["KERAS_OR_ME_STORE"] = "off"
ONCE = {"keras", "lightning", "reference"}
"""What passes the contract once in every `pytest`; the rest of tests/contract is `-m contract`."""
LONGEST = ("test_programs.py", "test_honesty.py", "test_losses.py", "test_optimizers.py", "test_transplant.py",
           "test_catalogue.py", "test_null_cases.py", "test_detection_rates.py", "test_faults_at_stages.py",
           "test_coverage.py", "test_planted_faults.py", "test_run.py", "test_check.py")
"""The files that come first, since they take longest: a long file at the end would leave one of two processes idle."""
NIGHT = 5000
"""Seconds that a nightly test may take, unless it says another time: a fixture may train for half an hour."""
SMALL = {"train_images": 600, "train_labels": 600, "test_images": 200, "test_labels": 200}


class ByFile(LoadFileScheduling):
    """Distributes files to processes, and those of `TOGETHER` as one."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        return next((group[0] for group in TOGETHER if file.rpartition("/")[2] in group), file)


def pytest_xdist_make_scheduler(config, log):
    """The scheduler of `--dist loadfile`."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks the tests of tests/contract and tests/nightly, gives nightly ones their time, puts the longest files first.

    A test of the contract that is about the reference alone stays with the others, and so does one pass of it for Keras
    and for Lightning: tests/contract/test_*_contract.py.
    """
    for item in items:
        room, values = item.path.parent.name, item.callspec.params.values() if hasattr(item, "callspec") else ()
        frameworks = {value for value in values if isinstance(value, str) and value in FRAMEWORK_NAMES}
        of_reference = frameworks and all(name.startswith("reference") for name in frameworks)
        once = item.path.name.endswith("_contract.py") and frameworks and frameworks <= ONCE
        if room == "nightly":
            item.add_marker("nightly")
        elif room == "contract" and not of_reference and not once and not item.get_closest_marker("nightly"):
            item.add_marker("contract")
        if item.get_closest_marker("nightly") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(NIGHT))
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture
def small_disk(tmp_path):
    """A function: a folder on a disk of its own with so many KB. Skips the test where none can be mounted."""
    mounted = []

    def made(size):
        place = tmp_path / f"disk-{len(mounted)}"
        place.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(place)],
                          capture_output=True).returncode:
            pytest.skip("no disk can be mounted here")
        mounted.append(place)
        return place
    yield made
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture(scope="session")
def updating(pytestconfig):
    """Whether records are rewritten instead of compared: with `--snapshot-update`, as the snapshots of outputs are."""
    return pytestconfig.getoption("update_snapshots")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Where starts, batches, traces and logs of this session lie."""
    return tmp_path_factory.mktemp("trials")


@pytest.fixture(scope="session")
def dataset(folder):
    """The first images of MNIST where MNIST_DIR names it, else of the sample; 600 to train, 200 to test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        whole = data.load("mnist" if os.environ.get("MNIST_DIR") else "sample")
        for name, n in SMALL.items():
            np.save(folder / f"{name}.npy", np.load(whole.folder / f"{name}.npy")[:n])
    return data.Dataset(whole.name, folder, f"the first of {whole.sha256}", whole.source, whole.notice)


@pytest.fixture(scope="session")
def worker(folder):
    """A function: the warm process of a framework, started at its first use; skips the test where it is missing."""
    workers = {}

    def warm(framework):
        skip_unless_installed(framework)
        if framework not in workers:
            with pytest.MonkeyPatch.context() as patch:
                for name, value in dict(JAX, JAX_COMPILATION_CACHE_DIR=str(folder / "jax")).items():
                    patch.setenv(name, value)
                workers[framework] = Worker(framework, folder)
        return workers[framework]
    yield warm
    for process in workers.values():
        process.close()


@pytest.fixture(scope="session")
def train(worker, dataset, folder):
    """A function: the trace of a training. One that was trained before is not trained again, unless it is a repetition.

    `changes` go into the job as they are, as in prefix="every".
    """
    traces, count = {}, itertools.count()

    def trained(framework, spec, /, seed=0, init="shared", repetition=0, **changes):
        key = (framework, spec, seed, init, repetition, str(changes))
        if key not in traces:
            trial = trials.Trial("test", f"trial_{next(count)}", framework, seed, init, spec, whole=True)
            job = dict(trials.job(trial, dataset, folder), **changes)
            worker(framework).run(job)
            traces[key] = trace.read(job["out"])
        return traces[key]
    return trained


@pytest.fixture(scope="session")
def probe(worker, folder):
    """A function: the arrays of one step from given weights on the batch (x, y)."""
    def probed(framework, spec, weights, x, y, optimizer_state=None):
        files = {"weights": weights, "batch": {"x": x, "y": y}, "optimizer_state": optimizer_state or {}}
        for name, arrays in files.items():
            np.savez(folder / f"probe-{name}.npz", **arrays)
        job = {"verb": "probe", "id": "probe", "spec": to_json(spec), "seed": 0, "init": "shared",
               **{name: str(folder / f"probe-{name}.npz") for name in ("weights", "batch", "optimizer_state")},
               "out": str(folder / "probed.npz")}
        worker(framework).run(job)
        return trace.read(job["out"]).arrays
    return probed


@pytest.fixture(scope="session")
def compared(worker, folder):
    """A function: what `check` finds about two programs of different frameworks; their files are in a folder."""
    def check_programs(place, /, **given):
        question = program_arguments.read_keywords({"steps": 8, **given}, place)
        both = tuple(worker(side.framework) for side in (question.left, question.right))
        empty = programs.Setup()
        result = facts(check.check(runs.Pair(question, folder, both, empty, empty)))
        changes = [*(cause for item in result.items for cause in item.causes), *result.settings]
        assert not [mixed for change in changes for mixed in not_code(change.code)]
        return result
    return check_programs
