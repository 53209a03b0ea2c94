"""Adagrad; Duchi et al. 2011. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.optimizers.optimizer import OptimizerPart


class Adagrad(OptimizerPart):
    """Duchi et al. 2011, figure 1: H is delta · I + diag(s), where s is the root of the sum of squared gradients.

    The paper gives no learning rate and no epsilon (delta): both are Keras's.
    """

    state = ("velocity",)
    learning_rate = 0.001

    def update(self, g, state, t, rate, initial_accumulator_value=0.0, epsilon=1e-7, epsilon_place="outside_root"):
        v = state.get("velocity", 0 * g + initial_accumulator_value) + g * g
        root = np.sqrt(v + epsilon) if epsilon_place == "inside_root" else np.sqrt(v) + epsilon
        return rate * g / root, {"velocity": v}

    def rules(self):
        from frameworks.quirks.rule import UNPUBLISHED, field, keras, reference, torch
        from frameworks.quirks.versions import BEFORE_TF_KERAS, BEFORE_TF_KERAS_2_11
        return (
            field("Adagrad.learning_rate", "update", published=False, rules=(
                keras(value=0.01, packages=BEFORE_TF_KERAS, evidence="keras/optimizers.py:309 (2.2.4)",
                      explanation="Adagrad's default learning rate is 0.01 in Keras up to 2.3.1, and 0.001 since",
                      fix="pass `learning_rate` explicitly"),
                keras(value=0.001, evidence="keras/src/optimizers/adagrad.py:37"),
                torch(value=0.01, evidence="torch/optim/adagrad.py:33",
                      explanation="PyTorch's Adagrad has the default learning rate 0.01, Keras's 0.001",
                      fix="pass the learning rate explicitly"),
                reference(value=0.001, evidence=UNPUBLISHED))),
            field("Adagrad.initial_accumulator_value", "update", rules=(
                keras(value=0.0, packages=BEFORE_TF_KERAS, evidence="keras/optimizers.py:324 (2.2.4)"),
                keras(value=0.1, evidence="keras/src/optimizers/adagrad.py:38",
                      explanation="Keras's Adagrad starts its sum of squared gradients at 0.1, so that small gradients "
                                  "make small steps", fix="pass `initial_accumulator_value=0.0`"),
                torch(value=0.0, evidence="torch/optim/adagrad.py:36"),
                reference(value=0.0, evidence="Duchi et al. 2011, figure 1"))),
            field("Adagrad.epsilon", "update", published=False, rules=(
                keras(value=1e-7, evidence="keras/src/optimizers/adagrad.py:39"),
                torch(value=1e-10, evidence="torch/optim/adagrad.py:37",
                      explanation="PyTorch's Adagrad has an epsilon of 1e-10, Keras's of 1e-7", fix="pass `eps=1e-7`"),
                reference(value=1e-7, evidence=UNPUBLISHED))),
            field("Adagrad.epsilon_place", "update", rules=(
                keras(value="outside_root", packages=BEFORE_TF_KERAS_2_11,
                      evidence="keras/optimizers.py:336 (2.2.4), keras/optimizer_v2/adagrad.py:134 (2.8)"),
                keras(value="inside_root", evidence="keras/src/optimizers/adagrad.py:90",
                      explanation="Keras's Adagrad adds epsilon inside the square root, PyTorch's outside",
                      fix="no change needed unless gradients are tiny"),
                torch(value="outside_root", evidence="torch/optim/adagrad.py:426"),
                reference(value="outside_root", evidence="Duchi et al. 2011, figure 1"))),
        )

    def examples(self):
        from scenarios.spec import Adagrad
        return tuple(Adagrad(0.01, 0.01, 1e-2, place) for place in ("inside_root", "outside_root"))


PART = Adagrad()
