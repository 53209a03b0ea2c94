"""A Ray cluster of three nodes here, one of which is killed in the middle of a sweep; and a killed parent."""

import os
import signal
import subprocess
import threading

import pytest
from processes import command, is_running, listeners, processes_below, variables, wait_for
from swept import FACTS, SCENARIO, SEEDS, assert_same, times_kept

import keras_or_me
from compare.execution.on_ray.executor import ON_LOOPBACK, QUIET
from compare.reporting.record import record
from frameworks.runtime import trace
from scenarios import load

FRAMEWORKS = ("keras", "lightning", "reference")
SOON = 300


@pytest.fixture
def cluster(monkeypatch):
    """Three nodes of one core, with all ports on loopback."""
    for name, value in {**ON_LOOPBACK, **QUIET}.items():
        monkeypatch.setenv(name, value)
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    nodes = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(2):
        nodes.add_node(num_cpus=1)
    yield nodes
    nodes.shutdown()


def raylet(node):
    """The process of a node that starts its workers."""
    return node.all_processes["raylet"][0].process.pid


def workers_of(node):
    return [line for line in processes_below(raylet(node)).values() if "runtime/worker.py" in line]


def trained(place, **settings):
    """(the facts of a run of the scenario, and the traces by name)."""
    os.environ["KERAS_OR_ME_STORE"] = str(place / "store")
    try:
        result = keras_or_me.run(load(str(place.parent / "mine.py")), out=place / "run", data="sample", seeds=SEEDS,
                                 frameworks=",".join(FRAMEWORKS), **settings)
    finally:
        os.environ["KERAS_OR_ME_STORE"] = "off"
    assert not result.worker_errors, result.worker_errors
    return record(result), {path.name: trace.read(str(path)) for path in place.glob("run/traces/v*.npz")}


def test_node_that_is_killed_in_the_middle_of_a_sweep_costs_no_trial_and_changes_no_fact(cluster, tmp_path,
                                                                                         monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "mine.py").write_text(SCENARIO, encoding="utf-8")
    killed = []

    def kill():
        wait_for(lambda: len(list(tmp_path.glob("ray/store/trials/*/*.json"))) >= 4, SOON)
        node = wait_for(lambda: [node for node in cluster.worker_nodes if workers_of(node)], SOON)[0]
        killed.extend(workers_of(node))
        cluster.remove_node(node, allow_graceful=False)
    killer = threading.Thread(target=kill)
    killer.start()
    for name in ("local", "ray"):
        (tmp_path / name).mkdir()
    facts, traces = trained(tmp_path / "ray", executor="ray", ray_address=cluster.address)
    killer.join()
    assert killed, "a node with a worker"
    assert len(listeners([os.getpid(), *processes_below(os.getpid())])) > 5
    assert {address for address, _ in listeners([os.getpid(), *processes_below(os.getpid())])} == {"127.0.0.1"}
    expected, local = trained(tmp_path / "local")
    assert len(traces) == 3 * len(FRAMEWORKS) * SEEDS
    assert times_kept(tmp_path / "ray" / "store", tmp_path / "mine.py", FRAMEWORKS) == dict.fromkeys(traces, 1)
    assert_same(traces, local, close=("keras",))
    assert {key: facts.get(key) for key in FACTS} == {key: expected.get(key) for key in FACTS}


def test_nothing_stays_behind_a_parent_that_is_killed(tmp_path):
    (tmp_path / "mine.py").write_text(SCENARIO.replace("Training(6, 32)", "Training(1000, 32)"), encoding="utf-8")
    with subprocess.Popen(command("scenario=mine.py", "data=sample", "frameworks=reference", "executor=ray", "out=run"),
                          cwd=tmp_path, env=variables(tmp_path), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as program:
        wait_for(lambda: any("runtime/worker.py" in line for line in processes_below(program.pid).values()), SOON)
        below = list(processes_below(program.pid))
        program.send_signal(signal.SIGKILL)
    wait_for(lambda: not any(map(is_running, below)), SOON)
