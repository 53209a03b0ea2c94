"""The result of a run, with assertions. The message of a failed assertion explains the difference."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Callable, NoReturn, Protocol

from compare.analysis import step_comparison
from compare.analysis.causes.cause import Cause
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.result import Result
from compare.analysis.stages import DEPENDS_ON
from compare.pytest_plugin import golden_entry, messages
from compare.pytest_plugin.golden import Differing
from compare.pytest_plugin.golden_entry import Entry
from compare.pytest_plugin.session import Run
from compare.pytest_plugin.tolerances import Tolerances
from scenarios.spec.checks import nearest


class Test(Protocol):
    """The test that asserts on an outcome (`fixture.CompareFixture`)."""

    def failed(self, result: Result, kind: str, text: str) -> None: ...

    def mistaken(self, message: str) -> NoReturn: ...

    def hold_to_golden(self, name: str, key: str, entry: Entry, measured: Callable[[], Entry],
                       changed: Callable[[Differing], None]) -> None: ...


class Outcome:
    """The result of a run of one scenario; `result` has everything."""

    def __init__(self, run: Run, test: Test) -> None:
        self._run, self._test = run, test
        self.result: Result = run.result

    def assert_holds(self, behaviour: str, *frameworks: str, holds: bool = True) -> None:
        """Asserts that a behaviour holds in these frameworks, by default in all of the run.

        `holds=False` asserts that it does not hold. A framework without an answer fails the assertion either way.
        """
        __tracebackhide__ = True
        self._require(behaviour, "behaviour", self.result.answers)
        answers = self.result.answers[behaviour]
        for name in frameworks:
            self._require(name, "framework", answers)
        wrong = [name for name in frameworks or answers if answers[name].holds is not holds]
        if wrong:
            self._test.failed(self.result, "changed", messages.holding(self.result, behaviour, wrong, holds))

    def assert_same(self, left: str, right: str, up_to: str = "update", variant: str | None = None) -> None:
        """Asserts that two frameworks match up to a stage, at every recorded state.

        `up_to` is data, initialization, forward, loss, gradient, update, metric, evaluation or outcome. This stage and
        all stages that it depends on must have been measured, and none may differ. `variant` defaults to all variants
        that the scenario reports.
        """
        __tracebackhide__ = True
        for name in (left, right):
            self._require(name, "framework", self.result.traces)
        self._require(up_to, "stage", DEPENDS_ON)
        trained = list(dict.fromkeys(trial.variant for trial in self._run.planned))
        if variant:
            self._require(variant, "trained variant", trained)
        reported = [name for name in trained if self.result.scenario.variant(name).role == "reported"]
        compared, stages = [variant] if variant else reported or trained, below(up_to)
        divergences = self._divergences((left, right), compared, stages)
        for name in compared:
            divergence = divergences.get(name)
            if divergence is None:
                self._test.failed(self.result, "changed", messages.not_stepped(self.result, name, left, right))
            elif any(stage.differs is not False for stage in divergence.stages if stage.name in stages):
                self._test.failed(self.result, "changed", messages.diverged(self.result, divergence, up_to, stages))

    def assert_cause(self, behaviour: str, fields: Iterable[str], with_behaviour: str | None = None,
                     without: str | None = None, contrast: str | None = None) -> None:
        """Asserts that exactly these fields cause a behaviour.

        This must hold for every pair of a framework with the behaviour and one without it. `with_behaviour`, `without`
        and `contrast`, a variant without the behaviour, restrict the pairs. A cause that a real framework has
        contradicted fails the assertion.
        """
        __tracebackhide__ = True
        self._require(behaviour, "behaviour", self.result.answers)
        expected = {fields} if isinstance(fields, str) else set(fields)
        causes = [cause for cause in self.result.causes if cause.question.behaviour.name == behaviour and
                  with_behaviour in (None, cause.question.with_behaviour) and
                  without in (None, cause.question.without) and contrast in (None, cause.question.contrast)]
        wrong = [cause for cause in causes if not _is_caused_by(cause, expected)]
        if wrong or not causes:
            self._test.failed(self.result, "changed", messages.causing(self.result, behaviour, expected, wrong))

    def assert_golden(self, name: str = "") -> None:
        """Asserts that the result matches the golden verdict for these versions.

        With `--compare-update` the golden verdict is written instead. `name` distinguishes several golden verdicts of
        one test.
        """
        __tracebackhide__ = True
        self._test.hold_to_golden(name, golden_entry.series(self.result),
                                  golden_entry.entry(self.result, self._run.settings), self._measured, self._differs)

    def _differs(self, differing: Differing) -> None:
        __tracebackhide__ = True
        self._test.failed(self.result, "changed", messages.changed_from_golden(self.result, differing))

    def _measured(self) -> Entry:
        """The golden entry with its tolerances. Fails the test if a worker died, which measures nothing."""
        __tracebackhide__ = True
        tolerances = Tolerances(self._run)
        entry = golden_entry.entry(self.result, self._run.settings, tolerances)
        if worker_errors := self.result.worker_errors + tolerances.worker_errors:
            self._test.mistaken(f"No golden verdict is written, since a worker died. {worker_errors[0]}")
        return entry

    def _divergences(self, sides: tuple[str, str], variants: Collection[str],
                     stages: Collection[str]) -> dict[str, FirstDivergence]:
        """The first divergence of two frameworks at these stages, by variant.

        Divergences that the run has measured are reused; the others are computed now.
        """
        run = self._run
        known = {name: divergence for name, divergence in self.result.divergences.items()
                 if set(divergence.sides) == set(sides) and
                 {stage.name for stage in divergence.stages if stage.differs} <= {*stages, "outcome"}}
        remaining = [name for name in variants if name not in known]
        if not remaining or sides[0] == sides[1]:
            return known
        before = len(run.pool.worker_errors)
        measured = step_comparison.first_divergences(self.result, run.traces, remaining, sides, stages, run.pool,
                                                     run.settings.limit * 60)
        if ended := run.pool.worker_errors[before:]:
            self._test.mistaken(f"{' and '.join(sides)} cannot be compared, since a worker died. {ended[0]}")
        return {**known, **measured}

    def _require(self, name: str, kind: str, allowed: Iterable[str]) -> None:
        """Fails the test with a message if this run has no such name."""
        __tracebackhide__ = True
        if name not in set(allowed):
            self._test.mistaken(f"This run has no {kind} {name!r}; {nearest(name, allowed)}.")


def below(stage: str) -> set[str]:
    """A stage and all stages that it depends on."""
    return {stage}.union(*map(below, DEPENDS_ON[stage]))


def _is_caused_by(cause: Cause, fields: Collection[str]) -> bool:
    return cause.known and cause.shown is not False and set(cause.paths) == fields
