"""A suspected cause: what it is in words, what is changed in memory to try it, and what the user would write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from compare.analysis.programs.description import Operation, Place

Change = Mapping[str, Any]


@dataclass(frozen=True)
class Suspect:
    """One suspected cause of a difference."""

    changes: tuple[Change, ...]
    """What is changed in memory, by `side`."""
    cause: str
    """A sentence."""
    code: str
    """What to write in the user's file, as code with a word of where; empty for a difference by design."""
    place: Place
    """The line to change."""
    side: str = "right"
    by_design: bool = False
    """Whether the frameworks define it differently, so that no setting of the user's makes it the same."""
    alone: bool = False
    """Whether it puts something else in place of what other suspects change, so that they are not tried together."""
    whole: bool = False
    """Whether it is a cause only if the whole training agrees with it, since it could make any one number agree."""


def with_argument(operation: Operation, name: str, value: Any, position: int = -1) -> Change:
    """The change that gives an operation another value for an argument; `position`: -1 where it has none."""
    return {"kind": "argument", "operation": operation.key, "name": name, "position": position, "value": value}


def listed(names: Sequence[str]) -> str:
    """Up to four names; of more, the first three, and how many more there are."""
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def quoted(names: Sequence[str]) -> str:
    """The same of names that are code."""
    return listed([f"`{name}`" for name in names])


def several(codes: Sequence[str]) -> str:
    """Up to four pieces of code; of more, the first three, and how many more there are."""
    return "; ".join(codes) if len(codes) <= 4 else f"{'; '.join(codes[:3])}; and {len(codes) - 3} more of this kind"


def path_as_code(path: str) -> str:
    """The path of a layer as code: net.2 is net[2]."""
    code = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path.split("."))
    return f"model{code}" if code.startswith("[") else code[1:]


def shown(value: Any) -> str:
    """A value as Python code."""
    return repr(tuple(value) if isinstance(value, list) else value)
