"""The pytest plugin: a fixture that runs a scenario in somebody's own test and asserts on what was found.

pytest loads it in every suite of an environment. So this one file imports nothing of ours until a test asks for the
fixture, and it has a name of its own: `compare`, `frameworks` and `scenarios` are common words, and a suite that has
a folder of such a name and never uses the fixture must not notice us. What the fixture gives stands in
`compare/pytest_plugin/`.
"""

from __future__ import annotations

from collections.abc import Generator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from compare.pytest_plugin.fixture import Asking
    from compare.pytest_plugin.session import Session

EXIT_CODES = {"changed": 11, "unexplained": 13, "died": 14}
"""By kind of failure, the least telling first: 10 more than `python -m compare` has, since pytest has a 3 and a 4."""
TITLES = {"changed": "a behaviour is not what was asserted", "unexplained": "something differs that nothing explains",
          "died": "a worker died"}
TOLD = "compare"
"""The attribute of a test's report that holds what its runs told."""
ASKING = pytest.StashKey["Asking"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    kinds = ",".join(EXIT_CODES)
    group = parser.getgroup("compare", "keras-or-me: what deep-learning frameworks do")
    group.addoption("--compare-update", action="store_true",
                    help="write what is found as the golden verdict of these versions, and show what changes by it")
    group.addoption("--compare-fail-on", metavar="KINDS", help=f"what fails a test, of {kinds} (all); the rest warns")
    parser.addini("compare_fixture", "name of the fixture that runs a scenario", default="compare")
    parser.addini("compare_golden", "folder of golden verdicts, beside the file of a test", default="golden")
    parser.addini("compare_fail_on", f"what fails a test, of {kinds}; --compare-fail-on goes first", default=kinds)


def pytest_configure(config: pytest.Config) -> None:
    unknown = set(fail_on(config)) - set(EXIT_CODES)
    if unknown:
        raise pytest.UsageError(f"compare-fail-on names {min(unknown)!r}; allowed: one or more of "
                                f"{', '.join(EXIT_CODES)}.")

    named = ModuleType("keras_or_me_named")  # pytest looks for fixtures in modules
    vars(named)["asking"] = pytest.fixture(name=config.getini("compare_fixture"))(_asking)
    config.pluginmanager.register(named, named.__name__)
    config.pluginmanager.register(Reports(), "keras_or_me_reports")


def fail_on(config: pytest.Config) -> list[str]:
    """The kinds of failure that fail a test."""
    given: str = config.getoption("--compare-fail-on") or config.getini("compare_fail_on")
    return given.replace(",", " ").split()


@pytest.fixture(scope="session")
def _compare_session(tmp_path_factory: pytest.TempPathFactory) -> Generator[Session]:
    """The warm workers of this process."""
    try:
        from compare.pytest_plugin.session import Session
    except SystemExit:
        pytest.fail("This suite has a folder in the place of one of keras-or-me's packages; what was printed says "
                    "which.", pytrace=False)
    with Session(tmp_path_factory.mktemp("compare")) as session:
        yield session


def _asking(request: pytest.FixtureRequest, _compare_session: Session) -> Asking:
    """Runs a scenario with real frameworks, as in found = compare("lr_scaling"); found has assertions."""
    from compare.pytest_plugin.fixture import Asking
    from compare.pytest_plugin.golden import place
    config, node = request.config, request.node
    test = node.nodeid.partition("::")[2].replace("::", ".")
    asking = node.stash[ASKING] = Asking(
        _compare_session, node.path.parent, place(node.path, config.getini("compare_golden"), test), fail_on(config),
        config.getoption("--compare-update"), pytest.skip, pytest.fail)
    return asking


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    outcome = yield
    if (asking := item.stash.get(ASKING, None)) is not None:
        try:
            asking.refuse_unexplained()
        except AssertionError as failure:  # of no line of the test, so that there is no traceback to show
            told = pytest.fail.Exception(str(failure), pytrace=False)
            vars(told)["compare_kind"] = getattr(failure, "compare_kind", "")
            raise told from None
    return outcome


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None],
                              ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    asking = item.stash.get(ASKING, None)
    if asking is not None:  # in any phase: a fixture of the suite's own may run the scenario
        kind = getattr(call.excinfo.value, "compare_kind", "") if call.excinfo and report.failed else ""
        item.user_properties += [("compare", kind)] * bool(kind)
        told = {"kind": kind, "updated": asking.updated}  # plain, since xdist hands it to another process
        setattr(report, TOLD, told)
        asking.updated = []
    return report


class Reports:
    """What the tests of a session told of their runs, also those of other processes under xdist."""

    def __init__(self) -> None:
        self._kinds: list[str] = []
        """Of every failure; nothing for one that is not of a run."""
        self._updated: list[str] = []

    @property
    def exit_code(self) -> int:
        """0 where a failure is no run's: then it stays pytest's own."""
        return 0 if "" in self._kinds else max((EXIT_CODES[kind] for kind in self._kinds), default=0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told: dict[str, Any] = getattr(report, TOLD, {})
        self._kinds += [told.get("kind", "")] * report.failed
        self._updated += told.get("updated", [])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._kinds += [""] * report.failed

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.TESTS_FAILED and self.exit_code and not hasattr(session.config, "workerinput"):
            session.exitstatus = self.exit_code

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._updated:
            terminalreporter.section("golden verdicts that --compare-update has written")
            for line in self._updated:
                terminalreporter.write_line(line)
        if self.exit_code:
            kind = {code: kind for kind, code in EXIT_CODES.items()}[self.exit_code]
            terminalreporter.write_line(f"compare: exit code {self.exit_code}: {TITLES[kind]}, and no test failed for "
                                        "another reason.")
