"""The folder of a run: traces, the report, and what TensorBoard shows."""

from __future__ import annotations

from compare.outputs import report
from compare.outputs.answer import markdown
from compare.outputs.board import whole
from compare.result import Result


def write(result: Result) -> None:
    """Writes everything but the traces, which are there already."""
    report.write(result)
    whole.write(result, markdown(result))
