"""`python -m compare when`: bisects Keras versions to find when a behaviour appeared and disappeared."""

from __future__ import annotations

from typing import Sequence

import scenarios
from compare.commands.environments import build
from compare.commands.exit_codes import ExitCode
from compare.execution.errors import UsageError
from compare.execution.settings import read


def main(arguments: Sequence[str]) -> ExitCode:
    """Measures one behaviour with the installed Keras versions, and finds the cause of each change."""
    settings = read(arguments)
    from compare.analysis import version_history
    from compare.execution import data, output_folder, worker_pool
    from compare.execution.environments import OLD_KERAS
    from compare.reporting import console, versions
    if len(settings.scenario) > 1:
        raise UsageError("`when` takes one scenario; name one.")
    scenario = scenarios.load(settings.scenario[0])
    behaviour = version_history.behaviour_of(scenario, settings.behaviour)
    if settings.install == "auto":
        build(OLD_KERAS)
    names = version_history.timeline()
    dataset = data.load(settings.data.choice, settings.data.dir)
    command = output_folder.command_line(arguments, "when")
    folder = output_folder.claimed(settings.out, command, [scenario.name])
    home = folder.path
    out = console.console()
    console.print_text(f"{len(names)} Keras versions are installed: {', '.join(names)}; `python -m compare "
                       "environments` lists more.", out)
    with folder, worker_pool.opened(settings, (), home, console.notice) as pool:
        with console.Display() as display:
            result = version_history.history(scenario, behaviour, names, dataset, home, pool, settings, display)
        out.print(versions.timeline(scenario, behaviour, result.answers, pool.environments))
        spec = scenario.variant(behaviour.variants[0]).spec
        bisected = len(names) > version_history.MOST_RUN
        for sentence in versions.sentences(behaviour, spec, result.boundaries, result.answers, pool.environments,
                                           bisected):
            console.print_text(sentence, out)
    for message in result.worker_errors:
        console.notice(message)
    if result.worker_errors:
        return ExitCode.WORKER_DIED
    return ExitCode.OK if all(boundary.known for boundary in result.boundaries) else ExitCode.UNEXPLAINED
