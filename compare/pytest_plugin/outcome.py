"""What a run found, and the assertions on it. Each explains itself where it fails."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from compare.analysis import comparison as running
from compare.analysis.causes.search import Cause
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.result import Result
from compare.analysis.stages import DEPENDS_ON
from compare.pytest_plugin import golden, messages
from compare.pytest_plugin.session import Run
from compare.pytest_plugin.tolerances import Tolerances
from scenarios.spec.checks import nearest

if TYPE_CHECKING:
    from compare.pytest_plugin.fixture import Asking


class Found:
    """What a run of one scenario found: `result` is the whole of it."""

    def __init__(self, run: Run, asking: Asking) -> None:
        self._run, self._asking = run, asking
        self.result: Result = run.result

    def assert_holds(self, behaviour: str, *frameworks: str, holds: bool = True) -> None:
        """That a behaviour holds in these frameworks, or in all of the run; `holds=False`: that it does not.

        A framework that cannot be asked fails it either way.
        """
        __tracebackhide__ = True
        self._known(behaviour, "behaviour", self.result.answers)
        answers = self.result.answers[behaviour]
        for name in frameworks:
            self._known(name, "framework", answers)
        wrong = [name for name in frameworks or answers if answers[name].holds is not holds]
        if wrong:
            self._asking.failed(self.result, "changed", messages.holding(self.result, behaviour, wrong, holds))

    def assert_same(self, one: str, other: str, up_to: str = "update", variant: str | None = None) -> None:
        """That two frameworks do the same up to a gate (data, start, forward, loss, gradient, update, metric,
        evaluation, outcome), at every recorded state of a variant, or of all that were asked about: none of the gates
        that it stands on is open, and all could be measured."""
        __tracebackhide__ = True
        for name in (one, other):
            self._known(name, "framework", self.result.traces)
        self._known(up_to, "stage", DEPENDS_ON)
        trained = list(dict.fromkeys(trial.variant for trial in self._run.planned))
        if variant:
            self._known(variant, "trained variant", trained)
        asked = [name for name in trained if self.result.scenario.variant(name).role == "reported"]
        wanted, stages = [variant] if variant else asked or trained, below(up_to)
        divergences = self._divergences((one, other), wanted, stages)
        for name in wanted:
            divergence = divergences.get(name)
            if divergence is None:
                self._asking.failed(self.result, "changed", messages.not_stepped(self.result, name, one, other))
            elif any(stage.differs is not False for stage in divergence.stages if stage.name in stages):
                self._asking.failed(self.result, "changed", messages.diverged(self.result, divergence, up_to, stages))

    def assert_cause(self, behaviour: str, fields: Iterable[str], with_behaviour: str | None = None,
                     without: str | None = None, contrast: str | None = None) -> None:
        """That these fields, and no others, make a behaviour between each framework that shows it and each that does
        not, or between those that are named; `contrast` is a variant without it. No real framework has
        contradicted it.
        """
        __tracebackhide__ = True
        self._known(behaviour, "behaviour", self.result.answers)
        wanted = {fields} if isinstance(fields, str) else set(fields)
        causes = [cause for cause in self.result.causes if cause.question.behaviour.name == behaviour and
                  with_behaviour in (None, cause.question.with_behaviour)
                  and without in (None, cause.question.without) and
                  contrast in (None, cause.question.contrast)]
        wrong = [cause for cause in causes if not _is(cause, wanted)]
        if wrong or not causes:
            self._asking.failed(self.result, "changed", messages.causing(self.result, behaviour, wanted, wrong))

    def assert_golden(self, name: str = "") -> None:
        """That this is what the golden verdict of these versions says; with `--compare-update` it is written instead.

        `name` tells several golden verdicts of one test apart.
        """
        __tracebackhide__ = True
        kept, key = self._asking.golden(name), golden.series(self.result)
        try:
            differing = kept.differing(key, golden.entry(self.result, self._run.settings))
        except golden.Unreadable as measure_error:
            self._asking.mistaken(str(measure_error))
        if differing is None:
            return
        if self._asking.update:
            tolerances = Tolerances(self._run)
            entry = golden.entry(self.result, self._run.settings, tolerances)
            if worker_errors := self.result.worker_errors + tolerances.worker_errors:
                self._asking.mistaken(f"{kept.place.name} is not written, since a worker died. {worker_errors[0]}")
            kept.write(key, entry)
            self._asking.updated += messages.updating(differing)
        elif differing.rows:
            self._asking.failed(self.result, "changed", messages.against_golden(self.result, differing))
        else:
            self._asking.mistaken(messages.not_recorded(differing))

    def _divergences(self, sides: tuple[str, str], variants: Collection[str],
                  stages: Collection[str]) -> dict[str, FirstDivergence]:
        """By variant, where two frameworks first part at these gates: as the run found, or else compared now."""
        run = self._run
        known = {name: divergence for name, divergence in self.result.divergences.items()
                 if set(divergence.sides) == set(sides) and
                 {stage.name for stage in divergence.stages if stage.differs} <= {*stages, "outcome"}}
        others = [name for name in variants if name not in known]
        new = running.first_divergences(self.result, run.traces, others, sides, stages, run.pool,
                             run.settings.limit * 60) if others and sides[0] != sides[1] else {}
        return {**known, **new}

    def _known(self, name: str, kind: str, allowed: Iterable[str]) -> None:
        """Fails the test by a sentence where a name is none of those of this run."""
        __tracebackhide__ = True
        if name not in set(allowed):
            self._asking.mistaken(f"This run has no {kind} {name!r}; {nearest(name, allowed)}.")


def below(stage: str) -> set[str]:
    """A gate and all that it stands on."""
    return {stage}.union(*map(below, DEPENDS_ON[stage]))


def _is(cause: Cause, fields: Collection[str]) -> bool:
    return cause.found and cause.shown is not False and set(cause.paths) == fields


