"""python -m compare [COMMAND] key=value …"""

from __future__ import annotations

import shlex
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Iterable, Sequence

import scenarios
from compare.execution.settings import COMMANDS, KEYS, Settings, UsageError, read

if TYPE_CHECKING:  # the help and the errors answer at once, without NumPy or Rich
    from pathlib import Path

    from compare.execution.data import Dataset
    from compare.execution.trials import Trial
    from compare.execution.worker_pool import WorkerPool
    from compare.execution.workers import Event
    from scenarios.scenario import Scenario

OK, USAGE, UNKNOWN, WORKER_DIED, INTERRUPTED = 0, 2, 3, 4, 130


def main(arguments: Sequence[str]) -> int:
    """Runs a command line; returns the exit code."""
    if not arguments or {"-h", "--help", "help"} & set(arguments):
        print(usage())
        return OK if arguments else USAGE
    from compare.execution.mnist_files import DataError
    from scenarios.spec.checks import SpecError
    try:
        command, rest = (arguments[0], arguments[1:]) if arguments[0] in COMMANDS else ("run", arguments)
        return {"run": lambda: run(read(rest)), "environments": lambda: environments(rest),
                "when": lambda: when(read(rest)), "show": lambda: show(read(rest, scenario=False)),
                "browse": lambda: browse(read(rest, scenario=False)),
                "code": lambda: code(read(rest)), "catalogue": lambda: catalogue(read(rest, scenario=False))}[command]()
    except (UsageError, SpecError, DataError) as measure_error:
        print(f"compare: {measure_error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("compare: interrupted; trainings that were finished are kept in the run's folder.", file=sys.stderr)
        return INTERRUPTED


def usage() -> str:
    """Commands, keys and scenarios with their questions."""
    parts = ["python -m compare [COMMAND] key=value …", "",
             "Trains the variants of a question about a Keras model with Keras, PyTorch Lightning and a NumPy",
             "reference from the same initial weights, and says which framework is responsible for what.", "",
             "commands"]
    parts += [f"  {name:<12} {meaning}" for name, meaning in COMMANDS.items()] + ["", "keys"]
    parts += [f"  {name + '=':<12} {meaning}" for name, meaning in KEYS.items()] + ["", "scenarios"]
    parts += [f"  {name:<24} {scenarios.question(name)}" for name in scenarios.names()]
    parts += ["", "exit codes: 0 everything was answered (the table says why where there is no answer), 2 wrong usage,",
              "3 a difference that nothing known explains, 4 a worker process died, 130 interrupted", "",
              "example: python -m compare scenario=lr_scaling"]
    return "\n".join(parts)


def environments(arguments: Sequence[str]) -> int:
    """Builds the environments that `install=` names, and lists all."""
    from compare.execution.environments import wanted
    build(wanted(arguments))
    from compare.reporting import console
    from compare.reporting import versions as told
    console.console().print(told.environments())
    return OK


def build(names: Iterable[str]) -> None:
    """Builds those of these environments that are not there."""
    from compare.execution import environments as eras
    from compare.reporting import console
    for name in eras.missing(names):
        console.notice(f"compare: building {name} …")
        eras.install(name)


def show(settings: Settings) -> int:
    """Prints the answer of a finished run again, from what it has written."""
    from compare.reporting import console, past_runs
    for told in past_runs.records(settings.out, settings.scenario):
        console.print_result(told, console.console())
    return OK


def browse(settings: Settings) -> int:
    """Shows a run in TensorBoard until it is interrupted."""
    from compare.reporting.tensorboard import serve
    if len(settings.scenario) > 1 or len(settings.variants) > 1:
        raise UsageError("`browse` shows one scenario and one of asked, controls, starts and all; name one.")
    folder = serve.find(settings.out, settings.scenario[0] if settings.scenario else None, settings.variants[0])
    serve.serve(folder, settings.port, partial(print, flush=True))
    return OK


def when(settings: Settings) -> int:
    """Asks one behaviour of every installed Keras, and what makes it change between two of them."""
    from compare.analysis import comparison as running
    from compare.analysis import version_history as years
    from compare.execution import data
    from compare.execution.environments import ENVIRONMENTS
    from compare.execution.worker_pool import WorkerPool
    from compare.reporting import console
    from compare.reporting import versions as told
    if len(settings.scenario) > 1:
        raise UsageError("`when` asks one scenario; name one.")
    scenario = scenarios.load(settings.scenario[0])
    behaviour = years.behaviour_of(scenario, settings.behaviour)
    if settings.install == "auto":
        build(ENVIRONMENTS)
    names = years.timeline()
    dataset = data.load(settings.data.choice, settings.data.dir)
    home = running.made_folder(settings.out)
    out = console.console()
    out.print(f"{len(names)} Kerases are installed: {', '.join(names)}; `python -m compare environments` lists more.",
              soft_wrap=True)
    with WorkerPool((), home, settings.device, settings.threads) as pool:
        with console.Display() as display:
            found = years.found(scenario, behaviour, names, dataset, home, pool, settings, display)
        out.print(told.timeline(scenario, behaviour, found.answers, pool.environments))
        for sentence in told.sentences(behaviour, scenario.variant(behaviour.variants[0]).spec, found.boundaries,
                                       found.answers, pool.environments, len(names) > years.MOST_ASKED):
            out.print(sentence, soft_wrap=True)
    for message in found.worker_errors:
        console.notice(f"compare: {message}")
    return WORKER_DIED if found.worker_errors else OK if all(one.known for one in found.boundaries) else UNKNOWN


def catalogue(settings: Settings) -> int:
    """Asks the rows of the catalogue; prints what was found beside what was expected."""
    from compare.analysis import catalogue as known
    from compare.analysis import comparison as running
    from compare.execution import data
    from compare.execution import environments as eras
    from compare.execution.worker_pool import WorkerPool
    from compare.reporting import catalogue as told
    from compare.reporting import console
    from scenarios import catalogue as families
    from scenarios.catalogue.unexpressed import UNEXPRESSED
    if settings.frameworks != Settings().frameworks:
        raise UsageError("Each family of the catalogue names its own frameworks; leave frameworks= out.")
    chosen = [families.load(name) for name in settings.scenario or families.names()]
    if settings.install == "auto":
        build(name for family in chosen for name in family.frameworks)
    absent = {family.name: eras.missing(family.frameworks) for family in chosen}
    for name, lacking in ((name, lacking) for name, lacking in absent.items() if lacking):
        said = f"{name} needs an old Keras: python -m compare environments install={','.join(lacking)}"
        if settings.scenario:
            raise UsageError(f"{said}, or say install=auto.")
        console.notice(f"compare: not asked, since {said}.")
    chosen = [family for family in chosen if not absent[family.name]]
    dataset = data.load(settings.data.choice, settings.data.dir)
    home = running.made_folder(settings.out)
    out, found = console.console(), []
    if dataset.notice:
        console.notice(f"compare: {dataset.notice}")
    with WorkerPool(dict.fromkeys(name for family in chosen for name in family.frameworks), home, settings.device,
              settings.threads) as pool:
        for family in chosen:
            found.append(known.judge(family, dataset, home, pool, settings))
            out.print(told.rows(found[-1]))
    entries = [entry for judged in found for entry in judged.entries]
    for sentence in told.sentences(entries, {} if settings.scenario else UNEXPRESSED):
        out.print(sentence, soft_wrap=True)
    for message in (message for judged in found for message in judged.worker_errors + judged.measure_errors):
        console.notice(f"compare: {message}")
    return WORKER_DIED if any(judged.worker_errors for judged in found) else USAGE if any(judged.measure_errors for judged in found) \
        else UNKNOWN if any(entry.surprises for entry in entries) else OK


def code(settings: Settings) -> int:
    """Prints the program of one variant, as a user of one framework would write it."""
    from frameworks.codegen.program import PROGRAMS, about, program
    from frameworks.runtime.errors import Refused
    from scenarios.spec.checks import nearest
    from scenarios.spec.fields import changed
    if len(settings.scenario) > 1:
        raise UsageError("`code` prints a program of one scenario; name one.")
    scenario = scenarios.load(settings.scenario[0])
    names = [variant.name for variant in scenario.variants]
    if not settings.variant:
        raise UsageError(f"Say which variant, as in variant={names[0]}; allowed: {', '.join(names)}.")
    if settings.variant not in names:
        raise UsageError(f"{scenario.name} has no variant {settings.variant!r}; {nearest(settings.variant, names)}.")
    if not settings.framework:
        raise UsageError(f"Say which framework, as in framework=keras; allowed: {', '.join(PROGRAMS)}.")
    variant = scenario.variant(settings.variant)
    length = min(variant.spec.training.epochs, settings.epochs or variant.spec.training.epochs)
    try:
        print(program(changed(variant.spec, {"training.epochs": length}), settings.framework,
                      about(scenario, variant)), end="")
    except Refused as refusal:
        raise UsageError(str(refusal)) from refusal
    return OK


def run(settings: Settings) -> int:
    """Trains and judges every scenario of the settings; prints and writes what was found."""
    if settings.install == "auto":
        build(settings.frameworks)
    chosen = [scenarios.load(name) for name in settings.scenario]
    from compare.analysis import comparison as running
    from compare.execution import data
    from compare.execution.trials import refuse_empty
    for scenario in chosen:
        if [one.name for one in chosen].count(scenario.name) > 1:
            raise UsageError(f"Two scenarios are named {scenario.name}; give each a name of its own.")
    planned = {scenario.name: running.plan(scenario, settings) for scenario in chosen}
    dataset = data.load(settings.data.choice, settings.data.dir)
    trials = [trial for some in planned.values() for trial in some]
    refuse_empty(trials, dataset)
    home = running.made_folder(settings.out)
    from compare.execution.worker_pool import WorkerPool
    from compare.reporting import console
    if dataset.notice:
        console.notice(f"compare: {dataset.notice}")
    epochs = sum(trial.spec.training.epochs for trial in trials)
    minutes = running.expected_minutes(trials, dataset)
    console.console().print(f"{len(trials)} trainings, {epochs} epochs, about {minutes:.1f} minutes; then the causes.\n"
                            f"Curves while they grow: {watched(home, chosen)}\n", soft_wrap=True)
    with WorkerPool(settings.frameworks, home, settings.device, settings.threads) as pool:
        return max(one(scenario, planned[scenario.name], dataset, settings, pool,
                       home / scenario.name if len(chosen) > 1 else home) for scenario in chosen)


def watched(home: Path, chosen: list[Scenario]) -> str:
    """The command that shows a run in TensorBoard, of several scenarios the first."""
    named = f" scenario={chosen[0].name}" if len(chosen) > 1 else ""
    return f"python -m compare browse out={shlex.quote(str(home))}{named}"


def one(scenario: Scenario, planned: list[Trial], dataset: Dataset, settings: Settings, pool: WorkerPool, place: Path) -> int:
    """Trains and judges one scenario; prints what was found and writes it into `place`; returns the exit code."""
    from compare.analysis import comparison as running
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

        found = running.answered(pool, scenario, planned, dataset, settings, place, on_event,
                                 partial(console.reported_rows, scenario, dataset, out), display.say)
    told = record(found)
    console.print_result(told, out)
    for problem in run_folder.write(found, told):
        console.notice(f"compare: {problem}")
    for message in found.worker_errors + found.measure_errors:
        console.notice(f"compare: {message}")
    out.print(f"\nrun folder: {place}\n{watched(place, [scenario])}", soft_wrap=True)
    return WORKER_DIED if found.worker_errors else USAGE if found.measure_errors else UNKNOWN if found.unexplained else OK


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's `&` starts programs that ignore Ctrl-C
    sys.exit(main(sys.argv[1:]))
