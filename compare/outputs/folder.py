"""The folder of a run: traces, `answer.md`, and what TensorBoard shows."""

from __future__ import annotations

from compare.outputs.answer import markdown
from compare.outputs.board import whole
from compare.result import Result


def write(result: Result) -> None:
    """Writes everything but the traces, which are there already."""
    words = markdown(result)
    (result.folder / "answer.md").write_text(words, encoding="utf-8")
    whole.write(result, words)
