"""The value of `compare.check(...)` in a test: what was found about two programs, with an assertion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, NoReturn

from compare.analysis.programs.comparison import ORDER, Stage
from compare.pytest_plugin import FAILURES
from compare.reporting.programs import text
from compare.reporting.programs.facts import Facts, Verdict
from scenarios.spec.checks import nearest


@dataclass(frozen=True)
class Programs:
    """Two programs that were compared."""

    facts: Facts
    fail: Callable[[str], NoReturn]
    """Ends the test with a message."""

    def assert_same(self, up_to: str = "evaluation") -> None:
        """Asserts that no stage up to this one differs, apart from what the frameworks define differently.

        The stages are parameters, forward, loss, gradient, update, training and evaluation; with a stage before
        evaluation, settings that are only read, such as rates of dropout, may differ too.
        """
        __tracebackhide__ = True
        if up_to not in [str(stage) for stage in ORDER]:
            self.fail(f"up_to is {up_to!r}; {nearest(up_to, [str(stage) for stage in ORDER])}.")
        answer = text.text(self.facts)
        message = text.markdown(answer)
        if self.facts.verdict is Verdict.FAILED:
            self.fail(message)
        last = ORDER.index(Stage(up_to))
        items = [item for item in self.facts.items if ORDER.index(item.stage) <= last and not item.by_design]
        if any(not item.causes for item in items):
            raise FAILURES["unexplained"](message)
        if items or (self.facts.settings and last == len(ORDER) - 1):
            raise FAILURES["changed"](message)
        reached = {one.stage for one in self.facts.compared}
        missing = [str(stage) for stage in ORDER[:last + 1] if str(stage) not in reached]
        if missing:
            raise FAILURES["unexplained"](f"Not compared: {', '.join(missing)}.\n{message}")
