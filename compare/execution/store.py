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
import fcntl
import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

from compare.execution import store_index
from compare.execution.data import cache_folder
from compare.execution.identity import digest_of, sha256_of
from compare.execution.store_index import Row
from frameworks.environment import Environment

SCHEMA = 1
PLACE = "KERAS_OR_ME_STORE"
"""The environment variable that names another folder than that in the cache."""
LIMIT = 10 * 10 ** 9
"""Bytes; after a run, the entries that were not used for the longest time are removed down to it."""
ANSWERS = 4  # answers get this part of the room
ABANDONED = 3600.0  # seconds after which a file that is not part of an entry counts as left behind
PATIENCE = 0.2  # seconds between two looks at a lock

Notice = Callable[[str], None]


def default_folder() -> Path:
    """The folder of the store: `PLACE`, or else one in the cache."""
    named = os.environ.get(PLACE)
    return Path(os.path.abspath(os.path.expanduser(named))) if named else cache_folder() / "store"


@dataclass(frozen=True)
class Entry:
    """What the JSON file of an entry says."""

    key: str
    document: Mapping[str, Any]
    sha256: str
    size: int
    created: float


class Damaged(Exception):
    """An entry is not what it says."""


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

    def get(self, document: Mapping[str, Any], out: Path) -> Entry | None:
        """Puts the trace of a training at `out`; None if it is not stored, or not whole, which is set aside."""
        return self.take(digest_of(document), out)

    def take(self, key: str, out: Path) -> Entry | None:
        """Puts the trace of an entry at `out`, as `get` does."""
        try:
            entry = self._read(key)
            if entry is None:
                return None
            _placed(self._trace(key), out)
            if sha256_of(out) != entry.sha256:
                out.unlink()
                raise Damaged("it was changed")
        except FileNotFoundError:  # removed by another run in the meantime
            return None
        except Damaged as error:
            self._set_aside(key, str(error))
            return None
        except OSError as error:
            self._failed(error)
            return None
        self._used.append(key)
        return entry

    def put(self, document: Mapping[str, Any], trace: Path) -> None:
        """Stores the trace of a finished training."""
        key = digest_of(document)
        entry = {"schema": SCHEMA, "key": key, "document": document, "created": time.time()}
        try:
            place = self._trace(key)
            place.parent.mkdir(exist_ok=True)
            with _draft(place) as draft:
                _placed(trace, draft)
                _synced(draft)
                entry["sha256"], entry["size"] = sha256_of(draft), draft.stat().st_size
                os.replace(draft, place)
            self._write(place.with_suffix(".json"), entry)
            self._index.added(_row(_entry(entry)))
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
        except (OSError, ValueError, KeyError, TypeError):
            pass
        self._notice(f"{path} of the store is damaged and is not used.")
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def put_worker(self, identity: Mapping[str, Any], environment: Environment) -> None:
        """Stores what a worker reported."""
        path = self.folder / "workers" / f"{digest_of(identity)}.json"
        try:
            self._write(path, {"identity": identity, "environment": environment, "sha256": digest_of(environment)})
        except OSError as error:
            self._failed(error)

    @contextlib.contextmanager
    def training(self, document: Mapping[str, Any], limit: float, ended: Callable[[], bool]) -> Iterator[None]:
        """While a training runs: waits until no other run does the same one, for at most `limit` seconds.

        The lock of a run that ends in whatever way ends with it. `ended` says that there is no need to wait any more.
        Raises OSError if there can be no lock.
        """
        path, until = self.folder / "locks" / digest_of(document), time.monotonic() + limit
        held = False
        with open(path, "ab") as lock:
            while not held and time.monotonic() < until and not ended():
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    held = True
                except (BlockingIOError, PermissionError):  # another run has it; any other error is of the disk
                    time.sleep(PATIENCE)
            try:
                yield
            finally:
                if held:
                    with contextlib.suppress(OSError):
                        path.unlink()

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
        for key in sorted({path.stem for path in (self.folder / "trials").glob("*/*") if path.suffix != ".draft"}):
            try:
                entry = self._read(key)
                if entry is None:
                    raise Damaged("it has no description")
                if sha256_of(self._trace(key)) != entry.sha256:
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
        drafts = [*self.folder.glob("*/*/*.draft"), *self.folder.glob("answers/*.draft")]
        for path in [*drafts, *self.folder.glob("trials/*/*.npz")]:
            if path.suffix == ".draft" or not path.with_suffix(".json").exists():
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_ctime > ABANDONED:
                        path.unlink()
        return len(removed), sum(row.size for row in removed)

    def _remove(self, keys: list[str]) -> None:
        for key in keys:
            for path in (self._trace(key).with_suffix(".json"), self._trace(key)):
                with contextlib.suppress(OSError):
                    path.unlink()
        self._index.removed(keys)

    def _trace(self, key: str) -> Path:
        return self.folder / "trials" / key[:2] / f"{key}.npz"

    def _read(self, key: str) -> Entry | None:
        """The description of an entry; None if there is none. Raises Damaged."""
        try:
            content = json.loads(self._trace(key).with_suffix(".json").read_text(encoding="utf-8"))
            if content["schema"] != SCHEMA:
                raise Damaged("it is of another version")
            if content["key"] != key or digest_of(content["document"]) != key:
                raise Damaged("it is the entry of another training")
            return _entry(content)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged("its description cannot be read") from error

    def _rows(self) -> Iterator[Row]:
        """All entries, for the index."""
        for path in (self.folder / "trials").glob("*/*.json"):
            with contextlib.suppress(Damaged, OSError):
                if entry := self._read(path.stem):
                    yield _row(entry)

    def _set_aside(self, key: str, why: str) -> None:
        aside = self.folder / "aside"
        for path in (self._trace(key).with_suffix(".json"), self._trace(key)):
            with contextlib.suppress(OSError):
                aside.mkdir(exist_ok=True)
                os.replace(path, aside / path.name)
        self._index.removed([key])
        self._notice(f"A stored training is set aside, since {why} ({aside / key[:16]}…): it is trained again.")

    def _write(self, path: Path, content: Mapping[str, Any]) -> None:
        with _draft(path) as draft:
            draft.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
            _synced(draft)
            os.replace(draft, path)

    def _failed(self, error: OSError) -> None:
        """Says once that trainings are not stored."""
        if not self._silenced:
            self._silenced = True
            self._notice(f"Trainings cannot be kept in {self.folder} ({error.strerror or error}); the run goes on "
                         "without.")


def _entry(content: Mapping[str, Any]) -> Entry:
    return Entry(content["key"], content["document"], content["sha256"], int(content["size"]),
                 float(content["created"]))


def _row(entry: Entry) -> Row:
    about = entry.document["about"]
    return Row(entry.key, entry.size, entry.created, entry.created, about["framework"], about["kind"])


@contextlib.contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """A temporary name in the folder of a file, which is removed at the end if it still exists."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name[:16]}.", suffix=".draft", dir=path.parent)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def _placed(source: Path, target: Path) -> None:
    """Makes `target` the same file as `source`, or a copy of it on another disk. Both are replaced, never written to.
    """
    with contextlib.suppress(FileNotFoundError):
        target.unlink()
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _synced(path: Path) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())
