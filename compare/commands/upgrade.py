"""`python -m compare upgrade`: what changes in a program, or in scenarios, with another version of the frameworks."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Mapping, Sequence

import scenarios
from compare.commands.exit_codes import ExitCode
from compare.commands.help_page import arguments_table, page
from compare.execution import settings as settings_of
from compare.execution.errors import UsageError
from compare.execution.installed import load_registered
from frameworks import FRAMEWORKS
from scenarios.spec.checks import nearest

if TYPE_CHECKING:  # wrong usage is reported at once, without importing NumPy or Rich
    from compare.analysis.upgrade import Comparison, Key, Say, Subject
    from compare.execution.locks import Installed
    from compare.reporting.upgrade import Measured
    from scenarios.scenario import Scenario

KINDS = ("keras", "keras-jax", "keras-torch", "lightning")
MOST = 8
"""The largest number of environments that are built and measured for one change and package."""
KEYS = {
    "old=, new=": "requirements.txt, uv.lock or pylock.toml, built with uv in the cache (`environments remove locks` "
                  "removes what was built); or a framework that `environments` lists",
    "keras=, lightning=": "your program, as FILE.py:NAME; keras-jax= and keras-torch= too. Other keys are those of "
                          "check",
    "scenario": "scenarios, or families of the catalogue; without it and without a program, the whole catalogue",
    "framework": "keras, keras-jax, keras-torch or lightning; default: all that both have (keras-jax and keras-torch: "
                 "if they have no other Keras)",
    "bisect": "true (default: which package and which release makes each change) or false",
}


def main(arguments: Sequence[str]) -> ExitCode:
    """Compares two environments; prints the answer and writes it into the run's folder. Raises UsageError."""
    load_registered()
    given, rest = separated(arguments)
    from compare.execution.built import in_use
    from compare.execution.output_folder import command_line
    program = next((kind for kind in KINDS if kind in given), "")
    subject_in = of_program(given[program], rest) if program else of_scenarios(given, rest)
    with in_use():
        return upgraded(given, program, subject_in, command_line(arguments, "upgrade"))


def upgraded(given: Mapping[str, str], program: str, subject_in: Callable[[Path], Subject], command: str) -> ExitCode:
    """Compares the two environments; prints the answer and writes it. Raises UsageError."""
    from compare.analysis.upgrade import Comparison
    from compare.execution import locks
    from compare.execution.output_folder import claimed
    from compare.execution.workers import WorkerDied
    from compare.reporting import console
    from compare.reporting.upgrade import Measured
    old, new = (locks.given(key, given[key]) for key in ("old", "new"))
    kinds = [program] if program else chosen(old, new, given.get("framework", ""))
    refuse(old, new, kinds, bool(program))
    measurements: list[Measured] = []
    names = subject_in(Path()).names
    places = [f"{new.frameworks[kind]}/{name}" for kind in kinds for name in names]
    with claimed(given.get("out"), command, places) as folder:
        if folder.resumed and not program:
            console.notice("the upgrade that was interrupted here goes on; what it has trained is not trained "
                           "again.")
        try:
            with console.Display() as display, closing(subject_in(folder.path)) as subject:
                for kind in kinds:
                    compared(kind, old, new, subject, given.get("bisect") != "false", display.say, measurements)
        except (WorkerDied, KeyboardInterrupt, OSError) as error:
            if measurements:
                begun = [measured.framework for measured in measurements]
                measurements += [Measured(kind, (old.frameworks[kind], new.frameworks[kind]), Comparison(()), {}, (),
                                          names) for kind in kinds if kind not in begun]
                _show(old, new, measurements, folder.path, command)
            if not isinstance(error, WorkerDied):
                raise
            console.notice(str(error))
            return ExitCode.WORKER_DIED
        return _show(old, new, measurements, folder.path, command)


def _show(old: Installed, new: Installed, measurements: Sequence[Measured], place: Path, command: str) -> ExitCode:
    """Prints the answer, and then writes it into the folder `place`: the reports of many scenarios take a while."""
    from compare.reporting import console, upgrade_folder, upgrade_text
    from compare.reporting import upgrade as reporting
    facts, out = reporting.facts(old, new, measurements), console.console()
    console.print_answer(upgrade_text.text(facts).record, {}, out)
    for problem in upgrade_folder.write(facts, measurements, place, command):
        console.notice(problem)
    out.print(f"run folder: {place}", soft_wrap=True)
    for message in facts.worker_errors:
        console.notice(message)
    if facts.worker_errors:
        return ExitCode.WORKER_DIED
    return {reporting.Verdict.NOTHING: ExitCode.OK, reporting.Verdict.EXPLAINED: ExitCode.DIFFERENT,
            reporting.Verdict.UNEXPLAINED: ExitCode.UNEXPLAINED}.get(facts.verdict, ExitCode.USAGE)


def separated(arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Our own keys and the program; and the arguments that are for `check` or the scenarios. Raises UsageError."""
    known_keys = ("old", "new", "bisect", "framework", "out", "scenario", *KINDS)
    given: dict[str, str] = {}
    rest = []
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals or not value:
            raise UsageError(f"{argument!r} is no key=value; {nearest(key, known_keys)}.")
        if key in given:
            raise UsageError(f"The key {key} is given twice; give it once.")
        if key in known_keys:
            given[key] = value
        else:
            rest.append(argument)
    for key in ("old", "new"):
        if key not in given:
            raise UsageError(f"Say which {key} environment, as in upgrade old=requirements.txt new=keras.")
    if given.get("bisect", "true") not in ("true", "false"):
        raise UsageError(f"bisect is {given['bisect']!r}; allowed: true or false.")
    programs = [kind for kind in KINDS if kind in given]
    if len(programs) > 1 or programs and {"scenario", "framework"} & set(given):
        raise UsageError(f"{programs[0]} names a program; give one program, or scenarios.")
    return given, rest


def chosen(old: Installed, new: Installed, framework: str) -> list[str]:
    """The kinds of frameworks that are compared. Raises UsageError where not both environments have one."""
    if framework and framework not in KINDS:
        raise UsageError(f"framework is {framework!r}; {nearest(framework, KINDS)}.")
    both = [kind for kind in KINDS if kind in old.frameworks and kind in new.frameworks]
    kinds = [framework] if framework else [kind for kind in both if kind in ("keras", "lightning")] or both[:1]
    if not kinds:
        raise UsageError(f"{old.title} has {' and '.join(old.frameworks)}, {new.title} has "
                         f"{' and '.join(new.frameworks)}; there is no framework that both have.")
    return kinds


def refuse(old: Installed, new: Installed, kinds: Sequence[str], program: bool) -> None:
    """Raises UsageError where the two environments cannot be compared."""
    if old.python == new.python:
        raise UsageError(f"old and new are the same environment, {old.python}; give two.")
    for kind in kinds:
        for environment in (old, new):
            if kind not in environment.frameworks:
                raise UsageError(f"{environment.title} has no {kind}; it has {' and '.join(environment.frameworks)}.")
            framework = FRAMEWORKS[environment.frameworks[kind]]
            if program and framework.module != "keras":
                raise UsageError(f"{environment.title} has {framework.title}, and programs are read in Keras 3 and "
                                 "PyTorch; compare scenarios instead: leave the program out.")


def of_program(program: str, rest: Sequence[str]) -> Callable[[Path], Subject]:
    """A user's own program as what is compared, in the folder of a run."""
    from compare.analysis.upgrade_programs import OfProgram
    return partial(OfProgram, program, tuple(rest))


def of_scenarios(given: dict[str, str], rest: Sequence[str]) -> Callable[[Path], Subject]:
    """The chosen scenarios, or the catalogue, as what is compared, in the folder of a run. Raises UsageError."""
    from compare.analysis.upgrade_scenarios import OfScenarios
    from compare.execution import data
    from compare.reporting import console
    named = [f"scenario={given['scenario']}"] if "scenario" in given else []
    settings = settings_of.read([*rest, *named], scenario=False, trains=False)
    dataset = data.load(settings.data.choice, settings.data.dir)
    chosen_scenarios = requested(settings.scenario, settings.init)
    return lambda place: OfScenarios(chosen_scenarios, dataset, settings, place, console.notice)


def requested(names: Sequence[str], init: str) -> tuple[tuple[Scenario, str], ...]:
    """Scenarios by their names or files, and families of the catalogue; all families where nothing is named."""
    from scenarios import catalogue
    with_init: list[tuple[Scenario, str]] = []
    for name in names or catalogue.names():
        if name in catalogue.names():
            family = catalogue.load(name)
            with_init.append((family.scenario, family.init))
        else:
            with_init.append((scenarios.load(name), init))
    return tuple(with_init)


def compared(kind: str, old: Installed, new: Installed, subject: Subject, bisect: bool, say: Say,
             measurements: list[Measured]) -> None:
    """Appends what changed in one kind of framework, and which release of which package makes it: also if the search
    for that is ended early."""
    from compare.analysis.releases import Location, Mixtures, located
    from compare.analysis.upgrade import joined
    from compare.reporting import console, upgrade_text
    from compare.reporting.upgrade import Measured
    names = old.frameworks[kind], new.frameworks[kind]
    comparisons: list[Comparison] = []
    keys: list[Key] = []

    def measure(between: Installed) -> frozenset[Key]:
        if kind not in between.frameworks:
            raise UsageError(f"{between.title} has no {kind}.")
        return subject.recognized(names[0], between.frameworks[kind], keys)

    mixtures = Mixtures(old, new, measure, MOST, say)
    locations: dict[Key, Location] = {}
    try:
        for comparison in subject.changes(*names, say):
            keys += [change.key for change in comparison.changes]
            comparisons.append(comparison)
            if subject.names[1:]:
                console.notice(f"{len(comparisons)} of {len(subject.names)} compared: "
                               f"{subject.names[len(comparisons) - 1]}, {kind}: "
                               f"{upgrade_text.brief(kind, comparison.changes)}")
        for key in keys if bisect else ():
            locations[key] = located(mixtures, key)
    finally:
        whole = joined(comparisons)
        whole = replace(whole, worker_errors=(*whole.worker_errors, *mixtures.worker_errors))
        if comparisons:
            measurements.append(Measured(kind, names, whole, locations, tuple(mixtures.not_measured.values()),
                                         subject.names[len(comparisons):]))


def usage() -> str:
    """The help text of this command."""
    return page(
        "python -m compare upgrade old=LOCK|NAME new=LOCK|NAME [keras=mine.py:build] [key=value …]",
        "Says what changes if the environment of a program, of a scenario or of the catalogue is replaced by another "
        "one: in which behaviour and in which stage of a training step, because of which setting, and with which "
        "release of which package. Your files are run as code.",
        arguments_table(KEYS),
        "exit codes: 0 nothing changed, 1 every change is explained: by a setting, or by the release that makes it, "
        "2 wrong usage, or nothing could be compared, 3 an unexplained change, 4 a worker process died, 70 a "
        "fault of this program, 130 interrupted, 143 terminated; what was compared before is printed and written in "
        "any case")
