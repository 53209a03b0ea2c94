"""Runs both programs in warm workers, in parallel."""

from __future__ import annotations

import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Iterator, Mapping

import numpy as np

from compare.analysis.programs import cost
from compare.analysis.programs.cost import Cost, Used
from compare.analysis.programs.description import Array, Failure, Place, Run
from compare.analysis.programs.reading import read_run
from compare.execution import npz_files
from compare.execution.programs import Program, Question, Setup, job
from compare.execution.workers import Worker, WorkerDied
from frameworks.runtime.trace import read

Change = Mapping[str, object]
FRAME = re.compile(r'File "(.+)", line (\d+)')


class ProcessEnded(Exception):
    """The process of a program ended or exceeded its time limit; `failure` says how, and at which line of the user's
    file.
    """

    def __init__(self, side: str, failure: Failure) -> None:
        super().__init__(failure.message)
        self.side, self.failure = side, failure


@dataclass
class Pair:
    """The workers of both programs, and what their runs have in common. Create one with `started`."""

    question: Question
    folder: Path
    workers: list[Worker]
    left: Setup
    right: Setup
    numbers: Iterator[int] = field(default_factory=count)
    runs: int = 0
    used: dict[str, Used] = field(default_factory=lambda: {"left": Used(), "right": Used()})
    begun: float = field(default_factory=time.monotonic)
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))
    """One thread for each program. They are kept, since Python waits for ever for a new thread that gets no memory
    (`threading.Thread.start` of Python 3.11)."""
    starting: threading.Lock = field(default_factory=threading.Lock)
    """Held while a worker is started again, so that none is started after `end`."""
    ended: bool = False

    @property
    def cost(self) -> Cost:
        """What the check has cost so far."""
        return Cost(time.monotonic() - self.begun, self.runs, self.used["left"], self.used["right"],
                    cost.of_this_process())

    def run(self, side: str, dtype: str = "float64", until: int | None = None, changes: tuple[Change, ...] = (),
            setup: Setup | None = None, whole: bool = False, seed: int | None = None) -> Run:
        """Runs the program of a side, `left` or `right`, with changes beside those of its setup.

        `until` is the step with which the training ends, 0 for none; None for all steps of the question.
        `whole`: the parameters are returned as they are, and not as their outlines.
        Raises ProcessEnded where its process ends; the next run gets a new one.
        """
        program, worker, shared = self.of(side)
        used = setup or shared
        used = replace(used, changes=used.changes + changes)
        out = self.folder / f"{side}-{next(self.numbers)}.npz"
        try:
            worker.run(job(self.question, program, used, out, dtype, until, whole, seed),  # type: ignore[arg-type]
                       limit=self.question.limit * 60)
        except WorkerDied as error:
            if not worker.ready:  # its framework cannot be imported
                raise
            raise ProcessEnded(side, how_it_ended(error, program, self.question.limit)) from None
        self.runs += 1
        trace = read(str(out))
        out.unlink()
        result = replace(read_run(program.realization, trace), until=until, changes=changes)
        self.used[side] = cost.of_run(result, self.used[side])
        return result

    def both(self, dtype: str = "float64", until: int | None = None, whole: bool = False, seed: int | None = None,
             setups: tuple[Setup, Setup] | None = None) -> tuple[Run, Run]:
        """Runs both programs in parallel."""
        try:
            left, right = (self.threads.submit(self.run, side, dtype, until, setup=setup, whole=whole, seed=seed)
                           for side, setup in zip(("left", "right"), setups or (self.left, self.right)))
            wait((left, right))
        except KeyboardInterrupt:  # Python would wait at its end until both end
            self.end()
            raise
        return left.result(), right.result()

    def of(self, side: str) -> tuple[Program, Worker, Setup]:
        """The program, a running worker and the setup of a side."""
        i = ("left", "right").index(side)
        with self.starting:
            if self.workers[i].process.poll() is not None and not self.ended:
                self.workers[i].close()
                self.workers[i] = worker_of(self.question, i, self.folder)
        return (self.question.left, self.question.right)[i], self.workers[i], (self.left, self.right)[i]

    def end(self, keep_left: bool = False) -> None:
        """Kills the workers; `keep_left`: only the right one. A run that is about to begin starts no other.

        The threads end too, also one that Ctrl-C interrupted while it was started: `ThreadPoolExecutor` does not know
        of it, and Python would wait for it for ever.
        """
        with self.starting:
            self.ended = True
        self.threads.shutdown(wait=False, cancel_futures=True)
        for worker in self.workers[keep_left:]:
            worker.process.kill()

    def write(self, name: str, arrays: Mapping[str, Array]) -> str:
        """Writes arrays into the folder; returns the path."""
        path = self.folder / f"{name}-{next(self.numbers)}.npz"
        npz_files.write(path, arrays)
        return str(path)


def how_it_ended(error: WorkerDied, program: Program, limit: float) -> Failure:
    """How a process ended, from its log: a crash and a time limit leave the stack there."""
    folder = Path(program.function["file"]).parent
    frames = [Place(file, int(line)) for file, line in FRAME.findall(error.log) if folder in Path(file).parents]
    if error.late:
        message = f"it takes longer than {limit:g} minutes, the limit of one run; limit={3 * limit:g} allows more"
    elif error.code < 0:
        name = signal.Signals(-error.code).name
        message = f"its process was ended by the signal {name}" + (
            ", as happens where memory is short" if name == "SIGKILL" else "")
    else:
        message = f"its process ended with exit code {error.code}"
    return Failure("run", message, frames[0] if frames else Place(), process_ended=True)


def worker_of(question: Question, i: int, folder: Path) -> Worker:
    """A worker of the left (0) or right (1) program."""
    place = folder / ("left", "right")[i]
    place.mkdir(parents=True, exist_ok=True)
    return Worker((question.left, question.right)[i].framework, place, threads=question.threads)


def started(question: Question, folder: Path, left: Worker | None = None) -> Pair:
    """Starts the workers of both programs in parallel; end them with `close`. `left` is a worker that is running
    already.
    """
    square = np.ones((64, 64))
    square @ square.T  # OpenBLAS takes its memory for the first product; later, it would end the process if it got none
    return Pair(question, folder, [left or worker_of(question, 0, folder), worker_of(question, 1, folder)], Setup(),
                Setup())


def close(pair: Pair, keep_left: bool = False) -> None:
    """Ends the workers; `keep_left`: only the right one."""
    pair.end(keep_left)
    for worker in pair.workers[keep_left:]:
        worker.close()
