"""A run: plan the trials, train them on all frameworks, ask the traces, write what people look at."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import Any, Callable, Mapping

import numpy as np

from compare import behaviours, gates, noise, trials, verdict
from compare.behaviours import Answer
from compare.crew import Crew, Listen
from compare.data import Dataset
from compare.result import Result
from compare.settings import Settings, UsageError
from compare.trials import Trial
from frameworks import samples
from frameworks.quirks import fill
from frameworks.trace import Trace
from frameworks.trial import scheduled_epochs
from scenarios.scenario import Scenario
from scenarios.spec import Dense

START = 20.0  # seconds until frameworks are imported
SECONDS = {"keras": (6e-4, 5.0), "keras-jax": (1.5e-3, 5.0), "keras-torch": (6e-3, 2.0), "lightning": (1.3e-3, 1.5),
           "reference": (4e-4, 2.0), "reference-float32": (3e-4, 2.0)}
"""Of one thread of the machine of tests/golden/speed.json, by framework: seconds a step, and a trial's own."""
TRACES = "traces"  # in the folder of a run
NOISY_ROWS = 256  # of a full batch: a mean over fewer samples is at least as noisy
PRODUCTS_A_SECOND = 2.5e9  # multiplications of one thread, for large models


def plan(scenario: Scenario, settings: Settings) -> list[Trial]:
    """The trials of one scenario under the settings."""
    return trials.plan(scenario, settings.frameworks, tuple(settings.variants), settings.epochs, settings.seeds,
                       settings.start)


def expected_minutes(planned: list[Trial], dataset: Dataset) -> float:
    """How long trials will take, roughly: as long as the slowest framework, or as all of them on the processors."""
    seconds: dict[str, float] = {}
    for trial in planned:
        seconds[trial.framework] = seconds.get(trial.framework, 0.0) + _seconds(trial, dataset)
    processors = min(os.cpu_count() or 1, len(seconds) or 1)
    return (START + max([sum(seconds.values()) / processors, *seconds.values()])) / 60


def _seconds(trial: Trial, dataset: Dataset) -> float:
    """Of one trial: its own, those of its steps, and the multiplications of training and of frozen passes."""
    each, own = SECONDS.get(trial.framework, (1e-3, 2.0))
    steps, n = trials.steps(trial, dataset), trials.samples_of(trial, dataset)
    width, products = 28 * 28, {True: 0, False: 0}
    for layer in trial.spec.layers:
        if isinstance(layer, Dense):
            products[layer.trainable] += width * layer.units
            width = layer.units
    passes = 3 * trial.spec.training.epochs + 2 * len(scheduled_epochs(trial.spec.training.epochs))
    return own + steps * each + n * (passes * products[True] + products[False]) / PRODUCTS_A_SECOND


def train(crew: Crew, scenario: Scenario, planned: list[Trial], dataset: Dataset, folder: Path, limit: float,
          listen: Listen, asked_done: Callable[[Mapping[Trial, Trace]], None]) -> dict[Trial, Trace]:
    """The trace of every trial; tells `asked_done` once the asked variants are trained."""
    folder.mkdir(parents=True, exist_ok=True)
    traces: dict[Trial, Trace] = {}
    wanted = {variant.name for variant in scenario.variants if variant.role == "asked"}
    waiting = {trial for trial in planned if trial.variant in wanted}

    def finished(trial: Trial, trace: Trace) -> None:
        traces[trial] = trace
        if trial in waiting:
            waiting.discard(trial)
            if not waiting:
                asked_done(traces)

    crew.train({trial: trials.job(trial, dataset, folder) for trial in planned}, limit * 60, listen, finished)
    return traces


def result(scenario: Scenario, dataset: Dataset, folder: Path, settings: Settings, traces: Mapping[Trial, Trace],
           environments: Mapping[str, Mapping[str, Any]]) -> Result:
    """Everything that the traces of a scenario say."""
    environments = {name: environments[name] for name in settings.frameworks if name in environments}
    by_framework = {framework: {(trial.variant, trial.seed): trace for trial, trace in traces.items()
                                if trial.framework == framework} for framework in settings.frameworks}
    outcomes = [trace.outcome for trace in traces.values()]
    died = tuple(dict.fromkeys(outcome["message"] for outcome in outcomes if outcome["kind"] == "died"))
    mnist = dataset.name == "mnist"
    asked = {behaviour.name: {name: behaviours.ask(behaviour, of_one, mnist) for name, of_one in by_framework.items()}
             for behaviour in scenario.behaviours}
    old = {behaviour.name: {rule: {name: behaviours.ask(behaviour, of_one, mnist, rule)
                                   for name, of_one in by_framework.items()} for rule in behaviour.old_rules}
           for behaviour in scenario.behaviours if behaviour.old_rules}
    mistakes = dict.fromkeys(answer.mistake for answers in asked.values() for answer in answers.values()
                             if answer.mistake)
    return Result(scenario, dataset, folder, settings.start, environments, by_framework, asked, old,
                  verdicts=_verdicts(scenario, asked, environments, settings.start),
                  claims=tuple(behaviours.judge(claim, name, of_one, mnist) for claim in scenario.claims
                               for name, of_one in by_framework.items()),
                  gates=_gates(scenario, traces, environments, dataset, folder / TRACES), died=died,
                  mistakes=tuple(mistakes))


def made_folder(out: str | None) -> Path:
    """The folder of a run: the one that was named, or one of this moment; made where it was not there.

    Raises UsageError where it holds a run already, or where nothing can be written.
    """
    folder = Path(os.path.expanduser(out)) if out else Path("runs") / time.strftime("%Y-%m-%d_%H-%M-%S")
    if any(found for pattern in (TRACES, f"*/{TRACES}") for found in folder.glob(pattern)):
        raise UsageError(f"out is {str(folder)!r}, which holds a run already; allowed: a new folder, or one without "
                         "a run.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise UsageError(f"out is {str(folder)!r}, where nothing can be written ({error.strerror}); allowed: a folder, "
                         "also a new one.") from error
    return folder


def _verdicts(scenario: Scenario, asked: Mapping[str, Mapping[str, Answer]],
              environments: Mapping[str, Mapping[str, Any]], start: str) -> dict[str, verdict.Verdict]:
    found = {}
    for behaviour in scenario.behaviours:
        answers = {name: answer for name, answer in asked[behaviour.name].items() if name in environments}
        found[behaviour.name] = verdict.belongs(behaviour, scenario.variant(behaviour.variants[0]).spec, answers,
                                                environments, start)
    return found


def _gates(scenario: Scenario, traces: Mapping[Trial, Trace], environments: Mapping[str, Mapping[str, Any]],
           dataset: Dataset, folder: Path) -> dict[str, tuple[tuple[str, str], list[gates.Gate]]]:
    """The gates of the first step between the first two frameworks, for every asked variant that both trained."""
    found = {}
    for variant in scenario.variants:
        sides = [(trial, trace) for trial, trace in traces.items() if trial.variant == variant.name and trial.seed == 0
                 and trace.outcome["kind"] != "died"]
        sides.sort(key=lambda side: list(environments).index(side[0].framework))
        if variant.role == "asked" and len(sides) > 1:
            (one, first), (other, second) = sides[:2]
            measured = [_noise(one, environments[side.framework], dataset, folder) for side in (one, other)]
            known = [noise for noise in measured if noise is not None]
            names = {name for noise in known for name in noise}
            largest = {name: max(noise[name] for noise in known if name in noise) for name in names} if known else None
            found[variant.name] = ((one.framework, other.framework), gates.gates(first, second, largest))
    return found


def _noise(trial: Trial, environment: Mapping[str, Any], dataset: Dataset, folder: Path) -> dict[str, float] | None:
    """The noise of a trial's first step under what an environment fills, from at most `NOISY_ROWS` of its samples."""
    job = trials.job(trial, dataset, folder)
    if job["weights"] is None:
        return None
    x, y = samples.load(str(dataset.folder), "train", job["spec"]["data"])
    order = np.load(job["order"], mmap_mode="r")[0] if job["order"] else np.arange(len(x))
    batch = trial.spec.training.batch_size
    rows = order[:min(NOISY_ROWS, len(x) if batch == "all" else int(batch or NOISY_ROWS))]
    with np.load(job["weights"]) as weights:
        return noise.noise(fill(trial.spec, environment), dict(weights), {}, x[rows], y[rows])
