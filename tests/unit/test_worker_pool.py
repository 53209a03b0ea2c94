"""Workers: garbage on their pipes, how many of them share the trainings, and when one is replaced."""

import json
import os
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from short_runs import trial

from compare.execution import room, trials, workers
from compare.execution.worker_pool import WorkerPool
from compare.execution.workers import Worker


def test_garbage_on_the_event_pipe_is_left_out(tmp_path):
    worker = object.__new__(Worker)
    worker._events = workers.queue.Queue()
    reading, writing = os.pipe()
    thread = threading.Thread(target=worker._read_events, args=(reading,))
    thread.start()
    garbage = [b"text", b"\xff\xfe\x00", b"[1, 2]", b"3", b"null", b'{"event": 5}', b'{"other": "done"}',
               b"[" * 60_000]
    os.write(writing, b"\n".join(garbage[:-1]) + b'\n{"event": "alive"}\n')
    os.write(writing, garbage[-1] + b"\n")
    os.write(writing, b'{"event": "done"')
    os.close(writing)
    thread.join(30)
    assert [worker._events.get(timeout=1) for _ in range(2)] == [{"event": "alive"}, None]


@pytest.mark.parametrize("line", ["text", "[1, 2]", "3", '{"verb": "train"', "[" * 60_000, "\xff\x00"],
                         ids=lambda line: line[:9])
def test_garbage_in_place_of_a_job_ends_the_worker_with_a_sentence(tmp_path, line, monkeypatch):
    with Worker("reference", tmp_path) as worker:
        assert worker.environment
        monkeypatch.setattr(workers, "json", SimpleNamespace(dumps=lambda job: line, loads=json.loads))
        with pytest.raises(workers.WorkerDied, match="ended .exit code 1.") as error:
            worker.run({"verb": "train"})
    assert "A job cannot be read: " in str(error.value) and "Traceback" not in str(error.value)


@pytest.mark.parametrize("processors, free, threads, capacity", [
    (2, 8_000, 1, (2, 5)), (64, 512_000, 1, (64, 341)), (64, 20_000, 8, (8, 13)), (2, None, 1, (2, 4)),
    (1, 100, 4, (1, 0))])
def test_room_for_workers_is_that_of_processors_and_memory(monkeypatch, processors, free, threads, capacity):
    monkeypatch.setattr(room, "processors", lambda: processors)
    monkeypatch.setattr(room, "free_megabytes", lambda: free)
    assert room.capacity(threads) == capacity


def test_several_workers_of_one_framework_share_its_jobs(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "capacity", lambda threads: (2, 1))
    planned, traces = [trial(f"trial-{number}") for number in range(4)], {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        pool.work({each: trials.job(each, dataset, tmp_path) for each in planned}, 60, lambda *of: None,
                  traces.__setitem__)
        assert len(pool._workers["reference"]) == 2
    first, *rest = (each["step/loss"] for each in traces.values())
    assert len(rest) == 3 and all(np.array_equal(first, each) for each in rest)


def test_worker_that_has_grown_too_large_is_replaced(dataset, tmp_path, monkeypatch):
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        pids = []
        for growth in (0, room.GROWTH + 1, room.GROWTH):
            monkeypatch.setattr(Worker, "growth", property(lambda worker, growth=growth: growth))
            planned = trial(f"after-{growth}")
            pool.work({planned: trials.job(planned, dataset, tmp_path)}, 60, lambda *of: None, lambda *of: None)
            pids.append(pool._workers["reference"][0].process.pid)
    assert pids[0] != pids[1] == pids[2]


def test_growth_is_that_of_the_process(tmp_path):
    assert room.megabytes_of(os.getpid()) > 20 and room.megabytes_of(2 ** 22 + 1) == 0
    with Worker("reference", tmp_path) as worker:
        assert worker.growth == 0 and worker.environment and 0 <= worker.growth < 100
