"""RMSprop; Hinton's lecture 6e. Python 3.6 and NumPy 1.16."""
import itertools

import numpy as np

from frameworks.parts.optimizers.momentum import in_units
from frameworks.parts.optimizers.optimizer import OptimizerPart

RMSPROP_FILE = "keras/src/optimizers/rmsprop.py"


class RMSprop(OptimizerPart):
    """Hinton's lecture 6e, slide 29, with its rho 0.9; the learning rate 0.001 is that of Tieleman's code.

    The lecture has no epsilon; that of Keras keeps the update finite.
    """

    state = ("velocity", "momentum")
    learning_rate = 0.001

    def update(self, g, state, t, rate, rho=0.9, momentum=0.0, epsilon=1e-7, epsilon_place="outside_root", units=None):
        conversion, gradient_factor, update_factor = in_units(units, rate)
        v = rho * state.get("velocity", 0 * g) + (1 - rho) * g * g
        root = np.sqrt(v + epsilon) if epsilon_place == "inside_root" else np.sqrt(v) + epsilon
        update = gradient_factor * g / root
        if not momentum:
            return update_factor * update, {"velocity": v}
        update = momentum * (conversion * state.get("momentum", 0 * g)) + update
        return update_factor * update, {"velocity": v, "momentum": update}

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        from frameworks.quirks.versions import BEFORE_TF_KERAS_2_11
        return (
            field("RMSprop.learning_rate", "update", rules=(
                keras(value=0.001, evidence=RMSPROP_FILE + ":55"),
                torch(value=0.01, evidence="torch/optim/rmsprop.py:35",
                      explanation="PyTorch's RMSprop has the default learning rate 0.01, Keras's 0.001",
                      fix="pass the learning rate explicitly"),
                reference(value=0.001, evidence="Tieleman and Hinton 2012, lecture 6e"))),
            field("RMSprop.rho", "update", rules=(
                keras(value=0.9, evidence=RMSPROP_FILE + ":56"),
                torch(value=0.99, evidence="torch/optim/rmsprop.py:36",
                      explanation="PyTorch's RMSprop has the decay 0.99 (alpha), Keras's 0.9 (rho)",
                      fix="pass `alpha=0.9`"),
                reference(value=0.9, evidence="Tieleman and Hinton 2012, lecture 6e, slide 29"))),
            field("RMSprop.momentum", "update", rules=(
                keras(value=0.0, evidence=RMSPROP_FILE + ":57"),
                torch(value=0.0, evidence="torch/optim/rmsprop.py:39"),
                reference(value=0.0, evidence="Tieleman and Hinton 2012, lecture 6e"))),
            field("RMSprop.epsilon", "update", published=False, rules=(
                keras(value=1e-7, evidence=RMSPROP_FILE + ":58"),
                torch(value=1e-8, evidence="torch/optim/rmsprop.py:37",
                      explanation="PyTorch's default epsilon is 1e-8, Keras's 1e-7", fix="pass `eps=1e-7`"),
                reference(value=1e-7, evidence="the lecture has none: Keras's is taken"))),
            field("RMSprop.epsilon_place", "update", published=False, rules=(
                keras(value="outside_root", when=lambda spec: not getattr(spec.optimizer, "momentum", 0),
                      packages=BEFORE_TF_KERAS_2_11,
                      evidence="keras/optimizers.py:270 (2.2.4), keras/optimizer_v2/rmsprop.py:212 (2.8)"),
                keras(value="inside_root", evidence=RMSPROP_FILE + ":143",
                      explanation="Keras's RMSprop adds epsilon inside the square root, PyTorch's outside",
                      fix="no change needed unless gradients are tiny"),
                torch(value="outside_root", evidence="torch/optim/rmsprop.py:331"),
                reference(value="outside_root", evidence="the lecture has no epsilon: PyTorch's place is taken"))),
        )

    def examples(self):
        from scenarios.spec import RMSprop
        return tuple(RMSprop(0.01, 0.8, momentum, 1e-3, place) for momentum, place in itertools.product(
            (0.0, 0.5), ("inside_root", "outside_root")))


PART = RMSprop()
