"""Runs the two programs of a question in warm workers, both at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Iterator, Mapping

import numpy as np

from compare.analysis.programs.description import Array, Run, read_run
from compare.execution.programs import Program, Question, Setup, job
from compare.execution.workers import Worker
from frameworks.runtime.trace import read

Change = Mapping[str, object]


@dataclass
class Pair:
    """The workers of both programs, and what their runs have in common so far. Use `started`."""

    question: Question
    folder: Path
    workers: tuple[Worker, Worker]
    left: Setup
    right: Setup
    numbers: Iterator[int]
    runs: int = 0

    def run(self, side: str, dtype: str = "float64", steps: int | None = None, changes: tuple[Change, ...] = (),
            setup: Setup | None = None) -> Run:
        """Runs the program of a side, `left` or `right`, with changes beside those of its setup.

        Raises WorkerDied where its process ends.
        """
        program, worker, own = self.of(side)
        used = setup or own
        used = replace(used, changes=used.changes + changes)
        out = self.folder / f"{side}-{next(self.numbers)}.npz"
        worker.run(job(self.question, program, used, out, dtype, steps),  # type: ignore[arg-type]
                   limit=self.question.limit * 60)
        self.runs += 1
        trace = read(str(out))
        out.unlink()
        return read_run(program.framework, trace)

    def both(self, dtype: str = "float64", steps: int | None = None) -> tuple[Run, Run]:
        """Runs both programs at the same time."""
        with ThreadPoolExecutor(2) as pool:
            left, right = (pool.submit(self.run, side, dtype, steps) for side in ("left", "right"))
            return left.result(), right.result()

    def of(self, side: str) -> tuple[Program, Worker, Setup]:
        """The program, worker and setup of a side."""
        if side == "left":
            return self.question.left, self.workers[0], self.left
        return self.question.right, self.workers[1], self.right

    def write(self, name: str, arrays: Mapping[str, Array]) -> str:
        """Writes arrays into the folder; returns the path."""
        path = self.folder / f"{name}-{next(self.numbers)}.npz"
        np.savez(path, **arrays)  # type: ignore[arg-type]
        return str(path)


def started(question: Question, folder: Path) -> Pair:
    """A pair of workers that import their frameworks at the same time; end them with `close`."""
    (folder / "left").mkdir(parents=True, exist_ok=True)
    (folder / "right").mkdir(exist_ok=True)
    workers = (Worker(question.left.framework, folder / "left", threads=question.threads),
               Worker(question.right.framework, folder / "right", threads=question.threads))
    return Pair(question, folder, workers, Setup(), Setup(), count())


def close(pair: Pair) -> None:
    """Ends the workers."""
    for worker in pair.workers:
        worker.process.kill()
        worker.close()
