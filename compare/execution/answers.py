"""Answers of finished runs, so that the same command again shows its answer without training or analysis.

An answer is kept by everything that it depends on: the command, the images, all of our sources, the interpreter and the
packages of this process and of every worker. Only scenarios of this package are kept: a user's own file can read what
no key contains. Its files are in a zip archive; its traces are those of the store.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Collection, Mapping

from compare import HOME
from compare.execution import files, identity
from compare.execution.data import Dataset
from compare.execution.executor import Executor
from compare.execution.reuse import Reuse
from compare.execution.settings import Settings
from frameworks.runtime import npz

SCHEMA = 1
SEARCHING = ("reference", "reference-float32")
"""Every run searches with these."""
FILE = "answer.json"
MOST = 1_000
"""The number of answers that are kept, the latest ones."""
LARGEST = 2 * 10 ** 9
"""Bytes; an archive that says that it holds more is not opened."""
PREFIXES = ("PYTHON", "OPENBLAS", "OMP", "MKL", "NPY")
"""Prefixes of environment variables that influence this process."""


@dataclass(frozen=True)
class Kept:
    """An answer from the store; its files are in the folder of the run again."""

    created: float
    """In seconds since 1970."""
    seconds: float
    """How long the run took."""
    code: int
    """Its exit code."""


def document(settings: Settings, executor: Executor, command: str, dataset: Dataset) -> Mapping[str, Any] | None:
    """Everything that the answer of a command depends on; None where that is not known."""
    named = {path.stem for path in (HOME / "scenarios").glob("*.py")}
    if not set(settings.scenario) <= named:
        return None
    try:
        workers = {name: executor.identity(name, settings.device, settings.threads)
                   for name in dict.fromkeys([*settings.frameworks, *SEARCHING])}
        here = tuple(place for place in dict.fromkeys(sys.path) if place not in ("", os.getcwd()))
        packages = identity.packages(here)
    except identity.NoIdentity:
        return None
    requested = {**asdict(settings), "out": "", "data": settings.data.choice}
    return {"schema": SCHEMA, "command": command, "settings": requested, "sources": identity.program(),
            "workers": workers,
            "data": [dataset.name, dataset.sha256, dataset.source, dataset.notice], "packages": packages,
            "python": [sys.version, sys.executable, *here],
            "variables": {name: value for name, value in os.environ.items() if name.startswith(PREFIXES)}}


def restored(key: Mapping[str, Any], reuse: Reuse, home: Path) -> Kept | None:
    """Writes the files of an answer into the folder of a run; None if it is not kept, or not whole."""
    path = _place(key, reuse)
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(info.file_size for info in archive.infolist()) > LARGEST:
                raise ValueError("it is too large")
            about = json.loads(archive.read(FILE))
            if about["key"] != path.stem:
                raise ValueError("it is another answer")
            traces = {home / name: stored for name, stored in about["traces"].items()}
            for trace, stored in traces.items():
                trace.parent.mkdir(parents=True, exist_ok=True)
                if not reuse.store.take(stored, trace):
                    return None
            for name in archive.namelist():
                if name != FILE:
                    archive.extract(name, home)  # checked by its CRC
        os.utime(path)
        return Kept(about["created"], about["seconds"], about["code"])
    except Exception as error:
        if npz.is_damage(error):
            with contextlib.suppress(OSError):
                path.unlink()
        return None


def keep(key: Mapping[str, Any], reuse: Reuse, home: Path, written: Collection[Path], code: int,
         seconds: float) -> None:
    """Keeps the answer of a finished run; its outputs and traces are the files `written` below its folder. The
    traces must be in the store: else nothing is kept. Other files of the folder, a user's own, are not."""
    traces = {file: reuse.keys.get(file) for file in written
              if file.suffix == ".npz" and not file.name.startswith("weights-")}
    if not all(traces.values()):
        return
    path = _place(key, reuse)
    about = {"key": path.stem, "created": time.time(), "seconds": seconds, "code": code,
             "traces": {str(trace.relative_to(home)): stored for trace, stored in traces.items()}}
    with contextlib.suppress(OSError):
        with files.replacing(path) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED,
                                                             compresslevel=1) as archive:
            archive.writestr(FILE, json.dumps(about))
            for file in written:
                if file.suffix not in (".npz", ".npy"):
                    archive.write(file, file.relative_to(home))
        latest = sorted(path.parent.glob("*.zip"), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in latest[MOST:]:
            old.unlink(missing_ok=True)


def _place(key: Mapping[str, Any], reuse: Reuse) -> Path:
    return reuse.store.folder / "answers" / f"{identity.digest_of(key)}.zip"
