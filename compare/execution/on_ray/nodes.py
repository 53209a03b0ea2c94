"""Finds the equal nodes of a cluster.

Both sides of a comparison run on equal nodes only; otherwise their difference could be one between machines.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Mapping

from compare.execution import identity
from compare.execution.errors import UsageError

NAMED = 3
"""The largest number of differences that a sentence names."""


@dataclass(frozen=True)
class Node:
    """A node as Ray reports it."""

    id: str
    address: str
    cores: int
    megabytes: int


@dataclass(frozen=True)
class Kind:
    """What equal nodes have in common."""

    program: str
    """A hash of this program."""
    python: str
    libc: str
    processor: frozenset[str]
    """Its model and its features."""
    packages: frozenset[str]
    """As in numpy-2.4.6, of the interpreter of a framework."""


def kind(framework: str) -> Kind:
    """What this machine is for a framework. Raises NoIdentity."""
    version, places = identity.interpreter_of(framework)
    features = [(name, value) for name, _, value in (line.partition(": ") for line in identity.processor())]
    return Kind(identity.program(), version, " ".join(platform.libc_ver()),
                frozenset(f"{name}: {word}" for name, value in features
                          for word in (value.split() if name in ("flags", "Features") else [value])),
                frozenset(identity.distributions(places)))


def equal(kinds: Mapping[Node, Kind], here: Kind) -> tuple[list[Node], list[str]]:
    """(the equal nodes with most cores, a sentence for each node that is left out). Raises UsageError.

    `here` is this machine: the nodes must have the same program.
    """
    same = {node: kind for node, kind in kinds.items() if kind.program == here.program}
    if not same:
        raise UsageError("No node of the cluster has the version of keras-or-me that this machine has; install the "
                         "same one there.")
    groups: dict[Kind, list[Node]] = {}
    for node, kind in same.items():
        groups.setdefault(kind, []).append(node)
    chosen = max(groups, key=lambda each: (sum(node.cores for node in groups[each]), each == here))
    first = groups[chosen][0]
    return groups[chosen], [f"The node {node.address} is left out, since it is not equal to {first.address}: "
                            f"{differences(chosen, kind)}." for node, kind in kinds.items() if kind != chosen]


def differences(left: Kind, right: Kind) -> str:
    """What differs between two kinds, as in `the processor (flags: avx512f)`."""
    texts = [f"the {name} ({', '.join(sorted(a ^ b)[:NAMED])})" if isinstance(a, frozenset) and isinstance(b, frozenset)
             else f"{title} ({a} against {b})"
             for name, title in (("program", "this program"), ("python", "Python"), ("libc", "the C library"),
                                 ("processor", "the processor"), ("packages", "the packages"))
             if (a := getattr(left, name)) != (b := getattr(right, name))]
    return ", ".join(texts)
