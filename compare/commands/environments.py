"""`python -m compare environments`: lists the environments with old Keras versions; `install=` builds some."""

from __future__ import annotations

from typing import Iterable, Sequence

from compare.commands.exit_codes import ExitCode


def main(arguments: Sequence[str]) -> ExitCode:
    """Builds the environments that `install=` requests, and prints a table of all."""
    from compare.execution.environments import requested
    build(requested(arguments))
    from compare.reporting import console, versions
    console.console().print(versions.environments())
    return ExitCode.OK


def build(names: Iterable[str]) -> None:
    """Builds the environments of these frameworks that are not installed yet."""
    from compare.execution import environments
    from compare.reporting import console
    for name in environments.missing(names):
        console.notice(f"compare: building {name} …")
        environments.install(name)
