"""Memory that is full or limited is a sentence, and absurd sizes are refused before anything is made."""

import gzip
import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from processes import command, variables, wait_for
from short_runs import LONG, MINE, SOON, SPEC, trial

from compare import HOME
from compare.execution import mnist_files, npz_files, trials
from compare.execution.worker_pool import WorkerPool
from frameworks.runtime import trace
from scenarios.spec import Dense, Flatten, Spec


def test_full_memory_of_a_worker_is_a_sentence(dataset, tmp_path):
    """Its address space cannot grow: every attempt ends, and no framework is said to have refused anything."""
    first, huge = trial("first"), trial("huge")
    huge = replace(huge, spec=Spec(SPEC.data, (Flatten(), Dense(200_000), Dense(10)), SPEC.loss, SPEC.optimizer,
                                   SPEC.training))
    traces = {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        start = pool._start_worker
        pool._start_worker = lambda framework: limited_worker(start(framework))  # the second attempt too
        limited_worker(pool._workers["reference"][0])
        pool.work({huge: trials.job(huge, dataset, tmp_path), first: trials.job(first, dataset, tmp_path)}, 300,
                  lambda *of: None, traces.__setitem__)
    assert traces[huge].outcome["kind"] == "died" and traces[first].outcome["kind"] == "finished"
    message = traces[huge].outcome["message"]
    assert message.startswith("The reference worker ended (its memory is full). The end of its log, ")
    assert "Traceback" not in message and "The memory is full: Unable to allocate" in message


@pytest.fixture
def control_group():
    """A function: the folder of a new control group that may take so many MB. Skips the test where none can be made."""
    made = []

    def limited(megabytes):
        for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
            group = Path(root, f"keras-or-me-{os.getpid()}-{len(made)}")
            try:
                group.mkdir()
                made.append(group)
                (group / limit).write_text(str(megabytes * 2 ** 20))
                return group
            except OSError:
                continue
        pytest.skip("no control group can be made here")
    yield limited
    for group in made:
        wait_for(lambda group=group: not (group / "cgroup.procs").read_text(), SOON)
        group.rmdir()


def within(group, *arguments):
    """A command line that is run in a control group."""
    return ["bash", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(group), *arguments]


def test_room_is_what_a_control_group_leaves(control_group):
    code = "from compare.execution import room; print(room.free_megabytes())"
    free = subprocess.run(within(control_group(300), sys.executable, "-c", code), cwd=HOME, capture_output=True,
                          text=True, check=True).stdout
    assert 0 < int(free) < 300


@pytest.mark.contract
def test_worker_that_exceeds_the_limit_of_a_control_group_is_a_sentence(control_group, mine, tmp_path):
    """The system ends the worker, not the run; its other trainings are kept."""
    huge = MINE.replace("(Flatten(), Dense(10))", "(Flatten(), *[Dense(60_000)] * (n == 0), Dense(10))") \
        .replace("Training(200, 32)", "Training(2, 32)").replace("range(6)", "range(2)")
    (tmp_path / "mine.py").write_text(huge)
    child = subprocess.run(within(control_group(700), *command(*LONG, "out=run")), cwd=tmp_path,
                           env=variables(tmp_path), capture_output=True, text=True, timeout=SOON)
    assert child.returncode == 4 and "worker ended (signal 9)" in child.stderr, child.stderr
    assert "Traceback" not in child.stderr and "fault of this program" not in child.stderr
    assert trace.read(str(tmp_path / "run/traces/v1.reference.0.npz")).outcome["kind"] == "finished"
    assert json.loads((tmp_path / "run/result.json").read_text())["problems"]


def limited_worker(worker):
    resource.prlimit(worker.process.pid, resource.RLIMIT_AS, (10 ** 9, 10 ** 9))
    return worker


def header(magic, *sizes):
    return magic.to_bytes(4, "big") + b"".join(size.to_bytes(4, "big") for size in sizes)


def bomb(folder):
    """Gzip files that say that they hold 4 GB, and one that holds 3 GB more than it says."""
    for name in mnist_files.IDX:
        images = "images" in name
        content = header(0x803 if images else 0x801, *(5_000_000, 28, 28) if images else (5_000_000,))
        with gzip.open(folder / f"{name}.gz", "wb") as file:
            file.write(content + bytes(1000))


def absurd(folder):
    """An npz file with arrays that say that they are much larger than they are."""
    with zipfile.ZipFile(folder / "mnist.npz", "w") as archive:
        for name in mnist_files.NPZ:
            content = io.BytesIO()
            np.lib.format.write_array_header_1_0(content, {"descr": "|u1", "fortran_order": False,
                                                           "shape": (10 ** 12, 28, 28)})
            archive.writestr(f"{name}.npy", content.getvalue() + bytes(100))


@pytest.mark.parametrize("make, text", [(bomb, "says that it holds 3,920,000,000 bytes"), (absurd, "has 100 bytes")])
def test_absurd_sizes_are_refused_before_anything_is_made(tmp_path, make, text):
    make(tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(mnist_files.DataError, match=text):
        mnist_files.read(tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "in KB"


def test_gzip_file_that_holds_more_than_it_says_is_not_unpacked_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(npz_files, "MOST", 10_000_000)
    for name in mnist_files.IDX:
        with gzip.open(tmp_path / f"{name}.gz", "wb", compresslevel=1) as file:
            file.write(header(0x803, 1, 28, 28) if "images" in name else header(0x801, 1))
            file.write(bytes(30_000_000))
    with pytest.raises(mnist_files.DataError, match="bytes instead of 16 of header and 784"):
        mnist_files.read(tmp_path)
