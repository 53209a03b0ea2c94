"""Hinge: the margin of a support vector machine; Cortes and Vapnik 1995. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.losses.loss import LossPart

LOSS_FILE = "keras/src/losses/losses.py"
NO_HINGE = "PyTorch has no such loss: the NumPy reference's is taken"


class Hinge(LossPart):
    """max(1 − y p, 0), averaged over outputs and batch; if `signs`, labels 0 and 1 are converted to −1 and 1."""

    def value_and_gradient(self, y, z, p, last, signs=True, weights=1):
        y = 2 * y - 1 if signs else y
        return (np.maximum(1 - y * p, 0) * weights).mean(), None, -y * (y * p < 1) * weights / y.size

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        return (
            field("Hinge.signs", "loss", rules=(
                keras(value=False, packages=(("Keras", "", "2.2"),), evidence="keras/losses.py:39 (2.2.4)",
                      explanation="Keras up to 2.2 does not convert labels of 0 to -1, so that each of them has loss "
                                  "1, whatever the output is", fix="use labels of -1 and 1"),
                keras(value=True, evidence=LOSS_FILE + ":1669"),
                torch(value=True, evidence=NO_HINGE),
                reference(value=True, evidence="Cortes and Vapnik 1995, section 2: labels are -1 and 1"))),
        )

    def examples(self):
        from scenarios.spec import Hinge
        return Hinge(True), Hinge(False)


PART = Hinge()
