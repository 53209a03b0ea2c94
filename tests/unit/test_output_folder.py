"""The folder of a run belongs to one run at a time, and a file in it is written whole or not at all."""

import json
import os
import subprocess
import time

import pytest
from processes import command, variables
from short_runs import SHORT

from compare.execution import output_folder
from compare.execution.errors import UsageError


def test_one_folder_belongs_to_one_run_at_a_time(tmp_path):
    with output_folder.claimed(str(tmp_path / "run"), "a"), \
            pytest.raises(UsageError, match="where another run is writing now; allowed: another folder"):
        output_folder.claimed(str(tmp_path / "run"), "a")
    with pytest.raises(UsageError, match="holds a run already"):
        output_folder.claimed(str(tmp_path / "run"), "a")


def test_runs_in_one_second_have_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time, "strftime", lambda text: "now")
    folders = [output_folder.claimed(None, "a").path for _ in range(3)]
    assert [path.name for path in folders] == ["now", "now-2", "now-3"]


@pytest.mark.contract
def test_runs_that_begin_at_once_have_folders_of_their_own_and_one_folder_has_one_run(tmp_path):
    """Three of the same command without a folder, in one second; of three with one folder, two are refused."""
    arguments = [SHORT] * 3 + [(*SHORT, "out=run")] * 3
    programs = [subprocess.Popen(command(*each), cwd=tmp_path, env=variables(tmp_path), text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE) for each in arguments]
    printed = [program.communicate(timeout=300) for program in programs]
    assert [program.returncode for program in programs[:3]] == [0, 0, 0]
    folders = {out[out.index("run folder: "):].split("\n")[0] for out, _ in printed[:3]}
    records = [json.loads(path.read_text()) for path in tmp_path.glob("runs/*/result.json")]
    assert len(folders) == len(records) == 3 and records[0]["summary"] == records[1]["summary"]
    assert sorted(program.returncode for program in programs[3:]) == [0, 2, 2]
    for program, (out, error) in zip(programs[3:], printed[3:]):
        assert program.returncode == 0 or not out and "compare: out is 'run', " in error
    assert json.loads((tmp_path / "run/result.json").read_text())["summary"] == records[2]["summary"]


def test_resumed_run_removes_only_what_a_run_writes(tmp_path):
    with pytest.raises(KeyError), output_folder.claimed(str(tmp_path), "a", ["one"]):
        for name in ("traces", "one/traces", "other/traces", "mine"):
            (tmp_path / name).mkdir(parents=True)
        raise KeyError
    with output_folder.claimed(str(tmp_path), "a", ["one"]) as folder:
        assert folder.resumed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "one", "other", "run.json"]


def test_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    output_folder.write_text(path, "first")
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        output_folder.write_text(path, "second")
    assert path.read_text() == "first" and [each.name for each in tmp_path.iterdir()] == ["result.json"]
