"""SGD, also with momentum; Sutskever et al. 2013. Python 3.6."""
from frameworks.parts.optimizers.momentum import in_units
from frameworks.parts.optimizers.optimizer import OptimizerPart

SGD_FILE = "keras/src/optimizers/sgd.py"


class SGD(OptimizerPart):
    """v ← momentum · v − rate · g, w ← w + v; Sutskever et al. 2013, equations 1 and 2.

    With `nesterov`, w ← w + momentum · v − rate · g. The state v includes the rate, unless there are `units`.
    """

    state = ("momentum",)
    learning_rate = 0.01

    def update(self, g, state, t, rate, momentum=0.0, nesterov=False, units=None):
        if not momentum:
            return rate * g, {}
        conversion, gradient_factor, update_factor = in_units(units, rate)
        v = momentum * (conversion * state.get("momentum", 0 * g)) - gradient_factor * g
        return -(update_factor * (momentum * v - gradient_factor * g if nesterov else v)), {"momentum": v}

    def rules(self):
        from frameworks.quirks.rule import UNPUBLISHED, field, keras, reference, torch
        return (
            field("SGD.learning_rate", "update", published=False, rules=(
                keras(value=0.01, evidence=SGD_FILE + ":45"),
                torch(value=0.001, evidence="torch/optim/sgd.py:33",
                      explanation="PyTorch's SGD has the default learning rate 0.001, Keras's 0.01",
                      fix="pass the learning rate explicitly"),
                reference(value=0.01, evidence=UNPUBLISHED))),
            field("SGD.momentum", "update", rules=(
                keras(value=0.0, evidence=SGD_FILE + ":46"),
                torch(value=0.0, evidence="torch/optim/sgd.py:34"),
                reference(value=0.0, evidence="Goodfellow et al. 2016, algorithm 8.1"))),
            field("SGD.nesterov", "update", rules=(
                keras(value=False, evidence=SGD_FILE + ":47"),
                torch(value=False, evidence="torch/optim/sgd.py:37"),
                reference(value=False, evidence="Goodfellow et al. 2016, algorithm 8.1"))),
        )

    def examples(self):
        from scenarios.spec import SGD
        return SGD(0.1, 0.0, False), SGD(0.1, 0.5, False), SGD(0.1, 0.5, True)


PART = SGD()
