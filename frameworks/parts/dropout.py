"""Dropout; Srivastava et al. 2014. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.layer import LayerPart

MASKS = 1024
"""The number of masks that are drawn with a shared initialization.

The weight `masks` has shape (MASKS, inputs); an element is 0 where an input is dropped, else 1. The weight `step`
counts the training steps. In a batch of n samples, sample i takes the row (step · n + i) mod MASKS.
"""


class Dropout(LayerPart):
    """In training, sets some inputs to 0 and divides the others by 1 - rate; otherwise returns its input."""

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

    def rules(self):
        from frameworks.quirks.conditions import dropped_last
        from frameworks.quirks.rule import field, keras, on_tensorflow, reference, torch
        return (
            field("Dropout.keeps_logits", "evaluation", rules=(
                keras(value=False, packages=(("Keras", "", "2.3.1"), ("tf.keras", "", "2.15"), ("tf_keras", "", "")),
                      evidence="seen with Keras 2.3.1, tf.keras 2.4.4 and 2.15.1: evaluate gives the loss of "
                               "the outputs"),
                on_tensorflow(value=True, when=dropped_last,
                              evidence="keras/src/layers/regularization/dropout.py:108 (returns its input), "
                                       "keras/src/backend/tensorflow/nn.py:1269",
                              explanation="Keras on TensorFlow computes the cross-entropy of an evaluation, where "
                                          "Dropout returns its input, from the logits of the activation before it, and "
                                          "that of a training step from the outputs",
                              fix="put `layers.Reshape((-1,))` after the last `layers.Dropout`: its outputs have no "
                                  "logits, so that both are computed from the outputs"),
                keras(value=False, evidence="keras/src/backend/jax/nn.py:983: the loss takes the outputs"),
                torch(value=False, evidence="torch/nn/modules/loss.py: a loss takes the tensor that it is given"),
                reference(value=False, evidence="Srivastava et al. 2014: a model without Dropout is evaluated"))),
        )

    def examples(self):
        from scenarios.spec import Activation, Dense, Dropout
        return (Dense(4), Activation("tanh"), Dropout(0.4, False)),


def mask_rows(step, n, rows):
    """Return the rows of `masks` for a batch of n samples; `rows` is 0 to n - 1, as an array of the framework."""
    return (step * n + rows) % MASKS


PART = Dropout()
