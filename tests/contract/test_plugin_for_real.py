"""The pytest plugin in subprocesses and with real frameworks; the examples of the README."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from suites import GOLDEN, MINE, QUIET

from compare import HOME
from compare.execution import inherited, workers
from compare.execution.worker_pool import WorkerPool

pytest_plugins = "pytester"

PATCHED = GOLDEN.replace('"keras", "lightning"', '"lightning", "reference"')


REAL = '''
import pytest

@pytest.mark.parametrize("holds", [True, False])
def test_ours(compare, holds):
    result = compare("mine.py", frameworks="reference", data="sample")
    result.assert_holds("learns", holds=holds)
    result.assert_golden()
'''


def run(pytester, *options, **variables):
    """(exit code, output) of a test suite in a subprocess."""
    home = {"PYTHONPATH": str(HOME), **variables}
    plugins = [word for name in ("keras_or_me", "no:cacheprovider", "no:hydra_pytest") for word in ("-p", name)]
    child = subprocess.run([sys.executable, "-m", "pytest", *plugins, *options], cwd=pytester.path, timeout=300,
                           capture_output=True, text=True, env={**os.environ, **home})
    return child.returncode, child.stdout + child.stderr


def test_xdist_workers_report_failures_and_junit_has_them(pytester):
    text = MINE.replace('"sigmoid")), Cat', '"softmax")), Cat')
    pytester.makepyfile(mine=text, test_it=REAL)
    code, output = run(pytester, "-n", "2", "-k", "ours", "--junitxml=junit.xml", "--compare-update")
    assert code == 11 and "1 failed, 1 passed" in output
    golden, = Path("golden", "test_it").iterdir()
    assert f"{golden}: new, the NumPy reference; sample\n" in output and "reference: yes, " in golden.read_text()
    assert "compare: exit code 11: a behaviour is not what was asserted" in output
    cases = {case.get("name"): case for case in xml.etree.ElementTree.parse("junit.xml").iter("testcase")}
    assert {name: case.find("failure") is not None for name, case in cases.items()} == {
        "test_ours[True]": False, "test_ours[False]": True}
    failed = cases["test_ours[False]"]
    message = failed.find("failure").get("message")
    assert message.startswith("compare.pytest_plugin.BehaviourChanged: learns (the loss falls ")
    assert failed.find("properties/property").attrib == {"name": "compare", "value": "changed"}


def test_unused_plugin_imports_no_package(pytester):
    """Not even where the suite has folders with the names of our packages."""
    for name in ("compare", "frameworks", "scenarios"):
        pytester.mkpydir(name)
    pytester.makepyfile(test_it="""
import sys

def test_ours():
    assert not {"compare", "frameworks", "scenarios", "numpy", "yaml", "hydra", "rich"} & set(sys.modules)
    assert "keras_or_me" in sys.modules

def test_theirs(compare):
    pass
""")
    path = os.pathsep.join((str(pytester.path), str(HOME)))
    code, output = run(pytester, "-k", "ours", PYTHONPATH=path)
    assert code == 0 and "1 passed" in output, output
    for name in ("compare", "frameworks"):
        pytester.path.joinpath(name, "__init__.py").unlink()
        pytester.path.joinpath(name).rmdir()
    code, output = run(pytester, "-k", "theirs", PYTHONPATH=path)
    assert code == 1 and "\nThis suite has a folder in the place of one of keras-or-me's packages; what " in output
    assert f"{pytester.path / 'scenarios'} stands in the place of keras-or-me's own package scenarios" in output


def test_unknown_failure_kind_is_a_usage_error(pytester):
    code, output = run(pytester, "--compare-fail-on=changed,dead")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "compare-fail-on names 'dead'; allowed: one or more of changed, unexplained, died." in output


def test_plugin_is_registered_with_pytest():
    config = ConfigParser()
    config.read(HOME / "setup.cfg")
    assert config["options.entry_points"]["pytest11"].split() == ["keras_or_me", "=", "keras_or_me"]
    assert config["options"]["py_modules"] == "keras_or_me"


def blocks(language="python"):
    """The fenced code blocks of the README."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (HOME / "README.md").read_text(encoding="utf-8"), re.M | re.S)


def test_examples_of_the_readme_run_with_real_frameworks(pytester, tmp_path, monkeypatch):
    """With the scenario of the section before: first the golden verdict is written, then the workflow command runs."""
    scenario, = [text for text in blocks() if "SCENARIO = " in text]
    example, = [text for text in blocks() if "def test_" in text]
    pytester.makepyfile(mine=scenario, test_it=example)
    workflow = yaml.safe_load((HOME / "docs" / "frameworks.yml").read_text(encoding="utf-8"))
    command, newest = [words for job in workflow["jobs"].values() for step in job["steps"]
                       if (words := step.get("run", "").split()) and words[0].endswith("/pytest")]
    assert command == newest and command[1:]
    with WorkerPool((), tmp_path, "cpu", 1) as pool:
        monkeypatch.setattr("compare.pytest_plugin.session.WorkerPool", lambda *settings: pool)
        with monkeypatch.context() as patch:
            patch.setattr(pool, "close", lambda: None)  # the second suite reuses the workers of the first
            for options in (["--compare-update"], command[1:]):
                result = pytester.runpytest_inprocess(*QUIET, *options)
                assert result.ret == 0
                result.assert_outcomes(passed=1)
    golden, = Path("golden", "test_it").iterdir()
    assert re.search(r"\n      keras: yes, 0\.8\d+ ± ", golden.read_text()) and Path("frameworks.xml").is_file()


@pytest.mark.nightly
def test_patched_lightning_fails_as_unexplained(pytester, monkeypatch):
    pytester.makepyfile(mine=MINE, test_it=PATCHED)
    assert pytester.runpytest_inprocess(*QUIET, "--compare-update").ret == 0
    monkeypatch.setattr(workers, "SCRIPT", Path(__file__).parents[1] / "patched_worker.py")
    Path("patch").write_text("loss")
    monkeypatch.setenv("PATCH", str(Path("patch").resolve()))
    monkeypatch.setattr(inherited, "PASSED", (*inherited.PASSED, "PATCH"))
    result = pytester.runpytest_inprocess(*QUIET)
    assert result.ret == 13
    output = result.stdout.str()
    assert re.search(r"E +learns, lightning +no, \S+ ± \S+ +no, \S+: \S+ away, and the rounding tolerance is \S+\n",
                     output)
    assert re.search(r"E +unexplained, sigmoid, lightning +\(none\) +loss and accuracy\n", output)
    assert re.search(r"E +Unexplained: in sigmoid, step \d+, the loss of PyTorch Lightning is [\d.]+; ", output)
