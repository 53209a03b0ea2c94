"""Parallel layers with exchanged partners: the weights of the right program follow, also large ones."""
from types import SimpleNamespace

import numpy as np

from compare.analysis.programs import forward_pass, pairing, parallel_layers
from compare.execution.programs import Setup
from frameworks.runtime.program_arrays import LARGE, outline


def test_an_exchange_gives_whole_weights_where_a_run_has_outlines(tmp_path, monkeypatch):
    first, second = (np.full((LARGE + 1, 1), value) for value in (1.0, 2.0))
    np.savez(tmp_path / "given.npz", **{"parameter/a.kernel": first, "parameter/b.kernel": second})
    left = SimpleNamespace(arrays=lambda prefix: {"one.kernel": outline(first), "two.kernel": outline(second)})
    pairs = {"one.kernel": "a.kernel", "two.kernel": "b.kernel"}
    exchanged = {"one.kernel": "b.kernel", "two.kernel": "a.kernel"}
    written = []

    def write(name, arrays):
        written.append(arrays)
        return str(tmp_path / "given.npz")
    pair = SimpleNamespace(right=Setup(weights=str(tmp_path / "given.npz")), write=write,
                           run=lambda *given, **named: SimpleNamespace(failure="none of its operations agree"))
    monkeypatch.setattr(forward_pass, "forward", lambda *given: SimpleNamespace(differs=True))
    monkeypatch.setattr(pairing, "pair_operations", lambda *given: {})
    monkeypatch.setattr(parallel_layers, "exchanges", lambda *given: iter([exchanged]))
    right = SimpleNamespace()
    assert parallel_layers.by_outputs(pair, left, right, pairs) == (right, pairs)
    (arrays,) = written
    assert (arrays["parameter/b.kernel"] == first).all() and (arrays["parameter/a.kernel"] == second).all()
