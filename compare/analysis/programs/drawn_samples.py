"""Random inputs and targets that a program accepts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

import numpy as np

from compare.analysis.programs.description import Array, Failure, Settings, loss_name

OF_A_LOSS = ("loss", "training")
"""When a failure can come from targets that a loss does not take."""


def inputs(rng: np.random.Generator, count: int, shape: tuple[int, ...], fact: Mapping[str, Any]) -> Array:
    """Random inputs of a shape: indices for an embedding, numbers between 0 and 1 for images, otherwise normal numbers.
    """
    if fact["indices"]:
        return rng.integers(0, fact["indices"], (count, *shape))
    if "int" in fact["dtype"]:
        return rng.integers(0, 2, (count, *shape))
    return rng.random((count, *shape)) if len(shape) > 2 else rng.normal(size=(count, *shape))


def targets(rng: np.random.Generator, count: int, shapes: Sequence[Sequence[int]],
            losses: Sequence[Settings]) -> list[Array]:
    """Targets for outputs of these shapes, each of the kind that its loss takes; one loss may be for all outputs."""
    return [target(rng, count, tuple(shape), loss_name(losses[min(i, len(losses) - 1)]))
            for i, shape in enumerate(shapes)]


def target(rng: np.random.Generator, count: int, shape: tuple[int, ...], name: str) -> Array:
    """Targets that a loss of a name takes: class indices, one-hot vectors, zeros and ones, or normal numbers."""
    if "sparse" in name:
        return rng.integers(0, shape[-1], (count, *shape[:-1]))
    if "binary" in name or "hinge" in name and "categorical" not in name:
        return rng.integers(0, 2, (count, *shape)).astype(float)
    if "crossentropy" in name or "categorical" in name or "kl" in name:
        return np.eye(shape[-1])[rng.integers(0, shape[-1], (count, *shape[:-1]))]
    return rng.normal(size=(count, *shape))


def with_what_was_drawn(failures: Mapping[str, Failure], targets: Sequence[Array]) -> dict[str, Failure]:
    """The failures of both sides; those of a loss or a training say which targets were drawn, and what to write."""
    drawn = " and ".join(dict.fromkeys(f"{kind(array)} of shape ({', '.join(('samples', *map(str, array.shape[1:])))})"
                                       for array in targets))
    converted = ", or `targets=FILE.py:NAME` with a function that converts them for the right program" \
        if [*failures] == ["right"] else ""
    return {side: replace(failure, message=f"{failure.message}; the targets were drawn, {drawn}: if its loss takes "
                          f"others, write `data=arrays.npz` with your own x and y{converted}")
            if drawn and failure.when in OF_A_LOSS and not failure.process_ended else failure
            for side, failure in failures.items()}


def kind(targets: Array) -> str:
    """What drawn targets are, in words."""
    if targets.dtype.kind in "iu":
        return "class indices"
    if not np.isin(targets, (0, 1)).all():
        return "normal numbers"
    return "one-hot vectors" if targets.ndim > 1 and (targets.sum(-1) == 1).all() else "zeros and ones"
