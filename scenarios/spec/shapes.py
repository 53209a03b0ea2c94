"""The shape of a sample before and after each of a stack of layers."""

from __future__ import annotations

from scenarios.spec.activations import Activation
from scenarios.spec.checks import SpecError
from scenarios.spec.layers import Layer
from scenarios.spec.stacked import Shape


def shapes(layers: tuple[Layer, ...], sample: Shape) -> list[Shape]:
    """The shape of a sample before every layer and after the last. Raises SpecError where a layer does not fit."""
    result = [sample]
    for place, layer in enumerate(layers):
        before, name = result[-1], f"layers.{place}, a {type(layer).__name__},"
        takes = "any" if isinstance(layer, Activation) else layer.takes
        if takes == "image" and len(before) != 3:
            raise SpecError(f"{name} needs an image with channels; say data.channel=True, and Flatten after it.")
        if takes == "row" and len(before) != 1:
            raise SpecError(f"{name} needs a row of numbers; put Flatten before it, or set data.flatten=True.")
        if takes == "row or image" and len(before) == 2:
            raise SpecError(f"{name} needs a row, or an image with channels; say data.channel=True, or put Flatten "
                            "before it.")
        result.append(before if isinstance(layer, Activation) else layer.output_shape(before))
        if min(result[-1]) < 1:
            raise SpecError(f"{name} has windows larger than the image, of {before[0]} places a side.")
    return result
