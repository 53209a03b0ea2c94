"""The entry of one test in a golden file: what a run found, as text that can be reviewed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from compare.analysis import behaviours
from compare.analysis.behaviours import Answer
from compare.analysis.causes.questions import INITIALIZED
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.result import Result
from compare.analysis.stages import NAMES
from compare.execution.settings import Settings
from compare.pytest_plugin import model
from compare.pytest_plugin.tolerances import Tolerances
from compare.reporting.cause_text import listed
from compare.reporting.keras_code import value_text
from frameworks.environment import Environment
from frameworks.quirks.resolution import resolved
from scenarios.scenario import Behaviour, Curves

PACKAGES = ("keras", "tf_keras", "tensorflow", "jax", "torch", "pytorch-lightning", "lightning", "torchmetrics")
"""The order in which packages are written; the others follow by name."""
NOT_IN_KEY = {"python", "numpy"}  # not frameworks
HOLDS_TEXT = {True: "yes", False: "no", None: "no answer"}
UNMEASURED = "?"  # a tolerance that could not be measured; the number is written but not compared
PINS_NOTHING = ", which pins no digit"
"""The remark on a tolerance as large as its number: rounding alone changes such a number completely."""
WIDE = 0.1
"""A tolerance from this part of a number on is said to be wide."""

RUN, VERSIONS, MODEL, LOSSES = "run", "versions", "model", "losses"
"""The parts of every entry."""
BEHAVIOURS = "behaviours"
"""A part that is not named in the names of its rows."""

Entry = Mapping[str, Any]
"""Nested by names; the leaves are lines of text."""


def series(result: Result) -> str:
    """The key of a run's block: packages with major and minor version, the data, and the device unless it is a CPU."""
    devices = dict.fromkeys(environment["device"] for environment in result.environments.values())
    data = result.dataset.name if result.dataset.name != "custom" else f"custom {result.dataset.sha256[:8]}"
    return "; ".join([series_of(result.environments.values()), data,
                      *(device for device in devices if device != "cpu")])


def series_of(environments: Iterable[Environment]) -> str:
    """The packages of several environments with major and minor version."""
    packages = dict.fromkeys(f"{package} {'.'.join(version.split('.')[:2])}"
                             for package, version in _packages(environments) if package not in NOT_IN_KEY)
    return ", ".join(packages) or "the NumPy reference"


def _packages(environments: Iterable[Environment]) -> list[tuple[str, str]]:
    """The packages of several environments with their versions, in one order, whatever that of the environments is:
    a worker and the store name them in different ones."""
    pairs = dict.fromkeys(pair for environment in environments for pair in environment["versions"].items())
    return sorted(pairs, key=lambda pair: (PACKAGES.index(pair[0]) if pair[0] in PACKAGES else len(PACKAGES), pair))


def entry(result: Result, settings: Settings, tolerances: Tolerances | None = None) -> Entry:
    """The result of a run as the content of a block; if `tolerances` are given, numbers are written with theirs."""
    run = {"frameworks": ",".join(settings.frameworks), "variants": ",".join(settings.variants),
           "epochs": settings.epochs or "all", "seeds": settings.seeds, "init": settings.init}
    variants = list(dict.fromkeys(name for traces in result.traces.values() for name, _ in traces))
    content: dict[str, Any] = {
        RUN: " ".join(f"{key}={value}" for key, value in run.items()),
        VERSIONS: versions(result.environments.values()),
        MODEL: {name: model.of_spec(result.scenario.variant(name).spec, result.environments) for name in variants},
        LOSSES: {name: _losses(result, name, settings.epochs, tolerances) for name in variants},
        BEHAVIOURS: {name: _behaviour(result, name, answers, tolerances) for name, answers in result.answers.items()}}
    unexplained: dict[str, list[str]] = {}
    for difference in result.unexplained_differences:
        unexplained.setdefault(f"{difference.variant}, {difference.framework}", []).append(NAMES[difference.stage.name])
    optional = {"first difference": {name: _divergence(divergence) for name, divergence in result.divergences.items()},
                "quirks": _quirks(result),
                "unexplained": {training: listed(names) for training, names in unexplained.items()}}
    return {**content, **{name: part for name, part in optional.items() if part}}


def versions(environments: Iterable[Environment]) -> str:
    """The exact versions of all packages, which are kept to be read and not compared; a package that two environments
    have in two versions is named once, as in `numpy 1.26.4 and 2.4.6`."""
    by_package: dict[str, list[str]] = {}
    for package, version in _packages(environments):
        by_package.setdefault(package, []).append(version)
    return ", ".join(f"{package} {' and '.join(its_versions)}" for package, its_versions in by_package.items())


def _losses(result: Result, variant: str, epochs: int | None, tolerances: Tolerances | None) -> Entry:
    """The mean training loss of the first and of the last epoch by framework; `epochs` shorten the training."""
    measured: list[tuple[str, Callable[[Curves], float], int | None]] = [("first epoch", _first_loss, 1)]
    if min(result.scenario.variant(variant).spec.training.epochs, epochs or float("inf")) > 1:
        measured.append(("last epoch", _last_loss, None))
    losses = [Behaviour(title, title, (variant,), measure, epochs=needed) for title, measure, needed in measured]
    return {framework: {loss.name: number(behaviours.answer_of(loss, traces),
                                          tolerances.tolerance(loss, framework) if tolerances else None)
                        for loss in losses} for framework, traces in result.traces.items()}


def _first_loss(trace: Curves) -> float:
    return float(trace["reported/train/loss"][0])


def _last_loss(trace: Curves) -> float:
    return float(trace["reported/train/loss"][-1])


def _behaviour(result: Result, name: str, answers: Mapping[str, Answer], tolerances: Tolerances | None) -> Entry:
    causes = {f"{cause.question.with_behaviour}, not {cause.question.without}" if not cause.question.contrast else
              f"{cause.question.with_behaviour}, not {cause.question.without} with {cause.question.contrast}":
              listed(cause.paths) if cause.known and cause.shown is not False else "unexplained"
              for cause in result.causes if cause.question.behaviour.name == name}
    return {"belongs to": str(result.verdicts[name].belongs_to),
            **{framework: cell(answer, tolerances.tolerance(result.behaviour(name), framework) if tolerances else None)
               for framework, answer in answers.items()}, **({"cause": causes} if causes else {})}


def cell(answer: Answer, tolerance: float | None = None) -> str:
    """An answer in one line, as in `yes, 0.8953 ± 0.0013`; nan means a tolerance that could not be measured."""
    numbered = f", {number_text(answer.number, tolerance)}" if answer.number == answer.number else ""
    return HOLDS_TEXT[answer.holds] + numbered + (f" ({answer.note})" if answer.note else "")


def number(answer: Answer, tolerance: float | None = None) -> str:
    """The number of an answer in one line, or why there is none."""
    return number_text(answer.number, tolerance) if answer.number == answer.number else \
        f"{HOLDS_TEXT[None]} ({answer.note})"


def number_text(value: float, tolerance: float | None) -> str:
    """A number with its rounding tolerance, as in `0.8953 ± 0.0013`; a wide tolerance is said to be. An exact 0, as of
    a loss with saturated outputs, is pinned."""
    if tolerance is None:
        return f"{value:.9g}"
    if tolerance != tolerance:
        return f"{value:.9g} ± {UNMEASURED}"
    size = abs(value)
    remark = PINS_NOTHING if tolerance >= size and tolerance else f", which is {tolerance / size:.0%} of it" \
        if tolerance >= WIDE * size and tolerance else ""
    return f"{_rounded(value, tolerance)} ± {tolerance:.2g}{remark}"


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
            initialized = result.init == "shared" and next(iter(rules.values()))[path].field in INITIALIZED
            if len(by_value) > 1 and not initialized:
                text = "; ".join(f"{', '.join(names)} {value}" for value, names in by_value.items())
                by_field.setdefault(path, {}).setdefault(text, []).append(variant)
    return {path if len(by_text) == 1 else f"{path} ({', '.join(names)})": text
            for path, by_text in sorted(by_field.items()) for text, names in by_text.items()}
