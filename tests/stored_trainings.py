"""A pytest plugin: trainings of the reference through a store of their own."""

import numpy as np
import pytest
from short_runs import SPEC

from compare.execution import trials
from compare.execution.reuse import Reuse
from compare.execution.store import Store
from compare.execution.worker_pool import WorkerPool


def trial(seed=0, framework="reference", init="shared", spec=SPEC):
    return trials.Trial("test", "a", framework, seed, init, spec, whole=True)


@pytest.fixture
def store_folder(tmp_path):
    """The folder of a store that belongs to one test."""
    return tmp_path / "store"


@pytest.fixture
def trained(store_folder, dataset, tmp_path):
    """A function: (the traces of trials, how many came from the store, events, sentences) of a new pool."""
    count = iter(range(100))

    def run(*planned, threads=1, **changes):
        folder, sentences, events, traces = tmp_path / f"run-{next(count)}", [], [], {}
        folder.mkdir()
        stored = Reuse(Store(store_folder, sentences.append), "cpu", threads)
        with WorkerPool(["reference"], folder, "cpu", threads, stored) as pool:
            pool.work({each: {**trials.job(each, dataset, folder), **changes} for each in planned}, 60,
                      lambda each, event: events.append(event), traces.__setitem__)
            return traces, pool.reused, events, sentences
    return run


def entries(store_folder, ending):
    return sorted((store_folder / "trials").glob(f"*/*.{ending}"))


def same(left, right):
    return left.facts == right.facts and left.arrays.keys() == right.arrays.keys() and all(
        np.array_equal(left.arrays[name], right.arrays[name], equal_nan=True) for name in left.arrays)
