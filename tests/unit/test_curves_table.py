"""The table of the reported curves on the terminal: its epochs, and how trainings ended."""

import numpy as np
import pytest
from faulty import SOFTMAX

from compare.reporting.console import _ended, _shown_epochs
from frameworks.runtime.trace import Trace
from scenarios.scenario import Variant


def test_last_epoch_of_each_framework_is_shown():
    """Under early stopping, the last epoch of one framework has no numbers of another."""
    variant = Variant("a", "A", SOFTMAX, "reported", {"reported/train/loss": (None, 0.5)})
    assert _shown_epochs(variant, {4, 8, 0}) == [1, 2, 4, 8]


@pytest.mark.parametrize("kind, message, text", [
    ("undefined", "the logarithm of 0", "undefined (the logarithm of 0)"), ("unsupported", "", "unsupported"),
    ("refused", "ValueError: no.\nmore", "refused (ValueError: no)"),
    ("nan", "The loss of step 9 is inf.", "The loss of step 9 is inf.")])
def test_how_a_training_ended_is_one_phrase(kind, message, text):
    outcome = {"kind": kind, "step": 0, "message": message}
    assert _ended(Trace({"outcome": outcome}, {"step/loss": np.zeros(0)})) == text
