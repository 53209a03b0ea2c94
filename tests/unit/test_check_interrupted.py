"""Ctrl-C while both programs of a `check` run: no process and no thread may be left, whenever it comes."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from compare.analysis.programs import runs
from compare.execution.programs import Setup


class KilledWorker:
    """Stands for a worker after its process was killed."""

    def __init__(self) -> None:
        self.process = SimpleNamespace(poll=lambda: -9, kill=lambda: None)

    def close(self) -> None:
        pass


@pytest.fixture
def pair(monkeypatch) -> Any:
    def started_again(question: object, i: int, folder: Path) -> KilledWorker:
        raise AssertionError("a process is started after the end")
    monkeypatch.setattr(runs, "worker_of", started_again)
    question: Any = SimpleNamespace(left="left", right="right")
    workers: Any = [KilledWorker(), KilledWorker()]
    pair = runs.Pair(question, Path(), workers, Setup(), Setup())
    yield pair
    pair.threads.shutdown(wait=False)  # pytest would wait at its end for a thread that is left


def test_a_run_that_begins_after_ctrl_c_starts_no_process(pair):
    with pytest.raises(AssertionError, match="after the end"):
        pair.of("right")  # while the check goes on, the process is started again
    runs.close(pair)
    assert pair.of("right")[1] is pair.workers[1]


def test_ctrl_c_while_a_thread_is_started_leaves_no_thread(pair, monkeypatch):
    threads, start = [], runs.threading.Thread.start

    def interrupted(thread: Any) -> None:
        start(thread)
        threads.append(thread)
        raise KeyboardInterrupt
    monkeypatch.setattr(runs.threading.Thread, "start", interrupted)
    monkeypatch.setattr(pair, "run", lambda *arguments, **settings: None)
    with pytest.raises(KeyboardInterrupt):
        pair.both()
    threads[0].join(20)
    assert not threads[0].is_alive()
