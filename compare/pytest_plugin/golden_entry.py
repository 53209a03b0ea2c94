"""The entry of one test in a golden file: what a run found, as text that can be reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compare.analysis.behaviours import Answer
from compare.analysis.causes.questions import STARTS
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.result import Result
from compare.analysis.stages import NAMES
from compare.execution.settings import Settings
from compare.pytest_plugin.tolerances import Tolerances
from compare.reporting.cause_text import listed, value_text
from frameworks.quirks.resolution import resolved

NOT_IN_KEY = {"python", "numpy"}  # not frameworks
HOLDS_TEXT = {True: "yes", False: "no", None: "no answer"}
UNMEASURED = "?"  # a tolerance that could not be measured; the number is written but not compared

Entry = Mapping[str, Any]
"""Nested by names; the leaves are lines of text."""


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
    return text + (f" ({answer.note})" if answer.note else "")


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
