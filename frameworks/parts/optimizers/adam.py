"""Adam; Kingma and Ba 2015. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.optimizers.optimizer import OptimizerPart

ADAM_FILE = "keras/src/optimizers/adam.py"


class Adam(OptimizerPart):
    """Kingma and Ba 2015, algorithm 1; epsilon_place="before_correction" is the form at the end of its section 2."""

    state = ("momentum", "velocity")
    learning_rate = 0.001

    def update(self, g, state, t, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8, epsilon_place="after_correction"):
        m = beta_1 * state.get("momentum", 0 * g) + (1 - beta_1) * g
        v = beta_2 * state.get("velocity", 0 * g) + (1 - beta_2) * g * g
        correction = np.sqrt(1 - beta_2 ** t)
        if epsilon_place == "before_correction":
            update = m * (rate * correction / (1 - beta_1 ** t)) / (np.sqrt(v) + epsilon)
        else:
            update = m * (rate / (1 - beta_1 ** t)) / (np.sqrt(v) / correction + epsilon)
        return update, {"momentum": m, "velocity": v}

    def float32_betas(self, optimizer, step):
        """Keras computes 1 − beta^step in float32 (keras/src/optimizers/adam.py:117).

        With the default betas, this changes the learning rate of step 1 by 7e-6 of its value.
        """
        first, second = ((1 - np.float32(beta) ** step) / (1 - beta ** step)
                         for beta in (optimizer["beta_1"], optimizer["beta_2"]))
        return {}, float(np.sqrt(second) / first)

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        from frameworks.quirks.versions import BEFORE_TF_KERAS_2_11
        return (
            field("Adam.learning_rate", "update", rules=(
                keras(value=0.001, evidence=ADAM_FILE + ":45"),
                torch(value=0.001, evidence="torch/optim/adam.py:39"),
                reference(value=0.001, evidence="Kingma and Ba 2015, algorithm 1"))),
            field("Adam.beta_1", "update", rules=(
                keras(value=0.9, evidence=ADAM_FILE + ":46"),
                torch(value=0.9, evidence="torch/optim/adam.py:40"),
                reference(value=0.9, evidence="Kingma and Ba 2015, algorithm 1"))),
            field("Adam.beta_2", "update", rules=(
                keras(value=float(np.float32(0.999)), packages=BEFORE_TF_KERAS_2_11,
                      evidence="keras/optimizers.py:497, :537 (2.3.1), keras/optimizer_v2/adam.py:154 (2.4)",
                      explanation="Keras up to 2.3.1 and tf.keras before 2.11 round Adam's `beta_2` to float32, so "
                                  "that 1 - 0.999 is 0.0009999871",
                      fix="no change needed; `beta_2=0.9990000128746033` does the same elsewhere"),
                keras(value=0.999, evidence=ADAM_FILE + ":47"),
                torch(value=0.999, evidence="torch/optim/adam.py:40"),
                reference(value=0.999, evidence="Kingma and Ba 2015, algorithm 1"))),
            field("Adam.epsilon", "update", rules=(
                keras(value=1e-7, evidence=ADAM_FILE + ":48",
                      explanation="Keras's default epsilon is 1e-7, PyTorch's 1e-8", fix="pass `epsilon=1e-8`"),
                torch(value=1e-8, evidence="torch/optim/adam.py:41",
                      explanation="PyTorch's default epsilon is 1e-8, Keras's 1e-7", fix="pass `eps=1e-7`"),
                reference(value=1e-8, evidence="Kingma and Ba 2015, algorithm 1"))),
            field("Adam.epsilon_place", "update", rules=(
                keras(value="before_correction", evidence=ADAM_FILE + ":117, :135",
                      explanation="Keras's Adam adds epsilon before the bias correction, PyTorch's after it",
                      fix="no change needed unless gradients are tiny"),
                torch(value="after_correction", evidence="torch/optim/adam.py:545"),
                reference(value="after_correction", evidence="Kingma and Ba 2015, algorithm 1"))),
        )

    def examples(self):
        from scenarios.spec import Adam
        return tuple(Adam(0.01, 0.8, 0.99, 1e-3, place) for place in ("before_correction", "after_correction"))


PART = Adam()
