"""The rows of losses; what a row is, and of which versions its evidence, stands in `table`."""

from __future__ import annotations

from frameworks.rows import ends_in, keras, numbered, of_logits, on_tensorflow, squashed, textbook, torch

CCE, BCE = "CategoricalCrossentropy.", "BinaryCrossentropy."
NN = "keras/src/backend/tensorflow/nn.py"
ROUNDED = "Keras takes the logarithm of outputs that are rounded already"
ROUNDED_NOT = "Keras takes the logarithm before the outputs are rounded"

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
    on_tensorflow(CCE + "row_division", value="after_clip", when=numbered, evidence=NN + ":1433, :1438",
                  plain="Keras on TensorFlow clips the outputs and then divides each row by its sum, where labels are "
                        "numbers and outputs no softmax: an output below 0 counts as 1e-7",
                  remedy="use a softmax output, whose rows sum to 1"),
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

LOSSES = CATEGORICAL + BINARY
