"""Golden verdicts: a small YAML file with the result of a run and the versions that gave it, for people to review.

Each test has its own file, so that tests can write in parallel. A file has one block per series of versions. Blocks of
other series are neither compared nor rewritten; even their comments are kept. An example of a block:

    keras 3.15, tensorflow 2.21, torch 2.15, pytorch-lightning 2.6, torchmetrics 1.9; sample:
      run: frameworks=keras,lightning variants=reported epochs=2 seeds=1 init=shared
      behaviours:
        learns:
          belongs to: Keras on TensorFlow
          keras: yes, 0.8953 ± 0.0013
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from compare.analysis.noise import FACTOR
from compare.pytest_plugin.golden_entry import UNMEASURED, Entry

HEAD = f"""# Golden verdicts by versions, written by pytest --compare-update; to be reviewed and committed.
# The number after ± is the tolerance: {FACTOR:g} times what rounding alone was measured to change.
"""
CELL = re.compile(r"(?P<word>yes|no answer|no)(, (?P<number>\S+)( ± (?P<band>\S+))?)?( \((?P<reason>.*)\))?")
NOTHING = "(none)"


class Unreadable(Exception):
    """A golden file cannot be read. The message is one sentence."""


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

    @property
    def recorded(self) -> bool:
        """Whether the file has a block for these versions."""
        return self.series == self.beside


class Golden:
    """A file of golden verdicts. The file need not exist."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def differing(self, key: str, entry: Entry) -> Differing | None:
        """The differences from the file's block for a series; None if there are none. Raises Unreadable.

        If the file has no block for the series, the nearest one is compared: the block that shares most versions.
        """
        blocks = self._blocks()
        versions = set(re.split("[,;] ", key))
        nearest = key if key in blocks else max(reversed(blocks), default="",  # the last of equally near blocks
                                                key=lambda block: len(versions & set(re.split("[,;] ", block))))
        rows = _rows(_flat(self._read(blocks[nearest])), _flat(entry)) if nearest else ()
        return Differing(self.place, key, nearest, rows) if rows or nearest != key else None

    def write(self, key: str, entry: Entry) -> None:
        """Writes the block of a series and leaves the others unchanged."""
        blocks = self._blocks()
        body = yaml.safe_dump(dict(entry), sort_keys=False, allow_unicode=True, width=1_000)
        blocks[key] = f"{key}:\n" + "".join(f"  {line}\n" for line in body.splitlines())
        head = self._head() if self.place.exists() else HEAD
        self.place.parent.mkdir(parents=True, exist_ok=True)
        self.place.write_text(head + "".join(blocks.values()), encoding="utf-8")

    def _lines(self) -> list[str]:
        return self.place.read_text(encoding="utf-8").splitlines(keepends=True) if self.place.exists() else []

    def _head(self) -> str:
        lines = self._lines()
        first = next((n for n, line in enumerate(lines) if re.match(r"[^\s#]", line)), len(lines))
        return "".join(lines[:first])

    def _blocks(self) -> dict[str, str]:
        """The text of every block by series, in file order."""
        blocks: dict[str, str] = {}
        key = ""
        for line in self._lines():
            if re.match(r"[^\s#]", line):
                key = line.strip().removesuffix(":")
                blocks[key] = ""
            if key:
                blocks[key] += line if line.endswith("\n") else line + "\n"
        return blocks

    def _read(self, block: str) -> Entry:
        try:
            (entry,) = yaml.safe_load(block).values()
            assert isinstance(entry, dict)
        except (yaml.YAMLError, AttributeError, ValueError, AssertionError) as error:
            reason = " ".join(str(error).split())
            raise Unreadable(f"The golden file {self.place} cannot be read ({reason}); mend it, or remove the block "
                             f"{block.splitlines()[0]!r} and run pytest --compare-update.") from error
        return entry


def place(test_file: Path, folder: str, test: str) -> Path:
    """The path of the golden verdict of a test: `folder`, beside the test file, has a subfolder per test file."""
    name = re.sub(r"[^-.\w]+", "-", test).strip("-")
    return test_file.parent / folder / test_file.stem / f"{name}.yaml"


def _flat(entry: Entry, parent: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """The leaves of a block by path."""
    lines: dict[tuple[str, ...], str] = {}
    for key, value in entry.items():
        path = (*parent, str(key))
        lines.update(_flat(value, path) if isinstance(value, Mapping) else {path: str(value)})
    return lines


def _rows(old: Mapping[tuple[str, ...], str], new: Mapping[tuple[str, ...], str]) -> tuple[Row, ...]:
    rows = []
    for path in dict.fromkeys([*old, *new]):
        old_text, new_text = old.get(path, NOTHING), new.get(path, NOTHING)
        if (change := _change(old_text, new_text)) is not None:
            rows.append(Row(path[path[0] == "behaviours":], old_text, new_text + change))
    return tuple(rows)


def _change(old_text: str, new_text: str) -> str | None:
    """None if two texts agree; else a note on how far the number has moved beyond its tolerance, empty otherwise."""
    old, new = CELL.fullmatch(old_text), CELL.fullmatch(new_text)
    if not old or not new:
        return None if old_text == new_text else ""
    if old["word"] != new["word"] or _reason(old["reason"]) != _reason(new["reason"]) or \
            (old["number"] is None) != (new["number"] is None):
        return ""
    if old["number"] is None or old["band"] == UNMEASURED:
        return None
    difference, tolerance = abs(float(new["number"]) - float(old["number"])), float(old["band"] or 0)
    if difference <= tolerance:
        return None
    return f": {difference:.2g} away, and the rounding tolerance is {tolerance:.2g}"


def _reason(text: str | None) -> str:
    """A reason without its numbers, because the step at which a training ends can depend on rounding."""
    return re.sub(r"\d+", "", text or "")
