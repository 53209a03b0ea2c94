"""The command line program: `python -m compare [COMMAND] key=value …`.

What takes long to import is imported in functions, so that Ctrl-C is handled from the beginning.
"""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from typing import Sequence

try:
    import scenarios
    from compare.commands import signals, streams
    from compare.commands.exit_codes import ExitCode
except KeyboardInterrupt:  # before the handlers of signals are installed
    print("compare: interrupted.", file=sys.stderr)
    sys.exit(130)


def main(arguments: Sequence[str]) -> int:
    """Runs a command line; returns the exit code."""
    try:
        return _run(arguments)
    except (KeyboardInterrupt, Exception) as error:
        if signals.RECEIVED or isinstance(error, KeyboardInterrupt):  # a library can make another exception of it
            code = signals.code()
            print(f"compare: interrupted{_kept(arguments)}.", file=sys.stderr)
            return code
        return _ended_by(error, arguments)


def _ended_by(error: Exception, arguments: Sequence[str]) -> int:
    """Says which exception ended a command; returns the exit code."""
    from compare.execution.errors import DataError, UsageError
    from compare.execution.installed import of_a_package
    from frameworks.runtime.errors import is_out_of_memory
    from scenarios.spec.checks import SpecError
    if isinstance(error, (UsageError, SpecError, DataError)):
        print(f"compare: {error}", file=sys.stderr)
        return ExitCode.USAGE
    if of_a_package(error):
        print(f"compare: This needs a package that cannot be imported ({error}); install it, or keras-or-me again.",
              file=sys.stderr)
        return ExitCode.USAGE
    if isinstance(error, OSError):
        place = f" in {error.filename}" if error.filename else ""
        reason = f"{error.strerror or str(error).rstrip('.')}{place}"
    else:
        if not is_out_of_memory(error):
            text = "".join(traceback.format_exception(error))
            print(f"compare: A fault of this program, please report it:\n{text}", end="", file=sys.stderr)
            return ExitCode.FAULT
        reason = "the memory is full"
    print(f"compare: the run ends here: {reason}{_kept(arguments)}.", file=sys.stderr)
    return ExitCode.USAGE


TRAININGS = "; trainings that were finished are kept in the run's folder"
KEPT = {"run": TRAININGS, "when": TRAININGS, "catalogue": TRAININGS,
        "check": "; a check keeps no trainings, so that the same command begins again",
        "upgrade": "; environments that were built, and trainings of scenarios, are kept"}
"""What a command that ends early leaves to the next one."""
WRITTEN = ("run", "check", "upgrade", "show")
"""The commands with an answer that is also in the files of a run's folder."""


def _kept(arguments: Sequence[str]) -> str:
    return KEPT.get(_command(arguments), "")


def _command(arguments: Sequence[str]) -> str:
    """The command that the first argument names, or else `run`."""
    from compare.execution.settings import COMMANDS
    return arguments[0] if arguments[0] in COMMANDS else "run"


def _unprinted(arguments: Sequence[str], problem: str, code: int) -> int:
    """Says that the output could not be printed; returns the exit code, which stays where the answer is in a file."""
    is_written = not _asks_for_help(arguments) and _command(arguments) in WRITTEN
    print(f"compare: the answer could not be printed ({problem}); it is in the run's folder." if is_written else
          f"compare: the output could not be printed ({problem}).", file=sys.stderr)
    return code if is_written else ExitCode.USAGE


def _asks_for_help(arguments: Sequence[str]) -> bool:
    return not arguments or bool({"-h", "--help", "help"} & set(arguments))


def _help(command: str) -> str:
    """The help text of a command, or of the whole program."""
    from compare.commands import short_help
    if command in short_help.PAGES:
        return short_help.usage(command)
    return import_module(f"compare.commands.{command}").usage() if command in ("check", "upgrade") else usage()


def _run(arguments: Sequence[str]) -> int:
    """Runs a command, or prints its help."""
    if _asks_for_help(arguments):
        print(_help(arguments[0] if arguments else ""))
        return ExitCode.OK if arguments else ExitCode.USAGE
    command = _command(arguments)
    rest = arguments[1:] if arguments[0] == command else arguments
    code: ExitCode = import_module(f"compare.commands.{command}").main(rest)
    return code


def usage() -> str:
    """The help text: commands, arguments, and scenarios with their questions."""
    from compare.commands.help_page import arguments_table, page
    from compare.execution.settings import COMMANDS, KEYS
    return page(
        "python -m compare [COMMAND] key=value …",
        "Trains the variants of a question about a Keras model with Keras, PyTorch Lightning and a NumPy reference "
        "from the same initial weights, and says what causes which behaviour.",
        ("commands", COMMANDS), arguments_table(KEYS),
        ("scenarios", {name: scenarios.question(name) for name in scenarios.names()}),
        "exit codes: 0 everything was answered (or the table says why not), 2 wrong usage, 3 an unexplained "
        "difference, 4 a worker process died, 70 a fault of this program, 130 interrupted, 143 terminated, "
        "137 killed (this program ends itself so if a scenario's code hangs in native code)",
        "example: python -m compare scenario=lr_scaling")


def command_line() -> None:
    """The entry point of the console script `keras-or-me` and of `python -m compare`."""
    streams.reopen_closed()
    signals.install()
    code = main(sys.argv[1:])
    if problem := streams.flush():
        code = _unprinted(sys.argv[1:], problem, code)
    signals.leave(code)


if __name__ == "__main__":
    command_line()
