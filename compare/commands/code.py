"""`python -m compare code`: prints a variant as the program that a Keras or Lightning user would write."""

from __future__ import annotations

from typing import Sequence

import scenarios
from compare.commands.exit_codes import ExitCode
from compare.execution.errors import UsageError
from compare.execution.settings import read


def main(arguments: Sequence[str]) -> ExitCode:
    """Prints the program of one variant. Raises UsageError if there is none."""
    settings = read(arguments, trains=False)
    from frameworks.codegen.program import PROGRAMS, about, program
    from frameworks.runtime.errors import Refused
    from scenarios.spec.checks import nearest
    from scenarios.spec.fields import changed
    if len(settings.scenario) > 1:
        raise UsageError("`code` prints a program of one scenario; name one.")
    scenario = scenarios.load(settings.scenario[0])
    names = [variant.name for variant in scenario.variants]
    if not settings.variant:
        raise UsageError(f"Say which variant, as in variant={names[0]}; allowed: {', '.join(names)}.")
    if settings.variant not in names:
        raise UsageError(f"{scenario.name} has no variant {settings.variant!r}; {nearest(settings.variant, names)}.")
    if not settings.framework:
        raise UsageError(f"Say which framework, as in framework=keras; allowed: {', '.join(PROGRAMS)}.")
    variant = scenario.variant(settings.variant)
    epochs = min(variant.spec.training.epochs, settings.epochs or variant.spec.training.epochs)
    try:
        print(program(changed(variant.spec, {"training.epochs": epochs}), settings.framework,
                      about(scenario, variant)), end="")
    except Refused as refusal:
        raise UsageError(str(refusal)) from refusal
    return ExitCode.OK
