"""The index of the store: size and last use of every entry, in SQLite. It holds nothing that the entries do not hold,
beside the dates of their last use, and is made again where it is missing or damaged."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Callable, Iterable, Iterator

VERSION = 1
BUSY = 10.0  # seconds to wait for another run that writes
TABLE = "CREATE TABLE entries (key TEXT PRIMARY KEY, size INTEGER, created REAL, used REAL, framework TEXT, kind TEXT)"


@dataclass(frozen=True)
class Row:
    """An entry in the index; dates are in seconds since 1970."""

    key: str
    size: int
    created: float
    used: float
    framework: str
    kind: str
    """train or replay."""


class Index:
    """The index in one file. No method raises an error of SQLite: a damaged index is made again, once."""

    def __init__(self, path: Path, entries: Callable[[], Iterable[Row]]) -> None:
        """`entries` gives the rows of all entries that exist."""
        self._path, self._entries = path, entries

    def added(self, row: Row) -> None:
        """Adds or replaces an entry."""
        self._run(lambda data: _insert(data, [row]))

    def used(self, keys: Iterable[str]) -> None:
        """Says that entries were used now."""
        now = time.time()
        self._run(lambda data: data.executemany("UPDATE entries SET used = ? WHERE key = ?",
                                                [(now, key) for key in keys]))

    def removed(self, keys: Iterable[str]) -> None:
        """Removes entries."""
        self._run(lambda data: data.executemany("DELETE FROM entries WHERE key = ?", [(key,) for key in keys]))

    def rows(self) -> list[Row]:
        """All entries, the one that was used last first: from the entries themselves where the index cannot be read."""
        rows: list[Row] = []

        def read(data: sqlite3.Connection) -> None:
            rows[:] = [Row(*values) for values in data.execute("SELECT * FROM entries ORDER BY used DESC, key")]
        return rows if self._run(read) else sorted(self._entries(), key=lambda row: (-row.used, row.key))

    def rebuild(self) -> None:
        """Makes the index again from the entries; the dates of last use are kept where they are known."""
        used = {row.key: row.used for row in self.rows()}
        rows = [replace(row, used=used.get(row.key, row.used)) for row in self._entries()]

        def replace_all(data: sqlite3.Connection) -> None:
            data.execute("DELETE FROM entries")
            _insert(data, rows)
        self._run(replace_all)

    def _run(self, action: Callable[[sqlite3.Connection], object]) -> bool:
        """Returns whether the index could be used."""
        for attempt in range(2):
            try:
                with self._open() as data:
                    action(data)
                return True
            except sqlite3.OperationalError:  # busy, read-only or a full disk: the entries themselves are what counts
                return False
            except sqlite3.DatabaseError:
                if attempt == 0:
                    with contextlib.suppress(OSError):
                        self._path.unlink(missing_ok=True)
        return False

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection with the table, in a transaction."""
        data = sqlite3.connect(self._path, timeout=BUSY, isolation_level=None)
        try:
            data.execute("PRAGMA synchronous = OFF")
            data.execute("BEGIN IMMEDIATE")
            if data.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                data.execute("DROP TABLE IF EXISTS entries")
                data.execute(TABLE)
                _insert(data, self._entries())
                data.execute(f"PRAGMA user_version = {VERSION}")
            yield data
            data.execute("COMMIT")
        finally:
            data.close()


def _insert(data: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Adds rows, or replaces those of the same key."""
    data.executemany("INSERT OR REPLACE INTO entries VALUES (?,?,?,?,?,?)", map(astuple, rows))
