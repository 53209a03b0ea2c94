"""The metrics that a spec can list in `Spec.metrics`, beside the accuracy, which every training has.

Metrics have the names of losses, as in Keras and torchmetrics, so that they are written with their module:
`from scenarios.spec import metrics`, then `metrics.MeanSquaredError()`. Labels and outputs have shape (n, outputs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from scenarios.spec.checks import check, refuse_unless

__all__ = ["AUC", "BinaryAccuracy", "CategoricalAccuracy", "F1Score", "MeanAbsoluteError", "MeanSquaredError", "Metric",
           "Precision", "Recall", "RootMeanSquaredError"]


@dataclass(frozen=True)
class BinaryAccuracy:
    """The share of single outputs that are on the side of the threshold where their label is.

    With ten one-hot labels, a model that predicts nothing has 0.9: nine outputs of ten have the label 0.
    """

    threshold: float | None = None
    """An output above it predicts 1."""
    sigmoid: Literal["never", "outside"] | None = None
    """Whether a sigmoid is applied to all outputs of a batch if any of them lies outside [0, 1]."""

    def __post_init__(self) -> None:
        check(self, threshold="finite")


@dataclass(frozen=True)
class CategoricalAccuracy:
    """The share of correct predictions, where the class with the largest output is predicted."""

    average: Literal["micro", "macro"] | None = None
    """`micro`: the share of all samples. `macro`: the mean of the shares of the classes that occur, as a label or as a
    prediction."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class AUC:
    """The area under the curve of true against false positives (ROC), for one output."""

    thresholds: int | Literal["all"] | None = None
    """The number of thresholds, at equal distances from 0 to 1. `all`: every output is a threshold."""

    def __post_init__(self) -> None:
        check(self, thresholds="positive")
        refuse_unless(self.thresholds != 1, self, "thresholds", "all, or a whole number from 2 on")


@dataclass(frozen=True)
class Precision:
    """The share of correct ones among all predicted classes of all samples (micro average); 0 if none is predicted."""

    predicted: Literal["above_half", "largest"] | None = None
    """The classes that are predicted for a sample: all with an output above 0.5, which can be none, or the one with the
    largest output."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Recall:
    """The share of predicted classes among all labels of all samples (micro average)."""

    predicted: Literal["above_half", "largest"] | None = None
    """As in `Precision`."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class F1Score:
    """2 · precision · recall / (precision + recall), where the class with the largest output is predicted."""

    average: Literal["micro", "macro"]
    """`micro`: of all samples and classes together, which is the accuracy. `macro`: the mean of the scores of the
    classes. It cannot be unset: without an average, Keras's F1Score is one number per class."""
    absent: Literal["zero", "left_out"] | None = None
    """The score of a class that is neither a label nor predicted: 0, or left out of the mean of `macro`."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class MeanAbsoluteError:
    """|output − label|, averaged over outputs and samples."""


@dataclass(frozen=True)
class MeanSquaredError:
    """(output − label)², averaged over outputs and samples."""


@dataclass(frozen=True)
class RootMeanSquaredError:
    """The square root of the mean squared error over all outputs and samples."""


Metric = Union[MeanAbsoluteError, MeanSquaredError, RootMeanSquaredError, BinaryAccuracy, CategoricalAccuracy, AUC,
               Precision, Recall, F1Score]

OF_CLASSES = (CategoricalAccuracy, Precision, Recall, F1Score)
"""The metrics that need one output per class."""
OF_ONE_OUTPUT = (AUC,)
"""The metrics that need a single output."""
