"""The rows of losses and activations; what a row is, and of which versions its evidence, stands in `table`."""

from __future__ import annotations

from frameworks.rows import ends_in, keras, numbered, of_logits, on_tensorflow, squashed, textbook, torch

CCE, BCE = "CategoricalCrossentropy.", "BinaryCrossentropy."
NN = "keras/src/backend/tensorflow/nn.py"
ROUNDED = "Keras takes the logarithm of outputs that are rounded already"
ROUNDED_NOT = "Keras takes the logarithm before the outputs are rounded"
FOR_LOGITS = "none needed: for a softmax output it is the same number; a port gives nn.CrossEntropyLoss the logits"

CATEGORICAL = (
    on_tensorflow(CCE + "of", value="softmax_of_logits", when=ends_in("softmax"),
                  packages=(("Keras", "2.3", "2.3.1"), ("tf.keras", "1.15", "2.3")),
                  evidence="tensorflow_core/python/keras/backend.py:4358 (1.15): only where the output is a Softmax",
                  plain=ROUNDED_NOT, remedy="none needed: for a softmax output it is the same number"),
    keras(CCE + "of", value="outputs", packages=(("Keras", "", "2.3.1"), ("tf.keras", "", "2.3")),
          evidence="keras/backend/tensorflow_backend.py:3289 (2.2.4), "
                   "tensorflow_core/python/keras/backend.py:4357 (1.15)"),
    on_tensorflow(CCE + "of", value="softmax_of_logits", when=ends_in("softmax"), evidence=NN + ":1262, :44, :172",
                  plain="Keras on TensorFlow computes categorical_crossentropy of a softmax output from the logits",
                  remedy=FOR_LOGITS),
    on_tensorflow(CCE + "of", value="softmax_of_logits", when=squashed, evidence=NN + ":1262, :44, :172",
                  plain="Keras on TensorFlow passes your {activation} by: categorical_crossentropy takes the numbers "
                        "before it and puts a softmax on them",
                  remedy="write activation=\"softmax\", or no activation and "
                         "CategoricalCrossentropy(from_logits=True), which say what is computed"),
    keras(CCE + "of", value="outputs", evidence="keras/src/backend/jax/nn.py:983, torch/nn.py:869"),
    keras(CCE + "row_division", value=False, when=of_logits, evidence=NN + ":1360"),
    on_tensorflow(CCE + "row_division", value="after_clip", when=numbered, evidence=NN + ":1433, :1438",
                  plain="Keras on TensorFlow clips the outputs and then divides each row by its sum, where labels are "
                        "numbers and outputs no softmax: an output below 0 counts as 1e-7",
                  remedy="use a softmax output, whose rows sum to 1"),
    keras(CCE + "row_division", value=True, when=ends_in("softmax"), evidence=NN + ":1372, jax/nn.py:983, :1010",
          plain="Keras divides each row of outputs by its sum before it takes the logarithm",
          remedy="none needed: the rows of a softmax output sum to 1"),
    keras(CCE + "row_division", value=True,
          evidence=NN + ":1372, jax/nn.py:983, :1010, torch/nn.py:869, :914",
          plain="Keras divides each row of outputs by its sum before it takes the logarithm",
          remedy="use a softmax output, whose rows sum to 1"),
    keras(CCE + "clip", value=0.0, when=of_logits, evidence=NN + ":1360"),
    keras(CCE + "clip", value=1e-7, evidence=NN + ":1375, :1433, jax/nn.py:984, :1011, torch/nn.py:870, :915",
          plain="Keras keeps outputs at least 1e-7 away from 0 and 1, so that no loss exceeds 16.118",
          remedy="CategoricalCrossentropy(from_logits=True) on a last layer without activation does not clip"),
    keras(CCE + "logits_form", value=True, when=of_logits, evidence=NN + ":1365"),
    keras(CCE + "logits_form", value=False, plain=ROUNDED,
          evidence=NN + ":1378, :1436, jax/nn.py:985, :1012, torch/nn.py:871, :916",
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
    on_tensorflow(BCE + "of", value="sigmoid_of_logits", when=ends_in("sigmoid"), evidence=NN + ":1474, :44, :172",
                  plain="Keras on TensorFlow computes binary_crossentropy of a sigmoid output from the logits",
                  remedy="none needed: for a sigmoid output it is the same number"),
    on_tensorflow(BCE + "of", value="sigmoid_of_logits", when=squashed, evidence=NN + ":1474, :44, :172",
                  plain="Keras on TensorFlow passes your {activation} by: binary_crossentropy takes the numbers before "
                        "it and puts a sigmoid on them",
                  remedy="write activation=\"sigmoid\", or no activation and BinaryCrossentropy(from_logits=True), "
                         "which say what is computed"),
    keras(BCE + "of", value="outputs", evidence=NN + ":1484, jax/nn.py:1033, torch/nn.py:955"),
    keras(BCE + "domain", value="clip", when=ends_in("sigmoid"), evidence=NN + ":1484",
          plain="Keras clips outputs outside [0, 1] for binary cross-entropy",
          remedy="none needed: the outputs of a sigmoid lie in [0, 1]"),
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

LOSS_FILE, TORCH_LOSS = "keras/src/losses/losses.py", "torch/nn/modules/loss.py"
NO_HINGE = "PyTorch has no such loss: the textbook's is taken"
OTHERS = (
    keras("Huber.delta", value=1.0, evidence=LOSS_FILE + ":1962"),
    keras("Huber.divided", value=False, evidence=LOSS_FILE + ":2005"),
    torch("Huber.delta", value=1.0, evidence=TORCH_LOSS + ":1142"),
    torch("Huber.divided", value=False, convention=True, evidence=TORCH_LOSS + ":1142: HuberLoss, not SmoothL1Loss"),
    textbook("Huber.delta", value=1.0, evidence="Huber 1964 leaves it open: Keras's is taken"),
    textbook("Huber.divided", value=False, evidence="Huber 1964, section 1"),
    keras("KLDivergence.of", value="outputs", evidence=LOSS_FILE + ":2106"),
    keras("KLDivergence.clip", value=1e-7, evidence=LOSS_FILE + ":2104, :2105",
          plain="Keras keeps labels and outputs at least 1e-7 away from 0",
          remedy="none needed while no output is that small"),
    keras("KLDivergence.mean_of", value="samples", evidence=LOSS_FILE + ":2106"),
    torch("KLDivergence.of", value="powers_of_outputs", convention=True, evidence=TORCH_LOSS + ":477",
          plain="nn.KLDivLoss takes the outputs for logarithms of probabilities, so that probabilities themselves give "
                "a loss below 0 that has no minimum",
          remedy="give nn.KLDivLoss the logarithm of the outputs"),
    torch("KLDivergence.clip", value=0.0, evidence="torch/nn/functional.py:3401"),
    torch("KLDivergence.mean_of", value="elements", evidence=TORCH_LOSS + ":495",
          plain="nn.KLDivLoss divides by samples times classes, Keras by samples",
          remedy="pass reduction=\"batchmean\""),
    textbook("KLDivergence.of", value="outputs", evidence="Kullback and Leibler 1951, equation 2.3"),
    textbook("KLDivergence.clip", value=0.0, evidence="Kullback and Leibler 1951, equation 2.3"),
    textbook("KLDivergence.mean_of", value="samples", evidence="Goodfellow et al. 2016, equation 5.59: the mean of "
                                                               "the training samples"),
    keras("Hinge.signs", value=False, packages=(("Keras", "", "2.2"),), evidence="keras/losses.py:39 (2.2.4)",
          plain="Keras up to 2.2 takes labels of 0 as they are, so that each of them costs 1 whatever the output",
          remedy="give labels of -1 and 1"),
    keras("Hinge.signs", value=True, evidence=LOSS_FILE + ":1669"),
    torch("Hinge.signs", value=True, evidence=NO_HINGE),
    textbook("Hinge.signs", value=True, evidence="Cortes and Vapnik 1995, section 2: labels are -1 and 1"),
    keras("CategoricalHinge.from_zero", value=True, evidence=LOSS_FILE + ":1747",
          plain="Keras's categorical hinge measures from 0 where all outputs of wrong classes are below 0",
          remedy="none needed where no output is negative, as after a softmax"),
    torch("CategoricalHinge.from_zero", value=False, evidence=NO_HINGE),
    textbook("CategoricalHinge.from_zero", value=False, evidence="Crammer and Singer 2001, section 3"),
)

NO_WEIGHTS = "no textbook has one: Keras's is taken"
WEIGHTS = (
    keras("ClassWeights.divisor", value="samples", evidence="keras/src/losses/loss.py:153"),
    torch("ClassWeights.divisor", value="weights", when=numbered, evidence=TORCH_LOSS + ":1235",
          plain="with labels that are numbers of classes, nn.CrossEntropyLoss divides a weighted loss by the sum of a "
                "batch's weights, Keras by the number of its samples",
          remedy="for Keras's, take nn.CrossEntropyLoss(weight=..., reduction=\"sum\") and divide by the samples"),
    torch("ClassWeights.divisor", value="samples", evidence=TORCH_LOSS + ":1258, torch/nn/functional.py:3631"),
    keras("ClassWeights.in_test", value=False,
          evidence="keras/src/trainers/trainer.py:750: evaluate has no class_weight, and fit's is not given to it"),
    torch("ClassWeights.in_test", value=True, convention=True,
          evidence=TORCH_LOSS + ":1201: the weight is the loss's own, whatever it is given",
          plain="the loss of the test set has the class weights too, Keras's has none",
          remedy="take a loss without weights in validation_step"),
    textbook("ClassWeights.divisor", value="samples", evidence=NO_WEIGHTS),
    textbook("ClassWeights.in_test", value=False, evidence=NO_WEIGHTS),
)

LOSSES = CATEGORICAL + BINARY + OTHERS + WEIGHTS

TORCH_ACTIVATION, KERAS_ACTIVATION = "torch/nn/modules/activation.py", "keras/src/activations/activations.py"
ACTIVATIONS = (
    keras("LeakyReLU.slope", value=0.3, evidence="keras/src/layers/activations/leaky_relu.py:38",
          plain="Keras's layer LeakyReLU multiplies numbers below 0 by 0.3, PyTorch's by 0.01",
          remedy="pass negative_slope=0.01"),
    torch("LeakyReLU.slope", value=0.01, evidence=TORCH_ACTIVATION + ":914"),
    textbook("LeakyReLU.slope", value=0.01, evidence="Maas et al. 2013, section 2"),
    keras("LeakyReLUByName.slope", value=0.2, evidence=KERAS_ACTIVATION + ":112",
          plain="Keras's activation=\"leaky_relu\" multiplies numbers below 0 by 0.2, its layer LeakyReLU by 0.3",
          remedy="add keras.layers.LeakyReLU(negative_slope=0.01) as a layer"),
    torch("LeakyReLUByName.slope", value=0.01, evidence=TORCH_ACTIVATION + ":914"),
    textbook("LeakyReLUByName.slope", value=0.01, evidence="Maas et al. 2013, section 2"),
    keras("GELU.approximate", value=False, evidence=KERAS_ACTIVATION + ":338"),
    torch("GELU.approximate", value=False, evidence=TORCH_ACTIVATION + ":809"),
    textbook("GELU.approximate", value=False, evidence="Hendrycks and Gimpel 2016, section 2"),
    keras("HardSigmoid.slope", value=0.2, packages=(("Keras", "", "2.3.1"), ("tf.keras", "", ""), ("tf_keras", "", "")),
          evidence="keras/backend/tensorflow_backend.py:3407 (2.2.4), tf_keras/src/backend.py:5939 (2.21)",
          plain="Keras 2's hard_sigmoid rises by 0.2, that of Keras 3 and PyTorch by a sixth",
          remedy="write keras.backend.clip(x / 6 + 0.5, 0, 1)"),
    keras("HardSigmoid.slope", value=1 / 6, evidence=NN + ":110"),
    torch("HardSigmoid.slope", value=1 / 6, evidence=TORCH_ACTIVATION + ":373"),
    textbook("HardSigmoid.slope", value=1 / 6, evidence="Howard et al. 2019, section 5.2: relu6(x + 3) / 6"),
)
