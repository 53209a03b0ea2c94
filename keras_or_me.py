"""The public Python API, and the pytest plugin: a fixture that runs a scenario in a user's own test.

    import keras_or_me
    result = keras_or_me.run("lr_scaling", frameworks=["keras", "lightning"], epochs=1)
    print(keras_or_me.answer(result).verdict)

`run`, `check` and `answer` are described in `compare.api`. `Scenario`, `Variant`, `Behaviour`, `Claim` and the
vocabulary `spec` are here too, to write scenarios (`scenarios.scenario`, `scenarios.spec`).

pytest loads this file in every test suite of the environment. So it imports no package of this program until one of
these names is used or a test requests the fixture, and its own name is distinctive: `compare`, `frameworks` and
`scenarios` are common words, and a suite that has a folder of such a name and does not use the fixture must not be
affected. The fixture is implemented in `compare/pytest_plugin/`.
"""

from __future__ import annotations

from collections.abc import Generator
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from compare.pytest_plugin.fixture import CompareFixture
    from compare.pytest_plugin.session import Session

EXIT_CODES = {"changed": 11, "unexplained": 13, "died": 14}
"""Exit codes by failure kind, least severe first: those of `python -m compare` plus 10, as pytest uses 3 and 4."""
TITLES = {"changed": "a behaviour is not what was asserted", "unexplained": "something differs that nothing explains",
          "died": "a worker died"}
"""Sentences by failure kind, for pytest's summary."""
NEW_VERSIONS = ("pass", "fail")
"""The values of `--compare-new-versions` and of the ini option `compare_new_versions`."""
REPORT_ATTRIBUTE = "compare"
"""The attribute of a pytest report that holds the failure kind and the updated golden verdicts of a test."""
FIXTURE = pytest.StashKey["CompareFixture"]()
"""The key under which a test keeps its fixture."""

API = {"run": "compare.api", "check": "compare.api", "answer": "compare.api", "Scenario": "scenarios.scenario",
       "Variant": "scenarios.scenario", "Behaviour": "scenarios.scenario", "Claim": "scenarios.scenario",
       "spec": "scenarios"}
"""By public name, the module or package that defines it, which is imported when the name is used."""


def __getattr__(name: str) -> Any:
    """Returns a name of the public API. Raises AttributeError for any other one."""
    if name not in API:
        raise AttributeError(f"keras_or_me has no {name!r}; it has {', '.join(API)}.")
    module = import_module(API[name])
    return getattr(module, name) if hasattr(module, name) else import_module(f"{API[name]}.{name}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options of the command line (`--compare-…`) and of the ini file (`compare_…`)."""
    kinds = ",".join(EXIT_CODES)
    group = parser.getgroup("compare", "keras-or-me: what deep-learning frameworks do")
    group.addoption("--compare-update", action="store_true",
                    help="write what is found as the golden verdict of these versions, and show what changes by it")
    group.addoption("--compare-fail-on", metavar="KINDS", help=f"what fails a test, of {kinds} (all); the rest warns")
    group.addoption("--compare-new-versions", choices=NEW_VERSIONS, metavar="pass|fail",
                    help="whether a test passes if new versions change nothing of its golden verdict (pass)")
    parser.addini("compare_fixture", "name of the fixture that runs a scenario", default="compare")
    parser.addini("compare_golden", "folder of golden verdicts, beside the file of a test", default="golden")
    parser.addini("compare_reports", "folder of the reports of failed tests, below the root folder",
                  default="compare-reports")
    parser.addini("compare_new_versions", "pass or fail, if new versions change nothing of a golden verdict; "
                  "--compare-new-versions goes first", default="pass")
    parser.addini("compare_fail_on", f"what fails a test, of {kinds}; --compare-fail-on goes first", default=kinds)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the fixture under its configured name, and `Reports`. Raises UsageError for a value not allowed."""
    unknown = set(fail_on(config)) - set(EXIT_CODES)
    if unknown:
        raise pytest.UsageError(f"compare-fail-on names {min(unknown)!r}; allowed: one or more of "
                                f"{', '.join(EXIT_CODES)}.")
    if config.getini("compare_new_versions") not in NEW_VERSIONS:
        raise pytest.UsageError(f"compare_new_versions is {config.getini('compare_new_versions')!r}; allowed: "
                                f"{' or '.join(NEW_VERSIONS)}.")

    module = ModuleType("keras_or_me_named")  # pytest collects fixtures from modules
    vars(module)["compare_fixture"] = pytest.fixture(name=config.getini("compare_fixture"))(_compare_fixture)
    config.pluginmanager.register(module, module.__name__)
    config.pluginmanager.register(Reports(), "keras_or_me_reports")


def fail_on(config: pytest.Config) -> list[str]:
    """Returns the kinds of failure that fail a test: those of the command line, else those of the ini file."""
    kinds: str = config.getoption("--compare-fail-on") or config.getini("compare_fail_on")
    return kinds.replace(",", " ").split()


def _fail_on_said(config: pytest.Config, node: pytest.Item) -> tuple[str, str, int]:
    """Where it is said what fails a test: the option, and the ini file with its line, or the test, since a command line
    has no file."""
    option = config.getoption("--compare-fail-on")
    text = f"--compare-fail-on={option}" if option else f"compare_fail_on = {config.getini('compare_fail_on')}"
    lines = config.inipath.read_text(encoding="utf-8").splitlines() if config.inipath and not option else []
    for number, line in enumerate(lines, 1):
        if line.partition("=")[0].strip() == "compare_fail_on":
            return text, str(config.inipath), number
    return text, str(node.path), (node.location[1] or 0) + 1


@pytest.fixture(scope="session")
def _compare_session(tmp_path_factory: pytest.TempPathFactory) -> Generator[Session]:
    """Provides the workers and runs that all tests of this process share."""
    try:
        from compare.pytest_plugin.session import Session
    except SystemExit:
        pytest.fail("This suite has a folder in the place of one of keras-or-me's packages; what was printed says "
                    "which.", pytrace=False)
    with Session(tmp_path_factory.mktemp("compare")) as session:
        yield session


def _compare_fixture(request: pytest.FixtureRequest, _compare_session: Session) -> CompareFixture:
    """Runs a scenario with real frameworks, as in `result = compare("lr_scaling")`; the result has assertions."""
    from compare.pytest_plugin.fixture import CompareFixture, Options
    from compare.pytest_plugin.places import golden, reports
    config, node = request.config, request.node
    new_versions = config.getoption("--compare-new-versions") or config.getini("compare_new_versions")
    fixture = node.stash[FIXTURE] = CompareFixture(
        _compare_session, node.path, golden(node, config.getini("compare_golden")),
        reports(node, config.rootpath / config.getini("compare_reports")),
        Options(fail_on(config), _fail_on_said(config, node), config.getoption("--compare-update"),
                new_versions == "pass"), pytest.skip, pytest.fail)
    return fixture


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fails a test that has passed if a run of its fixture has an unexplained difference."""
    outcome = yield
    if (fixture := item.stash.get(FIXTURE, None)) is not None:
        try:
            fixture.refuse_unexplained()
        except AssertionError as failure:  # no line of the test raised it, so a traceback would not help
            exception = pytest.fail.Exception(str(failure), pytrace=False)
            vars(exception)["compare_kind"] = getattr(failure, "compare_kind", "")
            raise exception from None
    return outcome


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None],
                              ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the failure kind and the updated golden verdicts of a test to its report (`REPORT_ATTRIBUTE`).

    The kind is also a property of the test, `compare`, which pytest writes into a JUnit file.
    """
    report = yield
    fixture = item.stash.get(FIXTURE, None)
    if fixture is not None:  # in any phase, because a fixture of the suite may run the scenario
        kind = getattr(call.excinfo.value, "compare_kind", "") if call.excinfo and report.failed else ""
        item.user_properties += [("compare", kind)] * bool(kind)
        content = {"kind": kind, "updated": fixture.updated}  # builtin types only: xdist serializes it
        setattr(report, REPORT_ATTRIBUTE, content)
        fixture.updated = []
    return report


class Reports:
    """A plugin that collects the failure kinds and updates of all tests of a session, also those of xdist workers."""

    def __init__(self) -> None:
        self._kinds: list[str] = []
        """The kind of every failure; empty for a failure that does not concern a run."""
        self._updated: list[str] = []
        """A line of text for every golden verdict that was written."""

    @property
    def exit_code(self) -> int:
        """The exit code of the most severe kind; 0, to keep that of pytest, if any failure does not concern a run."""
        return 0 if "" in self._kinds else max((EXIT_CODES[kind] for kind in self._kinds), default=0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collects what `pytest_runtest_makereport` has added to a report."""
        content: dict[str, Any] = getattr(report, REPORT_ATTRIBUTE, {})
        self._kinds += [content.get("kind", "")] * report.failed
        self._updated += content.get("updated", [])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Counts a file that cannot be collected as a failure that does not concern a run."""
        self._kinds += [""] * report.failed

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Sets the exit code of pytest, but not in an xdist worker, which does not know the other tests."""
        if exitstatus == pytest.ExitCode.TESTS_FAILED and self.exit_code and not hasattr(session.config, "workerinput"):
            session.exitstatus = self.exit_code

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the updated golden verdicts, and what the exit code means."""
        if self._updated:
            terminalreporter.section("golden verdicts that --compare-update has written")
            for line in self._updated:
                terminalreporter.write_line(line)
        if self.exit_code:
            kind = {code: kind for kind, code in EXIT_CODES.items()}[self.exit_code]
            terminalreporter.write_line(f"compare: exit code {self.exit_code}: {TITLES[kind]}, and no test failed for "
                                        "another reason.")
