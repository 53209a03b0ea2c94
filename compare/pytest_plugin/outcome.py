"""What a run found, and the assertions on it. Each explains itself where it fails."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from compare.analysis import comparison as running
from compare.analysis.causes.search import Cause
from compare.analysis.first_divergence import Parting
from compare.analysis.result import Result
from compare.analysis.stages import STANDS_ON
from compare.pytest_plugin import golden, messages
from compare.pytest_plugin.session import Run
from compare.pytest_plugin.tolerances import Bands
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
        self._known(up_to, "gate", STANDS_ON)
        trained = list(dict.fromkeys(trial.variant for trial in self._run.planned))
        if variant:
            self._known(variant, "trained variant", trained)
        asked = [name for name in trained if self.result.scenario.variant(name).role == "asked"]
        wanted, gates = [variant] if variant else asked or trained, below(up_to)
        partings = self._partings((one, other), wanted, gates)
        for name in wanted:
            parting = partings.get(name)
            if parting is None:
                self._asking.failed(self.result, "changed", messages.not_stepped(self.result, name, one, other))
            elif any(gate.open is not False for gate in parting.gates if gate.name in gates):
                self._asking.failed(self.result, "changed", messages.parted(self.result, parting, up_to, gates))

    def assert_cause(self, behaviour: str, fields: Iterable[str], showing: str | None = None,
                     missing: str | None = None, against: str | None = None) -> None:
        """That these fields, and no others, make a behaviour between each framework that shows it and each that does
        not, or between those that are named; `against` is a variant without it. No real framework has contradicted it.
        """
        __tracebackhide__ = True
        self._known(behaviour, "behaviour", self.result.answers)
        wanted = {fields} if isinstance(fields, str) else set(fields)
        causes = [cause for cause in self.result.causes if cause.question.behaviour.name == behaviour and
                  showing in (None, cause.question.showing) and missing in (None, cause.question.missing) and
                  against in (None, cause.question.against)]
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
        except golden.Unreadable as mistake:
            self._asking.mistaken(str(mistake))
        if differing is None:
            return
        if self._asking.update:
            bands = Bands(self._run)
            entry = golden.entry(self.result, self._run.settings, bands)
            if died := self.result.died + bands.died:
                self._asking.mistaken(f"{kept.place.name} is not written, since a worker died. {died[0]}")
            kept.write(key, entry)
            self._asking.updated += messages.updating(differing)
        elif differing.rows:
            self._asking.failed(self.result, "changed", messages.against_golden(self.result, differing))
        else:
            self._asking.mistaken(messages.not_recorded(differing))

    def _partings(self, sides: tuple[str, str], variants: Collection[str],
                  gates: Collection[str]) -> dict[str, Parting]:
        """By variant, where two frameworks first part at these gates: as the run found, or else compared now."""
        run = self._run
        known = {name: parting for name, parting in self.result.partings.items() if set(parting.sides) == set(sides) and
                 {gate.name for gate in parting.gates if gate.open} <= {*gates, "outcome"}}
        others = [name for name in variants if name not in known]
        new = running.parted(self.result, run.traces, others, sides, gates, run.crew,
                             run.settings.limit * 60) if others and sides[0] != sides[1] else {}
        return {**known, **new}

    def _known(self, name: str, kind: str, allowed: Iterable[str]) -> None:
        """Fails the test by a sentence where a name is none of those of this run."""
        __tracebackhide__ = True
        if name not in set(allowed):
            self._asking.mistaken(f"This run has no {kind} {name!r}; {nearest(name, allowed)}.")


def below(gate: str) -> set[str]:
    """A gate and all that it stands on."""
    return {gate}.union(*map(below, STANDS_ON[gate]))


def _is(cause: Cause, fields: Collection[str]) -> bool:
    return cause.found and cause.shown is not False and set(cause.paths) == fields


