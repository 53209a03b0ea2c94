"""Writes the outputs of a run or a check: one that fails is named in a sentence, and the others are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from compare.execution.installed import of_a_package


def write_all(outputs: Mapping[str, Callable[..., None]], *arguments: object) -> list[str]:
    """Calls every output function with the arguments; returns one sentence per output that could not be written."""
    problems = []
    for name, output in outputs.items():
        try:
            output(*arguments)
        except OSError as error:
            problems.append(f"{name} could not be written: {error.strerror or error}.")
        except MemoryError:
            problems.append(f"{name} could not be made: the memory is full.")
        except Exception as error:  # the other outputs are still written
            problems.append(
                f"{name} needs a package that cannot be imported ({error}); install it, or keras-or-me again."
                if of_a_package(error) else
                f"{name} could not be made ({type(error).__name__}: {error}): a fault of this program, please report "
                "it.")
    return problems
