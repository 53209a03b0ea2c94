"""Nadam: Adam with Nesterov's momentum; Dozat 2016. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.optimizers.optimizer import OptimizerPart

ADAM = "Kingma and Ba 2015, algorithm 1"


class Nadam(OptimizerPart):
    """Dozat 2016, algorithm 2. The beta_1 of step t is beta_1 · (1 − .5 · .96^(t · momentum_decay)).

    The state `product` is the product of these values of all steps so far.
    """

    state = ("momentum", "velocity")
    learning_rate = 0.001

    def shared_state(self, optimizer_state, t, beta_1=0.9, momentum_decay=0.004, **fields):
        now = _momentum(beta_1, momentum_decay, t)
        return {"product": np.array(float(optimizer_state.get("product", 1.0)) * now)}

    def update(self, g, state, t, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8, momentum_decay=0.004):
        now, following = (_momentum(beta_1, momentum_decay, i) for i in (t, t + 1))
        product = float(state["product"])
        m = beta_1 * state.get("momentum", 0 * g) + (1 - beta_1) * g
        v = beta_2 * state.get("velocity", 0 * g) + (1 - beta_2) * g * g
        ahead = m * (following / (1 - product * following)) + g * ((1 - now) / (1 - product))
        return rate * ahead / (np.sqrt(v / (1 - beta_2 ** t)) + epsilon), {"momentum": m, "velocity": v}

    def float32_betas(self, optimizer, step):
        """Keras's Nadam casts its betas to the dtype of the weights (keras/src/optimizers/nadam.py:117)."""
        return {beta: float(np.float32(optimizer[beta])) for beta in ("beta_1", "beta_2")}, 1.0

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        from frameworks.quirks.versions import BEFORE_TF_KERAS, BEFORE_TF_KERAS_2_11
        return (
            field("Nadam.learning_rate", "update", rules=(
                keras(value=0.002, packages=BEFORE_TF_KERAS, evidence="keras/optimizers.py:626 (2.2.4)",
                      explanation="Nadam's default learning rate is 0.002 in Keras up to 2.3.1, and 0.001 since",
                      fix="pass `learning_rate` explicitly"),
                keras(value=0.001, evidence="keras/src/optimizers/nadam.py:41"),
                torch(value=0.002, evidence="torch/optim/nadam.py:37",
                      explanation="PyTorch's NAdam has the default learning rate 0.002, Keras's Nadam 0.001",
                      fix="pass the learning rate explicitly"),
                reference(value=0.001, evidence=ADAM + ", which Nadam modifies"))),
            field("Nadam.beta_1", "update", rules=(
                keras(value=0.9, evidence="keras/src/optimizers/nadam.py:42"),
                torch(value=0.9, evidence="torch/optim/nadam.py:38"),
                reference(value=0.9, evidence=ADAM + ", which Nadam modifies"))),
            field("Nadam.beta_2", "update", rules=(
                keras(value=0.999, evidence="keras/src/optimizers/nadam.py:43"),
                torch(value=0.999, evidence="torch/optim/nadam.py:38"),
                reference(value=0.999, evidence=ADAM + ", which Nadam modifies"))),
            field("Nadam.epsilon", "update", rules=(
                keras(value=1e-7, evidence="keras/src/optimizers/nadam.py:44",
                      explanation="Keras's default epsilon is 1e-7, PyTorch's 1e-8", fix="pass `epsilon=1e-8`"),
                torch(value=1e-8, evidence="torch/optim/nadam.py:39",
                      explanation="PyTorch's default epsilon is 1e-8, Keras's 1e-7", fix="pass `eps=1e-7`"),
                reference(value=1e-8, evidence=ADAM + ", which Nadam modifies"))),
            field("Nadam.momentum_decay", "update", rules=(
                keras(value=0.004, packages=BEFORE_TF_KERAS_2_11,
                      evidence="keras/optimizers.py:627 (2.2.4), keras/optimizer_v2/nadam.py:66 (2.8)"),
                keras(value=1.0, evidence="keras/src/optimizers/nadam.py:103",
                      explanation="Keras's Nadam increases its momentum 250 times as fast as the paper and PyTorch",
                      fix="not possible in Keras; `torch.optim.NAdam(momentum_decay=1)` does the same as Keras"),
                torch(value=0.004, evidence="torch/optim/nadam.py:41"),
                reference(value=0.004, evidence="Dozat 2016: .96^(t / 250)"))),
        )

    def examples(self):
        from scenarios.spec import Nadam
        return Nadam(0.01, 0.8, 0.99, 1e-3, 1.0), Nadam(0.01, 0.8, 0.99, 1e-3, 0.004)


def _momentum(beta_1, momentum_decay, t):
    return beta_1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))


PART = Nadam()
