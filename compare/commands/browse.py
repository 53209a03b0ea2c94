"""`python -m compare browse`: opens a run in TensorBoard."""

from __future__ import annotations

import sys
from functools import partial
from typing import Sequence

from compare.commands.exit_codes import ExitCode
from compare.execution.errors import UsageError
from compare.execution.settings import read


def main(arguments: Sequence[str]) -> ExitCode:
    """Serves a run until it is interrupted."""
    settings = read(arguments, scenario=False, trains=False)
    from compare.reporting.tensorboard import serve
    if len(settings.scenario) > 1 or len(settings.variants) > 1:
        raise UsageError("`browse` shows one scenario and one of reported, controls, seeds and all; name one.")
    folder = serve.find(settings.out, settings.scenario[0] if settings.scenario else None, settings.variants[0])
    try:
        serve.serve(folder, settings.port, partial(print, flush=True))
    except serve.Ended as error:
        print(f"compare: {error}", file=sys.stderr)
        return ExitCode.WORKER_DIED
    return ExitCode.OK
