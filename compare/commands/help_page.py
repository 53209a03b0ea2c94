"""The help texts of the commands: paragraphs and tables of arguments, wrapped to the width of the terminal."""

from __future__ import annotations

import textwrap
from functools import partial
from shutil import get_terminal_size
from typing import Mapping

WIDEST = 120
"""The most columns of a line, also on a wider terminal."""
Table = tuple[str, Mapping[str, str]]
"""A heading, and the meaning of every entry by its name."""


def page(*parts: str | Table) -> str:
    """Returns paragraphs and tables as one text, with empty lines between them. `COLUMNS` is obeyed."""
    width = min(get_terminal_size().columns, WIDEST)
    wrap = partial(textwrap.fill, width=width, break_long_words=False, break_on_hyphens=False)
    texts = []
    for part in parts:
        if isinstance(part, str):
            texts.append(wrap(part))
        else:
            heading, meanings = part
            column = max(map(len, meanings)) + 4
            texts.append("\n".join([heading, *(
                wrap(meaning, initial_indent=f"  {name}".ljust(column), subsequent_indent=" " * column)
                for name, meaning in meanings.items())]))
    return "\n\n".join(texts)


def arguments_table(meanings: Mapping[str, str]) -> Table:
    """Returns the table of the arguments of a command that are all `key=value`."""
    return "arguments", {name if name.endswith("=") else f"{name}=": meaning for name, meaning in meanings.items()}
