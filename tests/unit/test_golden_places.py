"""Where golden verdicts and reports are, and files that cannot be read or written there."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from suites import GOLDEN, PLACE

from compare.pytest_plugin import places

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
