"""The Python API that `keras_or_me` exports."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Sequence

import scenarios
from compare.analysis import comparison
from compare.analysis.result import Result
from compare.execution import output_folder, program_arguments, trials, user_arrays, worker_pool
from compare.execution.settings import Given, read_keywords
from compare.reporting import run_folder
from compare.reporting.answer import Summary, summary
from compare.reporting.programs.checked import EndedEarly, checked
from compare.reporting.programs.facts import Facts
from compare.reporting.programs.folder import write as write_outputs
from compare.reporting.record import record
from scenarios.scenario import Scenario


def run(scenario: Scenario | str | Path, out: str | Path = "", data: user_arrays.Given = None, **settings: Given,
        ) -> Result:
    """Trains a scenario with every framework and returns what was found.

    `scenario` is a `Scenario`, the name of one, or the path of a file that defines one. `out` is the folder of the run,
    by default a new one below `runs`; the report and TensorBoard's files are written there. `data` is that of the
    command line, or your own: an npz file, or (x_train, y_train, x_test, y_test), images of 28 × 28 whole numbers from
    0 to 255 with labels from 0 to 9. `settings` are the other keys of the command line (`python -m compare --help`),
    with `data_dir` for `data.dir`: `run("lr_scaling", epochs=1)`.

    Raises `UsageError`, `SpecError` or `DataError`, in one sentence, for a key, a scenario or a data set that cannot be
    used. An output that cannot be written is named in a warning.
    """
    chosen = scenario if isinstance(scenario, Scenario) else scenarios.load(str(scenario))
    read = read_keywords({**user_arrays.keyword(data), **settings})
    planned = comparison.plan(chosen, read)
    dataset = user_arrays.load(data, read)
    trials.refuse_empty(planned, dataset)
    command = output_folder.call("keras_or_me.run", chosen.name,
                                 **{key: value for key, value in
                                    {**user_arrays.printed(data), **settings}.items() if key != "data_dir"})
    with output_folder.claimed(str(out), command) as folder:
        with worker_pool.opened(read, read.frameworks, folder.path, warnings.warn) as pool:
            result = comparison.answered(pool, chosen, planned, dataset, read, folder.path)
        result = replace(result, command=command)
        _warn(run_folder.write(result, record(result)))
    return result


def check(out: str | Path = "", **given: str | int | float | Sequence[str]) -> Facts:
    """Compares your own two programs, and returns what was found: `python -m compare check` in Python.

    `given` are its keys: `check(keras="mine.py:build", lightning="port.py:Net", steps=20)`; two programs of one
    framework are a list, and `**{"keras-3.3": "mine.py:build"}` names another Keras. The files are run as code, in
    processes of their own. The report is written into `out`, by default a new folder below `runs`.

    Raises `UsageError`, in one sentence, for a key or a file that cannot be used, and `WorkerDied` if a process ends.
    A program that fails is no exception: the result says so.
    """
    question = program_arguments.read_keywords(given)
    command = output_folder.call("keras_or_me.check", **given)
    with output_folder.claimed(str(out), command) as folder:
        try:
            facts = checked(question, folder.path)
        except EndedEarly as ended:
            _warn(write_outputs(ended.facts, folder.path, command))
            raise ended.reason from None
        _warn(write_outputs(facts, folder.path, command))
        return facts


def answer(result: Result) -> Summary:
    """The answer of a run: a verdict of at most 15 words, a sentence of detail, and sections of sentences."""
    return summary(result)


def _warn(problems: Sequence[str]) -> None:
    """Warns of every output that could not be written; what was found is returned in any case."""
    for problem in problems:
        warnings.warn(problem, stacklevel=3)
