"""executor=ray: its settings, and which nodes of a cluster are equal; without a cluster."""

import subprocess
import sys
from dataclasses import replace

import pytest

from compare import HOME
from compare.execution import settings
from compare.execution.errors import NotInstalled, UsageError
from compare.execution.on_ray import node as on_node
from compare.execution.on_ray import nodes
from compare.execution.on_ray.executor import RayExecutor
from compare.execution.on_ray.nodes import Kind, Node

HERE = Kind("ours", "3.11.7", "glibc 2.36", frozenset({"model name: A", "flags: sse", "flags: avx2"}),
            frozenset({"numpy-2.4.6", "keras-3.15.1"}))
WIDER = replace(HERE, processor=HERE.processor | {"flags: avx512f"})


def node(name, cores=1):
    return Node(name, f"10.0.0.{name}", cores, 1000)


def test_only_equal_nodes_are_used_and_the_others_are_named():
    chosen, sentences = nodes.equal({node("1"): HERE, node("2"): WIDER, node("3"): HERE}, HERE)
    assert [each.id for each in chosen] == ["1", "3"]
    assert sentences == ["The node 10.0.0.2 is left out, since it is not equal to 10.0.0.1: the processor (flags: "
                         "avx512f)."]


def test_nodes_with_most_cores_are_chosen_and_this_machine_among_equals():
    assert nodes.equal({node("1"): HERE, node("2", 4): WIDER}, HERE)[0] == [node("2", 4)]
    assert nodes.equal({node("1"): WIDER, node("2"): HERE}, HERE)[0] == [node("2")]


def test_other_versions_are_named():
    kind = replace(HERE, python="3.12.1", packages=frozenset({"numpy-2.4.5", "keras-3.15.1"}))
    assert nodes.differences(HERE, kind) == ("Python (3.11.7 against 3.12.1), the packages (numpy-2.4.5, numpy-2.4.6)")


def test_nodes_with_another_version_of_this_program_are_refused():
    with pytest.raises(UsageError, match="No node of the cluster has the version of keras-or-me that this machine has"):
        nodes.equal({node("1"): replace(HERE, program="theirs")}, HERE)


def test_this_machine_equals_itself():
    kind = nodes.kind("reference")
    assert kind == nodes.kind("reference") and any(name.startswith("numpy-") for name in kind.packages)
    assert len(kind.program) == 64 and kind.processor


@pytest.mark.parametrize("given, message", [
    (["ray.address=head:6379"], "ray.address is 'head:6379', but executor is local; set executor=ray."),
    (["executor=ray", "device=cuda"], "device is 'cuda' with executor=ray; allowed: cpu."),
    (["executor=ray", "ray.address=ray://head:10001"], "ray.address is 'ray://head:10001', which is a client's; "
     "allowed: the HOST:PORT of the head, on a machine of the cluster."),
    (["executor=slurm"], "executor is 'slurm'; ")])
def test_settings_that_do_not_go_together_are_a_sentence(given, message):
    with pytest.raises(UsageError) as error:
        settings.read(["scenario=lr_scaling", "frameworks=reference", *given])
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("address, reason", [("127.0.0.1:1", "Connection refused"), ("head", "invalid literal")])
def test_address_without_a_cluster_is_refused_at_once(address, reason):
    with pytest.raises(UsageError) as error:
        RayExecutor(address).capacity(1)
    assert str(error.value).startswith(f"ray.address is {address!r}, where no Ray cluster can be joined (")
    assert reason in str(error.value) and "\n" not in str(error.value)


def test_missing_ray_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(settings, "find_spec", lambda name: None)
    with pytest.raises(NotInstalled, match=r"executor=ray needs the package ray, not installed here: pip install "
                                           r"'keras-or-me\[ray\]'\."):
        settings.read(["scenario=lr_scaling", "frameworks=reference", "executor=ray"])


def test_address_of_python_is_that_of_the_command_line():
    read = settings.read_keywords({"executor": "ray", "ray_address": "head:6379", "frameworks": "reference"})
    assert (read.executor, read.ray.address) == ("ray", "head:6379")


def test_ray_is_imported_by_nothing_before_a_worker_starts():
    code = ("import sys, compare.api, compare.commands.run, compare.execution.on_ray.executor as executor; "
            "executor.RayExecutor('head:6379'); sys.exit('ray' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], cwd=HOME, check=False).returncode == 0


def test_most_heartbeats_stay_on_their_node_and_other_events_do_not(monkeypatch):
    passed, now = [], [0.0]
    monkeypatch.setattr(on_node.time, "monotonic", lambda: now[0])
    send = on_node.without_most_heartbeats(passed.append)
    for now[0] in range(0, 60, 2):
        send({"event": "alive"})
    send({"event": "epoch"})
    assert [event["event"] for event in passed] == ["alive", "alive", "epoch"]
