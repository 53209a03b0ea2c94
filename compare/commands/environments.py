"""`python -m compare environments`: lists what was built or registered, builds, registers and removes."""

from __future__ import annotations

from typing import Iterable, Sequence

from compare.commands.exit_codes import ExitCode
from compare.execution.errors import UsageError
from scenarios.spec.checks import nearest

ADD = "add NAME python=PATH"


def main(arguments: Sequence[str]) -> ExitCode:
    """Builds what `install=` requests, adds or removes an environment, and prints a table of all."""
    from compare.execution import built, registered
    from compare.execution.environments import requested
    done = ""
    if arguments[:1] == ["add"]:
        add(arguments[1:])
    elif arguments[:1] == ["remove"]:
        if len(arguments) != 2:
            raise UsageError("Say which environment, as in environments remove keras-2.3 (of `upgrade`: remove locks).")
        done = built.remove(arguments[1])
    else:
        registered.load()
        build(requested(arguments))
    from compare.reporting import console, versions
    if done:
        console.notice(done)
    if number := len(built.of_locks()):  # each has up to 30,000 files
        console.notice(f"adding up the files of {number} environments that `upgrade` has built …")
    out = console.console()
    table, sentence = versions.environments()
    out.print(table)
    console.print_text(sentence, out)
    return ExitCode.OK


def add(arguments: Sequence[str]) -> None:
    """Registers an environment: NAME python=PATH, and framework= where it has several."""
    from compare.execution import registered
    from compare.reporting import console
    given = dict(argument.partition("=")[::2] for argument in arguments[1:])
    unknown = set(given) - {"python", "framework"}
    if unknown:
        raise UsageError(f"There is no key {min(unknown)!r}; {nearest(min(unknown), ('python', 'framework'))}.")
    if not arguments or "=" in arguments[0] or not given.get("python"):
        raise UsageError(f"Say which name and which interpreter, as in environments {ADD}.")
    entry = registered.add(arguments[0], given["python"], given.get("framework", ""))
    console.notice(f"frameworks={entry.name} is {entry.title} with Python {entry.version}: {entry.versions}.")


def build(names: Iterable[str]) -> None:
    """Builds the environments of these frameworks that are not installed yet."""
    from compare.execution import environments
    from compare.reporting import console
    for name in environments.not_installed(names):
        console.notice(f"building {name} …")
        environments.install(name)
