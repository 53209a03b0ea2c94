"""Which package made a change, and since which release: the packages are swapped one at a time between two
environments, and then the releases of the one that makes it are bisected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Callable, Literal, Mapping

from compare.analysis.upgrade import Key
from compare.execution import locks
from compare.execution.environments import NotBuilt
from compare.execution.errors import UsageError
from compare.execution.locks import Installed
from compare.execution.workers import WorkerDied

Measure = Callable[[Installed], frozenset[Key]]
"""The changes that an environment has, compared with the old one. Raises UsageError or WorkerDied where that cannot be
measured."""


class Side(str, Enum):
    """Whose other packages were kept while one was swapped."""

    OLD = "old"
    NEW = "new"

    __str__ = str.__str__


@dataclass(frozen=True)
class Location:
    """Where a change comes from."""

    package: str = ""
    """The package that makes it alone; empty if none was found that does."""
    kept: Side = Side.OLD
    """The environment that the other packages were taken from."""
    before: str = ""
    """The last release that was measured without the change …"""
    after: str = ""
    """… and the first one that was measured with it."""
    between: tuple[str, ...] = ()
    """Releases between these two that were not or could not be measured."""
    excluded: tuple[str, ...] = ()
    """Where no package was found: those that were swapped alone and do not make the change; the others could not be."""

    @property
    def exact(self) -> bool:
        """Whether no release between the two was left out."""
        return bool(self.package) and not self.between


@dataclass
class Mixtures:
    """The environments between two others; each is built and measured once."""

    old: Installed
    new: Installed
    measure: Measure
    most: int
    """The largest number of environments that are built and measured for one package."""
    say: Callable[[str], None] = lambda what: None
    measured: dict[tuple[Side, tuple[tuple[str, str], ...]], frozenset[Key] | None] = field(default_factory=dict)
    not_measured: dict[str, str] = field(default_factory=dict)
    """Environments that could not be measured, with the reason, one sentence each."""
    worker_errors: list[str] = field(default_factory=list)
    """The messages of workers that ended."""

    def shows(self, side: Side, versions: Mapping[str, str], key: Key) -> bool | None:
        """Whether the packages of a side with other versions of some have a change; None if that cannot be measured."""
        place = (side, tuple(versions.items()))
        if place not in self.measured:
            label = ", ".join(f"{package} {version}" for package, version in versions.items())
            self.say(f"{label} beside the {side} packages")
            try:
                self.measured[place] = self.measure(locks.with_versions(self.end(side), versions))
            except (NotBuilt, UsageError, WorkerDied) as error:
                self.measured[place], self.not_measured[label] = None, str(error)
                self.worker_errors += [str(error)] * isinstance(error, WorkerDied)
        keys = self.measured[place]
        return None if keys is None else key in keys

    def end(self, side: Side) -> Installed:
        """The environment of a side."""
        return self.old if side is Side.OLD else self.new


def located(mixtures: Mixtures, key: Key) -> Location:
    """Which package makes a change alone, and which of its releases."""
    excluded = []
    for package in locks.differing(mixtures.old, mixtures.new):
        side = makes(mixtures, package, key)
        if isinstance(side, Side):
            return bisected(mixtures, package, side, key)
        excluded += [package] * (side is False)
    return Location(excluded=tuple(excluded))


def makes(mixtures: Mixtures, package: str, key: Key) -> Side | Literal[False] | None:
    """Whether a package makes a change alone: beside the old packages its new version adds it, or, where these cannot
    be combined, beside the new packages its old version removes it. Returns the side; False if it does not, and None
    if it cannot be swapped alone."""
    added = mixtures.shows(Side.OLD, {package: mixtures.new.version_of(package)}, key)
    if added is not None:
        return Side.OLD if added else False
    remains = mixtures.shows(Side.NEW, {package: mixtures.old.version_of(package)}, key)
    return None if remains is None else False if remains else Side.NEW


def bisected(mixtures: Mixtures, package: str, side: Side, key: Key) -> Location:
    """The two neighbouring releases of a package of which only the later has a change."""
    ends = [mixtures.old.version_of(package), mixtures.new.version_of(package)]
    try:
        between = locks.releases(package, mixtures.end(side).name_of(package), *ends)
    except UsageError as error:  # NotBuilt too, of uv
        mixtures.not_measured[package] = str(error)
        return Location(package, side, ends[0], ends[1], ("the releases between them",))
    if locks.is_older(ends[1], ends[0]):  # a downgrade
        between.reverse()
    versions = [ends[0], *between, ends[1]]
    low, high = halved(len(versions), lambda i: mixtures.shows(side, {package: versions[i]}, key), mixtures.most)
    return Location(package, side, versions[low], versions[high], tuple(versions[low + 1:high]))


def halved(count: int, shows: Callable[[int], bool | None], most: int) -> tuple[int, int]:
    """Two places, of which the first does not show something and the second does, as near as `most` measurements bring
    them; the first place of all does not show it, the last one does, and one change between them is assumed.

    A place that cannot be measured is stepped around.
    """
    low, high, unknown = 0, count - 1, set[int]()
    for _ in range(most):
        unmeasured = [i for i in range(low + 1, high) if i not in unknown]
        if not unmeasured:
            break
        middle = min(unmeasured, key=lambda i: abs(2 * i - low - high))
        answer = shows(middle)
        if answer is None:
            unknown.add(middle)
        elif answer:
            high = middle
        else:
            low = middle
    return low, high
