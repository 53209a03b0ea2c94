"""Random inputs and targets that a program accepts."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from compare.analysis.programs.description import Array, Settings, loss_name


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
