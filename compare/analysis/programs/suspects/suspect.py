"""A suspected cause: a sentence, a change in memory that tests it, and the code that the user would write."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Mapping, Sequence

from compare.analysis.programs.description import Operation, Place, path_as_code

Change = Mapping[str, Any]
WHERE = ("layer", "operation", "parameter", "source")
"""The keys of a change that name its place."""


class Copied(Enum):
    """What a weight has that was copied wrongly."""
    ANOTHER = auto()
    """The values of another weight."""
    AXES = auto()
    """Its axes in another order."""
    GATES = auto()
    """Its gates in another order."""
    SUM = auto()
    """The sum of two biases that stand apart."""
    ORDER = auto()
    """Its values in another order."""
    VALUES = auto()
    """Other values."""


@dataclass(frozen=True)
class Suspect:
    """A suspected cause of a difference."""

    changes: tuple[Change, ...]
    """The changes in memory that test it, in the program of `side`."""
    cause: str
    """A sentence."""
    code: str
    """What to write, which `as_markdown` completes: one piece of code, or words with each piece of code in backticks.
    Empty for a difference by design."""
    place: Place
    """The line to change."""
    side: str = "right"
    by_design: bool = False
    """Whether the frameworks define it differently, so that no setting makes them the same."""
    alone: bool = False
    """Whether it replaces what other suspects change, so that it is not combined with them."""
    family: str = ""
    """What it is a part of, such as attention: two of a family are tried together, since no output stands between."""
    whole: bool = False
    """Whether the whole training must agree with it, since it could make any single number agree."""
    copied: Copied | None = None
    """How the user's own code has copied a weight, which no change in memory tests."""

    def is_like(self, other: Suspect) -> bool:
        """Whether the same is so for another layer, operation or parameter."""
        return (self.side, self.copied) == (other.side, other.copied) and \
            list(map(without_place, self.changes)) == list(map(without_place, other.changes))


def without_place(change: Change) -> dict[str, Any]:
    """A change without the keys that name its place."""
    return {name: value for name, value in change.items() if name not in WHERE}


def with_argument(operation: Operation, name: str, value: Any, position: int = -1) -> Change:
    """The change that gives an operation another value for an argument; `position`: -1 where it has none."""
    return {"kind": "argument", "operation": operation.key, "name": name, "position": position, "value": value}


def together(proposed: list[Suspect]) -> list[Suspect]:
    """The suspects; those of several layers that say the same become one, with all of their changes."""
    alike: dict[tuple[str, str], list[Suspect]] = {}
    for suspect in proposed:
        alike.setdefault((suspect.cause, suspect.code), []).append(suspect)
    return [same[0] if len(same) == 1 else of_all(same) for same in alike.values()]


def of_all(same: list[Suspect]) -> Suspect:
    """One suspect with the changes of several; it says in how many layers."""
    changes: list[Change] = []
    for suspect in same:
        changes += [change for change in suspect.changes if change not in changes]
    layers = {change["layer"] for change in changes if "layer" in change}
    if len(layers) < 2:
        return replace(same[0], changes=tuple(changes))
    return replace(same[0], changes=tuple(changes), cause=f"{same[0].cause} This is so in {len(layers)} layers.",
                   code=same[0].code and f"{as_markdown(same[0].code)} (in {len(layers)} layers)")


IN_BACKTICKS = re.compile("`[^`]*`")
DOTTED = re.compile(r"""(?<![\w."'])[A-Za-z_]\w*(?:\.\w+)+""")
"""Names with dots, outside of strings."""


def as_markdown(code: str) -> str:
    """What to write, as Markdown: code without words gets its backticks here, and paths of layers become code."""
    return with_paths(code if "`" in code else f"`{code}`")


def with_paths(text: str) -> str:
    """Text in which the paths of layers in backticks are code."""
    return IN_BACKTICKS.sub(lambda piece: DOTTED.sub(lambda path: path_as_code(path[0]), piece[0]), text)


def listed(names: Sequence[str]) -> str:
    """Up to four names; of more, the first three, and how many more there are."""
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def quoted(names: Sequence[str]) -> str:
    """The same for pieces of code, in backticks."""
    return listed(list(map(as_markdown, names)))


def several(codes: Sequence[str]) -> str:
    """Up to four changes as Markdown; of more, the first three, and how many more there are."""
    shown = "; ".join(map(as_markdown, codes[:4] if len(codes) <= 4 else codes[:3]))
    return shown if len(codes) <= 4 else f"{shown}; and {len(codes) - 3} more of this kind"


def shown(value: Any) -> str:
    """A value as Python code."""
    return f"{value:.6g}" if isinstance(value, float) else repr(tuple(value) if isinstance(value, list) else value)
