"""Suspects of outputs that are another's scaled and shifted: as a whole, or feature by feature."""

from __future__ import annotations

from typing import Iterator, Mapping, Sequence

import numpy as np

from compare.analysis.programs import agreement
from compare.analysis.programs.description import Array, Operation, path_as_code
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect

LARGE = 10 ** 6
"""The number of values from which on an output is not searched for a factor."""


def scaled(at: Difference, inside: Sequence[Operation]) -> Iterator[Suspect]:
    """A constant factor, or an input that only one side scales."""
    expected, keras = at.expected, at.keras_layer
    if expected is None:
        return
    if expected.kind == "Rescaling" and keras is not None and not expected.sources:
        factor, offset = keras.settings.get("scale", 1.0), keras.settings.get("offset", 0.0)
        yield Suspect(({"kind": "input", "factor": factor, "offset": offset},),
                      f"Keras's model scales its input by {factor:g}; your PyTorch program does not.",
                      f"x = x * {factor:g}" + (f" + {offset:g}" if offset else ""), at.operation.place)
    expected_value, values = at.left.arrays("forward")[expected.key], at.right.arrays("forward")
    if expected.kind == "Normalization":
        yield from by_feature(expected_value, values, inside)
    before = [at.right.operation(at.before)] if at.before is not None else []
    for operation in (*inside, *before) if expected_value.size <= LARGE else ():
        line = line_between(values[operation.key], expected_value)
        if line is None or line == (1.0, 0.0):
            continue
        factor, offset = line
        shift = f" {'+' if offset > 0 else '-'} {abs(offset):.6g}" if abs(offset) > 1e-8 else ""
        where = f" after `{path_as_code(operation.layer)}`" if operation.layer else ""
        yield Suspect(({"kind": "apply", "operation": operation.key, "function": "scale",
                        "settings": {"factor": factor, "offset": offset}},),
                      f"Keras's output is {factor:.6g} times this one{shift}.",
                      f"`x = x * {factor:.6g}{shift}`{where}", operation.place)


def by_feature(expected_value: Array, values: Mapping[str, Array], inside: Sequence[Operation]) -> Iterator[Suspect]:
    """Another mean or divisor of every feature than that of Keras's Normalization."""
    for operation in reversed(inside):  # the last one: with it, all of the region is what Keras computes
        value = values[operation.key]
        if value.shape != expected_value.shape or value.ndim < 2:
            continue
        lines = [line_between(value[..., i].ravel(), expected_value[..., i].ravel()) for i in range(value.shape[-1])]
        known = [line for line in lines if line is not None]
        if len(known) == len(lines):
            count = samples_of({round(factor, 9) for factor, _ in known})
            cause, code = ("for each feature; your program has another mean or divisor.",
                           "x = (x - mean) / variance.sqrt()") if count is None else (
                f"with the variance of all {count} samples; your standard deviation divides by {count - 1}, as "
                "`x.std` does by default.", "x.std(0, correction=0)")
            yield Suspect(({"kind": "apply", "operation": operation.key, "function": "scale",
                            "settings": {"factor": [factor for factor, _ in known],
                                         "offset": [offset for _, offset in known]}},),
                          f"Keras's `Normalization` computes `(x - mean) / sqrt(variance)`, {cause}", code,
                          operation.place)


def samples_of(factors: set[float]) -> int | None:
    """The number n of samples with which every factor is sqrt(n / (n - 1)); None if they are another one."""
    square = float(np.mean(list(factors))) ** 2
    count = round(square / (square - 1)) if square > 1 + 1e-6 and np.ptp(list(factors)) < 1e-6 else 0
    return count if count > 1 and abs(square - count / (count - 1)) < 1e-6 else None


def line_between(value: Array, expected_value: Array) -> tuple[float, float] | None:
    """(factor, offset) with which an output becomes another one in some layout; None if there are none."""
    if value.dtype.kind != "f" or not np.isfinite(value).all() or np.ptp(value) == 0:
        return None
    for layout in agreement.layouts(expected_value):
        if layout.shape == value.shape and np.isfinite(layout).all():
            factor, offset = (round(float(each), 9) for each in np.polyfit(value.ravel(), layout.ravel(), 1))
            if factor and agreement.relative_difference(layout, factor * value + offset) < agreement.TOLERANCE:
                return factor, offset
    return None
