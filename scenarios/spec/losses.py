"""Losses. `scenarios.spec` exports them and explains unset fields.

Labels and outputs have shape (batch, outputs). Each loss is a mean over the batch. Logits are the inputs of the last
activation (`Activation`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from scenarios.spec.checks import check, refuse_unless

__all__ = ["BinaryCrossentropy", "CategoricalCrossentropy", "CategoricalHinge", "ClassWeights", "Hinge", "Huber",
           "KLDivergence", "Loss", "MeanAbsoluteError", "MeanSquaredError", "OF_CLASSES", "Poisson",
           "QuadraticCost"]


@dataclass(frozen=True)
class ClassWeights:
    """Each sample's loss is multiplied by the weight of its class: `class_weight` of Keras's `fit`, or the `weight`
    argument of a PyTorch loss."""

    values: tuple[float, ...]
    """The weight of each of `Data.classes`."""
    divisor: Literal["samples", "weights"] | None = None
    """The divisor of the sum over a batch: the number of samples, or the sum of their weights."""
    in_test: bool | None = None
    """Whether the test loss is weighted too."""
    in_accuracy: bool | None = None
    """Whether the accuracy is weighted wherever the loss is, as with `weighted_metrics=["accuracy"]` of Keras."""

    def __post_init__(self) -> None:
        check(self)
        refuse_unless(all(0 < value < float("inf") for value in self.values), self, "values",
                      "numbers that are positive")


@dataclass(frozen=True)
class CategoricalCrossentropy:
    """−Σ label · log q over the classes. With `Data(labels="index")` it is `SparseCategoricalCrossentropy` in Keras."""

    of: Literal["outputs", "softmax_of_logits", "softmax_of_outputs"] | None = None
    """What q is: the outputs, the softmax of the logits (the last activation is bypassed), or the softmax of the
    outputs."""
    row_division: bool | Literal["after_clip"] | None = None
    """Whether q is divided by its sum over the classes: before clipping (True), after it, or not at all."""
    clip: float | None = None
    """q is clipped to [clip, 1 − clip], with gradient 0 outside; 0 means no clipping."""
    logits_form: bool | None = None
    """Whether log q is computed directly from the logits (log-softmax), which is exact where q rounds to 0 or 1."""
    label_smoothing: float = 0.0
    """Labels become (1 − label_smoothing) · label + label_smoothing / classes."""
    class_weights: ClassWeights | Literal["none"] = "none"
    """The weights of the classes; not together with `label_smoothing`."""

    def __post_init__(self) -> None:
        check(self, clip="in [0, 0.5)", label_smoothing="in [0, 1)")
        refuse_unless(self.class_weights == "none" or not self.label_smoothing, self, "class_weights",
                      "none where labels are smoothed")


@dataclass(frozen=True)
class BinaryCrossentropy:
    """−label · log q − (1 − label) · log(1 − q), averaged over the outputs."""

    of: Literal["outputs", "sigmoid_of_logits", "sigmoid_of_outputs"] | None = None
    """What q is: the outputs, the sigmoid of the logits, or the sigmoid of the outputs."""
    domain: Literal["refuse", "clip", "undefined"] | None = None
    """What happens if q is outside [0, 1]: an error (`refuse`), clipping, or an undefined value."""
    clip: float | None = None
    """q is clipped to [clip, 1 − clip], with gradient 0 outside; 0 means no clipping."""
    log_floor: float | None = None
    """The lower bound of each logarithm, which does not affect the gradient; −inf means no bound."""
    logits_form: bool | None = None
    """Whether both logarithms are computed directly from the logits, which is exact where q rounds to 0 or 1."""
    log_offset: float | None = None
    """Added to q and to 1 − q inside the logarithms."""
    class_weights: ClassWeights | Literal["none"] = "none"
    """The weights of the classes, for one output only."""

    def __post_init__(self) -> None:
        check(self, clip="in [0, 0.5)", log_floor="negative", log_offset="not negative")


@dataclass(frozen=True)
class MeanSquaredError:
    """(output − label)², averaged over the outputs."""


@dataclass(frozen=True)
class MeanAbsoluteError:
    """|output − label|, averaged over the outputs."""


@dataclass(frozen=True)
class QuadraticCost:
    """½ Σ (output − label)² over the outputs; Nielsen, Neural Networks and Deep Learning, chapter 1, equation 6."""


@dataclass(frozen=True)
class Huber:
    """½ e² if |e| ≤ delta, else delta · |e| − ½ delta², averaged over the outputs; e is output − label."""

    delta: float | None = None
    """The error at which the loss changes from quadratic to linear."""
    divided: bool | None = None
    """Whether the loss is divided by delta, as in PyTorch's SmoothL1Loss."""

    def __post_init__(self) -> None:
        check(self, delta="positive")


@dataclass(frozen=True)
class KLDivergence:
    """Σ label · log(label / q) over the classes; Kullback and Leibler 1951."""

    of: Literal["outputs", "powers_of_outputs"] | None = None
    """What q is: the outputs, or exp(outputs), for outputs that are log-probabilities."""
    clip: float | None = None
    """Labels and q are clipped to [clip, 1], with gradient 0 outside; 0 means no clipping."""
    mean_of: Literal["samples", "elements"] | None = None
    """The divisor of the sum over the batch: the number of samples, or samples times classes (`reduction="mean"`)."""

    def __post_init__(self) -> None:
        check(self, clip="in [0, 0.5)")


@dataclass(frozen=True)
class Hinge:
    """max(1 − label · output, 0), averaged over the outputs, for labels −1 and 1."""

    signs: bool | None = None
    """Whether labels 0 and 1 are converted to −1 and 1; otherwise a label of 0 has loss 1 for every output."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class CategoricalHinge:
    """max(1 + wrong − right, 0): `right` is the output of the correct class, `wrong` the largest other output."""

    from_zero: bool | None = None
    """Whether `wrong` is at least 0."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Poisson:
    """q − label · log q, averaged over outputs and batch; the negative log-likelihood of counts, without a constant."""

    of: Literal["outputs", "powers_of_outputs"] | None = None
    """The rate q: the outputs, or e to the power of each output, which is then its logarithm."""
    log_offset: float | None = None
    """Added to q inside the logarithm; e to the power of an output needs none and gets none."""

    def __post_init__(self) -> None:
        check(self, log_offset="not negative")


Loss = Union[CategoricalCrossentropy, BinaryCrossentropy, MeanSquaredError, MeanAbsoluteError, QuadraticCost, Huber,
             KLDivergence, Hinge, CategoricalHinge, Poisson]

OF_CLASSES = (CategoricalCrossentropy, KLDivergence, CategoricalHinge)
"""The losses that need one output per class."""
