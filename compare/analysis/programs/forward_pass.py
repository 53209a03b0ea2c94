"""Compares the forward pass: the outputs, and the operations by the values that they compute."""

from __future__ import annotations

from typing import Iterable, Mapping

import numpy as np

from compare.analysis.programs import agreement, pairing
from compare.analysis.programs.comparison import NOISE_FACTOR, Comparison, Stage
from compare.analysis.programs.description import Operation, Run
from compare.analysis.programs.outputs import output_difference
from compare.analysis.programs.pairing import Pairs


def forward(left: Run, right: Run, pairs: Pairs) -> Comparison:
    """Compares the outputs; if they differ, finds the operation that makes the difference."""
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
    agreeing = [i for i, difference in differences.items() if difference <= limit]
    fine |= of_masks(left) | making(left, agreeing)
    made = pairing.origins(left.operations, fine)
    same = [*paired.values(), *pairing.of_the_input(right, left)]
    their_fine = pairing.without_difference(right.operations, [*same, *pairing.passing_on(right, same)])
    their_fine |= of_masks(right) | making(right, agreeing)
    candidates = pairing.origins(right.operations, their_fine)
    first = made[0] if made else None
    partners = {right.parameters[pairs[name]].layer for name, parameter in left.parameters.items()
                if first and name in pairs and parameter.layer == first.layer}
    candidates.sort(key=lambda operation: operation.layer not in partners)  # the layer with its parameters comes first
    partner = counterpart(first, candidates, paired, right) or next(
        (right.operation(paired[source]) for source in first.sources if source in paired), None) if first else \
        counterpart(first, candidates, paired, right)
    return Comparison(Stage.FORWARD, differences, limit, first, partner, paired)


def of_masks(run: Run) -> set[str]:
    """Operations that compute no values of the model: Boolean masks, or constants such as torch.zeros."""
    values = run.arrays("forward")
    return {operation.key for operation in run.operations if values[operation.key].dtype == bool
            or run.is_torch and not operation.shapes}


def making(run: Run, outputs: Iterable[str]) -> set[str]:
    """The operations that make these outputs, which may agree only after what one program leaves to its loss."""
    values, predicted = run.arrays("forward"), run.arrays("predicted")
    return {operation.key for operation in run.operations for i in outputs
            if np.array_equal(values[operation.key], predicted[i])}


def counterpart(operation: Operation | None, candidates: list[Operation], paired: Mapping[str, str],
                right: Run) -> Operation | None:
    """The right operation that corresponds to a left one: it follows the partners of the left one's inputs."""
    if operation is None:  # everything on the left is paired: something on the right comes on top
        users = {source for each in right.operations for source in each.sources}
        after = [each for each in right.operations if each.key not in paired.values()]
        return next((each for each in reversed(after) if each.key not in users), None)
    inputs = {paired[source] for source in operation.sources if source in paired}
    following = [each for each in candidates if inputs & set(each.sources)]
    return next(iter(following or candidates), None)


def forward_training(left: Run, right: Run, paired: Mapping[str, str], noise: float = 0.0) -> Comparison:
    """The operations that agree in evaluation mode, in training mode without dropout.

    Left out are one that is paired by its state, such as an LSTM that returns every step against one that returns the
    last, and one that passes its input on in evaluation mode, such as noise: what they compute is compared where it is
    used. Of an operation that the training step calls more often than a pass does, as a discriminator is called with
    real and with generated images, a call that agrees is enough, and where none does it is left out: an update may
    stand between them, and the loss and the updates are compared next.
    """
    ours, theirs = left.arrays("training"), right.arrays("training")
    idle = pairing.unchanged(left)
    compared = {name: [theirs[call] for call in calls_of(right, partner) if theirs[call].size == ours[name].size]
                for name, partner in paired.items() if name in ours and name not in idle}
    limit = max(pairing.tolerance(left, right), NOISE_FACTOR * noise)
    differences = {name: min(agreement.agreement(ours[name], value) for value in values)
                   for name, values in compared.items() if values}
    again = {name for name, partner in paired.items() if len(calls_of(right, partner)) > 1}
    differences = {name: value for name, value in differences.items() if value <= limit or name not in again}
    first = next((operation for operation in left.operations if differences.get(operation.key, 0) > limit), None)
    partner = next((operation for operation in right.operations if first and operation.key == paired[first.key]), None)
    return Comparison(Stage.FORWARD_TRAINING, differences, limit, first, partner, paired)


def calls_of(run: Run, key: str) -> list[str]:
    """The calls of an operation in the training step with which its call in a pass is compared."""
    place = key.partition("#")[0]
    in_step = [each for each in run.arrays("training") if each.partition("#")[0] == place]
    in_a_pass = [each.key for each in run.operations if each.key.partition("#")[0] == place]
    return in_step if len(in_step) > len(in_a_pass) else [each for each in in_step if each == key]
