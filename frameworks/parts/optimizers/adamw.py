"""AdamW: Adam with decoupled weight decay; Loshchilov and Hutter 2019. Python 3.6."""
from frameworks.parts.optimizers.adam import Adam


class AdamW(Adam):
    """Loshchilov and Hutter 2019, algorithm 2; `frameworks.reference.optimizers.decayed` decays the weights."""

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        return (
            field("AdamW.learning_rate", "update", rules=(
                keras(value=0.001, evidence="keras/src/optimizers/adamw.py:55"),
                torch(value=0.001, evidence="torch/optim/adamw.py:24"),
                reference(value=0.001, evidence="Loshchilov and Hutter 2019, algorithm 2"))),
            field("AdamW.beta_1", "update", rules=(
                keras(value=0.9, evidence="keras/src/optimizers/adamw.py:57"),
                torch(value=0.9, evidence="torch/optim/adamw.py:25"),
                reference(value=0.9, evidence="Loshchilov and Hutter 2019, algorithm 2"))),
            field("AdamW.beta_2", "update", rules=(
                keras(value=0.999, evidence="keras/src/optimizers/adamw.py:58"),
                torch(value=0.999, evidence="torch/optim/adamw.py:25"),
                reference(value=0.999, evidence="Loshchilov and Hutter 2019, algorithm 2"))),
            field("AdamW.epsilon", "update", rules=(
                keras(value=1e-7, evidence="keras/src/optimizers/adamw.py:59",
                      explanation="Keras's default epsilon is 1e-7, PyTorch's 1e-8", fix="pass `epsilon=1e-8`"),
                torch(value=1e-8, evidence="torch/optim/adamw.py:26",
                      explanation="PyTorch's default epsilon is 1e-8, Keras's 1e-7", fix="pass `eps=1e-7`"),
                reference(value=1e-8, evidence="Loshchilov and Hutter 2019, algorithm 2"))),
            field("AdamW.epsilon_place", "update", rules=(
                keras(value="before_correction", evidence="keras/src/optimizers/adam.py:117, :135",
                      explanation="Keras's AdamW adds epsilon before the bias correction, PyTorch's after it",
                      fix="no change needed unless gradients are tiny"),
                torch(value="after_correction", evidence="torch/optim/adam.py:545"),
                reference(value="after_correction", evidence="Loshchilov and Hutter 2019, algorithm 2"))),
        )

    def examples(self):
        from scenarios.spec import AdamW, WeightDecay
        return tuple(AdamW(0.01, 0.8, 0.99, 1e-3, place, WeightDecay(0.1, True))
                     for place in ("before_correction", "after_correction"))


PART = AdamW()
