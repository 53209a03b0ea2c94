"""The table: open field × framework → value, layer, versions, gate, evidence, remedy; read by `quirks`.

To add a quirk: the field in `scenarios/spec.py`, its gate in `GATE_OF`, a row for every framework here, and one line in
each realization that can be told. Tests are generated from the rows. The first row that fits is taken.
Evidence is a path below site-packages with its line, at these versions:
"""

from __future__ import annotations

from functools import partial
from typing import Callable

from frameworks import table_optimizers
from frameworks.quirks import Value
from scenarios.spec import FanInUniform, GlorotUniform, Spec, Zeros, last_activation

VERSIONS = "keras 3.15.1, tensorflow 2.21.0, jax 0.10.2, torch 2.15.0, pytorch-lightning 2.6.6, torchmetrics 1.9.0"

GATE_OF = {
    "Dense.kernel": "start", "Dense.bias": "start", "Training.batch_size": "data", "Training.shuffle": "data",
    "CategoricalCrossentropy.of": "loss", "CategoricalCrossentropy.row_division": "loss",
    "CategoricalCrossentropy.clip": "loss", "CategoricalCrossentropy.logits_form": "loss",
    "BinaryCrossentropy.of": "loss", "BinaryCrossentropy.domain": "loss", "BinaryCrossentropy.clip": "loss",
    "BinaryCrossentropy.log_floor": "loss", "BinaryCrossentropy.logits_form": "loss",
    "BinaryCrossentropy.log_offset": "loss",
    "SGD.learning_rate": "update", "SGD.momentum": "update", "SGD.nesterov": "update",
    "RMSprop.learning_rate": "update", "RMSprop.rho": "update", "RMSprop.momentum": "update",
    "RMSprop.epsilon": "update", "RMSprop.epsilon_place": "update",
    "Adam.learning_rate": "update", "Adam.beta_1": "update", "Adam.beta_2": "update", "Adam.epsilon": "update",
    "Adam.epsilon_place": "update", "Accuracy.rule": "metric", "Accuracy.threshold": "metric",
    **table_optimizers.GATE_OF,
}
"""The first gate that a field can open."""


def squashed(spec: Spec) -> bool:
    """Whether the outputs come from a function that marks its input as the logits."""
    return last_activation(spec) in ("sigmoid", "softmax")


def ends_in(function: str) -> Callable[[Spec], bool]:
    """Whether this function makes the outputs."""
    return lambda spec: last_activation(spec) == function


def of_logits(spec: Spec) -> bool:
    return getattr(spec.loss, "of", None) in ("softmax_of_logits", "sigmoid_of_logits")


def outputs_only_counted(spec: Spec) -> bool:
    """Whether nothing but the accuracy takes the outputs of a monotonic activation, as where a loss passes them by."""
    return squashed(spec) and of_logits(spec) and not one_output(spec)


def one_output(spec: Spec) -> bool:
    return spec.data.labels == "index"


keras = partial(Value, framework="keras", layer="Keras")
on_tensorflow = partial(Value, framework="keras", layer="Keras on TensorFlow", backend="tensorflow")
torch = partial(Value, framework="lightning", layer="PyTorch")
lightning = partial(Value, framework="lightning", layer="Lightning")
torchmetrics = partial(Value, framework="lightning", layer="torchmetrics")
textbook = partial(Value, framework="reference", layer="textbook")

CCE, BCE = "CategoricalCrossentropy.", "BinaryCrossentropy."
NN = "keras/src/backend/tensorflow/nn.py"
ROUNDED = "Keras takes the logarithm of outputs that are rounded already"
ROUNDED_NOT = "Keras takes the logarithm before the outputs are rounded"

STARTS = (
    keras("Dense.kernel", value=GlorotUniform(), evidence="keras/src/layers/core/dense.py:89"),
    keras("Dense.bias", value=Zeros(), evidence="keras/src/layers/core/dense.py:90"),
    torch("Dense.kernel", value=FanInUniform(), evidence="torch/nn/modules/linear.py:124",
          plain="PyTorch starts from smaller kernels than Keras",
          remedy="nn.init.xavier_uniform_(layer.weight) gives Keras's start"),
    torch("Dense.bias", value=FanInUniform(), evidence="torch/nn/modules/linear.py:128",
          plain="PyTorch starts from random biases, Keras from zeros", remedy="nn.init.zeros_(layer.bias)"),
    textbook("Dense.kernel", value=GlorotUniform(), evidence="Glorot and Bengio 2010, equation 16"),
    textbook("Dense.bias", value=Zeros(), evidence="Glorot and Bengio 2010, section 2.3"),
)

CATEGORICAL = (
    on_tensorflow(CCE + "of", value="softmax_of_logits", when=ends_in("softmax"),
                  packages=(("Keras", "2.3", "2.3.1"), ("tf.keras", "1.15", "2.3")),
                  evidence="tensorflow_core/python/keras/backend.py:4358 (1.15): only where the output is a Softmax",
                  plain=ROUNDED_NOT, remedy="none needed: for a softmax output it is the same number"),
    keras(CCE + "of", value="outputs", packages=(("Keras", "", "2.3.1"), ("tf.keras", "", "2.3")),
          evidence="keras/backend/tensorflow_backend.py:3289 (2.2.4), "
                   "tensorflow_core/python/keras/backend.py:4357 (1.15)"),
    on_tensorflow(CCE + "of", value="softmax_of_logits", when=squashed, evidence=NN + ":1262, :44, :172",
                  plain="Keras on TensorFlow passes your {activation} by: categorical_crossentropy takes the numbers "
                        "before it and puts a softmax on them",
                  remedy="write activation=\"softmax\", or no activation and "
                         "CategoricalCrossentropy(from_logits=True), which say what is computed"),
    keras(CCE + "of", value="outputs", evidence="keras/src/backend/jax/nn.py:983, torch/nn.py:869"),
    keras(CCE + "row_division", value=False, when=of_logits, evidence=NN + ":1360"),
    keras(CCE + "row_division", value=True, evidence=NN + ":1372, jax/nn.py:983, torch/nn.py:869",
          plain="Keras divides each row of outputs by its sum before it takes the logarithm",
          remedy="use a softmax output, whose rows sum to 1"),
    keras(CCE + "clip", value=0.0, when=of_logits, evidence=NN + ":1360"),
    keras(CCE + "clip", value=1e-7, evidence=NN + ":1375, jax/nn.py:984, torch/nn.py:870",
          plain="Keras keeps outputs at least 1e-7 away from 0 and 1, so that no loss exceeds 16.118",
          remedy="CategoricalCrossentropy(from_logits=True) on a last layer without activation does not clip"),
    keras(CCE + "logits_form", value=True, when=of_logits, evidence=NN + ":1365"),
    keras(CCE + "logits_form", value=False, evidence=NN + ":1378, jax/nn.py:985, torch/nn.py:871", plain=ROUNDED,
          remedy="leave out a last softmax and use CategoricalCrossentropy(from_logits=True); for a last sigmoid, take "
                 "keras.ops.log_sigmoid of the numbers before it in a loss of your own"),
    torch(CCE + "of", value="softmax_of_outputs", convention=True, when=squashed,
          evidence="torch/nn/modules/loss.py:1209 (input: unnormalized logits), keras.io: CategoricalCrossentropy",
          plain="nn.CrossEntropyLoss puts a softmax on what it gets, so that outputs of a {activation} are squashed "
                "twice and its loss for ten classes stays between 1.461 and 3.237",
          remedy="give nn.CrossEntropyLoss the numbers before the last activation"),
    torch(CCE + "of", value="softmax_of_outputs", convention=True,
          evidence="torch/nn/modules/loss.py:1209 (input: unnormalized logits), keras.io: CategoricalCrossentropy",
          plain="nn.CrossEntropyLoss puts a softmax on what it gets",
          remedy="nn.NLLLoss on the logarithm of the outputs puts none"),
    torch(CCE + "row_division", value=False, evidence="torch/nn/modules/loss.py:1201"),
    torch(CCE + "clip", value=0.0, evidence="torch/nn/modules/loss.py:1201"),
    torch(CCE + "logits_form", value=True, evidence="torch/nn/modules/loss.py:1201"),
    textbook(CCE + "of", value="outputs", evidence="Goodfellow et al. 2016, equation 6.12: −log of the output"),
    textbook(CCE + "row_division", value=False, evidence="Goodfellow et al. 2016, equation 6.12"),
    textbook(CCE + "clip", value=0.0, evidence="Goodfellow et al. 2016, equation 6.12"),
    textbook(CCE + "logits_form", value=True, evidence="exact form of the same logarithm"),
)

BINARY = (
    on_tensorflow(BCE + "of", value="sigmoid_of_logits", when=ends_in("sigmoid"),
                  packages=(("Keras", "2.3", "2.3.1"), ("tf.keras", "1.15", "2.3")),
                  evidence="tensorflow_core/python/keras/backend.py:4470 (1.15): only where the output is a Sigmoid",
                  plain=ROUNDED_NOT, remedy="none needed: for a sigmoid output it is the same number"),
    keras(BCE + "of", value="outputs", packages=(("Keras", "", "2.3.1"), ("tf.keras", "", "2.3")),
          evidence="keras/backend/tensorflow_backend.py:3372 (2.2.4), "
                   "tensorflow_core/python/keras/backend.py:4470 (1.15)"),
    keras(BCE + "log_offset", value=1e-7, when=lambda spec: not of_logits(spec),
          packages=(("Keras", "2.3", "2.3.1"), ("tf.keras", "1.15", "2.15"), ("tf_keras", "", "")),
          evidence="tensorflow_core/python/keras/backend.py:4475 (1.15), tf_keras/src/backend.py:5832 (2.21)",
          plain="Keras 2 adds 1e-7 once more within the logarithms, so that no loss exceeds 15.425",
          remedy="BinaryCrossentropy(from_logits=True)"),
    keras(BCE + "log_offset", value=0.0, evidence=NN + ":1487"),
    on_tensorflow(BCE + "of", value="sigmoid_of_logits", when=squashed, evidence=NN + ":1474, :44, :172",
                  plain="Keras on TensorFlow passes your {activation} by: binary_crossentropy takes the numbers before "
                        "it and puts a sigmoid on them",
                  remedy="write activation=\"sigmoid\", or no activation and BinaryCrossentropy(from_logits=True), "
                         "which say what is computed"),
    keras(BCE + "of", value="outputs", evidence=NN + ":1484, jax/nn.py:1033, torch/nn.py:955"),
    keras(BCE + "domain", value="clip", evidence=NN + ":1484",
          plain="Keras accepts outputs outside [0, 1] for binary cross-entropy and clips them without a word; a "
                "clipped sample no longer pulls the model back",
          remedy="use Dense(1, activation=\"sigmoid\"), or BinaryCrossentropy(from_logits=True) with the accuracy's "
                 "threshold at 0"),
    keras(BCE + "clip", value=0.0, when=of_logits, evidence=NN + ":1478"),
    keras(BCE + "clip", value=1e-7, evidence=NN + ":1484, jax/nn.py:1033, torch/nn.py:955",
          plain="Keras keeps outputs at least 1e-7 away from 0 and 1", remedy="BinaryCrossentropy(from_logits=True)"),
    keras(BCE + "log_floor", value=-float("inf"), evidence=NN + ":1487"),
    keras(BCE + "logits_form", value=True, when=of_logits, evidence=NN + ":1479"),
    keras(BCE + "logits_form", value=False, evidence=NN + ":1487, jax/nn.py:1034, torch/nn.py:956", plain=ROUNDED,
          remedy="leave out the last sigmoid and use BinaryCrossentropy(from_logits=True), with the accuracy's "
                 "threshold at 0"),
    torch(BCE + "of", value="outputs", convention=True, evidence="torch/nn/modules/loss.py: BCELoss, input in [0, 1]"),
    torch(BCE + "domain", value="refuse", when=lambda spec: not of_logits(spec), evidence="torch/nn/functional.py:3572",
          plain="PyTorch's BCELoss refuses outputs outside [0, 1] with an error",
          remedy="use nn.BCEWithLogitsLoss on the numbers before the sigmoid"),
    torch(BCE + "domain", value="clip", evidence="torch/nn/modules/loss.py:838: logits have no bounds",
          plain="nn.BCEWithLogitsLoss takes numbers of any size",
          remedy="none needed, since it puts a sigmoid on them; nn.BCELoss refuses outputs outside [0, 1]"),
    torch(BCE + "clip", value=0.0, evidence="torch/nn/modules/loss.py:668"),
    torch(BCE + "log_floor", value=-100.0, when=lambda spec: not of_logits(spec),
          evidence="torch/nn/modules/loss.py:669", plain="PyTorch's BCELoss lets no logarithm fall below -100",
          remedy="use nn.BCEWithLogitsLoss on the numbers before the sigmoid"),
    torch(BCE + "log_floor", value=-float("inf"), evidence="torch/nn/modules/loss.py:838"),
    torch(BCE + "logits_form", value=True, when=of_logits, evidence="torch/nn/modules/loss.py:838"),
    torch(BCE + "logits_form", value=False, evidence="torch/nn/modules/loss.py:668",
          plain="PyTorch's BCELoss takes the logarithm of outputs that are rounded already",
          remedy="use nn.BCEWithLogitsLoss on the numbers before the sigmoid"),
    textbook(BCE + "of", value="outputs", evidence="Goodfellow et al. 2016, section 6.2.2.2"),
    textbook(BCE + "domain", value="undefined", evidence="the logarithm of a negative number has no value"),
    textbook(BCE + "clip", value=0.0, evidence="Goodfellow et al. 2016, section 6.2.2.2"),
    textbook(BCE + "log_floor", value=-float("inf"), evidence="Goodfellow et al. 2016, section 6.2.2.2"),
    textbook(BCE + "logits_form", value=True, evidence="exact form of the same logarithm"),
    torch(BCE + "log_offset", value=0.0, evidence="torch/nn/modules/loss.py:668"),
    textbook(BCE + "log_offset", value=0.0, evidence="Goodfellow et al. 2016, section 6.2.2.2"),
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
          plain="Keras's RMSprop adds epsilon under the square root", remedy="none needed unless gradients are tiny"),
    keras("Adam.learning_rate", value=0.001, evidence=ADAM_FILE + ":45"),
    keras("Adam.beta_1", value=0.9, evidence=ADAM_FILE + ":46"),
    keras("Adam.beta_2", value=0.999, evidence=ADAM_FILE + ":47"),
    keras("Adam.epsilon", value=1e-7, evidence=ADAM_FILE + ":48", plain="Keras's epsilon is 1e-7, PyTorch's 1e-8",
          remedy="pass epsilon=1e-8"),
    keras("Adam.epsilon_place", value="before_correction", evidence=ADAM_FILE + ":117, :135",
          plain="Keras's Adam adds epsilon before the bias correction", remedy="none needed unless gradients are tiny"),
    torch("SGD.learning_rate", value=0.001, evidence="torch/optim/sgd.py:33",
          plain="PyTorch's SGD has the default rate 0.001, Keras's 0.01", remedy="pass the learning rate"),
    torch("SGD.momentum", value=0.0, evidence="torch/optim/sgd.py:34"),
    torch("SGD.nesterov", value=False, evidence="torch/optim/sgd.py:37"),
    torch("RMSprop.learning_rate", value=0.01, evidence="torch/optim/rmsprop.py:35",
          plain="PyTorch's RMSprop has the default rate 0.01, Keras's 0.001", remedy="pass the learning rate"),
    torch("RMSprop.rho", value=0.99, evidence="torch/optim/rmsprop.py:36",
          plain="PyTorch's RMSprop keeps .99 of its mean of squares, Keras's .9", remedy="pass alpha=0.9 (Keras: rho)"),
    torch("RMSprop.momentum", value=0.0, evidence="torch/optim/rmsprop.py:39"),
    torch("RMSprop.epsilon", value=1e-8, evidence="torch/optim/rmsprop.py:37",
          plain="PyTorch's epsilon is 1e-8, Keras's 1e-7", remedy="pass eps=1e-7"),
    torch("RMSprop.epsilon_place", value="outside_root", evidence="torch/optim/rmsprop.py:331"),
    torch("Adam.learning_rate", value=0.001, evidence="torch/optim/adam.py:39"),
    torch("Adam.beta_1", value=0.9, evidence="torch/optim/adam.py:40"),
    torch("Adam.beta_2", value=0.999, evidence="torch/optim/adam.py:40"),
    torch("Adam.epsilon", value=1e-8, evidence="torch/optim/adam.py:41",
          plain="PyTorch's epsilon is 1e-8, Keras's 1e-7", remedy="pass eps=1e-7"),
    torch("Adam.epsilon_place", value="after_correction", evidence="torch/optim/adam.py:545"),
    textbook("SGD.learning_rate", value=0.01, evidence="no textbook has one: Keras's is taken"),
    textbook("SGD.momentum", value=0.0, evidence="Goodfellow et al. 2016, algorithm 8.1"),
    textbook("SGD.nesterov", value=False, evidence="Goodfellow et al. 2016, algorithm 8.1"),
    textbook("RMSprop.learning_rate", value=0.001, evidence="Tieleman and Hinton 2012, lecture 6e"),
    textbook("RMSprop.rho", value=0.9, evidence="Tieleman and Hinton 2012, lecture 6e, slide 29"),
    textbook("RMSprop.momentum", value=0.0, evidence="Tieleman and Hinton 2012, lecture 6e"),
    textbook("RMSprop.epsilon", value=1e-7, evidence="the lecture has none: Keras's is taken"),
    textbook("RMSprop.epsilon_place", value="outside_root", evidence="the lecture has none: PyTorch's is taken"),
    textbook("Adam.learning_rate", value=0.001, evidence="Kingma and Ba 2015, algorithm 1"),
    textbook("Adam.beta_1", value=0.9, evidence="Kingma and Ba 2015, algorithm 1"),
    textbook("Adam.beta_2", value=0.999, evidence="Kingma and Ba 2015, algorithm 1"),
    textbook("Adam.epsilon", value=1e-8, evidence="Kingma and Ba 2015, algorithm 1"),
    textbook("Adam.epsilon_place", value="after_correction", evidence="Kingma and Ba 2015, algorithm 1"),
)

RULES = (
    keras("Accuracy.rule", value="argmax_logits", layer="TensorFlow", when=outputs_only_counted, backend="tensorflow",
          packages=(("tf.keras", "2.4", "2.15"), ("tf_keras", "", ""), ("Keras", "3.3", "3.3")),
          evidence="measured: Grappler's arithmetic optimization turns argmax(sigmoid(x)) into argmax(x) where nothing "
                   "else takes the sigmoid; switching only that off, or a loss of the outputs, leaves it",
          plain="TensorFlow rewrites the graph so that accuracy compares the numbers before the {activation}",
          remedy="compare with the accuracy of model.predict, which shows what the outputs say"),
    keras("Accuracy.rule", value="round", when=one_output, packages=(("Keras", "", "2.3.1"),),
          evidence="keras/metrics.py:26 (2.2.4)",
          plain="Keras up to 2.3.1 rounds each output before it compares, so that outputs of 1.5 and more, or below "
                "-0.5, are always counted as wrong",
          remedy="use tf.keras or Keras 3, or a sigmoid output"),
    keras("Accuracy.rule", value="threshold", when=one_output, evidence="keras/src/metrics/accuracy_metrics.py:63"),
    keras("Accuracy.rule", value="argmax_outputs", evidence="keras/src/trainers/compile_utils.py:40"),
    keras("Accuracy.threshold", value=0.5, evidence="keras/src/metrics/accuracy_metrics.py:63"),
    torchmetrics("Accuracy.rule", value="sigmoid_first", when=one_output,
                 evidence="torchmetrics/utilities/compute.py:201",
                 plain="torchmetrics puts a sigmoid on all outputs of a batch as soon as one lies outside [0, 1]",
                 remedy="give torchmetrics probabilities, or threshold the outputs yourself"),
    torchmetrics("Accuracy.rule", value="argmax_outputs",
                 evidence="torchmetrics/functional/classification/stat_scores.py:339"),
    torchmetrics("Accuracy.threshold", value=0.5, evidence="torchmetrics/classification/accuracy.py"),
    textbook("Accuracy.rule", value="threshold", when=one_output, evidence="Bishop 2006, section 1.5.1"),
    textbook("Accuracy.rule", value="argmax_outputs", evidence="Bishop 2006, section 1.5.1"),
    textbook("Accuracy.threshold", value=0.5, evidence="Bishop 2006, section 1.5.1"),
)

LOOP = (
    keras("Training.batch_size", value=32, evidence="keras/src/trainers/trainer.py: fit, batch_size"),
    keras("Training.shuffle", value=True, evidence="keras/src/backend/tensorflow/trainer.py:325"),
    torch("Training.batch_size", value=1, evidence="torch/utils/data/dataloader.py:258",
          plain="a DataLoader gives batches of 1 unless told otherwise, Keras's fit 32", remedy="pass batch_size"),
    torch("Training.shuffle", value=False, evidence="torch/utils/data/dataloader.py:259",
          plain="a DataLoader does not shuffle unless told to, Keras's fit does", remedy="pass shuffle=True"),
    textbook("Training.batch_size", value=32, evidence="no textbook has one: Keras's is taken"),
    textbook("Training.shuffle", value=True, evidence="Goodfellow et al. 2016, section 8.1.3"),
)

NO_TEXTBOOK = ("SGD.learning_rate", "RMSprop.epsilon", "RMSprop.epsilon_place", "Training.batch_size",
               *table_optimizers.NO_TEXTBOOK)
"""Fields for which no textbook has a value: the reference's rows take over a framework's."""

TABLE: tuple[Value, ...] = STARTS + CATEGORICAL + BINARY + OPTIMIZERS + table_optimizers.ROWS + RULES + LOOP
