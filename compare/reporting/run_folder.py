"""Writes the outputs of a run into its folder: record, report, plots and TensorBoard event files.

What an output needs is imported by its function, so that a package that is missing costs that output alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from compare.analysis.result import Result
from compare.execution import mnist_files
from compare.execution.data import PARTS
from compare.execution.files import write_text
from compare.execution.output_folder import TENSORBOARD, TRACES
from compare.reporting import step_summary
from compare.reporting.outputs import write_all
from compare.reporting.past_runs import RESULT
from compare.reporting.record import IMAGES
from compare.reporting.schema import Record

REPORT, MARKDOWN = "report.html", "report.md"


def write(result: Result, record: Record) -> list[str]:
    """Writes all outputs except the traces, which already exist.

    Returns one sentence per output that could not be written; an error in one output does not stop the others.
    """
    return write_all(OUTPUTS, result, record)


def files(place: Path) -> list[Path]:
    """The files of a finished run in the folder `place`: its outputs and its traces."""
    return sorted(path for name in (RESULT, MARKDOWN, REPORT, IMAGES, TENSORBOARD, TRACES)
                  for path in (place / name, *(place / name).rglob("*")) if path.is_file())


def _images(result: Result, record: Record) -> None:
    """Writes the images if they are not full MNIST.

    The programs in the report read them from MNIST_DIR and reproduce this run's numbers only on these images.
    """
    if not result.mnist:
        mnist_files.write(result.folder / IMAGES, [np.load(result.dataset.folder / f"{part}.npy", mmap_mode="r")
                                                   for part in PARTS])


def _json(result: Result, record: Record) -> None:
    text = json.dumps(record, allow_nan=False, ensure_ascii=False, indent=1)
    write_text(result.folder / RESULT, text + "\n")


def _markdown(result: Result, record: Record) -> None:
    from compare.reporting import report
    write_text(result.folder / MARKDOWN, report.markdown(record))


def _page(result: Result, record: Record) -> None:
    from compare.reporting import answer_plot, plots, report
    pictures = {variant.name: plots.of_variant(result, variant) for variant in result.scenario.variants
                if variant.role == "reported"}
    answer = answer_plot.of_result(result)
    figure = report.Figure(answer, plots.of_answer(answer)) if answer else None
    write_text(result.folder / REPORT, report.page(record, pictures, plots.legend(result), figure))


def _step_summary(result: Result, record: Record) -> None:
    step_summary.append(record)


def _tensorboard(result: Result, record: Record) -> None:
    from compare.reporting.tensorboard import dashboards
    from compare.reporting.tensorboard.text import markdown
    dashboards.write(result, markdown(result))


OUTPUTS: dict[str, Callable[[Result, Record], None]] = {
    RESULT: _json, MARKDOWN: _markdown, REPORT: _page, "images": _images, step_summary.NAME: _step_summary,
    "what TensorBoard shows": _tensorboard}
"""Output functions by name. To add an output, write a function above and add it here."""
