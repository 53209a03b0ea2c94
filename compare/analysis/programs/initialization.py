"""The distribution of each program's own initial weights, estimated from several seeds.

A check gives both programs the same weights, so that no difference that it finds comes from here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Iterator, Sequence

import numpy as np

from compare.analysis.programs.description import Array, Run
from compare.analysis.programs.pairing import Pairs

MOST_VALUES = 2 ** 17
"""The largest number of values that are used: they give the standard deviation to 1 %, and more would take seconds."""
MOST_COLUMNS = 64
"""The largest number of columns of a matrix that are used, for the same reason."""
ENOUGH = 200
"""The smallest number of values that can distinguish a uniform from a normal distribution."""
LIMIT = 5.0
"""Two distributions differ if mean or standard deviation differ by more than this many standard errors …"""
RANDOM = "random"
"""The kind of a distribution that is not known."""
LEAST = 0.03
"""… and by more than this share of the standard deviation."""


@dataclass(frozen=True)
class Drawn:
    """The distribution of a parameter's initial values."""

    kind: str
    """constant, fixed (the same values with every seed), uniform, normal, truncated normal, orthogonal, or random."""
    mean: float
    std: float

    count: int
    kurtosis: float
    names: tuple[str, ...] = ()
    """The usual initializers with this distribution, the most likely one first."""

    @property
    def name(self) -> str:
        """The most likely of the usual initializers; empty if none fits."""
        return next(iter(self.names), "")

    def __str__(self) -> str:
        if self.kind == "constant":
            return {0.0: "zeros", 1.0: "ones"}.get(self.mean, f"constant {self.mean:.4g}")
        if self.kind == "fixed":
            return f"the same values every time, {self.mean:.3g} on average"
        text = {"uniform": f"uniform within ±{self.std * 3 ** 0.5:.3g}", "orthogonal": "orthogonal"}.get(
            self.kind, f"{self.kind} with standard deviation {self.std:.3g}")
        centre = f" around {self.mean:.3g}" if abs(self.mean) > LIMIT * self.std / self.count ** 0.5 else ""
        return text + centre + (f" ({in_text(self.name)})" if self.name else "")


def in_text(name: str) -> str:
    """The name of an initializer for a sentence: code, unless it is words with code."""
    return name if " " in name else f"`{name}`"


@dataclass(frozen=True)
class InitialDifference:
    """A pair of parameters that the two programs initialize from different distributions."""

    left: str
    right: str
    role: str
    drawn: tuple[Drawn, Drawn]


def differences(lefts: Sequence[Run], rights: Sequence[Run], pairs: Pairs) -> tuple[InitialDifference, ...]:
    """The pairs with different distributions, from runs of both programs with the same seeds and their own weights."""
    ours, theirs = ([run.arrays("parameter") for run in runs] for runs in (lefts, rights))
    result = []
    for name, partner in pairs.items():
        if not all(name in values for values in ours) or not all(partner in values for values in theirs):
            continue
        shape = lefts[0].parameters[name].shape
        role = lefts[0].parameters[name].role.split("/")[-1]
        both = drawn([values[name] for values in ours], shape, role), \
            drawn([values[partner] for values in theirs], shape, role)
        result.append(InitialDifference(name, partner, role, both))
    likely = [Counter(name for each in result if each.drawn[side].kind != RANDOM for name in each.drawn[side].names)
              for side in (0, 1)]
    return tuple(replace(each, drawn=(of_most(each.drawn[0], likely[0]), of_most(each.drawn[1], likely[1])))
                 for each in result if differ(*each.drawn))


def of_most(distribution: Drawn, likely: Counter[str]) -> Drawn:
    """A distribution with the initializer first that fits most other parameters: for a single kernel, several fit by
    chance.

    With few values, only the standard deviation is known, and no other initializer is named.
    """
    names = sorted(distribution.names, key=lambda name: -likely[name])
    return replace(distribution, names=tuple(name for name in names if distribution.kind != RANDOM or likely[name]))


def drawn(values: Sequence[Array], shape: tuple[int, ...], role: str = "kernel") -> Drawn:
    """The distribution of the values drawn with each seed."""
    flat = np.concatenate([np.ravel(value) for value in values])
    if not flat.size or not np.ptp(flat):
        return Drawn("constant", float(flat[0]) if flat.size else 0.0, 0.0, flat.size, 0.0)
    flat = flat[::-(-flat.size // MOST_VALUES)].astype(float)
    mean = float(flat.mean())
    squares = np.square(flat - mean)
    std = float(squares.mean()) ** 0.5
    kurtosis = float(np.square(squares).mean()) / std ** 4
    ratio = float(squares.max()) ** 0.5 / std
    if len(values) > 1 and all(np.array_equal(values[0], value) for value in values[1:]):
        kind = "fixed"
    elif orthogonal(values[0], shape):
        kind = "orthogonal"
    elif flat.size < ENOUGH:
        kind = RANDOM
    else:
        kind = "uniform" if kurtosis < 2.1 else "truncated normal" if ratio < 2.29 else \
            "normal" if kurtosis > 2.7 else RANDOM
    return Drawn(kind, mean, std, flat.size, kurtosis, usual_names(kind, std, flat.size, shape, role))


def orthogonal(value: Array, shape: tuple[int, ...]) -> bool:
    """Whether the rows or the columns of a matrix are orthogonal and of the same length."""
    if value.ndim < 2 or min(value.shape[-1], value.size // value.shape[-1]) < 2:
        return False
    matrix = value.reshape(-1, value.shape[-1])
    matrix = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    matrix = matrix[:, :MOST_COLUMNS].astype(float)
    product = matrix.T @ matrix
    return bool(np.allclose(product, np.eye(len(product)) * product[0, 0], atol=1e-4 * abs(product[0, 0])))


def usual_names(kind: str, std: float, count: int, shape: tuple[int, ...], role: str) -> tuple[str, ...]:
    """The usual initializers with this kind and standard deviation, the closest one first."""
    near = [(abs(std - expected), name) for name, of, expected in usual(shape, role)
            if kind in (of, RANDOM) and abs(std - expected) < expected * (0.02 + 3 / (2 * count) ** 0.5)]
    return tuple(name for _, name in sorted(near))


def usual(shape: tuple[int, ...], role: str) -> Iterator[tuple[str, str, float]]:
    """The usual initializers of a parameter in Keras's layout: name, kind and standard deviation."""
    yield "Keras's uniform", "uniform", 0.05 / 3 ** 0.5
    yield "standard normal", "normal", 1.0
    if len(shape) < 2 or role == "embeddings":
        return
    field = int(np.prod(shape[:-2]))
    inputs, outputs = field * shape[-2], field * shape[-1]
    fan_out = inputs if len(shape) > 2 and shape[-1] == 1 else outputs  # PyTorch's, also of a depthwise convolution
    for name, variance in (("glorot", 2 / (inputs + outputs)), ("he", 2 / inputs), ("lecun", 1 / inputs)):
        yield f"{name}_uniform", "uniform", variance ** 0.5
        yield f"{name}_normal", "truncated normal", variance ** 0.5
    yield "`kaiming_uniform_` with `a=5 ** 0.5`, PyTorch's default", "uniform", (1 / (3 * inputs)) ** 0.5
    yield "kaiming_normal_", "normal", (2 / inputs) ** 0.5
    yield '`kaiming_normal_` with `mode="fan_out"`', "normal", (2 / fan_out) ** 0.5
    yield '`VarianceScaling(2.0, mode="fan_out")`', "truncated normal", (2 / outputs) ** 0.5
    yield "xavier_normal_", "normal", (2 / (inputs + outputs)) ** 0.5


def differ(left: Drawn, right: Drawn) -> bool:
    """Whether two distributions differ by more than chance and by a relevant amount."""
    fixed = [each.kind in ("constant", "fixed") for each in (left, right)]
    if all(fixed):
        return (left.kind, left.std) != (right.kind, right.std) or abs(left.mean - right.mean) > 1e-6
    if any(fixed):
        return True
    if RANDOM not in (left.kind, right.kind) and left.kind != right.kind:
        return True
    error = sum(max(each.kurtosis - 1, 0.1) / (4 * each.count) for each in (left, right)) ** 0.5
    spread = abs(np.log(left.std / right.std)) > LIMIT * error + LEAST
    centre = abs(left.mean - right.mean) > LIMIT * sum(each.std ** 2 / each.count for each in (left, right)) ** 0.5 \
        + LEAST * max(left.std, right.std)
    return bool(spread or centre)
