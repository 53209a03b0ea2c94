"""Huber: quadratic for small errors, linear beyond; Huber 1964. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.losses.loss import LossPart

LOSS_FILE, TORCH_LOSS = "keras/src/losses/losses.py", "torch/nn/modules/loss.py"


class Huber(LossPart):
    """½ e² up to |e| = delta and linear beyond, averaged over outputs and batch; the error e is p − y.

    If `divided`, the loss is divided by delta.
    """

    is_quadratic = True

    def value_and_gradient(self, y, z, p, last, delta=1.0, divided=False, weights=1):
        error = p - y
        value = np.where(abs(error) <= delta, error * error / 2, delta * abs(error) - delta * delta / 2)
        divisor = y.size * delta if divided else y.size
        gradient = np.clip(error, -delta, delta) * weights / divisor
        return ((value * weights).sum() / divisor).astype(p.dtype), None, gradient.astype(p.dtype)

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        return (
            field("Huber.delta", "loss", published=False, rules=(
                keras(value=1.0, evidence=LOSS_FILE + ":1962"),
                torch(value=1.0, evidence=TORCH_LOSS + ":1142"),
                reference(value=1.0, evidence="Huber 1964 gives no number: Keras's is taken"))),
            field("Huber.divided", "loss", rules=(
                keras(value=False, evidence=LOSS_FILE + ":2005"),
                torch(value=False, convention=True, evidence=TORCH_LOSS + ":1142: HuberLoss, not SmoothL1Loss"),
                reference(value=False, evidence="Huber 1964, section 1"))),
        )

    def examples(self):
        from scenarios.spec import Huber
        return Huber(0.3, False), Huber(0.3, True)


PART = Huber()
