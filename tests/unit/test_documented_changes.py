"""Every change in memory that `check` proposes is documented, with all of its fields, by the side that makes it."""

import ast
import re
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
FILES = ("lightning/program/changes.py", "lightning/program/sequence_changes.py", "keras/program/build.py")
DOCUMENTED = [(HOME / "frameworks" / file).read_text(encoding="utf-8") for file in FILES]


def proposed():
    """(file, kind, fields) of every dict with a literal kind in the analysis of programs."""
    for path in sorted((HOME / "compare" / "analysis" / "programs").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                values = {key.value: value for key, value in zip(node.keys, node.values) if hasattr(key, "value")}
                kind = values.pop("kind", None)
                if isinstance(kind, ast.Constant):
                    yield path.stem, kind.value, tuple(values)


@pytest.mark.parametrize("file, kind, fields", sorted(set(proposed())))
def test_a_change_is_documented_with_its_fields(file, kind, fields):
    rows = [row for text in DOCUMENTED for row in re.findall(rf"^ +{kind} .*|^ +{kind}$", text, re.MULTILINE)]
    assert any(set(fields) <= set(re.findall(r"\w+", row)) for row in rows), rows
