"""Dropout; Srivastava et al. 2014. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.layer import LayerPart

MASKS = 1024
"""With a shared initialization, so many rows are drawn, `masks` of shape (MASKS, inputs): 0 where a number is dropped,
else 1. The samples of a step take one row after the other, those of the next step go on, from the first row again after
the last. `step` counts the steps."""


class Dropout(LayerPart):
    """In training, some numbers are 0, and the others are divided by the share that is kept."""

    names = moving = ("masks", "step")
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
    """Which masks n samples get in a step; `rows` is 0 to n - 1, of the caller's kind of array."""
    return (step * n + rows) % MASKS


PART = Dropout()
