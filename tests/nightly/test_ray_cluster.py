"""A Ray cluster of three nodes here, one of which is killed in the middle of a sweep; and a killed parent."""

import json
import os
import signal
import subprocess
import threading
from collections import Counter

import numpy as np
import pytest
from processes import command, is_running, listeners, processes_below, variables, wait_for

import keras_or_me
from compare.execution.on_ray.executor import ON_LOOPBACK, QUIET
from compare.reporting.record import record
from frameworks.runtime import trace
from scenarios import load
from scenarios.spec.fields import to_json

SEEDS = 2
SOON = 300
MINE = """
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

def loss(trace):
    return float(trace["reported/train/loss"][-1])

SCENARIO = Scenario("mine", "Mine", "Does it learn?", tuple(
    Variant(f"v{n}", f"rate 0.1 / {n}", Spec(Data(divisor=255.0), (Flatten(), Dense(10), Activation("sigmoid")),
            CategoricalCrossentropy(), SGD(0.1 / n), Training(6, 32)), "reported") for n in (1, 2, 3)),
    (Behaviour("learns", "the model learns", ("v1",), loss, high=1.0, epochs=6),))
"""


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


def times_kept(entries, scenario):
    """How many entries of a store each trial of a scenario has, by the file name of its trace."""
    kept = Counter((document["about"]["framework"], document["job"]["seed"], str(document["job"]["spec"]))
                   for document in (entry["document"] for entry in entries) if document["about"]["kind"] == "train")
    specs = {variant.name: str(json.loads(json.dumps(to_json(variant.spec), sort_keys=True)))
             for variant in scenario.variants}
    return {f"{name}.{framework}.{seed}.npz": kept[framework, seed, spec] for name, spec in specs.items()
            for framework in ("keras", "lightning", "reference") for seed in range(SEEDS)}


def trained(place, **settings):
    """(the facts of a run of the scenario, the traces by name, the entries of its store)."""
    os.environ["KERAS_OR_ME_STORE"] = str(place / "store")
    try:
        result = keras_or_me.run(load(str(place.parent / "mine.py")), out=place / "run", data="sample", seeds=SEEDS,
                                 frameworks="keras,lightning,reference", **settings)
    finally:
        os.environ["KERAS_OR_ME_STORE"] = "off"
    assert not result.worker_errors, result.worker_errors
    entries = [json.loads(path.read_text()) for path in place.glob("store/trials/*/*.json")]
    return record(result), {path.name: trace.read(str(path)) for path in place.glob("run/traces/v*.npz")}, entries


def test_node_that_is_killed_in_the_middle_of_a_sweep_costs_no_trial_and_changes_no_fact(cluster, tmp_path,
                                                                                         monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
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
    facts, traces, entries = trained(tmp_path / "ray", executor="ray", ray_address=cluster.address)
    killer.join()
    assert killed, "a node with a worker"
    assert len(listeners([os.getpid(), *processes_below(os.getpid())])) > 5
    assert {address for address, _ in listeners([os.getpid(), *processes_below(os.getpid())])} == {"127.0.0.1"}
    expected, local, _ = trained(tmp_path / "local")
    assert set(traces) == set(local) and len(traces) == 3 * 3 * SEEDS
    assert times_kept(entries, load(str(tmp_path / "mine.py"))) == dict.fromkeys(traces, 1)
    for name, remote in traces.items():
        for key, array in local[name].arrays.items():
            if ".keras." in name:
                np.testing.assert_allclose(remote.arrays[key], array, rtol=1e-4, atol=1e-5, err_msg=f"{name} {key}")
            else:
                assert np.array_equal(remote.arrays[key], array, equal_nan=array.dtype.kind == "f"), (name, key)
    for key in ("summary", "behaviours", "divergences", "unexplained"):
        assert facts.get(key) == expected.get(key), key


def test_nothing_stays_behind_a_parent_that_is_killed(tmp_path):
    (tmp_path / "mine.py").write_text(MINE.replace("Training(6, 32)", "Training(1000, 32)"), encoding="utf-8")
    with subprocess.Popen(command("scenario=mine.py", "data=sample", "frameworks=reference", "executor=ray", "out=run"),
                          cwd=tmp_path, env=variables(tmp_path), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as program:
        wait_for(lambda: any("runtime/worker.py" in line for line in processes_below(program.pid).values()), SOON)
        below = list(processes_below(program.pid))
        program.send_signal(signal.SIGKILL)
    wait_for(lambda: not any(map(is_running, below)), SOON)
