"""Trace files: complete, read-only, and readable from several threads at once."""
import gc
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from frameworks.runtime import trace


@pytest.fixture
def file(tmp_path):
    path = str(tmp_path / "one.npz")
    trace.write(trace.Trace({"seed": 7}, {f"array/{number}": np.arange(3.0) for number in range(20)}), path)
    return path


def test_a_trace_is_read_back_unchanged_and_read_only(file):
    loaded = trace.read(file)
    assert loaded.facts["seed"] == 7 and len(loaded.arrays) == 20
    np.testing.assert_array_equal(loaded["array/3"], np.arange(3.0))
    with pytest.raises(ValueError, match="read-only"):
        loaded["array/3"][0] = 1


class Slow:
    """An object in a reference cycle, whose garbage collection lets other threads run."""

    def __init__(self):
        self.itself = self

    def __del__(self):
        sum(range(100))


def test_several_threads_can_read_at_once(file):
    """Without the lock, CPython 3.11 raises SystemError here: garbage collection during parsing switches threads."""
    def read_often():
        for _ in range(100):
            Slow()
            assert trace.read(file).facts["seed"] == 7

    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(10)
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            for reading in [pool.submit(read_often) for _ in range(4)]:
                reading.result()
    finally:
        gc.set_threshold(*threshold)
        sys.setswitchinterval(interval)
