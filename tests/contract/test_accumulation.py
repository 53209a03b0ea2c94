"""Gradient accumulation: when the weights move, by how much, and what happens to an unfinished group of an epoch."""

import numpy as np
import pytest
from rounding import UNIT, each_in_ci

from frameworks.quirks.resolution import resolve
from frameworks.runtime.accumulation import ends_a_group, updates
from scenarios.spec import SGD, Accumulation, Activation, Adam, Data, Dense, Flatten, MeanSquaredError, Spec, Training
from scenarios.spec.fields import changed

SPEC = Spec(Data(first=96, divisor=255.0), (Flatten(), Dense(8), Activation("tanh"), Dense(10)), MeanSquaredError(),
            SGD(0.1, 0.5, accumulation=Accumulation(2)), Training(2, 32))
ALL = {"steps": 6, "states": 0, "evaluated": True}
MOVES = {"waits": [0, 1, 0, 1, 0, 1], "steps": [0, 1, 1, 0, 1, 1]}
"""With three steps per epoch in groups of two: whether the weights move in each of six steps."""


def test_group_ends_and_update_counts():
    for kind, moves in MOVES.items():
        ends = [ends_a_group(2, kind == "steps", micro, 3) for micro in range(6)]
        assert ends == [bool(move) for move in moves]
        assert [updates(2, kind == "steps", micro, 3) for micro in range(7)] == [0, *np.cumsum(moves)]


def moves(trace):
    return [int(any((trace[f"state/{step}/weight/{name}"] != trace[f"probe/{step}/weight/{name}"]).any()
                    for name in ("1.kernel", "3.kernel", "3.bias"))) for step in range(6)]


@each_in_ci
@pytest.mark.parametrize("optimizer", [SGD(0.1, 0.5, accumulation=Accumulation(2)),
                                       pytest.param(Adam(0.01, accumulation=Accumulation(2)),
                                                    marks=pytest.mark.nightly)],
                         ids=["SGD", "Adam"])
def test_weights_move_by_the_group_mean_and_unfinished_groups_follow_the_rules(
        worker, train, framework, optimizer):
    spec = changed(SPEC, {"optimizer": optimizer})
    resolved = changed(spec, {"optimizer": resolve(spec, worker(framework).environment).optimizer})
    trace, expected = train(framework, spec, record=ALL), train("reference", resolved, record=ALL)
    assert moves(trace) == MOVES[resolved.optimizer.accumulation.unfinished]
    assert resolved.optimizer.accumulation.unfinished == ("steps" if framework == "lightning" else "waits")
    for step in range(6):  # taken by `fit`, by a probe and by the NumPy reference
        assert trace["step/loss"][step] == pytest.approx(float(trace[f"probe/{step}/loss"]), rel=100 * UNIT)
        assert trace["step/loss"][step] == pytest.approx(expected["step/loss"][step], rel=1e-4)
        for name in ("1.kernel", "3.bias"):
            sums = [source.arrays[f"probe/{step}/optimizer_state/accumulated/{name}"] for source in (trace, expected)]
            assert np.abs(sums[0] - sums[1]).max() <= 1e-4 * np.abs(sums[1]).max()
            assert sums[0].any() != moves(trace)[step]
            assert (trace[f"probe/{step}/gradient/{name}"]).any()


@pytest.mark.parametrize("framework, unfinished", [("keras", "steps"), ("lightning", "waits")])
def test_unsupported_value_of_unfinished_is_refused(train, framework, unfinished):
    outcome = train(framework, changed(SPEC, {"optimizer.accumulation.unfinished": unfinished})).outcome
    assert outcome["kind"] == "unsupported" and f"optimizer.accumulation.unfinished={unfinished}" in outcome["message"]
