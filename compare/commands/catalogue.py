"""`python -m compare catalogue`: runs every known difference and checks it against its expected verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from compare.commands.environments import build
from compare.commands.exit_codes import ExitCode
from compare.execution.errors import UsageError
from compare.execution.settings import Settings, read

if TYPE_CHECKING:
    from scenarios.catalogue import Family


def main(arguments: Sequence[str]) -> ExitCode:
    """Runs the chosen families of the catalogue; prints each result with the expected one. Raises UsageError."""
    settings = read(arguments, scenario=False)
    from compare.analysis import catalogue as analysis
    from compare.execution import data, output_folder, worker_pool
    from compare.reporting import catalogue as tables
    from compare.reporting import console
    from scenarios.catalogue.unexpressed import UNEXPRESSED
    chosen = chosen_families(settings)
    dataset = data.load(settings.data.choice, settings.data.dir)
    command = output_folder.command_line(arguments, "catalogue")
    folder = output_folder.claimed(settings.out, command, [family.name for family in chosen])
    home = folder.path
    out, results = console.console(), []
    if dataset.notice:
        console.notice(dataset.notice)
    names = dict.fromkeys(name for family in chosen for name in family.frameworks)
    with folder, worker_pool.opened(settings, names, home, console.notice) as pool:
        for family in chosen:
            results.append(analysis.run_family(family, dataset, home, pool, settings))
            out.print(tables.rows(results[-1]))
    entries = [entry for result in results for entry in result.entries]
    for sentence in tables.sentences(entries, {} if settings.scenario else UNEXPRESSED):
        console.print_text(sentence, out)
    for message in (message for result in results for message in result.worker_errors + result.measure_errors):
        console.notice(message)
    if any(result.worker_errors for result in results):
        return ExitCode.WORKER_DIED
    if any(result.measure_errors for result in results):
        return ExitCode.USAGE
    return ExitCode.UNEXPLAINED if any(entry.surprises for entry in entries) else ExitCode.OK


def chosen_families(settings: Settings) -> list[Family]:
    """The families to run. One that needs an old Keras that is not built is left out with a notice; if it was named,
    that is a UsageError."""
    from compare.execution import environments
    from compare.reporting import console
    from scenarios import catalogue
    if settings.frameworks != Settings().frameworks:
        raise UsageError("Each family of the catalogue names its own frameworks; leave frameworks= out.")
    chosen = [catalogue.load(name) for name in settings.scenario or catalogue.names()]
    if settings.install == "auto":
        build(name for family in chosen for name in family.frameworks)
    not_built = {family.name: environments.not_installed(family.frameworks) for family in chosen}
    for name, needed in ((name, needed) for name, needed in not_built.items() if needed):
        message = f"{name} needs an old Keras: python -m compare environments install={','.join(needed)}"
        if settings.scenario:
            raise UsageError(f"{message}, or set install=auto.")
        console.notice(f"not run, since {message}.")
    return [family for family in chosen if not not_built[family.name]]
