"""Workers on a Ray cluster of this machine: the same traces and facts as from processes here, and no open port."""

import os
import signal
import socket
from importlib.util import find_spec

import numpy as np
import pytest
from processes import listeners, processes_below, wait_for
from rounding import skip_unless_installed

from compare.analysis import comparison
from compare.execution import trials
from compare.execution.executors import LOCAL
from compare.execution.on_ray import node
from compare.execution.on_ray.executor import RayExecutor
from compare.execution.settings import Settings
from compare.execution.worker_pool import WorkerPool
from compare.execution.workers import IMPORT_LIMIT
from compare.reporting.record import record
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training
from scenarios.spec.fields import changed

SPEC = Spec(Data(divisor=255.0), (Flatten(), Dense(10), Activation("softmax")), CategoricalCrossentropy(), SGD(0.1),
            Training(2, 32))
FRAMEWORKS = ("reference", "lightning", "keras")
SCENARIO = Scenario("small", "Small", "Is it the same?", tuple(
    Variant(name, name, changed(SPEC, {"optimizer": SGD(rate)}), "reported")
    for name, rate in (("slow", 0.1), ("fast", 0.5))), (
        Behaviour("learns", "the model learns", ("slow",), lambda trace: float(trace["reported/train/loss"][-1]),
                  high=2.0, epochs=2),))
SETTINGS = Settings(frameworks=["reference", "reference-float32"])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """An executor with a cluster of this machine, which keeps the files of jobs in a folder of this module."""
    if not find_spec("ray"):  # which is not imported before the executor has said where it listens
        pytest.skip("needs ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        with RayExecutor(None) as executor:
            yield executor


@pytest.fixture
def pool(cluster, tmp_path):
    with WorkerPool((), tmp_path, "cpu", 1, executor=cluster) as workers:
        yield workers


def trained(pool, dataset, folder, *planned, on_event=lambda *of: None):
    """The traces of trials."""
    traces = {}
    for each in planned:
        pool.ensure_workers(each.framework, 1)
    pool.work({each: trials.job(each, dataset, folder) for each in planned}, IMPORT_LIMIT, on_event,
              traces.__setitem__)
    return [traces[each] for each in planned]


def trial(framework, name="on_ray", epochs=2):
    return trials.Trial("test", name, framework, 0, "shared", changed(SPEC, {"training.epochs": epochs}), whole=True)


def test_traces_are_those_of_local_workers(pool, train, dataset, tmp_path):
    for framework in FRAMEWORKS:
        skip_unless_installed(framework)
    events = []
    traces = trained(pool, dataset, tmp_path, *map(trial, FRAMEWORKS),
                     on_event=lambda each, event: events.append((each.framework, event["event"])))
    for framework, trace in zip(FRAMEWORKS, traces):
        local = train(framework, SPEC)
        assert trace.outcome["kind"] == "finished" and set(trace.arrays) == set(local.arrays)
        assert trace.facts["environment"] == local.facts["environment"]
        for name, array in local.arrays.items():
            if framework == "keras":
                np.testing.assert_allclose(trace.arrays[name], array, rtol=1e-5, atol=1e-6, err_msg=name)
            else:
                assert np.array_equal(trace.arrays[name], array, equal_nan=array.dtype.kind == "f"), name
        assert events.count((framework, "epoch")) == 2, "sent while it trains"


def test_facts_of_a_scenario_are_those_of_a_local_run(cluster, dataset, tmp_path):
    records = []
    for name, executor in (("local", LOCAL), ("ray", cluster)):
        folder = tmp_path / name
        folder.mkdir()
        with WorkerPool(SETTINGS.frameworks, folder, "cpu", 1, executor=executor) as pool:
            result = comparison.answered(pool, SCENARIO, comparison.plan(SCENARIO, SETTINGS), dataset, SETTINGS, folder,
                                         lambda *of: None, lambda traces: None, lambda stage: None)
        facts = record(result)
        for training in (training for variant in facts["variants"] for training in variant["trainings"]):
            training["seconds"] = 0.0
        records.append({key: value for key, value in facts.items() if key not in ("cost", "folder", "program")})
    assert records[0] == records[1] and not result.worker_errors


def test_files_of_jobs_are_fetched_once(pool, dataset, tmp_path):
    def kept():
        return {path.name: path.stat().st_ino for path in node.place().glob("*-*")}
    trained(pool, dataset, tmp_path, trial("reference", "first"))
    before = kept()
    trained(pool, dataset, tmp_path, trial("reference", "second"), trial("reference-float32", "third"))
    assert kept() == before and {name.split("-", 1)[1] for name in before} >= {"train_images.npy", "order-600-2-0.npy"}


def test_job_of_a_worker_that_is_killed_on_its_node_is_repeated(pool, dataset, tmp_path):
    killed = []

    def kill(each, event):
        if not killed and event["event"] == "epoch":
            killed.extend(worker_processes() - before)
            os.kill(killed[0], signal.SIGKILL)
    before = worker_processes()
    (trace,) = trained(pool, dataset, tmp_path, trial("reference", "killed", 100), on_event=kill)
    assert len(killed) == 1
    assert trace.outcome["kind"] == "finished" and len(trace["reported/train/loss"]) == 100
    pool.close()
    wait_for(lambda: worker_processes() <= before, 60)


def worker_processes():
    """The worker processes below this one."""
    return {pid for pid, line in processes_below(os.getpid()).items() if "runtime/worker.py" in line}


def test_every_port_of_the_cluster_is_on_loopback(pool, dataset, tmp_path):
    trained(pool, dataset, tmp_path, trial("reference", "listening"))
    processes = processes_below(os.getpid())
    assert any("gcs_server" in line for line in processes.values())
    addresses = listeners([os.getpid(), *processes])
    assert len(addresses) >= 5 and {address for address, _ in addresses} <= {"127.0.0.1", "::1"}, addresses


@pytest.mark.parametrize("address, listed", [("0.0.0.0", "0.0.0.0"), ("127.0.0.1", "127.0.0.1")])
def test_listener_on_all_addresses_is_seen(address, listed):
    with socket.create_server((address, 0)) as server:
        assert (listed, server.getsockname()[1]) in listeners([os.getpid()])
