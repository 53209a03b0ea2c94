"""The folder of a run: traces, `answer.md`, and what TensorBoard shows."""

from __future__ import annotations

from pathlib import Path

from compare.outputs.answer import markdown
from compare.outputs.board import whole
from compare.result import Result


def write(result: Result) -> Path:
    """Writes everything but the traces, which are there already; returns the folder for `tensorboard --logdir`."""
    words = markdown(result)
    (result.folder / "answer.md").write_text(words, encoding="utf-8")
    return whole.write(result, words)
