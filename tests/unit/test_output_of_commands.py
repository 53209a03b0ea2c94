"""Output that cannot be printed, and a command that ends early: what is said, and the exit code."""

import subprocess
import sys
import zipfile
from types import SimpleNamespace

import pytest
from processes import compare, variables

from compare.__main__ import main
from compare.execution import answers
from compare.reporting import run_folder

FULL = "No space left on device"


@pytest.mark.parametrize("arguments", [
    "--help", "check --help", "store list", "code scenario=lr_scaling variant=lr_0_01 framework=keras"])
def test_output_that_is_nowhere_else_and_cannot_be_printed_is_an_error(tmp_path, arguments):
    """A program that `code` has written to a full disk is not whole."""
    child = subprocess.run(["bash", "-c", f"{sys.executable} -m compare {arguments} > /dev/full"], cwd=tmp_path,
                           env=variables(tmp_path), capture_output=True, text=True, timeout=300)
    assert child.returncode == 2 and child.stderr == f"compare: the output could not be printed ({FULL}).\n"


@pytest.mark.parametrize("command, text", [
    ("store", "compare: the run ends here: No space left on device.\n"),
    ("when", "compare: the run ends here: No space left on device; trainings that were finished are kept in the "
             "run's folder.\n")])
def test_only_a_run_keeps_trainings(monkeypatch, capsys, command, text):
    def fails(arguments):
        raise OSError(28, FULL)
    monkeypatch.setattr(f"compare.commands.{command}.main", fails)
    assert main([command]) == 2 and capsys.readouterr().err == text


@pytest.mark.contract
def test_store_that_cannot_be_written_is_a_sentence_and_the_run_folder_keeps_no_copy_of_itself(tmp_path):
    """Trainings are then kept in the run's folder, until the run is done."""
    (tmp_path / "file").touch()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "of a user").write_text("a")
    code, _, error = compare(tmp_path, "scenario=missing_activations", "variants=none_3", "epochs=1", "data=sample",
                             "frameworks=reference", "out=run", KERAS_OR_ME_STORE=str(tmp_path / "file"))
    assert code == 0 and f"compare: Trainings cannot be kept in {tmp_path / 'file'} (Not a directory).\n" in error
    assert not (tmp_path / "run" / "store").exists() and (tmp_path / "run" / "of a user").read_text() == "a"


def test_answer_holds_only_what_the_run_has_written(tmp_path):
    home = tmp_path / "run"
    for name in ("result.json", "report.html", "tensorboard/a/events", "traces/a.npz", "mine.txt",
                 "store/answers/b.zip", "other/result.json", "search/a.npz"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    reuse = SimpleNamespace(store=SimpleNamespace(folder=tmp_path), keys={home / "traces/a.npz": "ab"})
    (tmp_path / "answers").mkdir()
    answers.keep({}, reuse, home, run_folder.files(home), 0, 1.0)
    with zipfile.ZipFile(next(tmp_path.glob("answers/*.zip"))) as archive:
        assert sorted(archive.namelist()) == ["answer.json", "report.html", "result.json", "tensorboard/a/events"]
