"""A pytest plugin for tests: suites run in this process, with fast stand-ins for frameworks.

A stand-in is the reference under the name of a framework, configured with that framework's known defaults.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
import scipy.stats  # noqa: F401 - pytester unloads what a suite imports first, and SciPy can be imported once only
from suites import GOLDEN, KERAS, LIGHTNING, MINE, PLACE, QUIET

from compare.analysis.causes.questions import resolved_spec
from compare.execution.worker_pool import WorkerPool
from compare.execution.workers import Worker
from compare.pytest_plugin import fixture  # noqa: F401
from compare.pytest_plugin.session import Session
from compare.reporting import console, run_folder  # noqa: F401
from scenarios.spec.fields import from_json, to_json


@dataclass
class Planted:
    """The current configuration of the stand-ins."""

    environments: dict[str, Any] = field(default_factory=lambda: {"keras": KERAS, "lightning": LIGHTNING})
    """The environments that the workers report, by name."""
    done: dict[str, Any] = field(default_factory=dict)
    """The environment with the defaults that a worker really uses, where it is not the reported one."""
    dies: str = ""
    """The framework with a worker that ends before a job."""


class StandIn(Worker):
    """A worker of the reference with the name and the known defaults of a framework."""

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
        actual = self.pool.planted.done.get(self.name, self.environment)
        super().run({**job, "spec": to_json(resolved_spec(from_json(job["spec"]), actual, job["init"]))}, *rest)


class Company(WorkerPool):
    """A pool of stand-ins that a suite cannot close; `started` has the names of all workers.

    Runs with the same configuration are cached across suites, which saves a second in each.
    """

    def __init__(self, folder):
        super().__init__((), folder, "cpu", 1)
        self.folder, self.planted, self.started, self.runs = folder, Planted(), [], {}
        self.count = itertools.count(1)
        self._start_worker = self._started

    def _started(self, name):
        self.started.append(name)
        return StandIn(name, self) if name in self.planted.environments else Worker(name, self.folder)

    def remembered(self, original):
        """`Session._new` with a cache of runs."""
        def new(session, scenario, settings, dataset):
            key = repr((self.planted, scenario.variants, settings, dataset.sha256))
            if key not in self.runs:
                session._folder, session._count = self.folder, self.count  # a suite's own folder is removed later
                self.runs[key] = original(session, scenario, settings, dataset)
            return self.runs[key]
        return new

    def close(self):
        pass


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """One pool of stand-ins for all suites of this process, closed at the end and not by the suites."""
    pool = Company(tmp_path_factory.mktemp("company"))
    yield pool
    WorkerPool.close(pool)


@pytest.fixture
def planted(company):
    company.planted = Planted()
    return company.planted


def written(result, record):
    """In the place of `run_folder.write`, which takes seconds: the smallest report."""
    (result.folder / run_folder.REPORT).write_text(result.scenario.name)
    return []


@pytest.fixture
def suite(pytester, planted, company, monkeypatch):
    """A function: the result of a suite with `test_it.py`, run with these options; `output` is what it prints."""
    monkeypatch.setattr("compare.pytest_plugin.session.WorkerPool", lambda *settings: company)
    monkeypatch.setattr(Session, "_new", company.remembered(Session._new))
    monkeypatch.setattr("compare.pytest_plugin.fixture.run_folder.write", written)
    pytester.makepyfile(mine=MINE)

    def ran(*options, text=None):
        if text:
            pytester.makepyfile(test_it=text)
        result = pytester.runpytest_inprocess(*QUIET, *options)
        result.output = result.stdout.str()
        return result
    return ran


@pytest.fixture
def recorded(suite, pytester):
    """The file of a golden verdict that a suite has recorded."""
    assert suite("--compare-update", text=GOLDEN).ret == 0
    return pytester.path / PLACE
