"""The value of `compare.check(...)` in a test: the result of a comparison of two programs, with assertions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Callable, NoReturn, Protocol

from compare.analysis.programs.comparison import ORDER, Stage
from compare.pytest_plugin import messages, program_entry
from compare.pytest_plugin.golden import Differing
from compare.pytest_plugin.golden_entry import Entry
from compare.reporting.programs import text
from compare.reporting.programs.facts import Facts, Verdict
from compare.reporting.programs.folder import write
from scenarios.spec.checks import nearest


class Test(Protocol):
    """The test that asserts on two programs (`fixture.CompareFixture`)."""

    def refuse(self, kinds: Sequence[str], message: str, write: Callable[[Path], list[str]]) -> None: ...

    def mistaken(self, message: str) -> NoReturn: ...

    def hold_to_golden(self, name: str, key: str, entry: Entry, measured: Callable[[], Entry],
                       changed: Callable[[Differing], None]) -> None: ...


class Programs:
    """Two compared programs; `facts` has the whole result."""

    def __init__(self, facts: Facts, command: str, test: Test) -> None:
        """`command` is the call that compared them, as the report says it."""
        self.facts, self._command, self._test = facts, command, test

    def assert_same(self, up_to: str = "evaluation") -> None:
        """Asserts that no stage up to this one differs, apart from what the frameworks define differently.

        The stages are parameters, forward, loss, gradient, update, training and evaluation; with a stage before
        evaluation, settings that are only read, such as rates of dropout, may differ too.
        """
        __tracebackhide__ = True
        if up_to not in [str(stage) for stage in ORDER]:
            self._test.mistaken(f"up_to is {up_to!r}; {nearest(up_to, [str(stage) for stage in ORDER])}.")
        message = self._answer()
        last = ORDER.index(Stage(up_to))
        items = [item for item in self.facts.items if ORDER.index(item.stage) <= last and not item.by_design]
        if any(not item.causes for item in items):
            self._failed("unexplained", message)
        elif items or (self.facts.settings and last == len(ORDER) - 1):
            self._failed("changed", message)
        else:
            reached = {comparison.stage for comparison in self.facts.compared}
            not_compared = [str(stage) for stage in ORDER[:last + 1] if str(stage) not in reached]
            if not_compared:
                self._failed("unexplained", f"Not compared: {', '.join(not_compared)}.\n{message}")

    def assert_golden(self, name: str = "") -> None:
        """Asserts that both programs, and how they compare, are as in the golden verdict for these versions.

        With `--compare-update` the golden verdict is written instead. `name` distinguishes several golden verdicts of
        one test.
        """
        __tracebackhide__ = True
        self._answer()
        entry = program_entry.entry(self.facts)
        self._test.hold_to_golden(name, program_entry.series(self.facts), entry, lambda: entry, self._differs)

    def _answer(self) -> str:
        """What was found, as text. Fails the test if a program could not be run."""
        __tracebackhide__ = True
        message = text.markdown(text.text(self.facts))
        if self.facts.verdict is Verdict.FAILED:
            self._test.mistaken(message)
        return message

    def _differs(self, differing: Differing) -> None:
        __tracebackhide__ = True
        name = " and ".join(self.facts.titles)
        self._failed("changed", "\n".join([*messages.what_changed(name, differing), "The result of this comparison:",
                                           self._answer(), messages.intended()]))

    def _failed(self, kind: str, message: str) -> None:
        __tracebackhide__ = True
        self._test.refuse([kind], message, lambda folder: write(self.facts, folder, self._command))
