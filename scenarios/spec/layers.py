"""Layers. Images have shape (batch, height, width, channels), as in Keras. `scenarios.spec` explains unset fields."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, Union

from scenarios.spec.activations import Activation
from scenarios.spec.checks import check, refuse_unless
from scenarios.spec.initializers import Initializer
from scenarios.spec.normalizations import BatchNormalization, GroupNormalization, LayerNormalization
from scenarios.spec.regularizers import Regularizing
from scenarios.spec.stacked import Shape, Stacked, Takes

__all__ = ["AveragePooling2D", "BatchNormalization", "Conv2D", "Dense", "Dropout", "Flatten",
           "GlobalAveragePooling2D", "GroupNormalization", "Layer", "LayerNormalization", "MaxPooling2D"]


@dataclass(frozen=True)
class Flatten(Stacked):
    """Reshapes an image to a vector: (batch, 28, 28) to (batch, 784)."""

    order: Literal["channels_last", "channels_first"] | None = None
    """The order of the elements of an image with channels. `channels_last`: pixel by pixel, each with all its channels.
    `channels_first`: channel by channel, each with all its pixels."""

    def __post_init__(self) -> None:
        check(self)

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


REGULARIZED = ("kernel_regularizer", "bias_regularizer", "activity_regularizer")


@dataclass(frozen=True)
class Dense(Stacked):
    """inputs @ kernel + bias. The kernel has shape (inputs, units), the bias (units,)."""

    takes: ClassVar[Takes] = "row"
    has_weights: ClassVar[bool] = True

    units: int
    """The number of outputs."""
    kernel: Initializer | None = None
    """The initializer of the kernel."""
    bias: Initializer | None = None
    """The initializer of the bias."""
    trainable: bool = True
    """Whether training changes this layer."""
    kernel_regularizer: Regularizing = "none"
    """The regularizer of the kernel."""
    bias_regularizer: Regularizing = "none"
    """The regularizer of the bias."""
    activity_regularizer: Regularizing = "none"
    """The regularizer of the layer's outputs, before the activation that follows it. The sum over a batch is divided by
    the number of its samples."""

    def __post_init__(self) -> None:
        check(self, units="positive")
        for name in REGULARIZED:
            refuse_unless(self.trainable or getattr(self, name) == "none", self, name, "none where trainable is False")

    def output_shape(self, shape: Shape) -> Shape:
        return (self.units,)


ODD = "an odd number where padding=same"


@dataclass(frozen=True)
class Conv2D(Stacked):
    """2D convolution (a cross-correlation) with `filters` square kernels, plus one bias per filter."""

    takes: ClassVar[Takes] = "image"
    has_weights: ClassVar[bool] = True

    filters: int
    """The number of output channels."""
    kernel_size: int
    """Height and width of a kernel."""
    strides: int = 1
    """The step of the kernel along the height and the width, in pixels."""
    padding: Literal["valid", "same"] = "valid"
    """`valid`: no padding. `same`: zeros are added so that each side has ceil(size / strides) outputs."""
    padded: Literal["as_needed", "symmetric"] | None = None
    """Where `same` adds zeros. `as_needed`: as few as necessary, with the extra row or column at the bottom and right.
    `symmetric`: kernel_size // 2 on every side, as `nn.Conv2d(padding=...)` does."""
    kernel: Initializer | None = None
    """The initializer of the kernel, which has shape (kernel_size, kernel_size, channels, filters)."""
    bias: Initializer | None = None
    """The initializer of the bias, which has shape (filters,)."""
    kernel_regularizer: Regularizing = "none"
    """As in `Dense`."""
    bias_regularizer: Regularizing = "none"
    """As in `Dense`."""
    activity_regularizer: Regularizing = "none"
    """As in `Dense`."""

    def __post_init__(self) -> None:
        check(self, filters="positive", kernel_size="positive", strides="positive")
        refuse_unless(self.padding == "valid" or self.kernel_size % 2 == 1, self, "kernel_size", ODD)

    def output_shape(self, shape: Shape) -> Shape:
        same = self.padding == "same"
        places = [-(-n // self.strides) if same else (n - self.kernel_size) // self.strides + 1 for n in shape[:2]]
        return (*places, self.filters)


@dataclass(frozen=True)
class MaxPooling2D(Stacked):
    """The maximum of each window, per channel. Windows do not overlap; an incomplete window is ignored."""

    takes: ClassVar[Takes] = "image"

    pool_size: int = 2
    """Height and width of a window."""

    def __post_init__(self) -> None:
        check(self, pool_size="positive")

    def output_shape(self, shape: Shape) -> Shape:
        return shape[0] // self.pool_size, shape[1] // self.pool_size, shape[2]


@dataclass(frozen=True)
class AveragePooling2D(Stacked):
    """The mean of each window, per channel; LeCun et al. 1998, section II.B."""

    takes: ClassVar[Takes] = "image"

    pool_size: int = 2
    """Height and width of a window."""
    padding: Literal["valid", "same"] = "valid"
    """`valid`: windows do not overlap. `same`: strides of 1, one window around every pixel, with zero padding."""
    counts_padding: bool | None = None
    """Whether the mean of a window that extends beyond the image counts the padded zeros."""

    def __post_init__(self) -> None:
        check(self, pool_size="positive")
        refuse_unless(self.padding == "valid" or self.pool_size % 2 == 1, self, "pool_size", ODD)

    def output_shape(self, shape: Shape) -> Shape:
        if self.padding == "same":
            return shape
        return shape[0] // self.pool_size, shape[1] // self.pool_size, shape[2]


@dataclass(frozen=True)
class GlobalAveragePooling2D(Stacked):
    """The mean of each channel: (batch, height, width, channels) to (batch, channels); Lin et al. 2014."""

    takes: ClassVar[Takes] = "image"

    def output_shape(self, shape: Shape) -> Shape:
        return shape[-1:]


@dataclass(frozen=True)
class Dropout(Stacked):
    """In training, sets random inputs to 0 and divides the others by 1 − rate; Srivastava et al. 2014.

    With a shared initialization, all frameworks use the same masks (`frameworks.parts.dropout`).
    """

    takes: ClassVar[Takes] = "row"

    rate: float
    """The fraction of the inputs that is set to 0."""
    keeps_logits: bool | None = None
    """For a Dropout as the last layer, after a sigmoid or softmax: whether an evaluation, in which the Dropout changes
    nothing, computes a cross-entropy from the logits of that activation. In training, the outputs are used."""

    def __post_init__(self) -> None:
        check(self, rate="in [0, 1)")


Layer = Union[Flatten, Dense, Conv2D, MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D, LayerNormalization,
              BatchNormalization, GroupNormalization, Dropout, Activation]
