"""compare/execution/initialization.py: the same initial weights for every framework, written atomically."""

import threading

import numpy as np
import pytest

from compare.execution import initialization
from scenarios.spec import SGD, CategoricalCrossentropy, Data, Dense, Spec, Training

SPEC = Spec(Data(flatten=True), (Dense(7), Dense(10)), CategoricalCrossentropy(), SGD(0.01),
            training=Training(epochs=3, batch_size=10))


def test_initial_weights_depend_only_on_the_seed(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    drawn = [np.load(initialization.weights(SPEC, seed, tmp_path / name))
             for name, seed in [("a", 0), ("b", 0), ("a", 1)]]
    kernels = [weights["0.kernel"] for weights in drawn]
    assert kernels[0].shape == (784, 7) and (kernels[0] == kernels[1]).all() and (kernels[0] != kernels[2]).any()


def test_each_epoch_contains_every_sample_once(tmp_path):
    order = np.load(initialization.order(SPEC, 40, 0, tmp_path))
    assert order.shape == (3, 40) and (np.sort(order) == np.arange(40)).all() and (order[0] != order[1]).any()


def test_an_interrupted_write_leaves_no_file(tmp_path, monkeypatch):
    def write_half(file, **arrays):
        file.write(b"PK half of it")
        raise OSError("No space left on device")
    monkeypatch.setattr(np, "savez", write_half)
    with pytest.raises(OSError, match="No space"):
        initialization.weights(SPEC, 0, tmp_path)
    monkeypatch.undo()
    assert len(np.load(initialization.weights(SPEC, 0, tmp_path))) == 4


def test_concurrent_readers_never_see_a_partial_file(tmp_path):
    """A search and its negative controls request the same initial weights at the same time."""
    errors = []

    def read():
        for seed in range(30):
            try:
                np.load(initialization.order(SPEC, 5000, seed, tmp_path))
                np.load(initialization.weights(SPEC, seed, tmp_path))["1.bias"]
            except Exception as error:
                errors.append(error)
    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and not list(tmp_path.glob("*.partial"))
