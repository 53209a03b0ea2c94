"""Ctrl-C that code of a library discards, and threads that it leaves behind."""

import threading
import time

import pytest
from processes import run_python

from compare.execution.threads import in_threads
from compare.execution.worker_pool import WorkerPool

INTERRUPTED = """
import os, signal, time
from compare.commands import signals
signals.install()
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)
"""


@pytest.mark.parametrize("code", [
    "try:\n    interrupt()\nexcept BaseException: pass",
    "try:\n    interrupt()\nexcept BaseException as error:\n    failed = ImportError('a part is missing')",
    "class Freed:\n    def __del__(self): interrupt()\nFreed()"])
def test_discarded_interrupt_is_raised_again(code):
    ended = "\ntry:\n    time.sleep(20)\nexcept KeyboardInterrupt:\n    print('again', signals.code().value)"
    assert run_python(INTERRUPTED + code + ended) == "again 130"


def test_interrupt_that_is_handled_or_kept_is_raised_once():
    code = """
try:
    interrupt()
except KeyboardInterrupt as error:
    kept = error
    time.sleep(1.5)
time.sleep(1.5)
print('once')
"""
    assert run_python(INTERRUPTED + code) == "once"


def test_what_takes_long_to_import_comes_after_the_handlers_of_signals():
    late = "{'numpy', 'scenarios.spec', 'subprocess'}"
    assert run_python(f"import sys, compare.__main__; print(*sorted({late} & set(sys.modules)))") == ""


def test_nothing_waits_for_threads_after_ctrl_c():
    end, stopped = threading.Event(), []
    with pytest.raises(KeyboardInterrupt), in_threads(1, lambda: stopped.append(True)) as executor:
        computing = executor.submit(end.wait, 60)
        raise KeyboardInterrupt
    assert stopped and not computing.done()
    end.set()


def test_the_block_waits_for_its_threads_otherwise():
    with in_threads(1) as executor:
        computing = executor.submit(time.sleep, 0.1)
    assert computing.done()


def test_what_ended_the_workers_is_raised_in_every_thread(tmp_path):
    pool = WorkerPool((), tmp_path, "cpu", 1)
    pool._ended_by = OSError("No space left on device")
    pool._refuse_closed()
    pool.close()
    with pytest.raises(OSError, match="No space left"):
        pool._refuse_closed()
    pool.ensure_workers("reference", 1)
    assert pool._workers == {"reference": []}, "none is started after the end"
