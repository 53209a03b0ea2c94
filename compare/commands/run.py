"""`python -m compare scenario=…`: trains a scenario with every framework, and says whose its behaviours are."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING, Sequence

import scenarios
from compare.commands.environments import build
from compare.commands.exit_codes import ExitCode
from compare.execution.settings import Settings, UsageError, read

if TYPE_CHECKING:  # errors answer at once, without NumPy or Rich
    from pathlib import Path

    from compare.execution.data import Dataset
    from compare.execution.trials import Trial
    from compare.execution.worker_pool import WorkerPool
    from compare.execution.workers import Event
    from scenarios.scenario import Scenario


def main(arguments: Sequence[str]) -> ExitCode:
    """Trains and judges every chosen scenario; prints and writes what was found."""
    settings = read(arguments)
    if settings.install == "auto":
        build(settings.frameworks)
    chosen = [scenarios.load(name) for name in settings.scenario]
    from compare.analysis import comparison
    from compare.execution import data
    from compare.execution.trials import refuse_empty
    for scenario in chosen:
        if [one.name for one in chosen].count(scenario.name) > 1:
            raise UsageError(f"Two scenarios are named {scenario.name}; give each a name of its own.")
    planned = {scenario.name: comparison.plan(scenario, settings) for scenario in chosen}
    dataset = data.load(settings.data.choice, settings.data.dir)
    trials = [trial for some in planned.values() for trial in some]
    refuse_empty(trials, dataset)
    home = comparison.made_folder(settings.out)
    from compare.execution.worker_pool import WorkerPool
    from compare.reporting import console
    if dataset.notice:
        console.notice(f"compare: {dataset.notice}")
    epochs = sum(trial.spec.training.epochs for trial in trials)
    minutes = comparison.expected_minutes(trials, dataset)
    console.console().print(f"{len(trials)} trainings, {epochs} epochs, about {minutes:.1f} minutes; then the causes.\n"
                            f"Curves while they grow: {watched(home, chosen)}\n", soft_wrap=True)
    with WorkerPool(settings.frameworks, home, settings.device, settings.threads) as pool:
        return max(_one(scenario, planned[scenario.name], dataset, settings, pool,
                       home / scenario.name if len(chosen) > 1 else home) for scenario in chosen)


def watched(home: Path, chosen: list[Scenario]) -> str:
    """The command that shows a run in TensorBoard, of several scenarios the first."""
    named = f" scenario={chosen[0].name}" if len(chosen) > 1 else ""
    return f"python -m compare browse out={shlex.quote(str(home))}{named}"


def _one(scenario: Scenario, planned: list[Trial], dataset: Dataset, settings: Settings, pool: WorkerPool,
        place: Path) -> ExitCode:
    """Trains and judges one scenario; prints what was found and writes it into `place`; returns the exit code."""
    from compare.analysis import comparison
    from compare.reporting import console, run_folder
    from compare.reporting.record import record
    from compare.reporting.tensorboard.live import Live
    out = console.console()
    live = Live(scenario, dataset, place)
    with console.Display() as display:
        display.expect(planned)

        def on_event(trial: Trial, event: Event) -> None:
            display.on_event(trial, event)
            live.on_event(trial, event)

        found = comparison.answered(pool, scenario, planned, dataset, settings, place, on_event,
                                 partial(console.reported_rows, scenario, dataset, out), display.say)
    answer = record(found)
    console.print_result(answer, out)
    for problem in run_folder.write(found, answer):
        console.notice(f"compare: {problem}")
    for message in found.worker_errors + found.measure_errors:
        console.notice(f"compare: {message}")
    out.print(f"\nrun folder: {place}\n{watched(place, [scenario])}", soft_wrap=True)
    return ExitCode.WORKER_DIED if found.worker_errors else ExitCode.USAGE if found.measure_errors else \
        ExitCode.UNEXPLAINED if found.unexplained else ExitCode.OK
