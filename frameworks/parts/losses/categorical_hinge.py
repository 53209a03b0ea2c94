"""CategoricalHinge: the margin of several classes; Crammer and Singer 2001. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.losses.hinge import LOSS_FILE, NO_HINGE
from frameworks.parts.losses.loss import LossPart


class CategoricalHinge(LossPart):
    """max(1 + largest output of a wrong class − output of the true class, 0), averaged over the batch.

    If `from_zero`, 0 takes the place of a largest wrong output below 0.
    """

    def value_and_gradient(self, y, z, p, last, from_zero=False, weights=1):
        wrong = np.where(y > 0, 0 if from_zero else -np.inf, p)
        worst = wrong.argmax(-1)
        margin = (1 + wrong.max(-1) - (y * p).sum(-1))[:, None]
        gradient = np.eye(y.shape[1], dtype=p.dtype)[worst] * (1 - y) - y
        return (np.maximum(margin, 0) * weights).mean(), None, gradient * (margin > 0) * weights / len(y)

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        return (
            field("CategoricalHinge.from_zero", "loss", rules=(
                keras(value=True, evidence=LOSS_FILE + ":1747",
                      explanation="Keras's categorical hinge compares with 0 where all outputs of the wrong classes "
                                  "are negative",
                      fix="no change needed where no output is negative, as after a softmax"),
                torch(value=False, evidence=NO_HINGE),
                reference(value=False, evidence="Crammer and Singer 2001, section 3"))),
        )

    def examples(self):
        from scenarios.spec import CategoricalHinge
        return CategoricalHinge(False), CategoricalHinge(True)


PART = CategoricalHinge()
