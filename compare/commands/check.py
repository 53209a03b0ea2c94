"""`python -m compare check`: compares a user's own two programs, and says what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from compare.commands.exit_codes import ExitCode
from compare.commands.help_page import arguments_table, page
from compare.execution import program_arguments

if TYPE_CHECKING:  # wrong usage is reported at once, without importing NumPy or Rich
    from pathlib import Path

    from compare.reporting.programs.facts import Facts

EXIT_CODES = {"same": ExitCode.OK, "same by design": ExitCode.OK, "different": ExitCode.DIFFERENT,
              "unexplained": ExitCode.UNEXPLAINED, "failed": ExitCode.USAGE}
"""The exit code of each `compare.reporting.programs.facts.Verdict`; that of an interrupted check is the reason's."""


def main(arguments: Sequence[str]) -> ExitCode:
    """Compares two programs; prints the answer and writes it into the run's folder."""
    question = program_arguments.read(arguments)
    from compare.execution.output_folder import claimed, command_line
    from compare.execution.workers import WorkerDied
    from compare.reporting import console
    from compare.reporting.programs import checked
    command = command_line(arguments, "check")
    with claimed(question.out, command) as folder:
        try:
            with console.Display() as display:
                facts = checked.checked(question, folder.path, display.say)
        except WorkerDied as error:
            console.notice(str(error))
            return ExitCode.WORKER_DIED
        except checked.EndedEarly as ended:
            _show(ended.facts, folder.path, command)
            raise ended.reason from None
        _show(facts, folder.path, command)
        return ExitCode.WORKER_DIED if any(failure.process_ended for _, failure in facts.failures) else \
            EXIT_CODES[facts.verdict]


def _show(facts: Facts, place: Path, command: str) -> None:
    """Prints the answer, and writes it into the folder `place`."""
    from compare.reporting import console
    from compare.reporting.programs import folder, text
    out = console.console()
    out.print()
    console.print_answer(text.text(facts).record, {}, out)
    for problem in folder.write(facts, place, command):
        console.notice(problem)
    out.print(text.cost(facts))
    out.print(f"run folder: {place}", soft_wrap=True)


def usage() -> str:
    """The help text of this command."""
    return page(
        "python -m compare check keras=mine.py:build lightning=port.py:Net [key=value …]",
        "Compares your own Keras program with your own PyTorch program: weights, outputs layer by layer, loss, "
        "gradients, updates and training. Says where they first differ, why, and which line to change, and then looks "
        "for the next difference. Your files are run as code.",
        arguments_table(program_arguments.KEYS),
        "A Keras program is a function that returns a compiled model, or a .keras or .h5 file. A PyTorch program is a "
        "LightningModule, a function that returns (module, loss, optimizer), or a module, which is compared as far as "
        "its outputs. Two programs of one framework: lightning=[old.py:Net,new.py:Net].",
        "exit codes: 0 the same, 1 every difference is explained, 2 wrong usage, or a program fails, 3 a difference "
        "that nothing known explains, 4 the process of a program ended or took too long, 70 a fault of this program, "
        "130 interrupted, 143 terminated; what was found before is printed and written in any case")
