"""Trace files: complete, read-only, and readable from several threads at once."""
import gc
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from frameworks.runtime import npz, trace


@pytest.fixture
def file(tmp_path):
    path = str(tmp_path / "one.npz")
    trace.write(trace.Trace({"seed": 7}, {f"array/{number}": np.arange(3.0) for number in range(20)}), path)
    return path


ARRAYS = [np.float32(0.5), np.zeros(0), np.zeros((3, 0, 2), np.float32), np.arange(24.0).reshape(2, 3, 4),
          np.eye(2) > 0, np.arange(5, dtype=np.uint8), np.arange(5), np.array("text"),
          np.array([np.nan, np.inf], np.float16), np.arange(3, dtype=">i4")]


@pytest.mark.parametrize("by_numpy", [False, True], ids=["here", "by NumPy"])
def test_arrays_are_those_that_numpy_reads(tmp_path, monkeypatch, by_numpy):
    """NumPy reads what has another header, such as an array in Fortran order, and nothing else."""
    arrays = {f"a/{number}": np.asarray(array) for number, array in enumerate(ARRAYS)}
    if by_numpy:
        arrays = {"a/0": np.asfortranarray(np.arange(6.0).reshape(2, 3))}
    else:
        monkeypatch.setattr(np.lib.format, "read_array", None)
    np.savez(tmp_path / "all.npz", **arrays, b=np.ones(3))
    read = npz.read(str(tmp_path / "all.npz"), "a/")
    assert list(read) == [name[2:] for name in arrays]
    for name, array in arrays.items():
        assert read[name[2:]].dtype == array.dtype and read[name[2:]].shape == array.shape
        assert read[name[2:]].tobytes() == array.tobytes() and read[name[2:]].flags.writeable
        assert read[name[2:]].flags.aligned


def test_a_trace_is_read_back_unchanged_and_read_only(file):
    loaded = trace.read(file)
    assert loaded.facts["seed"] == 7 and len(loaded.arrays) == 20
    np.testing.assert_array_equal(loaded["array/3"], np.arange(3.0))
    with pytest.raises(ValueError, match="read-only"):
        loaded["array/3"][0] = 1


class Slow:
    """An object in a reference cycle; its garbage collection lets other threads run."""

    def __init__(self):
        self.itself = self

    def __del__(self):
        sum(range(100))


def test_several_threads_can_read_at_once(file):
    """Without the lock, CPython 3.11 raises SystemError here: garbage collection during parsing switches threads."""
    trace.write(trace.Trace({"seed": 7}, {str(number): np.ones((2, 3), order="F") for number in range(20)}), file)

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
