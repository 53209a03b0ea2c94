"""Flatten: images to vectors. Python 3.6 and NumPy 1.16."""
from frameworks.parts.layer import LayerPart


class Flatten(LayerPart):
    """Flattens images pixel by pixel (`channels_last`) or channel by channel (`channels_first`).

    The output has shape (batch, height · width · channels).
    """

    def forward(self, layer, x):
        if layer["order"] == "channels_first" and x.ndim == 4:
            x = x.transpose(0, 3, 1, 2)
        return x.reshape(len(x), -1)

    def pullback(self, layer, x, y, gradient):
        if layer["order"] != "channels_first" or x.ndim != 4:
            return gradient.reshape(x.shape)
        return gradient.reshape(x.transpose(0, 3, 1, 2).shape).transpose(0, 2, 3, 1)

    def rules(self):
        from frameworks.quirks.rule import UNPUBLISHED, field, keras, reference, torch
        return (
            field("Flatten.order", "forward", published=False, rules=(
                keras(value="channels_last", evidence="keras/src/layers/reshaping/flatten.py:58"),
                torch(value="channels_first", when=channels, evidence="torch/nn/modules/flatten.py:46",
                      explanation="PyTorch flattens an image channel by channel (NCHW), Keras pixel by pixel (NHWC), "
                                  "so that the rows of the next kernel are in another order",
                      fix="permute the rows of the first kernel after Flatten, or flatten `x.permute(0, 2, 3, 1)`"),
                torch(value="channels_last", evidence="an image without channels has one order"),
                reference(value="channels_last", evidence=UNPUBLISHED))),
        )

    def examples(self):
        from scenarios.spec import Conv2D, Flatten
        return tuple((Conv2D(2, 3), Flatten(order)) for order in ("channels_last", "channels_first"))


def channels(spec):
    """Whether the images of a spec have a channel axis."""
    return spec.data.channel


PART = Flatten()
