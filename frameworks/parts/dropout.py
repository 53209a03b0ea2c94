"""Dropout; Srivastava et al. 2014. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.layer import LayerPart

MASKS = 1024
"""The number of masks that are drawn with a shared initialization.

The weight `masks` has shape (MASKS, inputs); an element is 0 where an input is dropped, else 1. Each sample takes the
next row, across batches, and the last row is followed by the first. The weight `step` counts the training steps.
"""


class Dropout(LayerPart):
    """In training, sets some inputs to 0 and divides the others by 1 - rate."""

    names = ("masks", "step")
    moving = ("step",)
    initial = {"masks": "Kept", "step": "Zeros"}
    is_random = True

    def sizes(self, layer, inputs):
        return {"masks": (MASKS, inputs), "step": ()}

    def forward(self, layer, x, masks, step):
        return x

    def in_training(self, layer, x, masks, step):
        kept = masks[mask_rows(int(step), len(x), np.arange(len(x)))]
        return x * kept / x.dtype.type(1 - layer["rate"])

    def pullback(self, layer, x, y, gradient, masks, step):
        return self.in_training(layer, gradient, masks, step)

    def after_step(self, layer, x, masks, step):
        return {"step": step + 1}

    def examples(self):
        from scenarios.spec import Activation, Dense, Dropout
        return (Dense(4), Activation("tanh"), Dropout(0.4)),


def mask_rows(step, n, rows):
    """Return the indices of the masks of n samples in a step; `rows` is 0 to n - 1, as an array of the framework."""
    return (step * n + rows) % MASKS


PART = Dropout()
