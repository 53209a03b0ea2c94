"""The value of the fixture: `result = compare("lr_scaling", frameworks=["keras", "lightning"], epochs=1)`."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, NoReturn

import scenarios
from compare.analysis.result import Result
from compare.execution import user_arrays
from compare.execution.errors import DataError, NotInstalled, UsageError
from compare.execution.output_folder import call
from compare.execution.program_arguments import read_keywords as read_programs
from compare.execution.settings import Given, read_keywords
from compare.execution.workers import WorkerDied
from compare.pytest_plugin import FAILURES, LeftOut, NotUpdated, messages
from compare.pytest_plugin.golden import Differing, Golden, Unusable
from compare.pytest_plugin.golden_entry import Entry
from compare.pytest_plugin.messages import problems
from compare.pytest_plugin.outcome import Outcome
from compare.pytest_plugin.programs import Programs
from compare.pytest_plugin.session import Run, Session
from compare.reporting import run_folder
from compare.reporting.programs.checked import EndedEarly, checked
from compare.reporting.record import record
from scenarios.scenario import Scenario
from scenarios.spec.checks import SpecError


@dataclass(frozen=True)
class Options:
    """What the command line and the ini file say."""

    fail_on: Sequence[str]
    """The kinds of failure that fail a test."""
    said: tuple[str, str, int]
    """Where `fail_on` is said: the option as written, and a file with its line number."""
    update: bool
    """Whether golden verdicts are written."""
    new_versions: bool
    """Whether a golden verdict that holds, but has no entry for these versions, passes."""


class CompareFixture:
    """Runs scenarios for one test and keeps their results."""

    def __init__(self, session: Session, test_file: Path, golden: Path, reports: Path, options: Options,
                 skip: Callable[[str], NoReturn], fail: Callable[[str], NoReturn]) -> None:
        """`golden` is the path of the test's golden verdict, `reports` the folder of its reports if it fails.

        `skip` and `fail` end the test with a message.
        """
        self._session, self._folder, self._golden, self._reports = session, test_file.parent, golden, reports
        self._options, self._skip, self._fail = options, skip, fail
        self._results: list[Outcome] = []
        self._golden_files: set[Path] = set()
        self.updated: list[str] = []
        """The changes that `--compare-update` has made, as lines of text."""

    def __call__(self, scenario: Scenario | str | Path, data: user_arrays.Given = None, **settings: Given) -> Outcome:
        """Runs a scenario and returns its result.

        `scenario` is the name of a scenario, a file relative to the test file, or a Scenario. `data` is that of the
        command line, an npz file relative to the test file, or (x_train, y_train, x_test, y_test). `settings` are
        the others of the command line, see `--help`. Skips the test if a framework is not installed, and fails it if a
        worker ended.
        """
        __tracebackhide__ = True
        run = self._run(scenario, data, settings)
        outcome = Outcome(run, self)
        self._results.append(outcome)
        if run.result.worker_errors:
            name = run.result.scenario.name
            self.failed(run.result, "died", f"{name}: a worker process died, so that a part of the answer is missing.")
        if run.result.measure_errors:
            self.mistaken(" ".join(run.result.measure_errors))
        return outcome

    def check(self, **given: str | int | float | Sequence[str]) -> Programs:
        """Compares two programs: `compare.check(keras="mine.py:build", lightning="port.py:Net")`.

        `given` are the keys of `python -m compare check`; files are relative to the folder of the test file. Skips the
        test if a framework is not installed, and fails it if a program cannot be run or a worker ended.
        """
        __tracebackhide__ = True
        end, message = self._skip, ""
        try:
            question = read_programs(given, self._folder)
            return Programs(checked(question, self._session.new_folder("check")), call("compare.check", **given), self)
        except NotInstalled as error:
            message = str(error)
        except (UsageError, WorkerDied) as error:
            end, message = self.mistaken, str(error)
        except EndedEarly as ended:  # Ctrl-C ends pytest
            raise ended.reason from None
        return end(message)  # outside of `except`, so that pytest shows no traceback of this package

    def _run(self, scenario: Scenario | str | Path, data: user_arrays.Given, settings: dict[str, Given]) -> Run:
        __tracebackhide__ = True
        end, message = self._skip, ""
        try:
            read = read_keywords({**user_arrays.keyword(data), **settings})
            return self._session.run(self._scenario(scenario), read, user_arrays.load(data, read, self._folder))
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
        message = "\n".join([text, *(line for line in problems(result) if line not in text)])
        self.refuse(kinds, message, lambda folder: run_folder.write(replace(result, folder=folder), record(result)))

    def refuse(self, kinds: Sequence[str], message: str, write: Callable[[Path], list[str]]) -> None:
        """Raises the most severe Failure of some kinds, or warns if the first one does not fail tests.

        `write` writes the report into a folder and returns what could not be written; the message ends with its path.
        """
        __tracebackhide__ = True
        failing = [failure for failure in FAILURES if failure in kinds and failure in self._options.fail_on]
        if failing and kinds[0] in self._options.fail_on:
            raise FAILURES[failing[-1]](f"{message}\n{self._report(write)}")
        option, file, line = self._options.said
        warnings.warn_explicit(LeftOut(f"{message.splitlines()[0]} (a warning, since {option} leaves out {kinds[0]})"),
                               None, file, line)

    def _report(self, write: Callable[[Path], list[str]]) -> str:
        """Writes the report of a failed test in the place of an earlier one, and returns where it is, in words."""
        try:
            shutil.rmtree(self._reports, ignore_errors=True)
            self._reports.mkdir(parents=True)
            (self._reports / ".gitignore").write_text("*\n", encoding="utf-8")
            problems = write(self._reports)
        except OSError as error:
            return f"The report could not be written ({error})."
        return "\n".join([f"Report: {os.path.relpath(self._reports / run_folder.REPORT)}", *problems])

    def hold_to_golden(self, name: str, key: str, entry: Entry, measured: Callable[[], Entry],
                       changed: Callable[[Differing], None]) -> None:
        """Compares an entry with the golden verdict of this test, or writes it with `--compare-update`.

        `key` is the series of versions. `measured` returns the entry with its tolerances, to be written. `changed` is
        called with the differences, if there are some.
        """
        __tracebackhide__ = True
        file, differing, problem = self.golden(name), None, ""
        try:
            differing = file.differing(key, entry)
            if differing and self._options.update:
                entry = measured()
                file.write(key, entry)
        except Unusable as error:
            problem = str(error)
        if problem:  # outside of `except`, so that pytest shows no traceback of this package
            self.mistaken(problem)
        if differing is None:
            return
        if self._options.update:
            self.updated += messages.updating(differing, entry)
        elif differing.changed:
            changed(differing)
        elif differing.beside and (differing.recorded or self._options.new_versions):
            warnings.warn(NotUpdated(messages.not_updated(differing)), stacklevel=3)  # the line of the test
        else:
            self.mistaken(messages.not_recorded(differing))

    def refuse_unexplained(self) -> None:
        """Fails a test that has passed if one of its runs has an unexplained difference. Raises Failure."""
        __tracebackhide__ = True
        for outcome in self._results:
            if outcome.result.unexplained:
                name = outcome.result.scenario.name
                self.failed(outcome.result, "unexplained", f"{name}: the assertions hold, but the run has an "
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
