"""Locks of the store: two runs never train the same at once, and none waits for a run that has ended."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
import time

import pytest

from compare import HOME
from compare.execution.store import Store


def test_second_run_waits_for_a_training_of_the_first(store_folder, tmp_path):
    stored, order = Store(store_folder), []
    with stored.training({"a": 1}, 60, lambda: False):
        def second():
            with Store(store_folder).training({"a": 1}, 60, lambda: False):
                order.append("second")
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(1.0)
        order.append("first")
    thread.join(60)
    assert order == ["first", "second"]


def test_lock_of_a_killed_run_is_free(store_folder):
    Store(store_folder)
    code = ("import os, sys; from pathlib import Path; from compare.execution.store import Store\n"
            "with Store(Path(sys.argv[1])).training({'a': 1}, 60, lambda: False): os.kill(os.getpid(), 9)")
    assert subprocess.run([sys.executable, "-c", code, str(store_folder)], cwd=HOME).returncode == -9
    with Store(store_folder).training({"a": 1}, 60, lambda: False):
        pass


def test_a_run_that_waited_in_vain_leaves_the_lock_to_the_run_that_has_it(store_folder):
    def waits():
        with Store(store_folder).training({"a": 1}, 0.3, lambda: False):
            pass

    with Store(store_folder).training({"a": 1}, 60, lambda: False):
        lock, = (store_folder / "locks").iterdir()
        waits()
        assert lock.exists()
        begun = time.monotonic()
        waits()
        assert time.monotonic() - begun >= 0.3
    assert not lock.exists()


def test_a_disk_without_locks_is_an_error_at_once(store_folder, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(OSError, match=os.strerror(errno.ENOLCK)), \
            Store(store_folder).training({"a": 1}, 60, lambda: False):
        raise AssertionError("it trains without a lock")
