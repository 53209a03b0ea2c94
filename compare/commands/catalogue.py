"""`python -m compare catalogue`: runs every known difference, and compares its verdict with the expected one."""

from __future__ import annotations

from typing import Sequence

from compare.commands.environments import build
from compare.commands.exit_codes import ExitCode
from compare.execution.settings import Settings, UsageError, read


def main(arguments: Sequence[str]) -> ExitCode:
    """Runs the rows of the catalogue; prints what was found beside what was expected."""
    settings = read(arguments, scenario=False)
    from compare.analysis import catalogue as known
    from compare.analysis import comparison
    from compare.execution import data, environments
    from compare.execution.worker_pool import WorkerPool
    from compare.reporting import catalogue as tables
    from compare.reporting import console
    from scenarios import catalogue as families
    from scenarios.catalogue.unexpressed import UNEXPRESSED
    if settings.frameworks != Settings().frameworks:
        raise UsageError("Each family of the catalogue names its own frameworks; leave frameworks= out.")
    chosen = [families.load(name) for name in settings.scenario or families.names()]
    if settings.install == "auto":
        build(name for family in chosen for name in family.frameworks)
    absent = {family.name: environments.missing(family.frameworks) for family in chosen}
    for name, lacking in ((name, lacking) for name, lacking in absent.items() if lacking):
        said = f"{name} needs an old Keras: python -m compare environments install={','.join(lacking)}"
        if settings.scenario:
            raise UsageError(f"{said}, or say install=auto.")
        console.notice(f"compare: not asked, since {said}.")
    chosen = [family for family in chosen if not absent[family.name]]
    dataset = data.load(settings.data.choice, settings.data.dir)
    home = comparison.made_folder(settings.out)
    out, found = console.console(), []
    if dataset.notice:
        console.notice(f"compare: {dataset.notice}")
    with WorkerPool(dict.fromkeys(name for family in chosen for name in family.frameworks), home, settings.device,
                    settings.threads) as pool:
        for family in chosen:
            found.append(known.judge(family, dataset, home, pool, settings))
            out.print(tables.rows(found[-1]))
    entries = [entry for judged in found for entry in judged.entries]
    for sentence in tables.sentences(entries, {} if settings.scenario else UNEXPRESSED):
        out.print(sentence, soft_wrap=True)
    for message in (message for judged in found for message in judged.worker_errors + judged.measure_errors):
        console.notice(f"compare: {message}")
    if any(judged.worker_errors for judged in found):
        return ExitCode.WORKER_DIED
    if any(judged.measure_errors for judged in found):
        return ExitCode.USAGE
    return ExitCode.UNEXPLAINED if any(entry.surprises for entry in entries) else ExitCode.OK
