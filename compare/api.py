"""The Python API that `keras_or_me` exports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import scenarios
from compare.analysis import comparison
from compare.analysis.result import Result
from compare.execution import data, output_folder, trials
from compare.execution.settings import Given, read_keywords
from compare.execution.worker_pool import WorkerPool
from compare.reporting import run_folder
from compare.reporting.answer import Summary, summary
from compare.reporting.record import record
from scenarios.scenario import Scenario


def run(scenario: Scenario | str | Path, out: str | Path = "", **settings: Given) -> Result:
    """Trains a scenario with every framework and returns what was found.

    `scenario` is a `Scenario`, the name of one, or the path of a file that defines one. `out` is the folder of the run,
    by default a new one below `runs`; the report and TensorBoard's files are written there. `settings` are the keys of
    the command line (`python -m compare --help`), with `data_dir` for `data.dir`: `run("lr_scaling", epochs=1)`.

    Raises `UsageError`, `SpecError` or `DataError`, in one sentence, for a key, a scenario or a data set that cannot be
    used.
    """
    chosen = scenario if isinstance(scenario, Scenario) else scenarios.load(str(scenario))
    read = read_keywords(settings)
    planned = comparison.plan(chosen, read)
    dataset = data.load(read.data.choice, read.data.dir)
    trials.refuse_empty(planned, dataset)
    folder = output_folder.made_folder(str(out))
    with WorkerPool(read.frameworks, folder, read.device, read.threads) as pool:
        result = comparison.answered(pool, chosen, planned, dataset, read, folder, lambda trial, event: None,
                                     lambda traces: None, lambda stage: None)
    given = "".join(f", {key}={value!r}" for key, value in settings.items() if key != "data_dir")
    result = replace(result, command=f"keras_or_me.run({chosen.name!r}{given})")
    run_folder.write(result, record(result))
    return result


def answer(result: Result) -> Summary:
    """The answer of a run: a verdict of at most 15 words, a sentence of detail, and sections of sentences."""
    return summary(result)
