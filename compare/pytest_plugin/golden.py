"""Golden verdicts: a small YAML file with the result of a run and the versions that gave it, for people to review.

Each test has its own file, so that tests can write in parallel. A file has one block per series of versions. Blocks of
other series are neither compared nor rewritten; even their comments are kept. An example of a block:

    keras 3.15, tensorflow 2.21, torch 2.15, pytorch-lightning 2.6, torchmetrics 1.9; sample:
      schema: 1
      run: frameworks=keras,lightning variants=reported epochs=2 seeds=1 init=shared
      versions: keras 3.15.1, tensorflow 2.21.0, …
      model:
        sigmoid:
          data: {divisor: 255.0}
          layers:
          - {is: Dense, units: 10}
          optimizer: {is: SGD, learning_rate: 0.1}
          digest: {keras: 3f1b…, lightning: 90ac…}
      losses:
        sigmoid:
          keras:
            first epoch: 2.3102 ± 0.0001
      behaviours:
        learns:
          belongs to: Keras on TensorFlow
          keras: yes, 0.8953 ± 0.0013
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from compare.analysis.noise import FACTOR
from compare.execution.files import write_text
from compare.pytest_plugin import model
from compare.pytest_plugin.golden_entry import BEHAVIOURS, LOSSES, MODEL, UNMEASURED, VERSIONS, Entry

HEAD = f"""# Golden verdicts by versions, written by pytest --compare-update; to be reviewed and committed.
# The number after ± is the tolerance: {FACTOR:g} times what rounding alone was measured to change.
"""
NUMBER = r"[-+]?\d[\d.]*(?:e[-+]?\d+)?|inf|-inf"
CELL = re.compile(rf"(?P<word>yes|no answer|no|)(?:(?:, |^)(?P<number>{NUMBER})(?: ± (?P<tolerance>{NUMBER}|\?))?"
                  r"(?:, which .*?)?)?(?: \((?P<reason>.*)\))?")
NOTHING = "(none)"
SCHEMA = 1
"""The schema of a block, written as its first line; a block without one is older."""
SINCE_MODEL = (MODEL, VERSIONS, LOSSES)
"""The parts that entries have since models are kept; older ones have none of them."""
WITHOUT_MODEL = "it was written before models were kept, so that a changed model would not be named"
OTHER_DIGEST = "the resolved spec of {} has another digest, though nothing in it that is named here has changed"


class Unusable(Exception):
    """A golden file cannot be read or written. The message is one sentence."""


@dataclass(frozen=True)
class Row:
    """A value that differs from the golden one."""

    path: tuple[str, ...]
    """Its keys in the file, without `behaviours`."""
    old: str
    new: str


@dataclass(frozen=True)
class Differing:
    """The differences between the result of a run and a golden file."""

    place: Path
    series: str
    beside: str
    """The series of the block that was compared: the same series or else the nearest one; empty if there is none."""
    rows: tuple[Row, ...]
    model: tuple[str, ...] = ()
    """What has changed in the model itself, as in `SGD.learning_rate 0.1 → 0.11`."""
    versions: tuple[str, str] = ("", "")
    """The exact versions of the block and of the run, where both are known and differ."""
    remark: str = ""
    """Why the block should be written again although nothing in it has changed."""

    @property
    def recorded(self) -> bool:
        """Whether the file has a block for these versions."""
        return self.series == self.beside

    @property
    def changed(self) -> bool:
        """Whether the model or the result is not that of the block."""
        return bool(self.rows or self.model)


class Golden:
    """A file of golden verdicts. The file need not exist."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def differing(self, key: str, entry: Entry) -> Differing | None:
        """The differences from the file's block for a series; None if there are none. Raises Unusable.

        If the file has no block for the series, the nearest one is compared: the block of the same data that shares
        most versions.
        """
        blocks = self._blocks()
        key = _same(key, blocks)
        nearest = key if key in blocks else _nearest(key, blocks)
        if not nearest:
            return Differing(self.place, key, "", ())
        old = self._read(blocks[nearest])
        if MODEL in old:
            left_out, changes = {MODEL, VERSIONS}, model.changes(old[MODEL], entry[MODEL], nearest == key)
            digests = [] if changes else model.changed_digests(old[MODEL], entry[MODEL])
            remark = OTHER_DIGEST.format(", ".join(digests)) if digests else ""
        else:
            left_out, changes, remark = set(SINCE_MODEL), [], WITHOUT_MODEL
        rows = _rows(*(flat({name: part for name, part in side.items() if name not in left_out})
                       for side in (old, entry)))
        versions = str(old.get(VERSIONS, "")), str(entry.get(VERSIONS, ""))
        differing = Differing(self.place, key, nearest, rows, tuple(changes),
                              versions if all(versions) and _parts(versions[0]) != _parts(versions[1]) else ("", ""),
                              remark)
        return differing if differing.changed or remark or not differing.recorded else None

    def write(self, key: str, entry: Entry) -> None:
        """Writes the block of a series and leaves the others unchanged. Raises Unusable."""
        blocks = self._blocks()
        key = _same(key, blocks)
        body = "".join(yaml.safe_dump({name: part}, sort_keys=False, allow_unicode=True, width=1_000,
                                      default_flow_style=None if name == MODEL else False)
                       for name, part in {"schema": SCHEMA, **entry}.items())
        blocks[key] = f"{key}:\n" + "".join(f"  {line}\n" for line in body.splitlines())
        head = self._head() if self.place.exists() else HEAD
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.place, head + "".join(blocks.values()))
        except OSError as error:
            raise Unusable(f"The golden file {self.place} cannot be written ({error.strerror}).") from error

    def _lines(self) -> list[str]:
        try:
            return self.place.read_text(encoding="utf-8").splitlines(keepends=True) if self.place.exists() else []
        except (OSError, UnicodeDecodeError) as error:
            raise Unusable(f"The golden file {self.place} cannot be read ({error}); mend it, or remove it and run "
                             "pytest --compare-update.") from error

    def _head(self) -> str:
        lines = self._lines()
        first = next((n for n, line in enumerate(lines) if re.match(r"[^\s#]", line)), len(lines))
        return "".join(lines[:first])

    def _blocks(self) -> dict[str, str]:
        """The text of every block by series, in file order. Raises Unusable."""
        blocks: dict[str, str] = {}
        key = ""
        for number, line in enumerate(self._lines(), 1):
            if re.match(r"[^\s#]", line):
                key = line.strip().removesuffix(":")
                if key in blocks or not line.rstrip().endswith(":"):
                    raise Unusable(f"The golden file {self.place} cannot be read (line {number} is {line.strip()!r}, "
                                   f"which is {'there twice' if key in blocks else 'no series of versions'}); mend it, "
                                   "or remove it and run pytest --compare-update.")
                blocks[key] = ""
            if key:
                blocks[key] += line if line.endswith("\n") else line + "\n"
        return blocks

    def _read(self, block: str) -> Entry:
        try:
            (entry,) = yaml.safe_load(block).values()
            assert isinstance(entry, dict) and isinstance(entry.get(MODEL, {}), dict)
            schema = entry.pop("schema", SCHEMA)
            assert type(schema) is int, f"its schema is {schema!r}"
        except (yaml.YAMLError, AttributeError, ValueError, AssertionError, RecursionError) as error:
            reason = " ".join(str(error).split())
            raise Unusable(f"The golden file {self.place} cannot be read ({reason}); mend it, or remove the block "
                             f"{block.splitlines()[0]!r} and run pytest --compare-update.") from error
        if schema > SCHEMA:
            raise Unusable(f"The golden file {self.place} comes from a newer version of keras-or-me: the schema of its "
                           f"block {block.splitlines()[0]!r} is {schema}, and this version reads up to {SCHEMA}; "
                           "install that version, or remove the block and run pytest --compare-update.")
        return entry


def flat(entry: Entry, parent: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """The leaves of a block by path."""
    lines: dict[tuple[str, ...], str] = {}
    for key, value in entry.items():
        path = (*parent, str(key))
        lines.update(flat(value, path) if isinstance(value, Mapping) else {path: str(value)})
    return lines


def _rows(old: Mapping[tuple[str, ...], str], new: Mapping[tuple[str, ...], str]) -> tuple[Row, ...]:
    rows = []
    for path in dict.fromkeys([*old, *new]):
        old_text, new_text = old.get(path, NOTHING), new.get(path, NOTHING)
        if (change := _change(old_text, new_text)) is not None:
            rows.append(Row(path[path[0] == BEHAVIOURS:], old_text, new_text + change))
    return tuple(rows)


def _parts(series: str) -> set[str]:
    """The packages with their versions, and the data, of a series."""
    return {*re.split("[,;] ", series)}


def _same(key: str, blocks: Iterable[str]) -> str:
    """A series as a block writes it that names the same in another order; itself if there is none."""
    return next((block for block in blocks if _parts(block) == _parts(key)), key)


def _nearest(key: str, blocks: Iterable[str]) -> str:
    """The block of the same data that shares most versions with a series, the last of several; else an empty string."""
    same_data = [block for block in blocks if _data(block) == _data(key)]
    return max(reversed(same_data), default="", key=lambda block: len(_parts(block) & _parts(key)))


def _data(key: str) -> str:
    """The data set of a series, which stands behind the packages; a comparison of two programs has none."""
    return key.split("; ")[1] if "; " in key else ""


def _change(old_text: str, new_text: str) -> str | None:
    """None if two texts agree; else a note on how far the number has moved beyond its tolerance, empty otherwise."""
    old, new = CELL.fullmatch(old_text), CELL.fullmatch(new_text)
    if not old or not new:
        return None if old_text == new_text else ""
    if old["word"] != new["word"] or _reason(old["reason"]) != _reason(new["reason"]) or \
            (old["number"] is None) != (new["number"] is None):
        return ""
    if old["number"] is None or old["tolerance"] == UNMEASURED:
        return None
    difference, tolerance = abs(float(new["number"]) - float(old["number"])), float(old["tolerance"] or 0)
    if difference <= tolerance:
        return None
    return f": {difference:.2g} away, and the rounding tolerance is {tolerance:.2g}"


def _reason(text: str | None) -> str:
    """A reason without its numbers, because the step at which a training ends can depend on rounding."""
    return re.sub(r"\d+", "", text or "")
