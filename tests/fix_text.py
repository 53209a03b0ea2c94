"""Whether what stands in backticks in a cause or a proposed change is code, and what stands outside is not."""

import ast
import re
from itertools import product

from compare.analysis.programs.suspects.suspect import as_markdown

CONTEXTS = ("{}", "f({})", "{{{}}}", "{}: pass")
"""Where a piece of code can stand: by itself, as an argument, as an entry of a dict, or as a compound statement."""
WORDS = (ast.In, ast.NotIn, ast.And, ast.Or, ast.Not)
"""Operators that are words: `eps=0.001 in BatchNorm2d` is valid Python, but no code that anybody would write."""
CODE = re.compile(r"""\w=[^=\s]|\w\(|\b[A-Za-z]\w*_\w*|\b(?:nn|F|torch|keras|self)\.\w|\b[a-z]+[A-Z]\w*|\w\[\d
                      |\b[A-Z]\w*\d[dD]\b|\b(?!PyTorch|TensorFlow)[A-Z][a-z0-9]+[A-Z]\w*
                      |\b(?:Dense|Linear|Embedding|Bidirectional|GRU|LSTM|Adam|True|False|None)\b""", re.VERBOSE)
"""What is code wherever it stands: arguments, calls, classes, names with an underscore or dots, values of Python."""
MARKDOWN = ("as_markdown", "quoted", "words_for", "named", "padding_of", "in_text")
"""Functions that return text with its code in backticks."""
VALUES = ("x", "+ 1", "")
"""What is put in place of a value in an f-string: a name or number, an operator with a number, or nothing."""


def not_code(code):
    """The pieces in backticks of a change to make that are not Python."""
    return not_python(as_markdown(code))


def not_python(text):
    """The pieces in backticks that are not Python."""
    return [piece for piece in re.findall("`([^`]*)`", text) if not is_python(piece)]


def code_outside(text):
    """The names and values of code that are not in backticks; a place such as port.py:7 is no code."""
    return CODE.findall(re.sub(r"`[^`]*`|\S+\.(?:py|keras|npz|yaml)\S*", " ", text))


def is_python(piece):
    """Whether a piece is Python: a statement, arguments of a call, or the beginning of one; … is the user's code."""
    for context in CONTEXTS:
        try:
            tree = ast.parse(context.format(piece.replace("…", "...").replace("....", "x.")))
        except SyntaxError:
            continue
        return not any(isinstance(node, WORDS) for node in ast.walk(tree))
    return False


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


def spelled(text):
    """The text with every combination of values put in; of more than four, the same in all places."""
    count = text.count(None)
    for values in product(VALUES, repeat=count) if count <= 4 else [[value] * count for value in VALUES]:
        rest = iter(values)
        yield "".join(next(rest) if part is None else part for part in text)


def assigned(node, variable):
    """What an assignment gives to a variable of this name."""
    target = node.targets[0]
    names, values = (target.elts, getattr(node.value, "elts", ())) if isinstance(target, ast.Tuple) else \
        ([target], [node.value])
    return [value for name, value in zip(names, values) if getattr(name, "id", "") == variable]
