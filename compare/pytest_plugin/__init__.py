"""Scenarios in a user's own tests: run one and assert on its result. `keras_or_me.py` makes this a pytest plugin.

    session.py     shared by a test session: warm workers and the runs of earlier tests
    fixture.py     the value of the fixture; calling it runs a scenario
    outcome.py     the result of a run, with assertions; programs.py: that of `compare.check`
    golden.py      golden verdicts: text files with expected results by version; golden_entry.py, program_entry.py:
                   what they have of a run, and of two programs
    model.py       the model in a golden verdict, and what has changed in it
    tolerances.py  how far rounding alone moves the number of a behaviour
    messages.py    the messages of failed assertions
    places.py      where golden verdicts and reports are

This package does not import pytest. The plugin passes in the functions that fail or skip a test.
"""

from __future__ import annotations


class Failure(AssertionError):
    """An assertion on a run failed. The message explains why."""

    compare_kind = ""


class BehaviourChanged(Failure):
    """A framework does not behave as asserted."""

    compare_kind = "changed"


class Unexplained(Failure):
    """A difference has no known explanation."""

    compare_kind = "unexplained"


class WorkerDied(Failure):
    """A worker process ended, or a training failed because of an error in this program."""

    compare_kind = "died"


FAILURES = {kind.compare_kind: kind for kind in (BehaviourChanged, Unexplained, WorkerDied)}
"""The failures by kind, least severe first."""


class LeftOut(UserWarning):
    """A failure of a kind that `compare-fail-on` excludes: the test does not fail."""


class NotUpdated(UserWarning):
    """A golden verdict that holds, but has no entry for these versions, or an old one."""
