"""The metrics that a spec can list in `Spec.metrics`, beside the accuracy, which every training has.

Metrics have the names of losses, as in Keras and torchmetrics, so that they are written with their module:
`from scenarios.spec import metrics`, then `metrics.MeanSquaredError()`. Labels and outputs have shape (n, outputs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

__all__ = ["MeanAbsoluteError", "MeanSquaredError", "Metric"]


@dataclass(frozen=True)
class MeanAbsoluteError:
    """|output − label|, averaged over outputs and samples."""


@dataclass(frozen=True)
class MeanSquaredError:
    """(output − label)², averaged over outputs and samples."""


Metric = Union[MeanAbsoluteError, MeanSquaredError]
