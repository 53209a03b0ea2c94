"""Scenarios in somebody's own tests: run one, and assert on what was found. `keras_or_me.py` makes it a pytest plugin.

    session.py  what a session shares: warm workers, and runs that were asked before
    asking.py   the fixture's value: a call runs a scenario
    found.py    what a run found, and the assertions on it
    golden.py   the text file that says what was found with which versions
    bands.py    how far rounding alone moves a behaviour's number
    told.py     why an assertion failed, as a person would explain it

Nothing here imports pytest: what fails, skips or warns is told by the plugin.
"""

from __future__ import annotations


class Failure(AssertionError):
    """An assertion on a run that does not hold; the text explains it."""

    compare_kind = ""


class BehaviourChanged(Failure):
    """A framework does something else than was asserted."""

    compare_kind = "changed"


class Unexplained(Failure):
    """Something differs that nothing known explains."""

    compare_kind = "unexplained"


class WorkerDied(Failure):
    """A worker died, or a training failed by a fault of this program."""

    compare_kind = "died"


FAILURES = {kind.compare_kind: kind for kind in (BehaviourChanged, Unexplained, WorkerDied)}
"""By kind, the least telling first."""


class LeftOut(UserWarning):
    """What `compare-fail-on` leaves out: it does not fail the test."""
