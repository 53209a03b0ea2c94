"""`python -m compare store`: lists, verifies or prunes the stored trainings."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Sequence

from compare.commands.exit_codes import ExitCode
from compare.execution.disk import UNITS, size_text
from compare.execution.errors import UsageError
from scenarios.spec.checks import nearest

ACTIONS = ("list", "verify", "prune")


def main(arguments: Sequence[str]) -> ExitCode:
    """Does what the first argument says: list (the default), verify, or prune size=SIZE. Raises UsageError."""
    action = arguments[0] if arguments else "list"
    if action not in ACTIONS:
        raise UsageError(f"`store` cannot {action!r}; {nearest(action, ACTIONS)}.")
    rest = arguments[1:]
    limit = size(rest[0].removeprefix("size=")) if action == "prune" and len(rest) == 1 and \
        rest[0].startswith("size=") else None
    if rest and limit is None:
        raise UsageError(f"`store {action}` takes {'size=SIZE, as in size=2GB' if action == 'prune' else 'no key'}, "
                         f"not {' '.join(rest)!r}.")
    from compare.execution.store import LIMIT, Store, default_folder
    from compare.reporting import console
    out, folder = console.console(), default_folder()
    try:
        store = Store(folder, console.notice)
    except OSError as error:
        raise UsageError(f"The store is in {folder}, where nothing can be written ({error.strerror}).") from error
    if action == "verify":
        problems = store.verify()
        for problem in problems:
            console.notice(problem)
        out.print(f"{len(store.entries())} stored trainings are whole; {len(problems)} were set aside.")
    elif action == "prune":
        number, freed = store.prune(LIMIT if limit is None else limit)
        out.print(f"{number} stored trainings were removed, {size_text(freed)}.")
    else:
        rows = store.entries()
        out.print(f"{folder}: {len(rows)} trainings and replays, {size_text(sum(row.size for row in rows))}; up to "
                  f"{size_text(LIMIT)} are kept.", soft_wrap=True)
        for (framework, kind), count in sorted(Counter((row.framework, row.kind) for row in rows).items()):
            sizes = [row.size for row in rows if (row.framework, row.kind) == (framework, kind)]
            last = max(row.used for row in rows if (row.framework, row.kind) == (framework, kind))
            out.print(f"  {framework:<20} {kind:<8} {count:>6} {size_text(sum(sizes)):>10}   last used "
                      f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(last))}")
    return ExitCode.OK


def size(given: str) -> int:
    """A number of bytes, as in 2GB. Raises UsageError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?B?)", given.upper())
    unit = match and match[2].removesuffix("B")
    if not match:
        raise UsageError(f"size is {given!r}; allowed: a number of bytes, as in 500MB or 2GB.")
    return int(float(match[1]) * UNITS[f"{unit}B" if unit else ""])
