"""Finds the first stage at which two runs differ, each stage on inputs that agree."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Mapping

import numpy as np

from compare.analysis.programs import pairing
from compare.analysis.programs.description import Array, Operation, Run
from compare.analysis.programs.pairing import TOLERANCE, Pairs, relative_difference
from frameworks.runtime.user_program import outline


class Stage(str, Enum):
    """What is compared, in this order."""

    PARAMETERS = "parameters"
    FORWARD = "forward"
    FORWARD_TRAINING = "forward in training mode"
    LOSS = "loss"
    GRADIENT = "gradient"
    UPDATE = "update"
    TRAINING = "training"
    EVALUATION = "evaluation"
    METRIC = "metric"

    __str__ = str.__str__


ORDER = tuple(Stage)
FLOOR = 1e-6
"""The part of the largest gradient below which another gradient counts as zero: that of a bias before a batch
normalization is nothing but rounding, about 1e-16 of the largest."""


@dataclass(frozen=True)
class Comparison:
    """What a stage gave: the differences of its parts, and where it starts."""

    stage: Stage
    differences: Mapping[str, float]
    """By left parameter, operation or step: the relative difference in float64."""
    tolerance: float = TOLERANCE
    left: Operation | None = None
    """For forward, where the difference is made on the left …"""
    right: Operation | None = None
    """… and on the right, if it is known."""
    paired: Mapping[str, str] | None = None
    """For forward, the right operation by the left one that computes the same."""

    @property
    def size(self) -> float:
        """The largest difference."""
        return max(self.differences.values(), default=0.0)

    @property
    def differs(self) -> bool:
        """Whether the stage differs."""
        return self.size > self.tolerance

    @property
    def where(self) -> list[str]:
        """The parts that differ."""
        return [name for name, difference in self.differences.items() if difference > self.tolerance]


def parameters(left: Run, right: Run, pairs: Pairs) -> Comparison:
    """The parameters before training, which rounding to float32 can separate by 1e-7."""
    ours, theirs = left.arrays("parameter"), right.arrays("parameter")
    return Comparison(Stage.PARAMETERS, {name: relative_difference(ours[name], theirs[partner])
                                         for name, partner in pairs.items()}, tolerance=1e-6)


def as_probabilities(values: Array) -> dict[str, Array]:
    """What a program that leaves the last activation to its loss would output with it, by the activation."""
    with np.errstate(over="ignore"):
        exponents = np.exp(values - values.max(-1, keepdims=True))
        return {"softmax": exponents / exponents.sum(-1, keepdims=True), "sigmoid": 1 / (1 + np.exp(-values)),
                "exp": np.exp(values)}


OF_OUTPUTS = ("squarederror", "mse", "absoluteerror", "mae", "huber", "logcosh", "hinge", "poisson", "cosine",
              "percentage", "logarithmic")
"""Parts of the names of losses that take no activation."""


def output_difference(left: Run, right: Run, i: str, name: str = "predicted",
                      limit: float = TOLERANCE) -> tuple[float, str]:
    """The difference of an output, and the activation that one program leaves to its loss; "" for none.

    A cross-entropy can have the activation in the loss: in PyTorch's, or in Keras's with from_logits=True.
    """
    ours, theirs = left.arrays(name)[i], right.arrays(name)[i]
    difference = pairing.agreement(ours, theirs)
    losses = left.loss.get("of") or [left.loss]
    fact = losses[min(int(i), len(losses) - 1)]
    loss_name = str(fact.get("name", "")).lower().replace("_", "")
    if difference <= limit or any(part in loss_name for part in OF_OUTPUTS):
        return difference, ""
    logits = bool((fact.get("settings") or {}).get("from_logits"))
    ways = [(name, ours, value) for name, value in as_probabilities(theirs).items()]
    if logits:
        outputs = as_probabilities(ours)
        ways += [("softmax", outputs["softmax"], theirs), ("sigmoid", outputs["sigmoid"], theirs),
                 ("log_softmax", outputs["softmax"], as_probabilities(theirs)["exp"])]
    for activation, left_value, right_value in ways:
        if pairing.agreement(left_value, right_value) <= limit:
            return pairing.agreement(left_value, right_value), activation
    return difference, ""


def left_to_the_loss(left: Run, right: Run) -> str:
    """The activation that the right program leaves to its loss, so that its outputs are logits; "" for none."""
    ours, theirs = left.arrays("predicted"), right.arrays("predicted")
    return next((name for i in ours if i in theirs and (name := output_difference(left, right, i)[1])), "")


def forward(left: Run, right: Run, pairs: Pairs) -> Comparison:
    """The outputs; where they differ, the operation that makes the difference."""
    ours, theirs = left.arrays("predicted"), right.arrays("predicted")
    limit = pairing.tolerance(left, right)
    differences = {i: output_difference(left, right, i, limit=limit)[0] if i in theirs else float("inf") for i in ours}
    paired = pairing.pair_operations(left, right)
    outcome = Comparison(Stage.FORWARD, differences, limit, paired=paired)
    if not outcome.differs:
        return outcome
    fine = pairing.without_difference(left.operations, [*paired, *pairing.of_the_input(left, right)])
    last = left.operations[-1].key if left.operations else ""
    if last not in paired:
        fine.discard(last)
    fine |= of_masks(left)
    made = pairing.origins(left.operations, fine)
    their_fine = pairing.without_difference(right.operations, [*paired.values(), *pairing.of_the_input(right, left)])
    their_fine |= of_masks(right)
    candidates = [operation for operation in right.operations if operation.key not in their_fine
                  and all(source in their_fine for source in operation.sources)]
    first = made[0] if made else None
    partners = {right.parameters[pairs[name]].layer for name, parameter in left.parameters.items()
                if first and name in pairs and parameter.layer == first.layer}
    candidates.sort(key=lambda operation: operation.layer not in partners)  # the layer with its parameters comes first
    return Comparison(Stage.FORWARD, differences, limit, first, counterpart(first, candidates, paired, right), paired)


def of_masks(run: Run) -> set[str]:
    """The operations that make no values of the model: truth values of a mask, or constants such as torch.zeros."""
    values = run.arrays("forward")
    return {operation.key for operation in run.operations if values[operation.key].dtype == bool
            or run.framework == "lightning" and not operation.shapes}


def counterpart(operation: Operation | None, candidates: list[Operation], paired: Mapping[str, str],
                right: Run) -> Operation | None:
    """The right operation that stands against a left one: what follows the pairs of its inputs."""
    if operation is None:  # everything on the left is paired: something on the right comes on top
        users = {source for each in right.operations for source in each.sources}
        after = [each for each in right.operations if each.key not in paired.values()]
        return next((each for each in reversed(after) if each.key not in users), None)
    inputs = {paired[source] for source in operation.sources if source in paired}
    following = [each for each in candidates if inputs & set(each.sources)]
    return next(iter(following or candidates), None)


def forward_training(left: Run, right: Run, paired: Mapping[str, str], noise: float = 0.0) -> Comparison:
    """The operations that agree in evaluation mode, in training mode without dropout.

    One that is paired by its state, such as an LSTM that returns every step against one that returns the last, is left
    out: what it computes is compared where it is used.
    """
    ours, theirs = left.arrays("training"), right.arrays("training")
    differences = {name: pairing.agreement(ours[name], theirs[partner]) for name, partner in paired.items()
                   if name in ours and partner in theirs and ours[name].size == theirs[partner].size}
    limit = max(pairing.tolerance(left, right), 100 * noise)
    first = next((operation for operation in left.operations if differences.get(operation.key, 0) > limit), None)
    partner = next((operation for operation in right.operations if first and operation.key == paired[first.key]), None)
    return Comparison(Stage.FORWARD_TRAINING, differences, limit, first, partner, paired)


def loss(left: Run, right: Run) -> Comparison:
    """The loss of the first batch."""
    ours, theirs = left.trace.arrays.get("first_loss"), right.trace.arrays.get("first_loss")
    if ours is None or theirs is None:
        return Comparison(Stage.LOSS, {})
    return Comparison(Stage.LOSS, {"step 1": min(relative_difference(np.ravel(ours), factor * np.ravel(theirs))
                                                 for factor in accumulation_factors(left, right))},
                      pairing.tolerance(left, right))


def accumulation_factors(left: Run, right: Run) -> tuple[float, ...]:
    """By what a loss of PyTorch may be divided: the number of batches whose gradients both programs accumulate, since
    that is how their mean is written."""
    batches = left.optimizer.settings.get("gradient_accumulation_steps") if left.optimizer else None
    return (1.0, float(batches)) if batches and batches == right.accumulate else (1.0,)


def gradient(left: Run, right: Run, pairs: Pairs) -> Comparison:
    """The gradient of every parameter that both train."""
    ours, theirs = left.arrays("gradient"), right.arrays("gradient")
    if not ours or not theirs:
        return Comparison(Stage.GRADIENT, {})
    floor = FLOOR * max(float(np.abs(value).max(initial=0.0)) for value in (*ours.values(), *theirs.values()))
    factors, differences = accumulation_factors(left, right), {}
    for name, partner in pairs.items():
        if name in ours and partner in theirs:
            differences[name] = min(relative_difference(ours[name], factor * theirs[partner], floor)
                                    for factor in factors)
        elif (name in ours) != (partner in theirs):
            differences[name] = float("inf")
    return Comparison(Stage.GRADIENT, differences, pairing.tolerance(left, right))


def changes_of(run: Run, step: int) -> dict[str, Array]:
    """By how much each parameter is changed between the beginning and the end of a step."""
    after, before = run.arrays(f"weight/{step}"), run.arrays("parameter")
    return {name: value - outline(before[name]) if before[name].shape != value.shape else value - before[name]
            for name, value in after.items()}


def update(left: Run, right: Run, pairs: Pairs) -> Comparison:
    """By how much steps 1 to 3 change every parameter, moving statistics too."""
    differences: dict[str, float] = {}
    for step in (1, 2, 3):
        ours, theirs = changes_of(left, step), changes_of(right, step)
        if not ours or not theirs:
            break
        floor = FLOOR * max(float(np.abs(value).max(initial=0.0)) for value in (*ours.values(), *theirs.values()))
        for name, partner in pairs.items():
            if name in ours and partner in theirs:
                value = relative_difference(ours[name], theirs[partner], floor)
                differences[name] = max(differences.get(name, 0.0), value)
    return Comparison(Stage.UPDATE, differences, pairing.tolerance(left, right))


def training(left: Run, right: Run) -> Comparison:
    """The loss of every step."""
    ours, theirs = left.trace.arrays.get("loss"), right.trace.arrays.get("loss")
    if ours is None or theirs is None:
        return Comparison(Stage.TRAINING, {})
    steps = min(len(ours), len(theirs))
    factors = accumulation_factors(left, right)
    return Comparison(Stage.TRAINING, {f"step {i + 1}": min(
        relative_difference(ours[i:i + 1], factor * theirs[i:i + 1]) for factor in factors)
        for i in range(steps) if not (np.isnan(ours[i]) and np.isnan(theirs[i]))},
                      pairing.tolerance(left, right))


def evaluation(left: Run, right: Run, noise: float = 0.0) -> Comparison:
    """The outputs in evaluation mode after the training."""
    ours, theirs = left.arrays("evaluated"), right.arrays("evaluated")
    limit = max(pairing.tolerance(left, right), 100 * noise)
    return Comparison(Stage.EVALUATION, {i: output_difference(left, right, i, "evaluated", limit)[0]
                                         for i in ours if i in theirs
                                         and not (np.isnan(ours[i]).all() and np.isnan(theirs[i]).all())}, limit)
