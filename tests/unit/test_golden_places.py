"""Where golden verdicts and reports are, and files that cannot be read or written there."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from suites import GOLDEN, PLACE

from compare.pytest_plugin import places
from compare.pytest_plugin.golden import Golden, Unusable

pytest_plugins = "pytester", "stand_ins"


def test_long_names_of_tests_are_names_of_files_and_differ(tmp_path):
    names = [places.golden(SimpleNamespace(path=tmp_path / "test_a.py", nodeid=f"test_a.py::test[{value}]"), "golden")
             for value in ("é" * 300, "é" * 301, "b", "c/d")]
    for path in names:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.stem}.second.yaml").touch()
    assert len(set(names)) == 4 and [path.name for path in names[2:]] == ["test-b.yaml", "test-c-d.yaml"]


@pytest.mark.parametrize("does, message", [
    (lambda: Path("golden").touch(), "cannot be written (Not a directory)"),
    (lambda: PLACE.mkdir(parents=True), "cannot be read ("),
], ids=["a file", "a folder"])
def test_a_golden_file_that_cannot_be_used_is_a_sentence(suite, does, message):
    does()
    result = suite("--compare-update", text=GOLDEN)
    assert result.ret == 1 and "Failed: The golden file " in result.output and message in result.output
    assert "fixture.py" not in result.output and "golden.py" not in result.output, "no traceback of ours"


BLOCK = "torch 2.15; sample:\n  run: a\n"


@pytest.mark.parametrize("text, reason", [
    ("{ not: [yaml\n", "line 1 is '{ not: [yaml', which is no series of versions"),
    ("# a comment\n<<<<<<< HEAD\n" + BLOCK, "line 2 is '<<<<<<< HEAD', which is no series of versions"),
    (BLOCK + BLOCK, "line 3 is 'torch 2.15; sample:', which is there twice")], ids=["text", "conflict", "twice"])
def test_a_damaged_file_is_neither_taken_for_an_empty_one_nor_written(tmp_path, text, reason):
    place = tmp_path / "golden.yaml"
    place.write_text(text)
    for use in (lambda: Golden(place).differing("torch 2.15; sample", {}), lambda: Golden(place).write("torch 2", {})):
        with pytest.raises(Unusable) as error:
            use()
        assert str(error.value) == (f"The golden file {place} cannot be read ({reason}); mend it, or remove it and run "
                                    "pytest --compare-update.")
    assert place.read_text() == text
