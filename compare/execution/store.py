"""The store: finished trainings by content, in the user's cache, so that nothing known is trained twice.

    trials/ab/abcdef….npz    a trace, and beside it …
    trials/ab/abcdef….json   … its key (`store_key`), size, sha256 and date: an entry is whole once this file exists
    workers/….json           what a worker reported when it was ready, by its identity
    answers/….zip            the files of a finished run beside its traces, by its command (`answers`)
    aside/                   entries that were damaged
    locks/                   a file for every training that a run is doing now
    index.sqlite             sizes and dates of use; it is made again from the entries where it is missing or damaged

Files are written under temporary names in the same folder and renamed. A trace is checked against its sha256 before it
is used. Several runs can use the store at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

from compare.execution import files, store_entry, store_index, store_locks
from compare.execution.cache import cache_folder
from compare.execution.files import DRAFT
from compare.execution.identity import digest_of, sha256_of
from compare.execution.store_entry import Damaged, files_of, trace_of
from compare.execution.store_index import Row
from frameworks.environment import Environment

PLACE = "KERAS_OR_ME_STORE"
"""The environment variable that names another folder than that in the cache."""
LIMIT = 10 * 10 ** 9
"""Bytes; after a run, the entries that were not used for the longest time are removed down to it."""
ANSWERS = 4  # answers get this part of the room
ABANDONED = 3600.0  # seconds after which a file that is not part of an entry counts as left behind

Notice = Callable[[str], None]


def default_folder() -> Path:
    """The folder of the store: `PLACE`, or else one in the cache."""
    named = os.environ.get(PLACE)
    return Path(os.path.abspath(os.path.expanduser(named))) if named else cache_folder() / "store"


class Store:
    """The entries of one folder. Whatever fails costs a training, never a run: `notice` gets a sentence."""

    def __init__(self, folder: Path, notice: Notice = lambda text: None) -> None:
        """Creates the folder. Raises OSError where nothing can be written."""
        self.folder, self._notice = folder, notice
        for name in ("trials", "workers", "answers", "aside", "locks"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._index = store_index.Index(folder / "index.sqlite", self._rows)
        self._silenced = False
        self._used: list[str] = []

    def get(self, document: Mapping[str, Any], out: Path) -> bool:
        """Puts the trace of a training at `out`; False if it is not stored, or not whole, which is set aside."""
        return self.take(digest_of(document), out)

    def take(self, key: str, out: Path) -> bool:
        """Puts the trace of an entry at `out`, as `get` does."""
        try:
            entry = store_entry.read(self.folder, key)
            if entry is None:
                return False
            files.place(trace_of(self.folder, key), out)
            if sha256_of(out) != entry.sha256:
                out.unlink()
                raise Damaged("it was changed")
        except FileNotFoundError:  # removed by another run in the meantime
            return False
        except Damaged as error:
            self._set_aside(key, str(error))
            return False
        except OSError as error:
            self._failed(error)
            return False
        self._used.append(key)
        return True

    def put(self, document: Mapping[str, Any], trace: Path) -> None:
        """Stores the trace of a finished training."""
        try:
            self._index.added(store_entry.write(self.folder, document, trace).row)
        except OSError as error:
            self._failed(error)

    def worker(self, identity: Mapping[str, Any]) -> Environment | None:
        """What a worker of this identity reported when it was ready; None if it is not stored."""
        path = self.folder / "workers" / f"{digest_of(identity)}.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["identity"] == identity and content["sha256"] == digest_of(content["environment"]):
                environment: Environment = content["environment"]
                return environment
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
        self._notice(f"{path} of the store is damaged and is not used.")
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def put_worker(self, identity: Mapping[str, Any], environment: Environment) -> None:
        """Stores what a worker reported."""
        path = self.folder / "workers" / f"{digest_of(identity)}.json"
        try:
            store_entry.write_json(path, {"identity": identity, "environment": environment,
                                          "sha256": digest_of(environment)})
        except OSError as error:
            self._failed(error)

    def training(self, document: Mapping[str, Any], limit: float,
                 ended: Callable[[], bool]) -> contextlib.AbstractContextManager[None]:
        """While a training runs: waits until no other run does the same one, as `store_locks.locked` does."""
        return store_locks.locked(self.folder / "locks" / digest_of(document), limit, ended)

    def discard(self, documents: list[Mapping[str, Any]]) -> None:
        """Removes entries."""
        self._remove([digest_of(document) for document in documents])

    def entries(self) -> list[Row]:
        """Every entry, the one that was used last first."""
        self._index.used(self._used)
        self._used = []
        return self._index.rows()

    def verify(self) -> list[str]:
        """Reads every entry; sets those aside that are not whole, and returns a sentence for each."""
        problems: list[str] = []
        notice, self._notice = self._notice, problems.append
        for key in sorted({path.stem for path in (self.folder / "trials").glob("*/*") if path.suffix != DRAFT}):
            try:
                entry = store_entry.read(self.folder, key)
                if entry is None:
                    raise Damaged("it has no description")
                if sha256_of(trace_of(self.folder, key)) != entry.sha256:
                    raise Damaged("it was changed")
            except (OSError, Damaged) as error:
                self._set_aside(key, str(error))
        self._notice = notice
        self._index.rebuild()
        return problems

    def prune(self, limit: int = LIMIT) -> tuple[int, int]:
        """Removes the entries that were not used for the longest time, until the rest has at most `limit` bytes.

        Returns (the number of removed entries, their bytes). What is set aside or was left half written goes too.
        """
        rows, kept, removed = self.entries(), 0, []
        for row in rows:
            kept += row.size
            if kept > limit:
                removed.append(row)
        self._remove([row.key for row in removed])
        if removed or not limit:
            shutil.rmtree(self.folder / "aside", ignore_errors=True)
        whole, room = sorted(self.folder.glob("answers/*.zip"), key=_changed, reverse=True), limit // ANSWERS
        for path in whole:
            room -= path.stat().st_size if path.exists() else 0
            if room < 0:
                path.unlink(missing_ok=True)
        self._remove_left_behind()
        return len(removed), sum(row.size for row in removed)

    def _remove_left_behind(self) -> None:
        """Removes what runs that were killed have left half written, and their locks."""
        traces = [path for path in self.folder.glob("trials/*/*.npz") if not path.with_suffix(".json").exists()]
        for path in [*self.folder.glob(f"**/*{DRAFT}"), *traces, *self.folder.glob("locks/*")]:
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_ctime > ABANDONED:
                    store_locks.remove_unlocked(path) if path.parent.name == "locks" else path.unlink()

    def _remove(self, keys: list[str]) -> None:
        for path in (path for key in keys for path in files_of(self.folder, key)):
            with contextlib.suppress(OSError):
                path.unlink()
        self._index.removed(keys)

    def _rows(self) -> Iterator[Row]:
        """All entries, for the index."""
        for path in (self.folder / "trials").glob("*/*.json"):
            with contextlib.suppress(Damaged, OSError):
                if entry := store_entry.read(self.folder, path.stem):
                    yield entry.row

    def _set_aside(self, key: str, why: str) -> None:
        aside = self.folder / "aside"
        for path in files_of(self.folder, key):
            with contextlib.suppress(OSError):
                aside.mkdir(exist_ok=True)
                os.replace(path, aside / path.name)
        self._index.removed([key])
        self._notice(f"A stored training is set aside, since {why} ({aside / key[:16]}…): it is trained again.")

    def _failed(self, error: OSError) -> None:
        """Says once that trainings are not stored."""
        if not self._silenced:
            self._silenced = True
            self._notice(f"Trainings cannot be kept in {self.folder} ({error.strerror or error}); the run goes on "
                         "without.")


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
