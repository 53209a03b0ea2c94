"""What every layer declares about its inputs and outputs."""

from __future__ import annotations

from typing import ClassVar, Literal

Shape = tuple[int, ...]
"""The shape of one sample: (features,), or (height, width) or (height, width, channels) for an image."""
Takes = Literal["any", "row", "image", "row or image"]
"""The inputs that a layer accepts: feature vectors, images with channels, or both."""


class Stacked:
    """The base class of layers."""

    takes: ClassVar[Takes] = "any"
    """The inputs that the layer accepts."""
    has_weights: ClassVar[bool] = False
    """Whether the layer has weights, trained or not."""

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of a sample after the layer, from its shape before it."""
        return shape
