"""A loss that does not take the targets that `check` has drawn: what was drawn, and how to give others, is said."""

import re

import numpy as np
import pytest

from compare.analysis.programs import drawn_samples
from compare.analysis.programs.description import Failure, Place

RNG = np.random.default_rng(0)
RAISED = Failure("training", "RuntimeError: 0D or 1D target tensor expected", Place("port.py", 8))
WRITE = ": if its loss takes others, write `data=arrays.npz` with your own x and y"


@pytest.mark.parametrize("name, kind", [
    ("my_loss", "normal numbers of shape (samples, 3)"), ("categorical_crossentropy", "one-hot vectors of shape "
                                                                                      "(samples, 3)"),
    ("binary_crossentropy", "zeros and ones of shape (samples, 3)"),
    ("sparse_categorical_crossentropy", "class indices of shape (samples)")])
def test_a_loss_that_fails_says_which_targets_were_drawn(name, kind):
    targets = [drawn_samples.target(RNG, 64, (3,), name)]
    message = drawn_samples.with_what_was_drawn({"left": RAISED, "right": RAISED}, targets)["left"].message
    assert message == f"{RAISED.message}; the targets were drawn, {kind}{WRITE}"


def test_only_a_port_that_fails_can_have_its_targets_converted():
    targets = [drawn_samples.target(RNG, 64, shape, "my_loss") for shape in ((3,), (2, 4), (3,))]
    (side, failure), = drawn_samples.with_what_was_drawn({"right": RAISED}, targets).items()
    assert side == "right" and failure.place == RAISED.place
    assert re.search(r"drawn, normal numbers of shape \(samples, 3\) and normal numbers of shape \(samples, 2, 4\): .* "
                     r"y, or `targets=FILE\.py:NAME` with a function that converts them for the right program$",
                     failure.message)


def test_a_failure_before_the_loss_or_of_a_process_has_nothing_to_do_with_targets():
    for failure in (Failure("forward", "x", Place()), Failure("training", "it ended", Place(), process_ended=True)):
        assert drawn_samples.with_what_was_drawn({"left": failure}, [np.zeros((4, 3))]) == {"left": failure}
    assert drawn_samples.with_what_was_drawn({"left": RAISED}, []) == {"left": RAISED}, "a model without targets"
