"""The folder of a run: traces, the report, and what TensorBoard shows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

import numpy as np

from compare.analysis.result import Result
from compare.execution import mnist_files
from compare.execution.data import PARTS
from compare.reporting import plots, report
from compare.reporting.past_runs import RESULT
from compare.reporting.record import IMAGES
from compare.reporting.schema import Record
from compare.reporting.tensorboard import dashboards
from compare.reporting.tensorboard.text import markdown

REPORT = "report.html"
SUMMARY = "GITHUB_STEP_SUMMARY"


def write(result: Result, record: Record) -> list[str]:
    """Writes everything but the traces, which are there already; returns a sentence for each output that failed."""
    problems = []
    for name, output in OUTPUTS.items():
        try:
            output(result, record)
        except OSError as error:
            problems.append(f"{name} could not be written: {error.strerror or error}.")
        except Exception as error:  # the others are written all the same
            problems.append(f"{name} could not be made ({type(error).__name__}: {error}): a fault of this program, "
                            "please report it.")
    return problems


def _images(result: Result, record: Record) -> None:
    """Images that are not MNIST's: the programs of the report read MNIST_DIR, and give this run's numbers only on
    them."""
    if not result.mnist:
        mnist_files.write(result.folder / IMAGES, [np.load(result.dataset.folder / f"{part}.npy", mmap_mode="r")
                                               for part in PARTS])


def _json(result: Result, record: Record) -> None:
    text = json.dumps(record, allow_nan=False, ensure_ascii=False, indent=1)
    (result.folder / RESULT).write_text(text + "\n", encoding="utf-8")


def _markdown(result: Result, record: Record) -> None:
    (result.folder / "report.md").write_text(report.markdown(record), encoding="utf-8")


def _page(result: Result, record: Record) -> None:
    pictures = {variant.name: plots.of_variant(result, variant) for variant in result.scenario.variants
                if variant.role == "reported"}
    (result.folder / REPORT).write_text(report.page(record, pictures, plots.legend(result)), encoding="utf-8")


def _step_summary(result: Result, record: Record) -> None:
    """Adds the report to what GitHub shows beside a job."""
    if summary := os.environ.get(SUMMARY):
        with open(summary, "a", encoding="utf-8") as file:
            file.write(report.markdown(record))


def _tensorboard(result: Result, record: Record) -> None:
    dashboards.write(result, markdown(result))


OUTPUTS: dict[str, Callable[[Result, Record], None]] = {
    RESULT: _json, "report.md": _markdown, REPORT: _page, "images": _images, "the step summary": _step_summary,
    "what TensorBoard shows": _tensorboard}
"""By name. To add an output: a function here, and its line."""
