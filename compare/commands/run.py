"""`python -m compare scenario=…`: trains a scenario with every framework and attributes its behaviours."""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Sequence

import scenarios
from compare.commands.environments import build
from compare.commands.exit_codes import ExitCode
from compare.execution.errors import UsageError
from compare.execution.settings import Settings, read

if TYPE_CHECKING:  # wrong usage is reported at once, without importing NumPy or Rich
    from pathlib import Path

    from compare.execution.answers import Kept
    from compare.execution.data import Dataset
    from compare.execution.trials import Trial
    from compare.execution.worker_pool import WorkerPool
    from compare.execution.workers import Event
    from scenarios.scenario import Scenario


def main(arguments: Sequence[str]) -> ExitCode:
    """Trains and analyses every chosen scenario; prints and writes the results."""
    settings = read(arguments)
    if settings.install == "auto":
        build(settings.frameworks)
    chosen = _named_apart([scenarios.load(name) for name in settings.scenario])
    from compare.analysis import comparison
    from compare.execution import answers, data, output_folder, reuse
    from compare.execution.executors import chosen_executor
    from compare.execution.trials import refuse_empty
    from compare.execution.worker_pool import WorkerPool
    planned = {scenario.name: comparison.plan(scenario, settings) for scenario in chosen}
    dataset = data.load(settings.data.choice, settings.data.dir)
    trials = [trial for planned_trials in planned.values() for trial in planned_trials]
    refuse_empty(trials, dataset)
    command = output_folder.command_line(arguments)
    from compare.reporting import console
    with output_folder.claimed(settings.out, command, list(planned)) as folder, chosen_executor(settings) as executor:
        if dataset.notice:
            console.notice(dataset.notice)
        stored = reuse.opened(settings, executor, folder.path, console.notice)
        key = answers.document(settings, executor, command, dataset) if stored and settings.reuse else None
        if stored and key and (answer := answers.restored(key, stored, folder.path)):
            return _show(answer, folder.path, chosen)
        began = time.monotonic()
        _announce(trials, dataset, executor.capacity(settings.threads), _browse_command(folder.path, chosen))
        if folder.resumed:
            console.notice("the run that was interrupted here goes on; what it has trained is not trained "
                           "again.")
        with WorkerPool(settings.frameworks, folder.path, settings.device, settings.threads, stored,
                        executor) as pool:
            ended = [_run_scenario(scenario, planned[scenario.name], dataset, settings, pool,
                                   _place(scenario, chosen, folder.path), command) for scenario in chosen]
        code = max(code for code, _ in ended)
        if stored and key and code in (ExitCode.OK, ExitCode.UNEXPLAINED) and all(whole for _, whole in ended):
            from compare.reporting import run_folder
            written = [file for scenario in chosen for file in run_folder.files(_place(scenario, chosen, folder.path))]
            answers.keep(key, stored, folder.path, written, code, time.monotonic() - began)
        return code


def _named_apart(chosen: list[Scenario]) -> list[Scenario]:
    """The scenarios. Raises UsageError if two of them have one name."""
    names = [scenario.name for scenario in chosen]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"Two scenarios are named {name}; give each a name of its own.")
    return chosen


def _announce(trials: list[Trial], dataset: Dataset, capacity: tuple[int, int], browse: str) -> None:
    """Prints how much will be trained, how long that takes, and the command that shows the curves."""
    from compare.execution import duration
    from compare.reporting import console
    epochs = sum(trial.spec.training.epochs for trial in trials)
    minutes = duration.expected_minutes(trials, dataset, capacity)
    console.console().print(f"{len(trials)} trainings, {epochs} epochs, about {minutes:.1f} minutes; then the causes.\n"
                            f"To watch the curves: {browse}\n", soft_wrap=True)


def _show(answer: Kept, home: Path, chosen: list[Scenario]) -> ExitCode:
    """Prints the answer of an earlier run of the same command; its files are in the folder `home` again."""
    from compare.reporting import console, past_runs, step_summary
    out = console.console()
    date = time.strftime("%Y-%m-%d %H:%M", time.localtime(answer.created))
    out.print(f"This command was run before, on {date}, in {answer.seconds:.0f} s, with the same packages on the same "
              "kind of processor; this is its answer. reuse=false runs it again.", soft_wrap=True)
    for record in past_runs.records(str(home), ()):
        console.print_result(record, out)
        for problem in step_summary.write(record):
            console.notice(problem)
    for scenario in chosen:
        place = _place(scenario, chosen, home)
        out.print(f"\nrun folder: {place}\n{_browse_command(place, [scenario])}", soft_wrap=True)
    return ExitCode(answer.code)


def _place(scenario: Scenario, chosen: list[Scenario], home: Path) -> Path:
    """The folder of a scenario in that of the run."""
    return home / scenario.name if len(chosen) > 1 else home


def _browse_command(home: Path, chosen: list[Scenario]) -> str:
    """The command that opens a run in TensorBoard; of several scenarios, it opens the first one."""
    argument = f" scenario={chosen[0].name}" if len(chosen) > 1 else ""
    return f"python -m compare browse out={shlex.quote(str(home))}{argument}"


def _run_scenario(scenario: Scenario, planned: list[Trial], dataset: Dataset, settings: Settings, pool: WorkerPool,
                  place: Path, command: str) -> tuple[ExitCode, bool]:
    """Trains and analyses one scenario; prints the result and writes it into the folder `place`.

    Returns (the exit code, whether every output could be written).
    """
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

        result = comparison.answered(pool, scenario, planned, dataset, settings, place, on_event,
                                     partial(console.reported_rows, scenario, dataset, out), display.say)
    result = replace(result, command=command)
    answer = record(result)
    console.print_result(answer, out)
    problems = run_folder.write(result, answer)
    for problem in problems:
        console.notice(problem)
    for message in result.worker_errors + result.measure_errors:
        console.notice(message)
    out.print(f"\nrun folder: {place}\n{_browse_command(place, [scenario])}", soft_wrap=True)
    code = ExitCode.WORKER_DIED if result.worker_errors else ExitCode.USAGE if result.measure_errors else \
        ExitCode.UNEXPLAINED if result.unexplained else ExitCode.OK
    return code, not problems
