"""A Ray cluster of three hosts that share no files, one of which vanishes in the middle of a sweep."""

import json
import subprocess
import sys
from importlib.util import find_spec

import hosts
import pytest
from processes import wait_for
from swept import FACTS, SCENARIO, SEEDS, assert_same, times_kept

from frameworks.runtime import trace

FRAMEWORKS = ("lightning", "reference")
SOON = 600
RAY = (sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus=1",
       "--object-store-memory=200000000")


@pytest.fixture
def cluster(tmp_path):
    """Hosts with a Ray node of one core each; the first has the head, the scenario and the command."""
    if not find_spec("ray"):
        pytest.skip("needs ray")
    if reason := hosts.reason_against():
        pytest.skip(reason)
    with hosts.running(tmp_path, "head", "first", "second") as running:
        for host in running:
            start_ray(host)
        (tmp_path / "head" / "mine.py").write_text(SCENARIO)
        yield running


def start_ray(host):
    """Starts the node of Ray on a host, and waits until it has joined."""
    joined = ("--head", "--port=6379", "--include-dashboard=false") if host.name == "head" else ("--address=head:6379",)
    log = host.folder / "ray.log"
    with log.open("w") as output:
        subprocess.Popen(host.command(*RAY, *joined, f"--node-ip-address={host.address}"), stdout=output, stderr=output)
    wait_for(lambda: "will now block" in log.read_text(), SOON)


def compare(host, *arguments, frameworks=FRAMEWORKS, **options):
    """The command of a sweep on a host."""
    return host.command("env", *(f"{name}={value}" for name, value in options.items()), sys.executable, "-m", "compare",
                        "scenario=mine.py", "data=sample", f"frameworks={','.join(frameworks)}", *arguments)


def is_training(host):
    """Whether a host has a worker, and has the images, which came over the network."""
    return any(host.folder.glob("cache/keras-or-me/fetched/*-train_images.npy")) and \
        any("runtime/worker.py" in line for line in host.processes())


def traces_of(folder):
    return {path.name: trace.read(str(path)) for path in folder.glob("traces/v*.npz")}


def test_host_that_vanishes_costs_no_trial_and_changes_no_fact(cluster):
    head, *others = cluster
    store = head.folder / "store"
    with subprocess.Popen(compare(head, f"seeds={SEEDS}", "executor=ray", "ray.address=head:6379", "out=ray"),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
        wait_for(lambda: len(list(store.glob("trials/*/*.json"))) >= 4 and any(map(is_training, others)) or
                 program.poll() is not None, SOON)
        assert program.poll() is None, program.stdout.read()
        next(filter(is_training, others)).vanish()
        assert list(head.folder.glob("ray/tensorboard/**/events*")), "curves are there while it trains"
        output = program.communicate(timeout=SOON)[0]
    assert program.returncode == 0 and "Traceback" not in output, output
    local = subprocess.run(compare(head, f"seeds={SEEDS}", "out=local", KERAS_OR_ME_STORE="off"), capture_output=True,
                           text=True, timeout=SOON)
    assert local.returncode == 0, local.stdout + local.stderr
    traces = traces_of(head.folder / "ray")
    assert len(traces) == 3 * len(FRAMEWORKS) * SEEDS
    assert times_kept(store, head.folder / "mine.py", FRAMEWORKS) == dict.fromkeys(traces, 1)
    assert_same(traces, traces_of(head.folder / "local"))
    remote, here = (json.loads((head.folder / name / "result.json").read_text()) for name in ("ray", "local"))
    assert remote["problems"] == []
    assert {key: remote[key] for key in FACTS} == {key: here[key] for key in FACTS}


def test_environment_that_only_the_head_has_is_a_sentence(cluster):
    head = cluster[0]
    added = head.command(sys.executable, "-m", "compare", "environments", "add", "mykeras", f"python={sys.executable}",
                         "framework=keras")
    subprocess.run(added, capture_output=True, check=True, timeout=SOON)
    ended = subprocess.run(compare(head, "executor=ray", "ray.address=head:6379", frameworks=["mykeras"]),
                           capture_output=True, text=True, timeout=SOON)
    assert ended.returncode == 2 and ended.stderr.splitlines()[-1].endswith(
        ": it is not registered there; run `python -m compare environments add` there too."), ended.stderr
