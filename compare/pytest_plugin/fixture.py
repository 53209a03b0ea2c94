"""The value of the fixture: `found = compare("lr_scaling", frameworks=["keras", "lightning"], epochs=1)`."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Callable, NoReturn

import scenarios
from compare.analysis.result import Result
from compare.execution.errors import NotInstalled, UsageError
from compare.execution.mnist_files import DataError
from compare.execution.program_arguments import read_keywords as read_programs
from compare.execution.settings import Given, read_keywords
from compare.execution.workers import WorkerDied
from compare.pytest_plugin import FAILURES, LeftOut
from compare.pytest_plugin.golden import Golden
from compare.pytest_plugin.messages import problems
from compare.pytest_plugin.outcome import Found
from compare.pytest_plugin.programs import Programs
from compare.pytest_plugin.session import Run, Session
from compare.reporting.programs.checked import checked
from scenarios.scenario import Scenario
from scenarios.spec.checks import SpecError


class Asking:
    """Runs scenarios for one test and keeps their results."""

    def __init__(self, session: Session, folder: Path, golden: Path, fail_on: Iterable[str], update: bool,
                 skip: Callable[[str], NoReturn], fail: Callable[[str], NoReturn]) -> None:
        """`folder` is the folder of the test file; `golden` is the path of the test's golden verdict.

        `fail_on` are the kinds of failure that fail the test. `update` says that golden verdicts are written. `skip`
        and `fail` end the test with a message.
        """
        self._session, self._folder, self._golden, self.update = session, folder, golden, update
        self._fail_on, self._skip, self._fail = tuple(fail_on), skip, fail
        self._results: list[Found] = []
        self._golden_files: set[Path] = set()
        self.updated: list[str] = []
        """The changes that `--compare-update` has made, as lines of text."""

    def __call__(self, scenario: Scenario | str | Path, **settings: Given) -> Found:
        """Runs a scenario and returns its result.

        `scenario` is the name of a scenario, a file relative to the test file, or a Scenario. `settings` are those of
        the command line, see `--help`. Skips the test if a framework is not installed, and fails it if a worker ended.
        """
        __tracebackhide__ = True
        run = self._run(scenario, settings)
        found = Found(run, self)
        self._results.append(found)
        if run.result.worker_errors:
            name = run.result.scenario.name
            self.failed(run.result, "died", f"{name}: a worker process died, so that a part of the answer is missing.")
        if run.result.measure_errors:
            self.mistaken(" ".join(run.result.measure_errors))
        return found

    def check(self, **given: str | int | float | Sequence[str]) -> Programs:
        """Compares two programs: `compare.check(keras="mine.py:build", lightning="port.py:Net")`.

        `given` are the keys of `python -m compare check`; files are relative to the folder of the test file. Skips the
        test if a framework is not installed, and fails it if a program cannot be run or a worker ended.
        """
        __tracebackhide__ = True
        end, message = self._skip, ""
        try:
            return Programs(checked(read_programs(given, self._folder), self._session.new_folder("check")), self._fail)
        except NotInstalled as error:
            message = str(error)
        except (UsageError, WorkerDied) as error:
            end, message = self.mistaken, str(error)
        return end(message)  # outside of `except`, so that pytest shows no traceback of this package

    def _run(self, scenario: Scenario | str | Path, settings: dict[str, Given]) -> Run:
        __tracebackhide__ = True
        end, message = self._skip, ""
        try:
            return self._session.run(self._scenario(scenario), read_keywords(settings))
        except NotInstalled as error:
            message = str(error)
        except (UsageError, SpecError, DataError) as usage_error:
            end, message = self.mistaken, str(usage_error)
        return end(message)  # outside of `except`, so that pytest shows no traceback of this package

    def mistaken(self, message: str) -> NoReturn:
        """Fails the test because of a usage error."""
        __tracebackhide__ = True
        self._fail(message)

    def failed(self, result: Result, kind: str, text: str) -> None:
        """Raises the Failure of an assertion on a run, or warns if its kind does not fail tests.

        The most severe kind that applies to the run is raised: if a worker ended, any failed assertion is reported as
        a worker error.
        """
        __tracebackhide__ = True
        kinds = [kind] + ["unexplained"] * result.unexplained + ["died"] * bool(result.worker_errors)
        failing = [failure for failure in FAILURES if failure in kinds and failure in self._fail_on]
        message = "\n".join([text, *(line for line in problems(result) if line not in text)])
        if failing and kind in self._fail_on:
            raise FAILURES[failing[-1]](message)
        warnings.warn(LeftOut(f"{text.splitlines()[0]} (a warning, since compare-fail-on leaves out {kind})"),
                      stacklevel=2)

    def refuse_unexplained(self) -> None:
        """Fails a test that has passed if one of its runs has an unexplained difference. Raises Failure."""
        __tracebackhide__ = True
        for found in self._results:
            if found.result.unexplained:
                name = found.result.scenario.name
                self.failed(found.result, "unexplained", f"{name}: the assertions hold, but the run has an "
                            "unexplained difference.")

    def golden(self, name: str) -> Golden:
        """The golden verdict of this test, or the one called `name` of several. Fails the test on repeated use."""
        __tracebackhide__ = True
        place = self._golden.with_name(f"{self._golden.stem}.{name}{self._golden.suffix}") if name else self._golden
        if place in self._golden_files:
            self.mistaken(f"Two golden verdicts of one test would both lie in {place.name}; give one a name, as in "
                          "assert_golden(\"second\").")
        self._golden_files.add(place)
        return Golden(place)

    def _scenario(self, given: Scenario | str | Path) -> Scenario | str:
        """A Scenario or a name unchanged; the path of a file is relative to the folder of the test file."""
        if isinstance(given, Scenario) or given in scenarios.names():
            return given if isinstance(given, Scenario) else str(given)
        path = self._folder / Path(given).expanduser()
        return str(path if Path(given).suffix == ".py" else given)
