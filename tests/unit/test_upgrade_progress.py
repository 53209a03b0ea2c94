"""An upgrade of several scenarios: each answer is there at once, and what was compared is kept if the run is ended."""

import json
from pathlib import Path

import pytest

from compare.__main__ import main as command_line
from compare.analysis.upgrade import Change, Comparison, Key, Kind
from compare.commands import upgrade
from compare.execution import locks
from compare.execution.locks import Installed
from compare.execution.workers import WorkerDied

NAMES = ("counts", "layers", "losses")


class Scenarios:
    """Three scenarios, of which the first has two changes; `end`, if there is one, is raised before the third."""

    names = NAMES

    def __init__(self, end):
        self.end = end

    def changes(self, old, new, say):
        yield Comparison(tuple(Change(Key(Kind.STAGE, f"counts/{variant}", "loss"), "the loss", "step 1", "1", "2", 0.5)
                               for variant in ("relu", "elu")))
        yield Comparison((), worker_errors=("It ended.",) if self.end is None else ())
        if self.end is not None:
            raise self.end
        yield Comparison(())

    def recognized(self, old, between, requested):
        pytest.fail("no release is searched")

    def close(self):
        pass


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """A function: compares the three scenarios; returns (the exit code, standard output, the lines of standard error,
    the record)."""
    def of(end):
        monkeypatch.setattr(locks, "given", lambda key, name: environment(key))
        monkeypatch.setattr(upgrade, "refuse", lambda *environments: None)
        monkeypatch.setattr(upgrade, "of_scenarios", lambda *given: lambda place: Scenarios(end))
        code = command_line(["upgrade", "old=a", "new=b", "bisect=false", f"out={tmp_path / 'run'}"])
        out, err = capsys.readouterr()
        return code, out, err.splitlines(), json.loads((tmp_path / "run" / "result.json").read_text())
    return of


def environment(title):
    """An environment with Keras and Lightning; its interpreter is never started."""
    return Installed(title, Path(title), "3.11", {}, {kind: f"{title}-{kind}" for kind in ("keras", "lightning")}, ())


def test_each_scenario_has_its_answer_as_soon_as_it_is_compared(run):
    code, out, progress, record = run(None)
    assert progress[:3] == ["compare: 1 of 3 compared: counts, keras: the loss of counts/relu and counts/elu",
                            "compare: 2 of 3 compared: layers, keras: nothing changed",
                            "compare: 3 of 3 compared: losses, keras: nothing changed"]
    assert progress[3].startswith("compare: 1 of 3 compared: counts, lightning: ") and code == 4
    assert len(record["changes"]) == 4 and record["worker_errors"] == ["It ended."]
    assert not any(covered["not_reached"] for covered in record["covered"]) and "was ended" not in out


@pytest.mark.parametrize("end, code", [(KeyboardInterrupt(), 130), (WorkerDied("It ended."), 4)],
                         ids=["interrupted", "died"])
def test_what_was_compared_before_the_end_is_printed_and_what_was_not_is_named(run, end, code):
    actual, out, progress, record = run(end)
    assert actual == code and len(record["changes"]) == 2
    assert "keras: the run was ended before losses could be compared" in out
    assert "lightning: the run was ended before counts, layers and losses could be compared" in out
    assert [covered["not_reached"] for covered in record["covered"]] == [["losses"], list(NAMES)]
    assert "does not run in both" not in out
