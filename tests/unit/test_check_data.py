"""Data with which nothing can be compared are refused by `check`, which would else call two programs the same."""

from types import SimpleNamespace

import numpy as np
import pytest

from compare.analysis.programs import unusable
from compare.analysis.programs.description import Place
from compare.analysis.programs.samples import refuse_unusable
from compare.execution.errors import UsageError

X = np.zeros((64, 4))


@pytest.mark.parametrize("inputs, targets, message", [
    ([X[:0]], [X[:0]], "have no samples in their inputs; needed: one at least."),
    ([X], [np.array(1.0)], "have no samples in their targets; needed: one at least."),
    ([X], [X[:5]], "have 5 and 64 samples in their arrays; needed: the same number in each."),
    ([X, X[:5]], [], "have 5 and 64 samples in their arrays; needed: the same number in each."),
    ([X.astype(str)], [X], "have inputs of the type <U32; needed: numbers."),
    ([X + 1j], [X], "have inputs of the type complex128; needed: numbers.")])
def test_data_that_are_no_samples_are_refused(inputs, targets, message):
    with pytest.raises(UsageError) as refusal:
        refuse_unusable(inputs, targets, "from arrays.npz")
    assert str(refusal.value) == f"The data from arrays.npz {message}"


def test_samples_are_taken():
    refuse_unusable([X, X.astype(bool)], [X[:, 0].astype(int)], "from arrays.npz")


def ran(loss):
    return SimpleNamespace(arrays=lambda name: {}, trace=SimpleNamespace(arrays={"first_loss": np.array(loss)}),
                           place=Place())


@pytest.mark.parametrize("losses, failing", [
    ((np.inf, np.inf), ["left", "right"]), ((np.nan, np.inf), ["left", "right"]), ((np.inf, 1.0), []),
    ((1.0, 1.0), [])])
def test_losses_that_are_infinite_on_both_sides_agree_in_nothing(losses, failing):
    assert list(unusable.not_a_number(*map(ran, losses))) == failing
