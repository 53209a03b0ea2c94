"""The sentence on where two frameworks first differ, and what it says of that which matches."""

from dataclasses import replace

import numpy as np
import pytest

from compare.analysis.causes.cause import Cause
from compare.analysis.first_divergence import FirstDivergence, _with_widest_tolerance
from compare.analysis.noise import FACTOR
from compare.analysis.stages import BLIND, UNDEFINED, StageResult
from compare.analysis.tensor_comparison import compare_tensors
from compare.reporting.cause_text import shares_text
from compare.reporting.cells import first_difference

LOSS = StageResult("loss", True, "loss", values=(1.5, 1.25), noise=1e-7)
OUTPUTS = StageResult("forward", False, "outputs")
OUTCOME = StageResult("outcome", True, "outcome", values=("stopped after 3 epochs", "finished after 8 epochs"))


def text_of(*stages):
    return first_difference(FirstDivergence("a", ("keras", "lightning"), list(stages), 3))


def test_what_matches_is_said_of_the_step():
    """Two trainings with different losses soon have other accuracies, too."""
    accuracy = StageResult("metric", False, "accuracy")
    text = text_of(OUTPUTS, LOSS, accuracy)
    assert text.endswith(" In that step, from the same weights, they match in outputs and accuracy.")


def test_end_of_a_training_is_no_part_of_a_step():
    text = text_of(OUTPUTS, LOSS, OUTCOME)
    assert "the outcome" not in text and text.endswith(
        " Their trainings end differently (stopped after 3 epochs, against finished after 8 epochs).")


def test_trainings_that_differ_in_their_end_only_have_the_same_steps():
    text = text_of(OUTPUTS, OUTCOME)
    assert "first differ in the outcome (stopped after 3 epochs and finished after 8 epochs)." in text
    assert text.endswith(" In the first step and at 3 recorded states, they match in outputs.")


@pytest.mark.parametrize("accuracy, noise, differs", [(0.5, 0.01, False), (0.5, 0.1, None), (0.0, 0.1, False),
                                                      (0.5, np.inf, None)])
def test_equal_numbers_do_not_match_where_rounding_could_explain_all_of_them(accuracy, noise, differs):
    """Ten outputs that tie: of the accuracy, nothing could have been seen."""
    side = {"accuracy": np.array(accuracy)}
    stage = compare_tensors("metric", side, side, {"accuracy": noise})
    reason = "" if differs is False else BLIND if np.isfinite(noise) else UNDEFINED
    assert (stage.differs, stage.reason) == (differs, reason)


def test_share_of_minus_zero_is_left_out():
    class Question:
        @staticmethod
        def suspect(path):
            raise AssertionError(f"{path} has no share")
    assert shares_text(Cause(Question, shares={"optimizer.momentum": (-0.0,)})) == ""


def test_tolerance_of_a_stage_is_that_of_its_least_precise_tensor():
    """A bias near 0 is compared more precisely than a kernel: what is said of both holds for the kernel."""
    side = {"weight/1.kernel": np.array([0.5]), "weight/1.bias": np.array([1e-6])}
    near = {**side, "weight/1.bias": np.array([1e-6 + 1e-13])}
    stage = compare_tensors("update", side, near, {"weight/1.kernel": 3e-8, "weight/1.bias": 1e-13})
    assert (stage.differs, stage.tensor, stage.tolerance) == (False, "weight/1.bias", FACTOR * 3e-8)


def test_tolerance_of_several_steps_is_the_largest():
    first, later = (StageResult("loss", False, "loss", tolerance=tolerance) for tolerance in (1e-6, 1e-4))
    widest, = _with_widest_tolerance([first], [[first], [later], [replace(later, differs=None, tolerance=1.0)]])
    assert widest.tolerance == 1e-4
    assert "A difference above 0.0001 in the loss would have been detected" in text_of(widest)
