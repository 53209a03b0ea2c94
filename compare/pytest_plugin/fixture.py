"""The value of the fixture: `found = compare("lr_scaling", frameworks=["keras", "lightning"], epochs=1)`."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Callable, NoReturn

import scenarios
from compare.analysis.result import Result
from compare.execution.mnist_files import DataError
from compare.execution.settings import NotInstalled, Settings, UsageError, read
from compare.pytest_plugin import FAILURES, LeftOut
from compare.pytest_plugin.golden import Golden
from compare.pytest_plugin.messages import problems
from compare.pytest_plugin.outcome import Found
from compare.pytest_plugin.session import Run, Session
from scenarios.scenario import Scenario
from scenarios.spec.checks import SpecError, nearest

ALLOWED = ("frameworks", "variants", "epochs", "seeds", "init", "data", "data_dir", "device", "threads", "limit",
           "confirm", "install")
Given = str | int | float | Path | Iterable[str]


class Asking:
    """Runs scenarios for one test, and keeps what was found."""

    def __init__(self, session: Session, folder: Path, golden: Path, fail_on: Iterable[str], update: bool,
                 skip: Callable[[str], NoReturn], fail: Callable[[str], NoReturn]) -> None:
        """`folder` is where the test's file lies; `golden` is the file of its golden verdict.

        `fail_on` are the kinds of failure that fail the test; `skip` and `fail` end it with a sentence.
        """
        self._session, self._folder, self._golden, self.update = session, folder, golden, update
        self._fail_on, self._skip, self._fail = tuple(fail_on), skip, fail
        self._found: list[Found] = []
        self._files: set[Path] = set()
        self.updated: list[str] = []
        """What `--compare-update` has changed, in lines."""

    def __call__(self, scenario: Scenario | str | Path, **settings: Given) -> Found:
        """What a scenario's run found; a name, a file beside the test or a Scenario, with settings as in `--help`.

        Skips the test where a framework is not installed, and fails it where a worker died.
        """
        __tracebackhide__ = True
        run = self._ran(scenario, settings)
        found = Found(run, self)
        self._found.append(found)
        if run.result.worker_errors:
            name = run.result.scenario.name
            self.failed(run.result, "died", f"{name}: a worker died, so that not all was asked.")
        if run.result.measure_errors:
            self.mistaken(" ".join(run.result.measure_errors))
        return found

    def _ran(self, scenario: Scenario | str | Path, settings: dict[str, Given]) -> Run:
        __tracebackhide__ = True
        end, sentence = self._skip, ""
        try:
            return self._session.run(self._scenario(scenario), _read(settings))
        except NotInstalled as error:
            sentence = str(error)
        except (UsageError, SpecError, DataError) as measure_error:
            end, sentence = self.mistaken, str(measure_error)
        return end(sentence)  # and not where it was caught: a person needs no traceback of ours

    def mistaken(self, sentence: str) -> NoReturn:
        """Fails the test by a mistake in it, told in a sentence."""
        __tracebackhide__ = True
        self._fail(sentence)

    def failed(self, result: Result, kind: str, text: str) -> None:
        """Raises the failure of an assertion on a run, or only warns where its kind does not fail a test.

        It is of the most telling kind: an assertion on a run in which a worker died fails since it died.
        """
        __tracebackhide__ = True
        kinds = [kind] + ["unexplained"] * result.unexplained + ["died"] * bool(result.worker_errors)
        failing = [one for one in FAILURES if one in kinds and one in self._fail_on]
        told = "\n".join([text, *(line for line in problems(result) if line not in text)])
        if failing and kind in self._fail_on:
            raise FAILURES[failing[-1]](told)
        warnings.warn(LeftOut(f"{text.splitlines()[0]} (compare-fail-on leaves out what is {kind})"), stacklevel=2)

    def refuse_unexplained(self) -> None:
        """Fails a test that has passed, but of a run in which something is left unexplained. Raises Failure."""
        __tracebackhide__ = True
        for found in self._found:
            if found.result.unexplained:
                name = found.result.scenario.name
                self.failed(found.result, "unexplained", f"{name}: what the test asserts holds, but something differs "
                            "that nothing known explains.")

    def golden(self, name: str) -> Golden:
        """The golden verdict of this test, or one of several by its name; fails the test where one is asked twice."""
        __tracebackhide__ = True
        place = self._golden.with_name(f"{self._golden.stem}.{name}{self._golden.suffix}") if name else self._golden
        if place in self._files:
            self.mistaken(f"Two golden verdicts of one test would both lie in {place.name}; give one a name, as in "
                          "assert_golden(\"second\").")
        self._files.add(place)
        return Golden(place)

    def _scenario(self, given: Scenario | str | Path) -> Scenario | str:
        """A file is looked for beside the test."""
        if isinstance(given, Scenario) or given in scenarios.names():
            return given if isinstance(given, Scenario) else str(given)
        beside = self._folder / Path(given).expanduser()
        return str(beside if Path(given).suffix == ".py" else given)


def _read(given: dict[str, Given]) -> Settings:
    """The settings of a call, read as those of the command line are. Raises UsageError."""
    for key in given:
        if key not in ALLOWED:
            raise UsageError(f"There is no setting {key!r} in a test; {nearest(key, ALLOWED)}.")
    return read([f"{key.replace('_', '.')}={_joined(value)}" for key, value in given.items() if value is not None],
                scenario=False)


def _joined(value: Given) -> str:
    return ",".join(value) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)
