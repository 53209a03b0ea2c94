"""Layers that normalize. gamma and beta are trained. `scenarios.spec` explains unset fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from scenarios.spec.checks import check, refuse_unless
from scenarios.spec.stacked import Shape, Stacked, Takes

__all__ = ["BatchNormalization", "GroupNormalization", "LayerNormalization"]


@dataclass(frozen=True)
class LayerNormalization(Stacked):
    """gamma · (x - mean) / sqrt(variance + epsilon) + beta over each sample's features; Ba et al. 2016, equation 4.

    gamma is initialized to 1 and beta to 0; both have shape (inputs,).
    """

    takes: ClassVar[Takes] = "row"
    has_weights: ClassVar[bool] = True

    epsilon: float | None = None
    """Added to the variance."""

    def __post_init__(self) -> None:
        check(self, epsilon="positive")


@dataclass(frozen=True)
class GroupNormalization(Stacked):
    """gamma · (x - mean) / sqrt(variance + epsilon) + beta over each sample's groups of channels; Wu and He 2018.

    gamma is initialized to 1 and beta to 0; both have shape (channels,).
    """

    takes: ClassVar[Takes] = "row or image"
    has_weights: ClassVar[bool] = True

    groups: int
    """The number of groups; each consists of neighbouring channels."""
    epsilon: float | None = None
    """Added to the variance."""

    def __post_init__(self) -> None:
        check(self, groups="positive", epsilon="positive")

    def output_shape(self, shape: Shape) -> Shape:
        refuse_unless(shape[-1] % self.groups == 0, self, "groups", f"a divisor of the {shape[-1]} channels")
        return shape


@dataclass(frozen=True)
class BatchNormalization(Stacked):
    """gamma · (x - mean) / sqrt(variance + epsilon) + beta, per channel of an image or per feature.

    In training, mean and variance are those of the batch, and update the moving statistics. In evaluation, the moving
    statistics are used. Ioffe and Szegedy 2015, algorithms 1 and 2. gamma and the moving variance are initialized to 1,
    beta and the moving mean to 0; all have shape (inputs,).
    """

    takes: ClassVar[Takes] = "row or image"
    has_weights: ClassVar[bool] = True

    epsilon: float | None = None
    """Added to the variance."""
    momentum: float | None = None
    """moving ← momentum · moving + (1 − momentum) · batch, as in Keras. PyTorch's argument is 1 − momentum."""
    variance: Literal["biased", "unbiased", "unbiased_images", "twice"] | None = None
    """The variance of n values that updates the moving variance: the sum of squares divided by n (`biased`); by n − 1
    (`unbiased`); by n − 1 for images and n otherwise (`unbiased_images`); or the latter times n / (n − 1 − epsilon)
    (`twice`)."""

    def __post_init__(self) -> None:
        check(self, epsilon="positive", momentum="in [0, 1)")
