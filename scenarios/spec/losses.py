"""The losses of the vocabulary; what `None` means, and where to add one, stands in `scenarios.spec`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from scenarios.spec.checks import check, refuse_unless

__all__ = ["BinaryCrossentropy", "CategoricalCrossentropy", "CategoricalHinge", "ClassWeights", "Hinge", "Huber",
           "KLDivergence", "Loss", "MeanAbsoluteError", "MeanSquaredError", "OF_CLASSES", "QuadraticCost"]


@dataclass(frozen=True)
class ClassWeights:
    """The loss of a sample counts as many times as its class says."""

    values: tuple[float, ...]
    """A number for each of `Data.classes`."""
    divisor: Literal["samples", "weights"] | None = None
    """What the sum over a batch is divided by: the number of its samples, or the sum of their weights."""
    in_test: bool | None = None
    """Whether a loss that is only measured, as that of the test set, has weights too."""

    def __post_init__(self) -> None:
        check(self)
        refuse_unless(all(0 < value < float("inf") for value in self.values), self, "values",
                      "numbers that are positive")


@dataclass(frozen=True)
class CategoricalCrossentropy:
    """−Σ label · log q over the classes, averaged over the batch; Keras calls it sparse with data.labels=index."""

    of: Literal["outputs", "softmax_of_logits", "softmax_of_outputs"] | None = None
    """What q is: the outputs as they are, or a softmax of the logits (the outputs are passed by), or of the outputs."""
    row_division: bool | Literal["after_clip"] | None = None
    """Whether q is divided by its sum over the classes, and where: before it is clipped, or after."""
    clip: float | None = None
    """q is clipped to [clip, 1 - clip], with gradient 0 outside; 0 clips nothing."""
    logits_form: bool | None = None
    """Whether log q is computed in one step from what q is made of, exact where q itself rounds to 0 or 1."""
    label_smoothing: float = 0.0
    """Every label becomes (1 − this) · label + this / classes."""
    class_weights: ClassWeights | Literal["none"] = "none"

    def __post_init__(self) -> None:
        check(self, clip="in [0, 0.5)", label_smoothing="in [0, 1)")
        refuse_unless(self.class_weights == "none" or not self.label_smoothing, self, "class_weights",
                      "none where labels are smoothed")


@dataclass(frozen=True)
class BinaryCrossentropy:
    """−label · log q − (1 − label) · log(1 − q), averaged over outputs and batch."""

    of: Literal["outputs", "sigmoid_of_logits", "sigmoid_of_outputs"] | None = None
    """What q is: the outputs as they are, or a sigmoid of the logits, or a sigmoid of the outputs."""
    domain: Literal["refuse", "clip", "undefined"] | None = None
    """What happens where q lies outside [0, 1]: an error, nothing but the clip, or no value is defined."""
    clip: float | None = None
    """q is clipped to [clip, 1 - clip], with gradient 0 outside; 0 clips nothing."""
    log_floor: float | None = None
    """The least value that a logarithm may take (its gradient is not cut); -inf leaves logarithms alone."""
    logits_form: bool | None = None
    """Whether both logarithms are computed in one step from what q is made of, exact where q rounds to 0 or 1."""
    log_offset: float | None = None
    """What is added to q, and to 1 − q, within the logarithms."""
    class_weights: ClassWeights | Literal["none"] = "none"
    """For one output only."""

    def __post_init__(self) -> None:
        check(self, clip="in [0, 0.5)", log_floor="negative", log_offset="not negative")


@dataclass(frozen=True)
class MeanSquaredError:
    """(output − label)², averaged over outputs and batch."""


@dataclass(frozen=True)
class MeanAbsoluteError:
    """|output − label|, averaged over outputs and batch."""


@dataclass(frozen=True)
class QuadraticCost:
    """½ Σ (output − label)² over the outputs, averaged over the batch: Nielsen's book, chapter 1, equation 6."""


@dataclass(frozen=True)
class Huber:
    """½ e² where |e| ≤ delta, elsewhere delta · |e| − ½ delta², a mean over outputs and batch; e is output − label."""

    delta: float | None = None
    """Where the square ends."""
    divided: bool | None = None
    """Whether all is divided by delta, so that its slope is never more than 1: PyTorch's SmoothL1Loss."""

    def __post_init__(self) -> None:
        check(self, delta="positive")


@dataclass(frozen=True)
class KLDivergence:
    """Σ label · log(label / q) over the classes, averaged over the batch; Kullback and Leibler 1951."""

    of: Literal["outputs", "powers_of_outputs"] | None = None
    """What q is: the outputs as they are, or e to the power of each, which takes outputs for logarithms."""
    clip: float | None = None
    """Labels and q are clipped to [clip, 1], with gradient 0 outside; 0 clips nothing."""
    mean_of: Literal["samples", "elements"] | None = None
    """Whether the sum over the batch is divided by its samples, or by samples times classes."""

    def __post_init__(self) -> None:
        check(self, clip="in [0, 0.5)")


@dataclass(frozen=True)
class Hinge:
    """max(1 − label · output, 0), averaged over outputs and batch, of labels −1 and 1."""

    signs: bool | None = None
    """Whether labels of 0 and 1 are made to −1 and 1; else a label of 0 costs 1, whatever the output."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class CategoricalHinge:
    """max(1 + the largest output of a wrong class − that of the right one, 0), averaged over the batch."""

    from_zero: bool | None = None
    """Whether the largest output of a wrong class counts as 0 where it is less."""

    def __post_init__(self) -> None:
        check(self)


Loss = Union[CategoricalCrossentropy, BinaryCrossentropy, MeanSquaredError, MeanAbsoluteError, QuadraticCost, Huber,
             KLDivergence, Hinge, CategoricalHinge]

OF_CLASSES = (CategoricalCrossentropy, KLDivergence, CategoricalHinge)
"""The losses that need one output per class."""
