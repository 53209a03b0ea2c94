"""What no command expects: names of 300 characters, full memory and faults of this program."""

import pytest
from processes import compare
from short_runs import MINE, SHORT

from compare.__main__ import main
from compare.reporting import outputs
from scenarios import load
from scenarios.spec.checks import SpecError

LONG_NAME = "x" * 300


@pytest.mark.parametrize("arguments, text", [
    ((f"scenario={LONG_NAME}.py",), "There is no scenario file"),
    ((*SHORT, f"out={LONG_NAME}"), "where nothing can be written (File name too long); allowed: a folder"),
    ((SHORT[0], "frameworks=reference", f"data.dir={LONG_NAME}"), "data.dir names no usable data"),
    ((f"{LONG_NAME}=1",), "There is no key"),
    (("check", f"keras={LONG_NAME}.py:build", "lightning=port.py:Net"), "which does not exist."),
    (("upgrade", f"old={LONG_NAME}.txt", "new=keras"), "there is no such file"),
    (("show", f"out={LONG_NAME}"), "there is no finished run"),
    (("environments", "add", "mine", f"python={LONG_NAME}"), LONG_NAME)], ids=lambda value: str(value)[:12])
def test_file_name_of_300_characters_is_a_sentence(tmp_path, arguments, text):
    code, _, error = compare(tmp_path, *arguments)
    assert code == 2 and text in error and error.splitlines()[-1].startswith("compare: ")
    assert "Traceback" not in error and "fault of this program" not in error


def test_name_of_300_characters_in_a_scenario_is_a_sentence(tmp_path):
    (tmp_path / "mine.py").write_text(MINE.replace('f"v{n}"', 'f"v{n}" + "x" * 300'))
    with pytest.raises(SpecError, match="is too long; allowed: at most 100 bytes, since files are named so"):
        load(str(tmp_path / "mine.py"))


def test_output_that_runs_out_of_memory_is_no_fault_of_ours():
    def fails():
        raise MemoryError
    assert outputs.write_all({"report.md": fails}) == ["report.md could not be made: the memory is full."]


@pytest.mark.parametrize("error, code, text", [
    (MemoryError(), 2, "compare: the run ends here: the memory is full.\n"),
    (ImportError("No module named 'tensorboard'", name="tensorboard.default"), 2,
     "compare: This needs a package that cannot be imported (No module named 'tensorboard'); install it, or "
     "keras-or-me again.\n"),
    (ImportError("cannot import name 'x'", name="compare.api"), 70, "compare: A fault of this program"),
    (ZeroDivisionError("ours"), 70, "compare: A fault of this program, please report it:\nTraceback ")], ids=str)
def test_what_no_command_expects_has_an_exit_code(monkeypatch, capsys, error, code, text):
    def fails(arguments):
        raise error
    monkeypatch.setattr("compare.commands.show.main", fails)
    assert main(["show"]) == code and capsys.readouterr().err.startswith(text)
