"""compare/execution/initialization.py: one draw for every framework, and a file that is whole or not there."""

import threading

import numpy as np
import pytest

from compare.execution import initialization
from scenarios.spec import SGD, CategoricalCrossentropy, Data, Dense, Spec, Training

SPEC = Spec(Data(flatten=True), (Dense(7), Dense(10)), CategoricalCrossentropy(), SGD(0.01),
            training=Training(epochs=3, batch_size=10))


def test_a_start_depends_on_the_seed_alone(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    drawn = [np.load(initialization.weights(SPEC, seed, tmp_path / name))
             for name, seed in [("a", 0), ("b", 0), ("a", 1)]]
    kernels = [one["0.kernel"] for one in drawn]
    assert kernels[0].shape == (784, 7) and (kernels[0] == kernels[1]).all() and (kernels[0] != kernels[2]).any()


def test_an_order_holds_every_sample_once_an_epoch(tmp_path):
    order = np.load(initialization.order(SPEC, 40, 0, tmp_path))
    assert order.shape == (3, 40) and (np.sort(order) == np.arange(40)).all() and (order[0] != order[1]).any()


def test_writing_that_breaks_off_leaves_no_start(tmp_path, monkeypatch):
    def half(file, **arrays):
        file.write(b"PK half of it")
        raise OSError("No space left on device")
    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(OSError, match="No space"):
        initialization.weights(SPEC, 0, tmp_path)
    monkeypatch.undo()
    assert len(np.load(initialization.weights(SPEC, 0, tmp_path))) == 4


def test_whoever_finds_a_start_finds_the_whole(tmp_path):
    """A search and its shams ask for the same starts at once."""
    broken = []

    def ask():
        for seed in range(30):
            try:
                np.load(initialization.order(SPEC, 5000, seed, tmp_path))
                np.load(initialization.weights(SPEC, seed, tmp_path))["1.bias"]
            except Exception as problem:
                broken.append(problem)
    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert not broken and not list(tmp_path.glob("*.partial"))
