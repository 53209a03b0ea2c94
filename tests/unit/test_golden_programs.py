"""`compare.check(...)` in a test: its golden verdict, and what a changed program, loss or verdict fails with."""

import warnings
from dataclasses import replace

import pytest
from suites import KERAS, LIGHTNING
from test_check_text import ANSWERS

from compare.pytest_plugin import BehaviourChanged, LeftOut, NotUpdated, Unexplained
from compare.pytest_plugin.fixture import CompareFixture, Options
from compare.pytest_plugin.programs import Programs
from compare.reporting.programs.facts import Verdict

PROGRAM = {"layers": [{"is": "Dense", "name": "dense", "units": 10}], "operations": ["Dense"],
           "optimizer": {"is": "SGD", "learning_rate": 0.1}, "parameters": {}, "groups": [], "penalties": []}
PORT = {**PROGRAM, "layers": [{"is": "Linear", "name": "fc", "units": 10}], "optimizer": {"is": "SGD", "lr": 0.1}}
SAME = replace(ANSWERS["same"], environments=(KERAS, LIGHTNING), programs=(PROGRAM, PORT))
LATER = replace(SAME, environments=({**KERAS, "versions": {"keras": "3.16.0"}}, LIGHTNING))
SAID = "--compare-fail-on=died", "test_it.py", 3
"""The option that says what fails a test, and where a warning about it points to."""


class Failed(Exception):
    """What pytest.fail raises."""


def fail(message):
    raise Failed(message)


@pytest.fixture
def asserted(tmp_path, monkeypatch):
    """A function: asserts the golden verdict of some facts; returns the lines of the update."""
    monkeypatch.chdir(tmp_path)

    def asserts(facts, update=False, new_versions=True, fail_on=("changed", "unexplained", "died")):
        options = Options(fail_on, SAID, update, new_versions)
        fixture = CompareFixture(None, tmp_path / "test_it.py", tmp_path / "golden.yaml", tmp_path / "reports",
                                 options, fail, fail)
        Programs(facts, "compare.check()", fixture).assert_golden()
        return fixture.updated
    return asserts


def test_a_golden_verdict_of_two_programs_is_written_and_compared(asserted, tmp_path):
    with pytest.raises(Failed, match="There is no golden verdict yet for keras 3.15, tensorflow 2.21, torch 2.15"):
        asserted(SAME)
    assert asserted(SAME, update=True) == ["golden.yaml: new, keras 3.15, tensorflow 2.21, torch 2.15, "
                                           "pytorch-lightning 2.6"]
    text = (tmp_path / "golden.yaml").read_text()
    for line in ("optimizer: {is: SGD, lr: 0.1}", "first step: 1 ± 4.8e-06", "verdict: same",
                 "versions: keras 3.15.1, tensorflow 2.21.0, torch 2.15.0, pytorch-lightning 2.6.6, python 3.11.4"):
        assert f" {line}\n" in text
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asserted(SAME) == []


@pytest.mark.parametrize("changed, message", [
    ({"programs": (PROGRAM, {**PORT, "optimizer": {"is": "SGD", "lr": 0.11}})},
     r"^mine.py:build and port.py:Net: the model itself changed: SGD.lr 0.1 → 0.11 \(port.py:Net\)\.\n"
     r"The result is that of golden.yaml \(keras 3.15, .*\), within rounding\.\n"),
    ({"losses": {"ported": ([1.0, 0.5, 0.25], [1.0, 0.5, 0.26])}},
     r"  losses, port.py:Net, last step +0.25 ± 1.2e-06 +0.26 ± 1.2e-06: 0.01 away, and the rounding tolerance is "),
    ({"verdict": Verdict.DIFFERENT, "items": ANSWERS["one"].items},
     r"  verdict +same +different\n  differences, 1. forward +\(none\) +0: This Linear has no activation.\n")])
def test_a_change_fails_and_its_report_is_kept(asserted, tmp_path, changed, message):
    asserted(SAME, update=True)
    with pytest.raises(BehaviourChanged, match=message) as failure:
        asserted(replace(SAME, **changed))
    assert str(failure.value).endswith("\nReport: reports/report.html") and (tmp_path / "reports/report.html").is_file()
    with pytest.warns(LeftOut, match="since --compare-fail-on=died leaves out changed") as caught:
        asserted(replace(SAME, **changed), fail_on=("unexplained", "died"))
    assert [(warning.filename, warning.lineno) for warning in caught] == [("test_it.py", 3)]


def test_new_versions_under_which_nothing_changed_pass_with_a_warning(asserted):
    asserted(SAME, update=True)
    with pytest.warns(NotUpdated, match="New versions, under which nothing changed: golden.yaml has no entry for keras "
                                        "3.16, torch"):
        asserted(LATER)
    with pytest.raises(Failed, match="golden.yaml has no entry for keras 3.16, torch"):
        asserted(LATER, new_versions=False)
    with pytest.raises(BehaviourChanged, match="It was written with keras 3.15.1, .*, python 3.11.4; these are keras "
                                               "3.16.0, "):
        asserted(replace(LATER, losses={"ported": ([1.0, 0.5, 0.25], [1.0, 0.5, 0.26])}))


def test_a_stage_that_was_not_compared_is_unexplained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fixture = CompareFixture(None, tmp_path / "test_it.py", tmp_path / "golden.yaml", tmp_path / "reports",
                             Options(("changed", "unexplained"), SAID, False, True), fail, fail)
    programs = Programs(SAME, "compare.check()", fixture)
    programs.assert_same(up_to="forward")
    with pytest.raises(Unexplained, match=r"^Not compared: .*gradient, update"):
        programs.assert_same()
    with pytest.raises(Failed, match="up_to is 'los'; did you mean loss"):
        programs.assert_same("los")


def test_a_golden_file_of_a_newer_version_is_refused_in_one_sentence_and_kept(asserted, tmp_path):
    asserted(SAME, update=True)
    file = tmp_path / "golden.yaml"
    text = file.read_text()
    assert "\n  schema: 1\n" in text
    newer = text.replace("schema: 1\n", "schema: 2\n  seeds: [1, 2]\n")
    file.write_text(newer)
    for update in (False, True):
        with pytest.raises(Failed, match=r"^The golden file .*golden\.yaml comes from a newer version of "
                           r"keras-or-me: the schema of its block 'keras 3\.15, .*' is 2, and this version reads up to "
                           r"1; install that version, or remove the block and run pytest --compare-update\.$"):
            asserted(SAME, update=update)
    assert file.read_text() == newer


def test_a_golden_file_from_before_schemas_were_kept_holds_and_is_no_damage(asserted, tmp_path):
    asserted(SAME, update=True)
    file = tmp_path / "golden.yaml"
    file.write_text(file.read_text().replace("  schema: 1\n", ""))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asserted(SAME) == []
    file.write_text(file.read_text().replace("  run:", "  schema: newest\n  run:"))
    with pytest.raises(Failed, match="cannot be read .*schema is 'newest'.*mend it, or remove the block"):
        asserted(SAME)
