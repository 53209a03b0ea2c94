"""What `check` says to write has its code in backticks and its words outside, wherever such a text is built."""

import ast
from itertools import product
from pathlib import Path

import pytest
from fix_text import not_code

from compare.analysis.programs.suspects.suspect import as_markdown

PROGRAMS = Path(__file__).parents[2] / "compare" / "analysis" / "programs"
CLASSES = {"Suspect": 2, "SettingsItem": 3}
"""Classes with a text of what to write, and the position of that argument."""
RETURNED = ("code", "constructor", "copying", "in_attention")
"""Functions beside `…_code` that return what to write."""
MARKDOWN = ("as_markdown", "quoted", "words_for", "named")
"""Functions that return text with its code in backticks."""
VALUES = ("x", "+ 1", "")
"""What is put in place of a value in an f-string: a name or number, an operator with a number, or nothing."""


def texts(node):
    """The texts that an expression can be, with a None where a value is put in; nothing for any other expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [[node.value]]
    if isinstance(node, ast.JoinedStr):
        return [[part.value if isinstance(part, ast.Constant) else in_text(part.value) for part in node.values]]
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [[*left, *right] for left in texts(node.left) for right in texts(node.right) or [[None]]]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*texts(node.left), [""]]
    return []


def in_text(value):
    """What a value in a text can be: code in backticks if a function of `MARKDOWN` makes it, else None for any."""
    return "`x`" if isinstance(value, ast.Call) and getattr(value.func, "id", "") in MARKDOWN else None


def assigned(node):
    """What an assignment gives to a variable `code`."""
    target = node.targets[0]
    names, values = (target.elts, getattr(node.value, "elts", ())) if isinstance(target, ast.Tuple) else \
        ([target], [node.value])
    return [value for name, value in zip(names, values) if getattr(name, "id", "") == "code"]


def written():
    """(file and line, text) of every change to make that is a literal in the code."""
    for path in sorted(PROGRAMS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            values = []
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CLASSES:
                values = node.args[CLASSES[node.func.id]:][:1]
            elif isinstance(node, ast.Assign):
                values = assigned(node)
            elif isinstance(node, ast.FunctionDef) and (node.name in RETURNED or node.name.endswith("_code")):
                values = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
            for value in values:
                yield from ((f"{path.relative_to(PROGRAMS)}:{value.lineno}", text) for text in texts(value))


def spelled(text):
    """The text with every combination of values put in; of more than four, the same in all places."""
    count = text.count(None)
    for values in product(VALUES, repeat=count) if count <= 4 else [[value] * count for value in VALUES]:
        rest = iter(values)
        yield "".join(next(rest) if part is None else part for part in text)


WRITTEN = list(written())


@pytest.mark.parametrize("place, text", WRITTEN, ids=[place for place, _ in WRITTEN])
def test_code_is_in_backticks_and_words_are_not(place, text):
    assert any(not not_code(each) for each in spelled(text) if each.strip("`")) or not "".join(filter(None, text))


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
