"""Programs that run but cannot be compared, because they compute NaN."""

from __future__ import annotations

import numpy as np

from compare.analysis.programs.description import Array, Failure, Place, Run


def not_a_number(left: Run, right: Run) -> dict[str, Failure]:
    """By side, where a parameter is NaN, or the outputs or the loss of both sides are: two NaN agree in nothing, and an
    infinite loss has no gradient."""
    sides = {"left": left, "right": right}
    failures = {side: failure for side, run in sides.items() if (failure := nan_parameter(run))}
    if failures:
        return failures
    if all(any(map(is_nan, run.arrays("predicted").values())) for run in sides.values()):
        return {side: nan_output(run) for side, run in sides.items()}
    losses = [run.trace.arrays.get("first_loss") for run in sides.values()]
    if all(loss is not None and not np.isfinite(loss).all() for loss in losses):
        return {side: Failure("loss", "its loss of the first batch is NaN or infinite", run.place)
                for side, run in sides.items()}
    return {}


def is_nan(array: Array) -> bool:
    """Whether an array contains a NaN."""
    return array.dtype.kind == "f" and bool(np.isnan(array).any())


def nan_parameter(run: Run) -> Failure | None:
    """The first parameter of a program that contains NaN before training."""
    for name, value in run.arrays("parameter").items():
        if is_nan(value):
            return Failure("build", f"its parameter `{name}` contains NaN before training", run.place_of(name))
    return None


def nan_output(run: Run) -> Failure:
    """The first operation with NaN in its output."""
    values = run.arrays("forward")
    first = next((operation for operation in run.operations if is_nan(values[operation.key])), None)
    return Failure("forward", "its outputs are NaN" + (f", first at `{first.code}`" if first else ""),
                   first.place if first else Place())


def loss_becomes_nan(left: Run, right: Run) -> list[str]:
    """A sentence if both losses become NaN in training."""
    ours, theirs = left.trace.arrays.get("loss"), right.trace.arrays.get("loss")
    if ours is None or theirs is None or len(ours) != len(theirs):
        return []
    both = np.flatnonzero(np.isnan(ours) & np.isnan(theirs))
    return [f"Both losses are NaN from step {both[0] + 1} on; nothing after it was compared."] if len(both) else []
