"""Sweeps over several initializations, as ratios in one run: more starts in one run, more cores, more nodes of Ray.

`pytest -n 0 -m benchmark -s tests/benchmarks` prints them, and compares each with tests/records/sweep.json; with
`--snapshot-update` it writes the record. Cores are pinned, so that a machine of any size measures the same, but it must
be idle: of busy cores, a run gets the same share of two as of one.
"""

import os
from importlib.util import find_spec

import pytest
from figures import noted, run
from processes import processes_below

from compare.execution.on_ray.executor import ON_LOOPBACK, QUIET

SEEDS = "ratio of one run with ten starts to ten runs with one"
CORES = "ratio of ten starts on two cores to one core"
NODES = "ratio of ten starts on two nodes of one core to one node"
AIMS = {SEEDS: 0.5, CORES: 0.6, NODES: 0.6}
SWEEP = ("scenario=lr_scaling", "data=sample", "variants=lr_0_01,lr_0_03", "frameworks=lightning", "reuse=false")
pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600),
              pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")]


def seconds(place, cores, *arguments):
    """The seconds of a run of `SWEEP` on some cores."""
    return run("-m", "compare", *SWEEP, *arguments, f"out={place}", cores=cores, **ON_LOOPBACK).seconds


@pytest.fixture(scope="module")
def cores():
    return sorted(os.sched_getaffinity(0))


@pytest.fixture(scope="module")
def ten_starts(cores, tmp_path_factory):
    """Seconds of ten starts on two cores."""
    return seconds(tmp_path_factory.mktemp("sweep") / "run", cores[:2], "seeds=10")


def test_ten_starts_beside_ten_runs(ten_starts, cores, tmp_path, updating):
    runs = sum(seconds(tmp_path / f"run-{n}", cores[:2]) for n in range(10))
    noted("sweep", AIMS, {"one run with ten starts, s": ten_starts, "ten runs, s": runs, SEEDS: ten_starts / runs},
          updating)


def test_ten_starts_on_two_cores_beside_one(ten_starts, cores, tmp_path, updating):
    on_one_core = seconds(tmp_path / "run", cores[:1], "seeds=10")
    noted("sweep", AIMS, {"ten starts on one core, s": on_one_core, CORES: ten_starts / on_one_core}, updating)


def test_two_nodes_of_one_core_beside_one(cores, tmp_path, monkeypatch, updating):
    if not find_spec("ray"):
        pytest.skip("needs ray")
    for name, value in {**ON_LOOPBACK, **QUIET}.items():
        monkeypatch.setenv(name, value)
    from ray.cluster_utils import Cluster
    took = {}
    cluster = Cluster()
    try:
        for number in (1, 2):
            node = cluster.add_node(num_cpus=1, include_dashboard=False)
            pid = node.all_processes["raylet"][0].process.pid
            for process in [pid, *processes_below(pid)]:
                os.sched_setaffinity(process, cores[number - 1:number])
            took[number] = seconds(tmp_path / f"run-{number}", cores[:number], "seeds=10", "executor=ray",
                                   f"ray.address={cluster.address}")
    finally:
        cluster.shutdown()
    noted("sweep", AIMS, {"ten starts on one node, s": took[1], "ten starts on two nodes, s": took[2],
                          NODES: took[2] / took[1]}, updating)
