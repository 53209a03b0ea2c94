"""The causes that `check` says have their code in backticks and their words outside, wherever they are built."""

import ast
from pathlib import Path

import pytest
from fix_text import MARKDOWN, assigned, code_outside, not_python, spelled, texts

from compare.analysis.programs.description import Place
from compare.analysis.programs.items import Item
from compare.analysis.programs.suspects.suspect import Copied, Suspect
from compare.reporting.programs.differences_text import of_a_kind

PROGRAMS = Path(__file__).parents[2] / "compare" / "analysis" / "programs"
SENTENCES = ("sentence", "clips", "rates_differ", "another_optimizer", "momenta", "has_instead", "decay_of_groups",
             "rates_of_groups")
"""Functions that return a cause, or a part of it."""
NAMES = ("kind", "path", "layer", "name", "settings")
"""Attributes that are code: they stand in backticks."""


def sentences():
    """(file and line, expression) of every cause in the code."""
    for path in sorted(PROGRAMS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            values = []
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Suspect":
                values = node.args[1:2]
            elif isinstance(node, ast.Assign):
                values = assigned(node, "cause")
            elif isinstance(node, ast.FunctionDef) and node.name in SENTENCES:
                values = [part for each in ast.walk(node) if isinstance(each, ast.Return)
                          for part in getattr(each.value, "elts", [each.value])]
            yield from ((f"{path.relative_to(PROGRAMS)}:{value.lineno}", value) for value in values)


def names_outside(expression):
    """The names of code that an expression puts into its text outside of backticks."""
    for text in [node for node in ast.walk(expression) if isinstance(node, ast.JoinedStr)]:
        before = ""
        for part in text.values:
            if isinstance(part, ast.Constant):
                before += part.value
            elif before.count("`") % 2 == 0 and getattr(getattr(part.value, "func", None), "id", "") not in MARKDOWN:
                yield from [part.value.attr] if getattr(part.value, "attr", "") in NAMES else ()


WRITTEN = [(place, value) for place, value in sentences() if texts(value)]


@pytest.mark.parametrize("place, value", WRITTEN, ids=[place for place, _ in WRITTEN])
def test_code_is_in_backticks_and_words_are_not(place, value):
    assert not list(names_outside(value))
    for text in texts(value):
        assert any(not code_outside(each) and not not_python(each) for each in spelled(text))


def test_most_causes_are_seen():
    assert len(WRITTEN) > 120


@pytest.mark.parametrize("text", [
    "this Conv2d has a stride", "it has eps=1e-3", "nn.GRU resets it", "its step() is not called",
    "the moving_mean differs", "it is None", "base[1] is frozen", "Keras's Dense", "Keras's BatchNormalization"])
def test_code_without_backticks_is_found(text):
    assert code_outside(text) and not code_outside("PyTorch's moving variance of `base[1]` (port.py:7) on TensorFlow")


@pytest.mark.parametrize("text", ["f'this {layer.kind} pads'", "f'`{a}` and {keras.path}'"])
def test_a_name_that_is_put_in_without_backticks_is_found(text):
    assert list(names_outside(ast.parse(text, mode="eval").body))


def cause(change, sentence, line=7, **facts):
    return Suspect((change,) if change else (), sentence, "", Place("port.py", line), **facts)


def grouped(*causes, of_a_line=False):
    return [len(each) for each in of_a_kind(Item("parameters", 1.0, (), None, None, causes), of_a_line)]


def test_causes_are_of_a_kind_by_what_they_change_and_not_by_their_words():
    first = cause({"kind": "attribute", "layer": "a", "name": "eps", "value": 0.1}, "This `A` has `eps=0.2`.")
    other_layer = cause({"kind": "attribute", "layer": "b", "name": "eps", "value": 0.1}, "This `B` has `eps=0.3`.")
    other_value = cause({"kind": "attribute", "layer": "b", "name": "eps", "value": 0.9}, "This `A` has `eps=0.2`.")
    assert grouped(first, other_layer) == [2] and grouped(first, other_value, other_layer) == [2, 1]
    assert grouped(first, cause(first.changes[0], first.cause, line=8)) == [2]
    assert grouped(first, cause(first.changes[0], first.cause, line=8), of_a_line=True) == [1, 1]
    assert grouped(first, cause(first.changes[0], first.cause, side="left")) == [1, 1]


def test_weights_that_were_copied_alike_are_of_a_kind():
    axes = [cause(None, f"`{name}` is `k` with its axes in another order.", copied=Copied.AXES) for name in "ab"]
    assert grouped(*axes, cause(None, "`c` has other values than `d`.", copied=Copied.VALUES)) == [2, 1]
