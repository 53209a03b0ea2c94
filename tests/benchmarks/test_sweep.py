"""Sweeps over several initializations, as ratios in one run: more starts in one run, more cores, more nodes of Ray.

`pytest -n 0 -m benchmark -s tests/benchmarks` prints them, and compares each with tests/records/sweep.json, or with its
aim before the record has it; with `--snapshot-update` it writes the record. Cores are pinned, so that a machine of any
size measures the same, but it must be idle: of busy cores, a run gets the same share of two as of one.
"""

import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import processes_below

from compare.execution.on_ray.executor import ON_LOOPBACK, QUIET

RECORD = Path(__file__).parents[1] / "records" / "sweep.json"
STARTS = "ratio of one run with ten starts to ten runs with one"
CORES = "ratio of ten starts on two cores to one core"
NODES = "ratio of ten starts on two nodes of one core to one node"
AIMS = {STARTS: 0.5, CORES: 0.6, NODES: 0.6}
MOST = 1.5
"""How many times the recorded ratio counts as slower."""
SWEEP = ("scenario=lr_scaling", "data=sample", "variants=lr_0_01,lr_0_03", "frameworks=lightning", "reuse=false")
pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600),
              pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")]


def seconds(place, cores, *arguments):
    """The seconds of a run of `SWEEP` on some cores."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "compare", *SWEEP, *arguments, f"out={place}"], check=True,
                   env={**os.environ, **ON_LOOPBACK}, stdout=subprocess.DEVNULL,
                   preexec_fn=lambda: os.sched_setaffinity(0, cores))
    return time.monotonic() - began


def noted(updating, measured):
    """Prints numbers and writes or compares the ratio among them."""
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    numbers = {name: round(value, 2) for name, value in measured.items()}
    print(json.dumps(numbers, indent=2))
    if updating:
        RECORD.write_text(json.dumps({**record, **numbers, "load": round(os.getloadavg()[0], 1)}, indent=2) + "\n",
                          encoding="utf-8")
    for name, value in numbers.items():
        assert not name.startswith("ratio") or updating or value < MOST * record.get(name, AIMS[name])


@pytest.fixture(scope="module")
def cores():
    return sorted(os.sched_getaffinity(0))


@pytest.fixture(scope="module")
def ten_starts(cores, tmp_path_factory):
    """Seconds of ten starts on two cores."""
    return seconds(tmp_path_factory.mktemp("sweep") / "run", cores[:2], "seeds=10")


def test_ten_starts_beside_ten_runs(ten_starts, cores, tmp_path, updating):
    runs = sum(seconds(tmp_path / f"run-{n}", cores[:2]) for n in range(10))
    noted(updating, {"one run with ten starts, s": ten_starts, "ten runs, s": runs, STARTS: ten_starts / runs})


def test_ten_starts_on_two_cores_beside_one(ten_starts, cores, tmp_path, updating):
    on_one_core = seconds(tmp_path / "run", cores[:1], "seeds=10")
    noted(updating, {"ten starts on one core, s": on_one_core, CORES: ten_starts / on_one_core})


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
    noted(updating, {"ten starts on one node, s": took[1], "ten starts on two nodes, s": took[2],
                     NODES: took[2] / took[1]})
