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

HEAD = f"""# Golden verdicts by versions, written by pytest --compare-update; to be reviewed and committed.
# The number after ± is the tolerance: {FACTOR:g} times what rounding alone was measured to change.
"""
NOT_IN_KEY = {"python", "numpy"}  # not frameworks
HOLDS_TEXT = {True: "yes", False: "no", None: "no answer"}
CELL = re.compile(r"(?P<word>yes|no answer|no)(, (?P<number>\S+)( ± (?P<band>\S+))?)?( \((?P<reason>.*)\))?")
UNMEASURED = "?"  # a tolerance that could not be measured; the number is written but not compared
NOTHING = "(none)"

Entry = Mapping[str, Any]
"""Nested by names; the leaves are lines of text."""


class Unreadable(Exception):
    """A golden file cannot be read. The message is one sentence."""


@dataclass(frozen=True)
class Differing:
    """The differences between the result of a run and a golden file."""

    place: Path
    series: str
    beside: str
    """The series of the block that was compared: the same series or else the nearest one; empty if there is none."""
    rows: tuple[tuple[str, str, str], ...]
    """Name, text in the file, and current text of every difference."""

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


def series(result: Result) -> str:
    """The key of a run's block: packages with major and minor version, the data, and the device unless it is a CPU."""
    packages = dict.fromkeys(f"{package} {'.'.join(version.split('.')[:2])}" for environment in
                             result.environments.values() for package, version in environment["versions"].items()
                             if package not in NOT_IN_KEY)
    devices = dict.fromkeys(environment["device"] for environment in result.environments.values())
    data = result.dataset.name if result.dataset.name != "custom" else f"custom {result.dataset.sha256[:8]}"
    return "; ".join([", ".join(packages) or "the NumPy reference", data,
                      *(device for device in devices if device != "cpu")])


def entry(result: Result, settings: Settings, tolerances: Tolerances | None = None) -> Entry:
    """The result of a run as the content of a block; if `tolerances` are given, numbers are written with theirs."""
    run = {"frameworks": ",".join(settings.frameworks), "variants": ",".join(settings.variants),
           "epochs": settings.epochs or "all", "seeds": settings.seeds, "init": settings.init}
    content: dict[str, Any] = {"run": " ".join(f"{key}={value}" for key, value in run.items()), "behaviours": {
        name: _behaviour(result, name, answers, tolerances) for name, answers in result.answers.items()}}
    unexplained: dict[str, list[str]] = {}
    for difference in result.unexplained_differences:
        unexplained.setdefault(f"{difference.variant}, {difference.framework}", []).append(NAMES[difference.stage.name])
    optional = {"first difference": {name: _divergence(divergence) for name, divergence in result.divergences.items()},
                "quirks": _quirks(result),
                "unexplained": {training: listed(names) for training, names in unexplained.items()}}
    return {**content, **{name: part for name, part in optional.items() if part}}


def _behaviour(result: Result, name: str, answers: Mapping[str, Answer], tolerances: Tolerances | None) -> Entry:
    causes = {f"{cause.question.with_behaviour}, not {cause.question.without}" if not cause.question.contrast else
              f"{cause.question.with_behaviour}, not {cause.question.without} with {cause.question.contrast}":
              listed(cause.paths) if cause.found and cause.shown is not False else "unexplained"
              for cause in result.causes if cause.question.behaviour.name == name}
    return {"belongs to": str(result.verdicts[name].belongs_to),
            **{framework: cell(answer, tolerances.tolerance(result.behaviour(name), framework) if tolerances else None)
               for framework, answer in answers.items()}, **({"cause": causes} if causes else {})}


def cell(answer: Answer, tolerance: float | None = None) -> str:
    """An answer in one line, as in `yes, 0.8953 ± 0.0013`; nan means a tolerance that could not be measured."""
    text = HOLDS_TEXT[answer.holds]
    if answer.number == answer.number:
        text += f", {answer.number:.9g}" if tolerance is None else f", {_rounded(answer.number, tolerance)} ± " + \
            (f"{tolerance:.2g}" if tolerance == tolerance else UNMEASURED)
    return text + (f" ({answer.reason})" if answer.reason else "")


def _rounded(number: float, tolerance: float) -> str:
    """A number rounded to within a hundredth of its tolerance."""
    for digits in range(2, 17):
        if abs(float(text := f"{number:.{digits}g}") - number) <= tolerance / 100:
            return text
    return repr(number)


def _divergence(divergence: FirstDivergence) -> str:
    differing = [NAMES[stage.name] for stage in divergence.stages if stage.differs]
    compared = any(stage.differs is False for stage in divergence.stages)
    text = listed(differing) if differing else "none" if compared else "not compared"
    return f"{text} ({', '.join(divergence.sides)})"


def _quirks(result: Result) -> dict[str, str]:
    """The unset fields that the frameworks of a run resolve differently, by path.

    A path is followed by its variants if the values are not the same in all of them.
    """
    by_field: dict[str, dict[str, list[str]]] = {}
    variants = dict.fromkeys(name for traces in result.traces.values() for name, _ in traces)
    for variant in variants:
        rules = {name: resolved(result.scenario.variant(variant).spec, environment)
                 for name, environment in result.environments.items()}
        for path in next(iter(rules.values()), {}):
            by_value: dict[str, list[str]] = {}
            for name, by_path in rules.items():
                by_value.setdefault(value_text(by_path[path].value), []).append(name)
            initialized = result.init == "shared" and next(iter(rules.values()))[path].field in STARTS
            if len(by_value) > 1 and not initialized:
                text = "; ".join(f"{', '.join(names)} {value}" for value, names in by_value.items())
                by_field.setdefault(path, {}).setdefault(text, []).append(variant)
    return {path if len(by_text) == 1 else f"{path} ({', '.join(names)})": text
            for path, by_text in sorted(by_field.items()) for text, names in by_text.items()}


def _flat(entry: Entry, parent: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """The leaves of a block by path."""
    lines: dict[tuple[str, ...], str] = {}
    for key, value in entry.items():
        path = (*parent, str(key))
        lines.update(_flat(value, path) if isinstance(value, Mapping) else {path: str(value)})
    return lines


def _rows(old: Mapping[tuple[str, ...], str], new: Mapping[tuple[str, ...], str]) -> tuple[tuple[str, str, str], ...]:
    rows = []
    for path in dict.fromkeys([*old, *new]):
        old_text, new_text = old.get(path, NOTHING), new.get(path, NOTHING)
        if (change := _change(old_text, new_text)) is not None:
            rows.append((", ".join(path).removeprefix("behaviours, "), old_text, new_text + change))
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
