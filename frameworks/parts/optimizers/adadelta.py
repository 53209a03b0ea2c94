"""Adadelta; Zeiler 2012. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.optimizers.optimizer import OptimizerPart


class Adadelta(OptimizerPart):
    """Zeiler 2012, algorithm 1, which has no learning rate; rho and epsilon are those of its section 4.1."""

    state = ("velocity", "delta")
    learning_rate = 1.0

    def update(self, g, state, t, rate, rho=0.95, epsilon=1e-6):
        v = rho * state.get("velocity", 0 * g) + (1 - rho) * g * g
        d = state.get("delta", 0 * g)
        update = np.sqrt(d + epsilon) / np.sqrt(v + epsilon) * g
        return rate * update, {"velocity": v, "delta": rho * d + (1 - rho) * update * update}

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        from frameworks.quirks.versions import BEFORE_TF_KERAS
        return (
            field("Adadelta.learning_rate", "update", rules=(
                keras(value=1.0, packages=BEFORE_TF_KERAS, evidence="keras/optimizers.py:380 (2.2.4)"),
                keras(value=0.001, evidence="keras/src/optimizers/adadelta.py:42",
                      explanation="Keras's Adadelta has the default learning rate 0.001, the paper and PyTorch 1.0",
                      fix="pass `learning_rate=1.0`"),
                torch(value=1.0, evidence="torch/optim/adadelta.py:33"),
                reference(value=1.0, evidence="Zeiler 2012, algorithm 1"))),
            field("Adadelta.rho", "update", rules=(
                keras(value=0.95, evidence="keras/src/optimizers/adadelta.py:43"),
                torch(value=0.9, evidence="torch/optim/adadelta.py:34",
                      explanation="PyTorch's Adadelta has rho 0.9, Keras's 0.95", fix="pass `rho=0.95`"),
                reference(value=0.95, evidence="Zeiler 2012, section 4.1"))),
            field("Adadelta.epsilon", "update", rules=(
                keras(value=1e-7, evidence="keras/src/optimizers/adadelta.py:44",
                      explanation="Keras's Adadelta has an epsilon of 1e-7, PyTorch's of 1e-6",
                      fix="pass `epsilon=1e-6`"),
                torch(value=1e-6, evidence="torch/optim/adadelta.py:35"),
                reference(value=1e-6, evidence="Zeiler 2012, section 4.1"))),
        )

    def examples(self):
        from scenarios.spec import Adadelta
        return Adadelta(1.0, 0.9, 1e-3),


PART = Adadelta()
