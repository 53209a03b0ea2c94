"""A plugin of tests: suites in this process, with quick stand-ins for frameworks.

These are the reference under their names, which does what the table says of each.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
import scipy.stats  # noqa: F401 - pytester takes away again what a suite imports first, and SciPy comes once only
from suites import GOLDEN, KERAS, LIGHTNING, MINE, PLACE, QUIET

from compare.analysis.causes.questions import closed
from compare.execution.worker_pool import WorkerPool
from compare.execution.workers import Worker
from compare.pytest_plugin import fixture  # noqa: F401
from compare.pytest_plugin.session import Session
from compare.reporting import console  # noqa: F401
from scenarios.spec.fields import from_json, to_json


@dataclass
class Planted:
    """What stands in for the frameworks now."""

    environments: dict[str, Any] = field(default_factory=lambda: {"keras": KERAS, "lightning": LIGHTNING})
    """As the workers tell them, by name."""
    done: dict[str, Any] = field(default_factory=dict)
    """As which environment a worker really trains, where that is not what it tells."""
    dies: str = ""
    """The framework whose worker ends before a job."""


class StandIn(Worker):
    """A worker of the reference that has another name, and is told what the table knows of it."""

    def __init__(self, framework, pool):
        super().__init__("reference-float32", pool.folder)
        self.name, self.pool = framework, pool

    @property
    def environment(self):
        return {**super().environment, **self.pool.planted.environments[self.name]}

    def run(self, job, *rest):
        if self.pool.planted.dies == self.name:
            self.process.kill()
            self.process.wait()
        does = self.pool.planted.done.get(self.name, self.environment)
        super().run({**job, "spec": to_json(closed(from_json(job["spec"]), does, job["init"]))}, *rest)


class Company(WorkerPool):
    """Stand-ins that stay when a suite closes them; `started` has the names of all workers.

    What was run with the same planted is remembered over suites, so that each of them takes a second less.
    """

    def __init__(self, folder):
        super().__init__((), folder, "cpu", 1)
        self.folder, self.planted, self.started, self.runs = folder, Planted(), [], {}
        self.count = itertools.count(1)
        self._start = self._started

    def _started(self, name):
        self.started.append(name)
        return StandIn(name, self) if name in self.planted.environments else Worker(name, self.folder)

    def remembered(self, own):
        """`Session._new`, but for runs that were there."""
        def new(session, scenario, settings):
            key = repr((self.planted, scenario.variants, settings))
            if key not in self.runs:
                session._folder, session._count = self.folder, self.count  # a suite's own is removed some suites later
                self.runs[key] = own(session, scenario, settings)
            return self.runs[key]
        return new

    def close(self):
        pass


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """One crew of stand-ins for all suites of this process: it is closed in the end, and not by them."""
    made = Company(tmp_path_factory.mktemp("company"))
    yield made
    WorkerPool.close(made)


@pytest.fixture
def planted(company):
    company.planted = Planted()
    return company.planted


@pytest.fixture
def suite(pytester, planted, company, monkeypatch):
    """A function: the result of a suite with `test_it.py`, run with these options; `told` is what it printed."""
    monkeypatch.setattr("compare.pytest_plugin.session.WorkerPool", lambda *settings: company)
    monkeypatch.setattr(Session, "_new", company.remembered(Session._new))
    pytester.makepyfile(mine=MINE)

    def ran(*options, text=None):
        if text:
            pytester.makepyfile(test_it=text)
        result = pytester.runpytest_inprocess(*QUIET, *options)
        result.told = result.stdout.str()
        return result
    return ran


@pytest.fixture
def recorded(suite, pytester):
    """The file of a golden verdict that a suite has written."""
    assert suite("--compare-update", text=GOLDEN).ret == 0
    return pytester.path / PLACE
