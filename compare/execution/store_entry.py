"""An entry of the store: the trace of a training, and beside it a JSON file that describes it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from compare.execution import files
from compare.execution.identity import digest_of, sha256_of
from compare.execution.store_index import Row

SCHEMA = 1


@dataclass(frozen=True)
class Entry:
    """What the JSON file of an entry says."""

    sha256: str
    """Of the trace."""
    row: Row


class Damaged(Exception):
    """An entry is not what it says."""


def trace_of(folder: Path, key: str) -> Path:
    """The file of a trace in the folder of a store."""
    return folder / "trials" / key[:2] / f"{key}.npz"


def files_of(folder: Path, key: str) -> tuple[Path, Path]:
    """Both files of an entry: the description, without which it is not whole, first."""
    trace = trace_of(folder, key)
    return trace.with_suffix(".json"), trace


def read(folder: Path, key: str) -> Entry | None:
    """The description of an entry; None if there is none. Raises Damaged."""
    try:
        content = json.loads(trace_of(folder, key).with_suffix(".json").read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise Damaged("it is of another version")
        if content["key"] != key or digest_of(content["document"]) != key:
            raise Damaged("it is the entry of another training")
        return _entry(content)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged("its description cannot be read") from error


def write(folder: Path, document: Mapping[str, Any], trace: Path) -> Entry:
    """Writes the entry of a trace; its key is that of the document. Raises OSError."""
    key = digest_of(document)
    description, stored = files_of(folder, key)
    stored.parent.mkdir(exist_ok=True)
    with files.replacing(stored) as draft:
        files.place(trace, draft)
        sha256, size = sha256_of(draft), draft.stat().st_size
    content = {"schema": SCHEMA, "key": key, "document": document, "created": time.time(), "sha256": sha256,
               "size": size}
    write_json(description, content)
    return _entry(content)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file of the store."""
    with files.replacing(path) as draft:
        draft.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")


def _entry(content: Mapping[str, Any]) -> Entry:
    about, created = content["document"]["about"], float(content["created"])
    return Entry(content["sha256"], Row(content["key"], int(content["size"]), created, created, about["framework"],
                                        about["kind"]))
