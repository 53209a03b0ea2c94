"""Compares outputs; one program may have its last activation in the loss."""

from __future__ import annotations

import numpy as np

from compare.analysis.programs import agreement, pairing
from compare.analysis.programs.agreement import TOLERANCE
from compare.analysis.programs.comparison import NOISE_FACTOR, Comparison, Stage
from compare.analysis.programs.description import Array, Run, loss_name


def as_probabilities(values: Array) -> dict[str, Array]:
    """By activation, the outputs of a program that has its last activation in the loss."""
    with np.errstate(over="ignore"):
        return {"softmax": softmax(values), "sigmoid": 1 / (1 + np.exp(-values)), "exp": np.exp(values)}


def softmax(values: Array, axis: int = -1) -> Array:
    """The softmax along an axis."""
    exponents = np.exp(values - values.max(axis, keepdims=True))
    result: Array = exponents / exponents.sum(axis, keepdims=True)
    return result


OF_OUTPUTS = ("squarederror", "mse", "absoluteerror", "mae", "huber", "logcosh", "hinge", "cosine", "percentage",
              "logarithmic")
"""Parts of the names of losses without an activation."""


def output_difference(left: Run, right: Run, i: str, name: str = "predicted",
                      limit: float = TOLERANCE) -> tuple[float, str]:
    """The difference of an output, and the activation that one program leaves to its loss; "" for none.

    A cross-entropy can have the activation in the loss: in PyTorch's, or in Keras's with from_logits=True.
    """
    ours, theirs = left.arrays(name)[i], right.arrays(name)[i]
    difference = agreement.agreement(ours, theirs)
    loss = left.losses[min(int(i), len(left.losses) - 1)]
    if difference <= limit or any(part in loss_name(loss) for part in OF_OUTPUTS):
        return difference, ""
    logits = bool((loss.get("settings") or {}).get("from_logits"))
    ways = [(name, ours, value) for name, value in as_probabilities(theirs).items()]
    ways += [("softmax", ours, softmax(theirs, 1))] if theirs.ndim > 2 else []  # of every pixel, with its classes first
    if logits:
        outputs = as_probabilities(ours)
        ways += [("softmax", outputs["softmax"], theirs), ("sigmoid", outputs["sigmoid"], theirs),
                 ("log_softmax", outputs["softmax"], as_probabilities(theirs)["exp"])]
    for activation, left_value, right_value in ways:
        if agreement.agreement(left_value, right_value) <= limit:
            return agreement.agreement(left_value, right_value), activation
    return difference, ""


def left_to_the_loss(left: Run, right: Run) -> str:
    """The activation that the right program leaves to its loss, so that its outputs are logits; "" for none."""
    ours, theirs = left.arrays("predicted"), right.arrays("predicted")
    return next((name for i in ours if i in theirs and (name := output_difference(left, right, i)[1])), "")


def evaluation(left: Run, right: Run, noise: float = 0.0) -> Comparison:
    """The outputs in evaluation mode, after the training."""
    ours, theirs = left.arrays("evaluated"), right.arrays("evaluated")
    limit = max(pairing.tolerance(left, right), NOISE_FACTOR * noise)
    return Comparison(Stage.EVALUATION, {i: output_difference(left, right, i, "evaluated", limit)[0]
                                         for i in ours if i in theirs
                                         and not (np.isnan(ours[i]).all() and np.isnan(theirs[i]).all())}, limit)
