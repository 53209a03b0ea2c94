"""`python -m compare when`: since which Keras, and until which, a behaviour is there."""

from __future__ import annotations

from typing import Sequence

import scenarios
from compare.commands.environments import build
from compare.commands.exit_codes import ExitCode
from compare.execution.settings import UsageError, read


def main(arguments: Sequence[str]) -> ExitCode:
    """Asks one behaviour of every installed Keras, and what makes it change between two of them."""
    settings = read(arguments)
    from compare.analysis import comparison, version_history
    from compare.execution import data
    from compare.execution.environments import ENVIRONMENTS
    from compare.execution.worker_pool import WorkerPool
    from compare.reporting import console, versions
    if len(settings.scenario) > 1:
        raise UsageError("`when` asks one scenario; name one.")
    scenario = scenarios.load(settings.scenario[0])
    behaviour = version_history.behaviour_of(scenario, settings.behaviour)
    if settings.install == "auto":
        build(ENVIRONMENTS)
    names = version_history.timeline()
    dataset = data.load(settings.data.choice, settings.data.dir)
    home = comparison.made_folder(settings.out)
    out = console.console()
    out.print(f"{len(names)} Kerases are installed: {', '.join(names)}; `python -m compare environments` lists more.",
              soft_wrap=True)
    with WorkerPool((), home, settings.device, settings.threads) as pool:
        with console.Display() as display:
            found = version_history.found(scenario, behaviour, names, dataset, home, pool, settings, display)
        out.print(versions.timeline(scenario, behaviour, found.answers, pool.environments))
        for sentence in versions.sentences(behaviour, scenario.variant(behaviour.variants[0]).spec, found.boundaries,
                                       found.answers, pool.environments, len(names) > version_history.MOST_ASKED):
            out.print(sentence, soft_wrap=True)
    for message in found.worker_errors:
        console.notice(f"compare: {message}")
    if found.worker_errors:
        return ExitCode.WORKER_DIED
    return ExitCode.OK if all(one.known for one in found.boundaries) else ExitCode.UNEXPLAINED
