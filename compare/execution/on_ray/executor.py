"""Connects to a Ray cluster, or starts one of this machine alone, and places workers on equal nodes of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Collection, Iterator

from compare.execution import identity, room
from compare.execution.errors import UsageError
from compare.execution.executor import TrialWorker
from compare.execution.identity import Identity, NoIdentity
from compare.execution.on_ray import nodes
from compare.execution.on_ray.node import NodeWorker, about
from compare.execution.on_ray.nodes import Kind, Node
from compare.execution.on_ray.worker import Contents, RayWorker

ON_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
"""With the first, Ray takes 127.0.0.1 as the address of this machine, on Linux too, and all its ports are there; with
the second it reports nothing to its makers."""
QUIET = {"RAY_DEDUP_LOGS_SKIP_REGEX": "."}
"""Ray prints nothing of its own between the lines of an answer: it would print on stdout that a node is lost."""
LOOPBACK = ("127.0.0.1", "::1")
CONNECT = 10.0  # seconds within which the head must answer
OUR_PYTHON = "reference"
"""Runs in the interpreter of this program on every machine."""


class RayExecutor:
    """Workers are on the nodes of a Ray cluster that are equal when the first worker starts."""

    def __init__(self, address: str | None) -> None:
        """`address` is the HOST:PORT of the head, or auto; None starts a cluster of this machine with that worker."""
        self._address, self._contents, self._lock = address, Contents(), threading.RLock()
        self._nodes: list[Node] = []
        self._busy: dict[Node, int] = {}
        self._lost: set[Node] = set()
        self._checked: dict[str, Identity | None] = {}
        self._ended = contextlib.ExitStack()

    def __enter__(self) -> RayExecutor:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def start(self, framework: str, folder: Path, device: str, threads: int) -> TrialWorker:
        """Starts a worker on the node with most cores for each of its workers."""
        with self._lock:
            self._identity(framework, device, threads)
            node = self._free_node()
            free = node.cores - self._busy[node] >= threads
            self._busy[node] += threads
            actor = _on(node, NodeWorker, threads if free else 0).remote(framework, device, threads)
            return RayWorker(framework, actor, node, self._contents,
                             lambda node, lost: self._is_free(node, threads, lost))

    def identity(self, framework: str, device: str, threads: int) -> Identity:
        """What every worker of a framework is: on this machine alone without starting Ray. Raises NoIdentity."""
        with self._lock:
            if self._address is None:
                return identity.identity(framework, device, threads)
            shared = self._identity(framework, device, threads)
            if shared is None:
                raise NoIdentity("A node does not say what a worker is there.")
            return shared

    def capacity(self, threads: int) -> tuple[int, int]:
        """As those of this machine, for all nodes together."""
        with self._lock:
            if self._address is None:
                return room.capacity(threads)
            self._connect()
            living = self._living()
            return (max(1, sum(node.cores // threads for node in living)),
                    sum(node.megabytes // room.MEGABYTES for node in living))

    def close(self) -> None:
        """Disconnects, and ends the cluster if it was started here."""
        with self._lock:
            self._ended.close()
            self._nodes = []

    def _connect(self) -> None:
        if self._nodes:
            return
        self._ended.enter_context(_connected(self._address))
        import ray
        kinds = _described(_alive(ray.nodes()), OUR_PYTHON, "cpu", 1)
        self._nodes, left_out = nodes.equal({node: kind for node, (kind, _) in kinds.items()}, nodes.kind(OUR_PYTHON))
        self._busy = dict.fromkeys(self._nodes, 0)
        for sentence in left_out:
            print(f"compare: {sentence}", file=sys.stderr)

    def _identity(self, framework: str, device: str, threads: int) -> Identity | None:
        """That of a worker on the chosen nodes; their environments for this framework must be equal too."""
        self._connect()
        if framework not in self._checked:
            described = _described(self._living(), framework, device, threads)
            first, *rest = described
            for node in rest:
                if described[node][0] != described[first][0]:
                    raise UsageError(f"{framework} is not the same on all nodes: {first.address} and {node.address} "
                                     f"differ in {nodes.differences(described[first][0], described[node][0])}; "
                                     "install the same there, or name one node as ray.address.")
            identities = {identity.digest_of(each): each for _, each in described.values() if each is not None}
            complete = all(each is not None for _, each in described.values())
            self._checked[framework] = None if not complete else \
                next(iter(identities.values())) if len(identities) == 1 else {"nodes": sorted(identities)}
        return self._checked[framework]

    def _living(self) -> list[Node]:
        """The nodes that Ray still has. Raises UsageError."""
        import ray
        return _left(set(_alive(ray.nodes())) & set(self._nodes))

    def _free_node(self) -> Node:
        """The living node with the fewest workers for its cores; one that was lost last. Raises UsageError."""
        return min(self._living(), key=lambda node: (node in self._lost, self._busy[node] / node.cores, node.id))

    def _is_free(self, node: Node, threads: int, lost: bool) -> None:
        with self._lock:
            self._busy[node] -= threads
            if lost:
                self._lost.add(node)


@contextlib.contextmanager
def _connected(address: str | None) -> Iterator[None]:
    """While this process is connected to a cluster. Raises UsageError."""
    if address not in (None, "auto"):
        _refuse_unreachable(str(address))
    before = {name: os.environ.get(name) for name in (*ON_LOOPBACK, *QUIET, "PYTHONBREAKPOINT")}
    os.environ.update(QUIET if address else {**QUIET, **ON_LOOPBACK})
    import ray
    if ray.is_initialized():  # by the program that calls us
        yield
        return
    home = None if address else tempfile.mkdtemp(prefix="ray-")
    try:
        with _own_signals():
            try:
                quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
                if address:
                    ray.init(address, **quiet)
                else:
                    ray.init(num_cpus=room.processors(), include_dashboard=False, _temp_dir=home, **quiet)
            except Exception as error:  # Ray raises ConnectionError, ValueError, RuntimeError and others
                reason = str(error).strip().splitlines()[0]
                raise UsageError(_no_cluster(address, reason) if address else
                                 f"Ray cannot be started here: {reason}") from error
        outside = [node.address for node in _alive(ray.nodes()) if node.address not in LOOPBACK]
        if address is None and outside:
            raise UsageError(f"Ray would listen at {outside[0]}, where other machines reach it: it was imported before "
                             "with other settings; set RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER=0 before that.")
        yield
    finally:
        ray.shutdown()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        if home:
            shutil.rmtree(home, ignore_errors=True)


def _refuse_unreachable(address: str) -> None:
    """Raises UsageError if nothing listens at an address, on which Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), CONNECT).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UsageError(_no_cluster(address, getattr(error, "strerror", None) or str(error))) from error


def _no_cluster(address: str, reason: str) -> str:
    return (f"ray.address is {address!r}, where no Ray cluster can be joined ({reason}); allowed: the HOST:PORT of its "
            "head, or auto, on a machine of the cluster.")


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Puts back the handler of SIGTERM, which Ray replaces."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    yield
    if main:
        signal.signal(signal.SIGTERM, before)


def _alive(reported: list[dict[str, Any]]) -> list[Node]:
    """The living nodes that have cores."""
    return [Node(each["NodeID"], each["NodeManagerAddress"], int(each["Resources"]["CPU"]),
                 int(each["Resources"].get("memory", 0)) // 10 ** 6)
            for each in reported if each["Alive"] and each["Resources"].get("CPU")]


def _described(candidates: list[Node], framework: str, device: str,
               threads: int) -> dict[Node, tuple[Kind, Identity | None]]:
    """What every node says about itself, but for nodes that are lost meanwhile. Raises UsageError."""
    import ray
    pending = {node: _on(node, about, 0).remote(framework, device, threads) for node in candidates}
    answers: dict[Node, tuple[Kind, Identity | None]] = {}
    for node, answer in pending.items():
        try:
            answers[node] = ray.get(answer)
        except ray.exceptions.RayError as error:
            if node in _alive(ray.nodes()):
                cause = getattr(error, "cause", None)
                reason = str(cause) if isinstance(cause, UsageError) else (
                    f"{str(error).strip().splitlines()[-1]}; every node needs this program, as with pip install "
                    "'keras-or-me[ray]', and the environment of the framework.")
                raise UsageError(f"{framework} cannot run on the node {node.address}: {reason}") from error
    return {node: answers[node] for node in _left(answers)}


def _left(living: Collection[Node]) -> list[Node]:
    """The nodes in order. Raises UsageError if there is none."""
    if not living:
        raise UsageError("No node of the cluster is left; trainings that were finished are kept, and the same command "
                         "goes on from there.")
    return sorted(living, key=lambda node: node.id)


def _on(node: Node, what: Any, cores: int) -> Any:
    """A function or a class of ours as a task or an actor on a node."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
    return ray.remote(what).options(num_cpus=cores,
                                    scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False))
