"""The result of comparing one stage: the differences of its parts, and where they begin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Mapping

from compare.analysis.programs.agreement import TOLERANCE
from compare.analysis.programs.description import Operation


class Stage(str, Enum):
    """The stages that are compared, in this order."""

    PARAMETERS = "parameters"
    FORWARD = "forward"
    FORWARD_TRAINING = "forward in training mode"
    LOSS = "loss"
    GRADIENT = "gradient"
    UPDATE = "update"
    TRAINING = "training"
    EVALUATION = "evaluation"
    METRIC = "metric"

    __str__ = str.__str__


ORDER = tuple(Stage)
NOISE_FACTOR = 100
"""A difference up to so many times the effect of rounding is none: the weights are nudged by one unit in the last place
once, and both programs round in every operation."""


@dataclass(frozen=True)
class Comparison:
    """The result of a stage: the differences of its parts, and where they begin."""

    stage: Stage
    differences: Mapping[str, float]
    """By left parameter, operation or step: the relative difference in float64."""
    tolerance: float = TOLERANCE
    left: Operation | None = None
    """For the forward stage, the left operation that makes the difference …"""
    right: Operation | None = None
    """… and the right one, if known."""
    paired: Mapping[str, str] | None = None
    """For the forward stage and the loss: by left operation, the right operation that computes the same."""

    @property
    def size(self) -> float:
        """The largest difference."""
        return max(self.differences.values(), default=0.0)

    @property
    def differs(self) -> bool:
        """Whether the stage differs."""
        return self.size > self.tolerance

    @property
    def where(self) -> list[str]:
        """The parts that differ."""
        return [name for name, difference in self.differences.items() if difference > self.tolerance]
