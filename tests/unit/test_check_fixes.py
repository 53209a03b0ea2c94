"""What `check` says to write has its code in backticks and its words outside, wherever such a text is built."""

import ast
from pathlib import Path

import pytest
from fix_text import assigned, code_outside, not_code, spelled, texts

from compare.analysis.programs.suspects.suspect import as_markdown

PROGRAMS = Path(__file__).parents[2] / "compare" / "analysis" / "programs"
CLASSES = {"Suspect": 2, "SettingsItem": 3}
"""Classes with a text of what to write, and the position of that argument."""
RETURNED = ("code", "constructor", "copying", "in_attention")
"""Functions beside `…_code` that return what to write."""


def written():
    """(file and line, text) of every change to make that is a literal in the code."""
    for path in sorted(PROGRAMS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            values = []
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CLASSES:
                values = node.args[CLASSES[node.func.id]:][:1]
            elif isinstance(node, ast.Assign):
                values = assigned(node, "code")
            elif isinstance(node, ast.FunctionDef) and (node.name in RETURNED or node.name.endswith("_code")):
                values = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
            for value in values:
                yield from ((f"{path.relative_to(PROGRAMS)}:{value.lineno}", text) for text in texts(value))


WRITTEN = list(written())


@pytest.mark.parametrize("place, text", WRITTEN, ids=[place for place, _ in WRITTEN])
def test_code_is_in_backticks_and_words_are_not(place, text):
    assert any(not not_code(each) and not code_outside(as_markdown(each)) for each in spelled(text)
               if each.strip("`")) or not "".join(filter(None, text))


def test_most_changes_are_seen():
    assert len(WRITTEN) > 100


@pytest.mark.parametrize("mixed", ["eps=0.001 in BatchNorm2d", "`F.relu(x) in place of tanh`", "leave out x",
                                   "`lr=0.1, and no scheduler`", "`padding=0` in `conv before pool`"])
def test_words_in_backticks_are_found(mixed):
    assert not_code(mixed)


@pytest.mark.parametrize("code", ["eps=0.001", "x[:, -1]", "~mask", "`eps=0.001` in `BatchNorm2d`", "loss = loss * 3",
                                  '`"lr": 0.1` in every parameter group', "F.linear(x, self.a.weight, …)",
                                  "`for p in model.parameters(): p.data.mul_(1 - 0.1)` before each `optimizer.step()`"])
def test_code_is_accepted(code):
    assert not not_code(code)


def test_a_piece_of_code_without_words_gets_its_backticks():
    assert as_markdown("x[:, -1]") == "`x[:, -1]`" and as_markdown("`eps=1` in `norm`") == "`eps=1` in `norm`"
    assert as_markdown("`F.pad(x, (0, 1.0))` before `conv1.0` (port.0.py)") == \
        "`F.pad(x, (0, 1.0))` before `conv1[0]` (port.0.py)"
    assert as_markdown("self.net.0(x)['b.0.weight']") == "`self.net[0](x)['b.0.weight']`"
