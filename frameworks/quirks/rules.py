"""All default rules: what each framework does with a field that a spec leaves unset, since when, and how we know.

To add one: the field in `scenarios/spec/`, its first stage in `STAGE_OF`, a rule for every framework, and one line in
each realization that supports other values. Tests are generated from the rules. The first rule that holds is taken.
Evidence is a path below site-packages with its line, at these versions:
"""

from __future__ import annotations

from frameworks.quirks import layers, optimizers, schedules
from frameworks.quirks.conditions import (
    keras,
    on_tensorflow,
    one_logit,
    one_output,
    outputs_only_counted,
    reference,
    torch,
    torchmetrics,
)
from frameworks.quirks.losses import ACTIVATIONS, LOSSES
from frameworks.quirks.resolution import DefaultRule
from scenarios.spec import FanInUniform, GlorotUniform, Zeros

VERSIONS = "keras 3.15.1, tensorflow 2.21.0, jax 0.10.2, torch 2.15.0, pytorch-lightning 2.6.6, torchmetrics 1.9.0"

STAGE_OF = {
    "Dense.kernel": "initialization", "Dense.bias": "initialization", "Training.batch_size": "data",
    "Training.shuffle": "data",
    "CategoricalCrossentropy.of": "loss", "CategoricalCrossentropy.row_division": "loss",
    "CategoricalCrossentropy.clip": "loss", "CategoricalCrossentropy.logits_form": "loss",
    "BinaryCrossentropy.of": "loss", "BinaryCrossentropy.domain": "loss", "BinaryCrossentropy.clip": "loss",
    "BinaryCrossentropy.log_floor": "loss", "BinaryCrossentropy.logits_form": "loss",
    "BinaryCrossentropy.log_offset": "loss",
    "Huber.delta": "loss", "Huber.divided": "loss", "KLDivergence.of": "loss", "KLDivergence.clip": "loss",
    "KLDivergence.mean_of": "loss", "Hinge.signs": "loss", "CategoricalHinge.from_zero": "loss",
    "ClassWeights.divisor": "loss", "ClassWeights.in_test": "evaluation",
    "LeakyReLU.slope": "forward", "LeakyReLUByName.slope": "forward", "GELU.approximate": "forward",
    "HardSigmoid.slope": "forward",
    "SGD.learning_rate": "update", "SGD.momentum": "update", "SGD.nesterov": "update",
    "RMSprop.learning_rate": "update", "RMSprop.rho": "update", "RMSprop.momentum": "update",
    "RMSprop.epsilon": "update", "RMSprop.epsilon_place": "update",
    "Adam.learning_rate": "update", "Adam.beta_1": "update", "Adam.beta_2": "update", "Adam.epsilon": "update",
    "Adam.epsilon_place": "update", "Accuracy.rule": "metric", "Accuracy.threshold": "metric",
    **optimizers.STAGE_OF, **layers.STAGE_OF, **schedules.STAGE_OF,
}
"""The first gate that a field can open."""

STARTS = (
    keras("Dense.kernel", value=GlorotUniform(), evidence="keras/src/layers/core/dense.py:89"),
    keras("Dense.bias", value=Zeros(), evidence="keras/src/layers/core/dense.py:90"),
    torch("Dense.kernel", value=FanInUniform(), evidence="torch/nn/modules/linear.py:124",
          explanation="PyTorch's default kernel initializer draws smaller values than Keras's Glorot uniform",
          fix="`nn.init.xavier_uniform_(layer.weight)` gives Keras's initialization"),
    torch("Dense.bias", value=FanInUniform(), evidence="torch/nn/modules/linear.py:128",
          explanation="PyTorch initializes biases randomly, Keras with zeros", fix="`nn.init.zeros_(layer.bias)`"),
    reference("Dense.kernel", value=GlorotUniform(), evidence="Glorot and Bengio 2010, equation 16"),
    reference("Dense.bias", value=Zeros(), evidence="Glorot and Bengio 2010, section 2.3"),
)

SGD_FILE, RMSPROP_FILE, ADAM_FILE = ("keras/src/optimizers/%s.py" % name for name in ("sgd", "rmsprop", "adam"))
OPTIMIZERS = (
    keras("SGD.learning_rate", value=0.01, evidence=SGD_FILE + ":45"),
    keras("SGD.momentum", value=0.0, evidence=SGD_FILE + ":46"),
    keras("SGD.nesterov", value=False, evidence=SGD_FILE + ":47"),
    keras("RMSprop.learning_rate", value=0.001, evidence=RMSPROP_FILE + ":55"),
    keras("RMSprop.rho", value=0.9, evidence=RMSPROP_FILE + ":56"),
    keras("RMSprop.momentum", value=0.0, evidence=RMSPROP_FILE + ":57"),
    keras("RMSprop.epsilon", value=1e-7, evidence=RMSPROP_FILE + ":58"),
    keras("RMSprop.epsilon_place", value="outside_root", when=lambda spec: not getattr(spec.optimizer, "momentum", 0),
          packages=(("Keras", "", "2.3.1"), ("tf.keras", "", "2.10")),
          evidence="keras/optimizers.py:270 (2.2.4), keras/optimizer_v2/rmsprop.py:212 (2.8)"),
    keras("RMSprop.epsilon_place", value="inside_root", evidence=RMSPROP_FILE + ":143",
          explanation="Keras's RMSprop adds epsilon inside the square root, PyTorch's outside",
          fix="no change needed unless gradients are tiny"),
    keras("Adam.learning_rate", value=0.001, evidence=ADAM_FILE + ":45"),
    keras("Adam.beta_1", value=0.9, evidence=ADAM_FILE + ":46"),
    keras("Adam.beta_2", value=0.999, evidence=ADAM_FILE + ":47"),
    keras("Adam.epsilon", value=1e-7, evidence=ADAM_FILE + ":48", explanation="Keras's default epsilon is 1e-7, "
                                                                              "PyTorch's 1e-8",
          fix="pass `epsilon=1e-8`"),
    keras("Adam.epsilon_place", value="before_correction", evidence=ADAM_FILE + ":117, :135",
          explanation="Keras's Adam adds epsilon before the bias correction, PyTorch's after it",
          fix="no change needed unless gradients are tiny"),
    torch("SGD.learning_rate", value=0.001, evidence="torch/optim/sgd.py:33",
          explanation="PyTorch's SGD has the default learning rate 0.001, Keras's 0.01",
          fix="pass the learning rate explicitly"),
    torch("SGD.momentum", value=0.0, evidence="torch/optim/sgd.py:34"),
    torch("SGD.nesterov", value=False, evidence="torch/optim/sgd.py:37"),
    torch("RMSprop.learning_rate", value=0.01, evidence="torch/optim/rmsprop.py:35",
          explanation="PyTorch's RMSprop has the default learning rate 0.01, Keras's 0.001",
          fix="pass the learning rate explicitly"),
    torch("RMSprop.rho", value=0.99, evidence="torch/optim/rmsprop.py:36",
          explanation="PyTorch's RMSprop has the decay 0.99 (alpha), Keras's 0.9 (rho)", fix="pass `alpha=0.9`"),
    torch("RMSprop.momentum", value=0.0, evidence="torch/optim/rmsprop.py:39"),
    torch("RMSprop.epsilon", value=1e-8, evidence="torch/optim/rmsprop.py:37",
          explanation="PyTorch's default epsilon is 1e-8, Keras's 1e-7", fix="pass `eps=1e-7`"),
    torch("RMSprop.epsilon_place", value="outside_root", evidence="torch/optim/rmsprop.py:331"),
    torch("Adam.learning_rate", value=0.001, evidence="torch/optim/adam.py:39"),
    torch("Adam.beta_1", value=0.9, evidence="torch/optim/adam.py:40"),
    torch("Adam.beta_2", value=0.999, evidence="torch/optim/adam.py:40"),
    torch("Adam.epsilon", value=1e-8, evidence="torch/optim/adam.py:41",
          explanation="PyTorch's default epsilon is 1e-8, Keras's 1e-7", fix="pass `eps=1e-7`"),
    torch("Adam.epsilon_place", value="after_correction", evidence="torch/optim/adam.py:545"),
    reference("SGD.learning_rate", value=0.01, evidence="no textbook has one: Keras's is taken"),
    reference("SGD.momentum", value=0.0, evidence="Goodfellow et al. 2016, algorithm 8.1"),
    reference("SGD.nesterov", value=False, evidence="Goodfellow et al. 2016, algorithm 8.1"),
    reference("RMSprop.learning_rate", value=0.001, evidence="Tieleman and Hinton 2012, lecture 6e"),
    reference("RMSprop.rho", value=0.9, evidence="Tieleman and Hinton 2012, lecture 6e, slide 29"),
    reference("RMSprop.momentum", value=0.0, evidence="Tieleman and Hinton 2012, lecture 6e"),
    reference("RMSprop.epsilon", value=1e-7, evidence="the lecture has none: Keras's is taken"),
    reference("RMSprop.epsilon_place", value="outside_root", evidence="the lecture has none: PyTorch's is taken"),
    reference("Adam.learning_rate", value=0.001, evidence="Kingma and Ba 2015, algorithm 1"),
    reference("Adam.beta_1", value=0.9, evidence="Kingma and Ba 2015, algorithm 1"),
    reference("Adam.beta_2", value=0.999, evidence="Kingma and Ba 2015, algorithm 1"),
    reference("Adam.epsilon", value=1e-8, evidence="Kingma and Ba 2015, algorithm 1"),
    reference("Adam.epsilon_place", value="after_correction", evidence="Kingma and Ba 2015, algorithm 1"),
)

ACCURACY = (
    keras("Accuracy.rule", value="argmax_logits", origin="TensorFlow", when=outputs_only_counted, backend="tensorflow",
          packages=(("tf.keras", "2.4", "2.15"), ("tf_keras", "", ""), ("Keras", "3.3", "3.3")),
          evidence="measured: Grappler's arithmetic optimization turns argmax(sigmoid(x)) into argmax(x) where nothing "
                   "else takes the sigmoid; switching only that off, or a loss of the outputs, leaves it",
          explanation="TensorFlow rewrites the graph so that accuracy compares the logits, not the outputs of the "
                      "{activation}",
          fix="compute the accuracy from `model.predict`"),
    keras("Accuracy.rule", value="round", when=one_output, packages=(("Keras", "", "2.3.1"),),
          evidence="keras/metrics.py:26 (2.2.4)",
          explanation="Keras up to 2.3.1 rounds each output before the comparison, so that outputs of 1.5 and more, "
                      "or below -0.5, always count as wrong",
          fix="use tf.keras or Keras 3"),
    keras("Accuracy.rule", value="threshold", when=one_output, evidence="keras/src/metrics/accuracy_metrics.py:63"),
    keras("Accuracy.rule", value="argmax_outputs", evidence="keras/src/trainers/compile_utils.py:40"),
    keras("Accuracy.threshold", value=0.5, when=one_logit, evidence="keras/src/metrics/accuracy_metrics.py:63",
          explanation="Keras's accuracy counts an output above 0.5 as class 1, also where the output is a logit, "
                      "whose middle is 0",
          fix="use `metrics=[keras.metrics.BinaryAccuracy(threshold=0)]` for logits"),
    keras("Accuracy.threshold", value=0.5, evidence="keras/src/metrics/accuracy_metrics.py:63"),
    torchmetrics("Accuracy.rule", value="sigmoid_first", when=one_output,
                 evidence="torchmetrics/utilities/compute.py:201",
                 explanation="torchmetrics applies sigmoid to all outputs of a batch as soon as one lies outside [0, "
                             "1]",
                 fix="pass probabilities to torchmetrics, or threshold the outputs yourself"),
    torchmetrics("Accuracy.rule", value="argmax_outputs",
                 evidence="torchmetrics/functional/classification/stat_scores.py:339"),
    torchmetrics("Accuracy.threshold", value=0.5, evidence="torchmetrics/classification/accuracy.py"),
    reference("Accuracy.rule", value="threshold", when=one_output, evidence="Bishop 2006, section 1.5.1"),
    reference("Accuracy.rule", value="argmax_outputs", evidence="Bishop 2006, section 1.5.1"),
    reference("Accuracy.threshold", value=0.0, when=one_logit,
             evidence="Bishop 2006, section 4.2: a logit of 0 is a probability of one half"),
    reference("Accuracy.threshold", value=0.5, evidence="Bishop 2006, section 1.5.1"),
)

LOOP = (
    keras("Training.batch_size", value=32, evidence="keras/src/trainers/trainer.py: fit, batch_size"),
    keras("Training.shuffle", value=True, packages=(("Keras", "", "2.3.1"), ("tf.keras", "", ""), ("tf_keras", "", "")),
          evidence="tf_keras/src/engine/data_adapter.py:302: one iterator for all epochs"),
    on_tensorflow("Training.shuffle", value="once",
                  evidence="keras/src/trainers/data_adapters/array_data_adapter.py:134: tf.random.shuffle, whose seed "
                  "begins again with every epoch's iterator",
                  explanation="with keras.utils.set_random_seed, Keras on TensorFlow shuffles once: every epoch has "
                              "the order of the first",
                  fix="shuffle the arrays yourself and call `fit` for one epoch at a time"),
    keras("Training.shuffle", value=True, evidence="keras/src/backend/jax/trainer.py: fit, shuffle"),
    torch("Training.batch_size", value=1, evidence="torch/utils/data/dataloader.py:258",
          explanation="a DataLoader has the default batch size 1, Keras's fit 32", fix="pass `batch_size`"
                                                                                                   " explicitly"),
    torch("Training.shuffle", value=False, evidence="torch/utils/data/dataloader.py:259",
          explanation="a DataLoader does not shuffle by default, Keras's fit does", fix="pass `shuffle=True`"),
    reference("Training.batch_size", value=32, evidence="no textbook has one: Keras's is taken"),
    reference("Training.shuffle", value=True, evidence="Goodfellow et al. 2016, section 8.1.3"),
)

WITHOUT_REFERENCE_VALUE = ("Huber.delta", "SGD.learning_rate", "RMSprop.epsilon", "RMSprop.epsilon_place",
                           "Training.batch_size",
               "ClassWeights.divisor", "ClassWeights.in_test",
               *optimizers.WITHOUT_REFERENCE_VALUE, *layers.WITHOUT_REFERENCE_VALUE, *schedules.WITHOUT_REFERENCE_VALUE)
"""Fields for which no textbook has a value: the reference's rows take over a framework's."""

RULES: tuple[DefaultRule, ...] = (
    STARTS + layers.ROWS + ACTIVATIONS + LOSSES + OPTIMIZERS + optimizers.ROWS + ACCURACY + LOOP +
    schedules.ROWS)
