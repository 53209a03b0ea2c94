"""Golden verdicts: a small YAML file that says what was found, with which versions, for people to review.

One file a test, so that tests may write side by side; in it one block for each series of versions. What a file says of
another series is neither matched nor rewritten, down to its comments. A block is made of plain lines:

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
from typing import Any

import yaml

from compare.analysis.behaviours import Answer
from compare.analysis.causes.questions import STARTS
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.noise import FACTOR
from compare.analysis.result import Result
from compare.analysis.stages import NAMES
from compare.execution.settings import Settings
from compare.pytest_plugin.tolerances import Tolerances
from compare.reporting.cause_text import listed, value_text
from frameworks.quirks.resolution import resolved

HEAD = f"""# What was found, by the versions that it was found with; written by pytest --compare-update, to be reviewed.
# After ± stands how far a number may lie off: {FACTOR:g} times what rounding alone was seen to move it.
"""
UNTOLD = {"python", "numpy"}  # packages that no key names: they are no framework
WORDS = {True: "yes", False: "no", None: "cannot be asked"}
CELL = re.compile(r"(?P<word>yes|no|cannot be asked)(, (?P<number>\S+)( ± (?P<band>\S+))?)?( \((?P<reason>.*)\))?")
UNMEASURED = "?"  # a band that could not be measured: the number is told and not compared
NOTHING = "(not there)"

Entry = Mapping[str, Any]
"""Nested by names; the leaves are lines of text."""


class Unreadable(Exception):
    """A golden file that cannot be read; one sentence."""


@dataclass(frozen=True)
class Differing:
    """How what was found differs from what a file says."""

    place: Path
    series: str
    beside: str
    """The series of the file that it was compared with: this one, or else the nearest; nothing where there is none."""
    rows: tuple[tuple[str, str, str], ...]
    """Of what, as the file says it, as it is now."""

    @property
    def recorded(self) -> bool:
        """Whether the file says anything of these versions."""
        return self.series == self.beside


class Golden:
    """A file of golden verdicts, which need not be there."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def differing(self, key: str, entry: Entry) -> Differing | None:
        """What differs from the file's block for a series; None where nothing does. Raises Unreadable."""
        blocks = self._blocks()
        words = set(re.split("[,;] ", key))
        beside = key if key in blocks else max(reversed(blocks), default="",  # of equally near ones the last
                                               key=lambda one: len(words & set(re.split("[,;] ", one))))
        rows = _rows(_flat(self._read(blocks[beside])), _flat(entry)) if beside else ()
        return Differing(self.place, key, beside, rows) if rows or beside != key else None

    def write(self, key: str, entry: Entry) -> None:
        """Writes the block of a series, and leaves the others as they stand."""
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
        """The text of every block by its series, in the order of the file."""
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
            where = " ".join(str(error).split())
            raise Unreadable(f"The golden file {self.place} cannot be read ({where}); mend it, or remove the block "
                             f"{block.splitlines()[0]!r} and run pytest --compare-update.") from error
        return entry


def place(test_file: Path, folder: str, test: str) -> Path:
    """Where the golden verdict of a test lies: in a folder of its file's name, beside it."""
    name = re.sub(r"[^-.\w]+", "-", test).strip("-")
    return test_file.parent / folder / test_file.stem / f"{name}.yaml"


def series(result: Result) -> str:
    """The key of a run's block: packages with the series of their versions, data, and the device if it is no CPU."""
    packages = dict.fromkeys(f"{package} {'.'.join(version.split('.')[:2])}" for environment in
                             result.environments.values() for package, version in environment["versions"].items()
                             if package not in UNTOLD)
    devices = dict.fromkeys(environment["device"] for environment in result.environments.values())
    data = result.dataset.name if result.dataset.name != "custom" else f"custom {result.dataset.sha256[:8]}"
    return "; ".join([", ".join(packages) or "the NumPy reference", data, *(one for one in devices if one != "cpu")])


def entry(result: Result, settings: Settings, tolerances: Tolerances | None = None) -> Entry:
    """What a run found, as its block says it; with bands, the numbers are told with how far rounding moves them."""
    asked = {"frameworks": ",".join(settings.frameworks), "variants": ",".join(settings.variants),
             "epochs": settings.epochs or "all", "seeds": settings.seeds, "init": settings.init}
    told: dict[str, Any] = {"run": " ".join(f"{key}={value}" for key, value in asked.items()), "behaviours": {
        name: _behaviour(result, name, answers, tolerances) for name, answers in result.answers.items()}}
    left: dict[str, list[str]] = {}
    for one in result.unexplained_differences:
        left.setdefault(f"{one.variant}, {one.framework}", []).append(NAMES[one.stage.name])
    parts = {"first difference": {name: _divergence(divergence) for name, divergence in result.divergences.items()},
             "quirks": _quirks(result),
             "unexplained": {place: listed(names) for place, names in left.items()}}
    return {**told, **{name: part for name, part in parts.items() if part}}


def _behaviour(result: Result, name: str, answers: Mapping[str, Answer], tolerances: Tolerances | None) -> Entry:
    causes = {f"{one.question.with_behaviour}, not {one.question.without}" if not one.question.contrast else
              f"{one.question.with_behaviour}, not {one.question.without} with {one.question.contrast}":
              listed(one.paths) if one.found and one.shown is not False else "unexplained"
              for one in result.causes if one.question.behaviour.name == name}
    return {"belongs to": result.verdicts[name].belongs_to,
            **{framework: cell(answer, tolerances.tolerance(result.behaviour(name), framework) if tolerances else None)
               for framework, answer in answers.items()}, **({"cause": causes} if causes else {})}


def cell(answer: Answer, tolerance: float | None = None) -> str:
    """An answer in one line, as in `yes, 0.8953 ± 0.0013`; a nan band is one that could not be measured."""
    told = WORDS[answer.holds]
    if answer.number == answer.number:
        told += f", {answer.number:.9g}" if tolerance is None else f", {_rounded(answer.number, tolerance)} ± " + \
            (f"{tolerance:.2g}" if tolerance == tolerance else UNMEASURED)
    return told + (f" ({answer.reason})" if answer.reason else "")


def _rounded(number: float, tolerance: float) -> str:
    """A number down to a hundredth of its band."""
    for digits in range(2, 17):
        if abs(float(text := f"{number:.{digits}g}") - number) <= tolerance / 100:
            return text
    return repr(number)


def _divergence(divergence: FirstDivergence) -> str:
    found = [NAMES[stage.name] for stage in divergence.stages if stage.differs]
    compared = any(stage.differs is False for stage in divergence.stages)
    return f"{listed(found) if found else 'none' if compared else 'not compared'} ({', '.join(divergence.sides)})"


def _quirks(result: Result) -> dict[str, str]:
    """The unset fields that the frameworks of a run resolve differently, by path; with the variants where they do."""
    by_field: dict[str, dict[str, list[str]]] = {}
    variants = dict.fromkeys(name for traces in result.traces.values() for name, _ in traces)
    for variant in variants:
        rows = {name: resolved(result.scenario.variant(variant).spec, environment)
                for name, environment in result.environments.items()}
        for path in next(iter(rows.values()), {}):
            whose: dict[str, list[str]] = {}
            for name, of_one in rows.items():
                whose.setdefault(value_text(of_one[path].value), []).append(name)
            started = result.init == "shared" and next(iter(rows.values()))[path].field in STARTS
            if len(whose) > 1 and not started:
                told = "; ".join(f"{', '.join(names)} {value}" for value, names in whose.items())
                by_field.setdefault(path, {}).setdefault(told, []).append(variant)
    return {path if len(told) == 1 else f"{path} ({', '.join(names)})": text
            for path, told in sorted(by_field.items()) for text, names in told.items()}


def _flat(entry: Entry, above: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """The lines of a block by their path."""
    lines: dict[tuple[str, ...], str] = {}
    for key, value in entry.items():
        path = (*above, str(key))
        lines.update(_flat(value, path) if isinstance(value, Mapping) else {path: str(value)})
    return lines


def _rows(old: Mapping[tuple[str, ...], str], new: Mapping[tuple[str, ...], str]) -> tuple[tuple[str, str, str], ...]:
    rows = []
    for path in dict.fromkeys([*old, *new]):
        was, now = old.get(path, NOTHING), new.get(path, NOTHING)
        if (moved := _moved(was, now)) is not None:
            rows.append((", ".join(path).removeprefix("behaviours, "), was, now + moved))
    return tuple(rows)


def _moved(was: str, now: str) -> str | None:
    """None where two lines say the same; else how far a number has moved beyond its band, or nothing."""
    old, new = CELL.fullmatch(was), CELL.fullmatch(now)
    if not old or not new:
        return None if was == now else ""
    if old["word"] != new["word"] or _reason(old["reason"]) != _reason(new["reason"]) or \
            (old["number"] is None) != (new["number"] is None):
        return ""
    if old["number"] is None or old["band"] == UNMEASURED:
        return None
    away, tolerance = abs(float(new["number"]) - float(old["number"])), float(old["band"] or 0)
    return None if away <= tolerance else f": {away:.2g} away, where {tolerance:.2g} is let pass as rounding"


def _reason(text: str | None) -> str:
    """A reason without its numbers: at which step a training ends can depend on rounding."""
    return re.sub(r"\d+", "", text or "")
