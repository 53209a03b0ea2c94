"""Layers; images have shape (batch, height, width, channels)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, Union

from scenarios.spec.activations import Activation
from scenarios.spec.checks import check, refuse_unless
from scenarios.spec.initializers import Initializer

__all__ = ["AveragePooling2D", "BatchNormalization", "Conv2D", "Dense", "Dropout", "Flatten",
           "GlobalAveragePooling2D", "GroupNormalization", "Layer", "LayerNormalization", "MaxPooling2D"]

Shape = tuple[int, ...]
"""Of one sample: (numbers,) of a row, (height, width) or (height, width, channels) of an image."""


class Stacked:
    """What every layer says of its place in a stack."""

    takes: ClassVar[Literal["any", "row", "image", "row or image"]] = "any"
    """The samples that it takes: rows of numbers, images with channels, or both."""
    has_weights: ClassVar[bool] = False

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of a sample after the layer."""
        return shape


@dataclass(frozen=True)
class Flatten(Stacked):
    """Reshapes the image to a row of numbers: (batch, 28, 28) to (batch, 784)."""

    order: Literal["channels_last", "channels_first"] | None = None
    """Which comes first in the row of an image with channels: all channels of the first place, or all places of the
    first channel."""

    def __post_init__(self) -> None:
        check(self)

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


@dataclass(frozen=True)
class Dense(Stacked):
    """inputs @ kernel + bias; the kernel has shape (inputs, units), the bias (units,)."""

    takes: ClassVar = "row"
    has_weights: ClassVar = True

    units: int
    """The number of outputs."""
    kernel: Initializer | None = None
    """How the kernel is drawn."""
    bias: Initializer | None = None
    """How the bias is drawn."""
    trainable: bool = True
    """Whether training changes this layer."""

    def __post_init__(self) -> None:
        check(self, units="positive")

    def output_shape(self, shape: Shape) -> Shape:
        return (self.units,)


ODD = "an odd number where padding=same"


@dataclass(frozen=True)
class Conv2D(Stacked):
    """Cross-correlation of an image with `filters` square kernels, plus a bias each."""

    takes: ClassVar = "image"
    has_weights: ClassVar = True

    filters: int
    """The number of outputs a place, the channels of what follows."""
    kernel_size: int
    """Height and width of a kernel."""
    strides: int = 1
    """How many places it moves at a time, down and to the right."""
    padding: Literal["valid", "same"] = "valid"
    """Whether only whole windows are taken, or zeros are put around for ceil(places / strides) outputs a side."""
    padded: Literal["as_needed", "symmetric"] | None = None
    """Where `same` puts zeros: as few as the outputs need, an odd one below and to the right; or half a kernel on every
    side, also where strides leave the last ones unread."""
    kernel: Initializer | None = None
    """How the kernel is drawn, of shape (kernel_size, kernel_size, channels, filters)."""
    bias: Initializer | None = None
    """How the bias is drawn, of shape (filters,)."""

    def __post_init__(self) -> None:
        check(self, filters="positive", kernel_size="positive", strides="positive")
        refuse_unless(self.padding == "valid" or self.kernel_size % 2 == 1, self, "kernel_size", ODD)

    def output_shape(self, shape: Shape) -> Shape:
        same = self.padding == "same"
        places = [-(-n // self.strides) if same else (n - self.kernel_size) // self.strides + 1 for n in shape[:2]]
        return (*places, self.filters)


@dataclass(frozen=True)
class MaxPooling2D(Stacked):
    """The largest number of every whole window, channel by channel; windows do not overlap."""

    takes: ClassVar = "image"

    pool_size: int = 2
    """Height and width of a window."""

    def __post_init__(self) -> None:
        check(self, pool_size="positive")

    def output_shape(self, shape: Shape) -> Shape:
        return shape[0] // self.pool_size, shape[1] // self.pool_size, shape[2]


@dataclass(frozen=True)
class AveragePooling2D(Stacked):
    """The mean of every window, channel by channel; LeCun et al. 1998, section II.B."""

    takes: ClassVar = "image"

    pool_size: int = 2
    """Height and width of a window."""
    padding: Literal["valid", "same"] = "valid"
    """Whether windows are whole and do not overlap, or one lies around every place, with zeros outside of the image."""
    counts_padding: bool | None = None
    """Whether a mean over a window that reaches outside counts the zeros there."""

    def __post_init__(self) -> None:
        check(self, pool_size="positive")
        refuse_unless(self.padding == "valid" or self.pool_size % 2 == 1, self, "pool_size", ODD)

    def output_shape(self, shape: Shape) -> Shape:
        if self.padding == "same":
            return shape
        return shape[0] // self.pool_size, shape[1] // self.pool_size, shape[2]


@dataclass(frozen=True)
class GlobalAveragePooling2D(Stacked):
    """The mean of every channel over all places: an image becomes a row of one number a channel; Lin et al. 2014."""

    takes: ClassVar = "image"

    def output_shape(self, shape: Shape) -> Shape:
        return shape[-1:]


@dataclass(frozen=True)
class LayerNormalization(Stacked):
    """gamma · (x - mean) / sqrt(variance + epsilon) + beta over the numbers of each sample; Ba et al. 2016, equation 4.

    gamma starts at 1, beta at 0, each of shape (inputs,).
    """

    takes: ClassVar = "row"
    has_weights: ClassVar = True

    epsilon: float | None = None
    """What is added to the variance."""

    def __post_init__(self) -> None:
        check(self, epsilon="positive")


@dataclass(frozen=True)
class GroupNormalization(Stacked):
    """gamma · (x - mean) / sqrt(variance + epsilon) + beta over each sample's groups of channels; Wu and He 2018.

    gamma starts at 1, beta at 0, each of shape (channels,).
    """

    takes: ClassVar = "row or image"
    has_weights: ClassVar = True

    groups: int
    """How many groups the channels are divided into; neighbouring channels form a group."""
    epsilon: float | None = None
    """What is added to the variance."""

    def __post_init__(self) -> None:
        check(self, groups="positive", epsilon="positive")

    def output_shape(self, shape: Shape) -> Shape:
        refuse_unless(shape[-1] % self.groups == 0, self, "groups", f"a divisor of the {shape[-1]} channels")
        return shape


@dataclass(frozen=True)
class BatchNormalization(Stacked):
    """gamma · (x - mean) / sqrt(variance + epsilon) + beta, channel by channel, or number by number of a row.

    In training, mean and variance are those of the batch, and moving ones follow them; elsewhere the moving ones are
    taken. Ioffe and Szegedy 2015, algorithms 1 and 2. gamma and the moving variance start at 1, beta and the moving
    mean at 0, each of shape (inputs,).
    """

    takes: ClassVar = "row or image"
    has_weights: ClassVar = True

    epsilon: float | None = None
    """What is added to the variance."""
    momentum: float | None = None
    """How much of the moving mean and variance a step keeps."""
    variance: Literal["biased", "unbiased", "unbiased_images", "twice"] | None = None
    """Which variance of n numbers the moving one follows: that with n below the sum of squares; with n - 1; with n - 1
    for images, n for rows; or the one before times n / (n - 1 - epsilon)."""

    def __post_init__(self) -> None:
        check(self, epsilon="positive", momentum="in [0, 1)")


@dataclass(frozen=True)
class Dropout(Stacked):
    """In training, a share of the numbers is 0, the others are divided by what is left; Srivastava et al. 2014.

    Which numbers is part of the start: from a shared one, every framework drops the same
    (`frameworks.runtime.layers.MASKS`).
    """

    takes: ClassVar = "row"

    rate: float
    """The share that is dropped."""

    def __post_init__(self) -> None:
        check(self, rate="in [0, 1)")


Layer = Union[Flatten, Dense, Conv2D, MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D, LayerNormalization,
              BatchNormalization, GroupNormalization, Dropout, Activation]
