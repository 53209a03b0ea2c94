"""Whether what stands in backticks in a proposed change is code, and nothing else does."""

import ast
import re

from compare.analysis.programs.suspects.suspect import as_markdown

CONTEXTS = ("{}", "f({})", "{{{}}}", "{}: pass")
"""Where a piece of code can stand: by itself, as an argument, as an entry of a dict, or as a compound statement."""
WORDS = (ast.In, ast.NotIn, ast.And, ast.Or, ast.Not)
"""Operators that are words: `eps=0.001 in BatchNorm2d` is valid Python, but no code that anybody would write."""


def not_code(code):
    """The pieces in backticks of a change to make that are not Python."""
    return [piece for piece in re.findall("`([^`]*)`", as_markdown(code)) if not is_python(piece)]


def is_python(piece):
    """Whether a piece is Python: a statement, arguments of a call, or the beginning of one; … is the user's code."""
    for context in CONTEXTS:
        try:
            tree = ast.parse(context.format(piece.replace("…", "...").replace("....", "x.")))
        except SyntaxError:
            continue
        return not any(isinstance(node, WORDS) for node in ast.walk(tree))
    return False
