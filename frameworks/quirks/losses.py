"""Default rules of losses and of class weights. Evidence refers to the versions in `rules.VERSIONS`."""

from __future__ import annotations

from frameworks.quirks.conditions import ends_in, numbered, of_logits, squashed
from frameworks.quirks.rule import field, keras, on_tensorflow, reference, torch

NN = "keras/src/backend/tensorflow/nn.py"
ROUNDED = "Keras takes the logarithm of the rounded float32 outputs, not of the logits"
ROUNDED_NOT = "Keras computes log-softmax from the logits, without rounding the outputs first"
FOR_LOGITS = "no change needed: for a softmax output the value is the same; nn.CrossEntropyLoss takes the logits"
LOSS_FILE, TORCH_LOSS = "keras/src/losses/losses.py", "torch/nn/modules/loss.py"
NO_HINGE = "PyTorch has no such loss: the textbook's is taken"
NO_WEIGHTS = "no textbook has one: Keras's is taken"

CATEGORICAL_CROSSENTROPY = (
    field("CategoricalCrossentropy.of", "loss", rules=(
        on_tensorflow(value="softmax_of_logits", when=ends_in("softmax"),
                      packages=(("Keras", "2.3", "2.3.1"), ("tf.keras", "1.15", "2.3")),
                      evidence="tensorflow_core/python/keras/backend.py:4358 (1.15): only where the output is a "
                               "Softmax", explanation=ROUNDED_NOT,
                      fix="no change needed: for a softmax output the value is the same"),
        keras(value="outputs", packages=(("Keras", "", "2.3.1"), ("tf.keras", "", "2.3")),
              evidence="keras/backend/tensorflow_backend.py:3289 (2.2.4), "
                       "tensorflow_core/python/keras/backend.py:4357 (1.15)"),
        on_tensorflow(value="softmax_of_logits", when=ends_in("softmax"), evidence=NN + ":1262, :44, :172",
                      explanation="Keras on TensorFlow computes categorical_crossentropy from the logits of the "
                                  "softmax: the same value, more exact", fix=FOR_LOGITS),
        on_tensorflow(value="softmax_of_logits", when=squashed, evidence=NN + ":1262, :44, :172",
                      explanation="Keras on TensorFlow bypasses your {activation}: categorical_crossentropy takes its "
                                  "logits (the inputs of the activation) and applies softmax to them",
                      fix="use `activation=\"softmax\"`, or no activation with "
                          "`CategoricalCrossentropy(from_logits=True)`, which makes the computation explicit"),
        keras(value="outputs", evidence="keras/src/backend/jax/nn.py:983, torch/nn.py:869"),
        torch(value="softmax_of_outputs", convention=True, when=squashed,
              evidence="torch/nn/modules/loss.py:1209 (input: unnormalized logits), keras.io: CategoricalCrossentropy",
              explanation="nn.CrossEntropyLoss applies log-softmax to its input, so that {activation} outputs are "
                          "normalized twice and the loss for ten classes stays between 1.461 and 3.237",
              fix="pass the logits to nn.CrossEntropyLoss, without the last activation"),
        torch(value="softmax_of_outputs", convention=True,
              evidence="torch/nn/modules/loss.py:1209 (input: unnormalized logits), keras.io: CategoricalCrossentropy",
              explanation="nn.CrossEntropyLoss applies log-softmax to its input",
              fix="use `nn.NLLLoss` on the logarithm of the outputs"),
        reference(value="outputs", evidence="Goodfellow et al. 2016, equation 6.12: −log of the output"))),
    field("CategoricalCrossentropy.row_division", "loss", rules=(
        keras(value=False, when=of_logits, evidence=NN + ":1360"),
        on_tensorflow(value="after_clip", when=numbered, evidence=NN + ":1433, :1438",
                      explanation="with integer labels and outputs that are no softmax, Keras on TensorFlow clips the "
                                  "outputs and then divides each row by its sum: an output below 0 counts as 1e-7",
                      fix="use a softmax output, whose rows sum to 1"),
        keras(value=True, when=ends_in("softmax"), evidence=NN + ":1372, jax/nn.py:983, :1010",
              explanation="Keras's categorical_crossentropy divides each row of outputs by its sum before the "
                          "logarithm", fix="no change needed: the rows of a softmax output sum to 1"),
        keras(value=True, evidence=NN + ":1372, jax/nn.py:983, :1010, torch/nn.py:869, :914",
              explanation="Keras's categorical_crossentropy divides each row of outputs by its sum before the "
                          "logarithm", fix="use a softmax output, whose rows sum to 1"),
        torch(value=False, evidence="torch/nn/modules/loss.py:1201"),
        reference(value=False, evidence="Goodfellow et al. 2016, equation 6.12"))),
    field("CategoricalCrossentropy.clip", "loss", rules=(
        keras(value=0.0, when=of_logits, evidence=NN + ":1360"),
        keras(value=1e-7, evidence=NN + ":1375, :1433, jax/nn.py:984, :1011, torch/nn.py:870, :915",
              explanation="Keras clips outputs to [1e-7, 1 - 1e-7], so that no sample's loss exceeds 16.118",
              fix="`CategoricalCrossentropy(from_logits=True)` on a last layer without activation does not clip"),
        torch(value=0.0, evidence="torch/nn/modules/loss.py:1201"),
        reference(value=0.0, evidence="Goodfellow et al. 2016, equation 6.12"))),
    field("CategoricalCrossentropy.logits_form", "loss", rules=(
        keras(value=True, when=of_logits, evidence=NN + ":1365"),
        keras(value=False, explanation=ROUNDED,
              evidence=NN + ":1378, :1436, jax/nn.py:985, :1012, torch/nn.py:871, :916",
              fix="leave out the softmax and use `CategoricalCrossentropy(from_logits=True)`; for a sigmoid output, "
                  "use `keras.ops.log_sigmoid` of the logits in a loss of your own"),
        torch(value=True, evidence="torch/nn/modules/loss.py:1201"),
        reference(value=True, evidence="exact form of the same logarithm"))),
)

BINARY_CROSSENTROPY = (
    field("BinaryCrossentropy.of", "loss", rules=(
        on_tensorflow(value="sigmoid_of_logits", when=ends_in("sigmoid"),
                      packages=(("Keras", "2.3", "2.3.1"), ("tf.keras", "1.15", "2.3")),
                      evidence="tensorflow_core/python/keras/backend.py:4470 (1.15): only where the output is a "
                               "Sigmoid", explanation=ROUNDED_NOT,
                      fix="no change needed: for a sigmoid output the value is the same"),
        keras(value="outputs", packages=(("Keras", "", "2.3.1"), ("tf.keras", "", "2.3")),
              evidence="keras/backend/tensorflow_backend.py:3372 (2.2.4), "
                       "tensorflow_core/python/keras/backend.py:4470 (1.15)"),
        on_tensorflow(value="sigmoid_of_logits", when=ends_in("sigmoid"), evidence=NN + ":1474, :44, :172",
                      explanation="Keras on TensorFlow computes binary_crossentropy from the logits of the sigmoid: "
                                  "the same value, more exact",
                      fix="no change needed: for a sigmoid output the value is the same"),
        on_tensorflow(value="sigmoid_of_logits", when=squashed, evidence=NN + ":1474, :44, :172",
                      explanation="Keras on TensorFlow bypasses your {activation}: binary_crossentropy takes its "
                                  "logits (the inputs of the activation) and applies sigmoid to them",
                      fix="use `activation=\"sigmoid\"`, or no activation with "
                          "`BinaryCrossentropy(from_logits=True)`, which makes the computation explicit"),
        keras(value="outputs", evidence=NN + ":1484, jax/nn.py:1033, torch/nn.py:955"),
        torch(value="outputs", convention=True, evidence="torch/nn/modules/loss.py: BCELoss, input in [0, 1]"),
        reference(value="outputs", evidence="Goodfellow et al. 2016, section 6.2.2.2"))),
    field("BinaryCrossentropy.log_offset", "loss", rules=(
        keras(value=1e-7, when=lambda spec: not of_logits(spec),
              packages=(("Keras", "2.3", "2.3.1"), ("tf.keras", "1.15", "2.15"), ("tf_keras", "", "")),
              evidence="tensorflow_core/python/keras/backend.py:4475 (1.15), tf_keras/src/backend.py:5832 (2.21)",
              explanation="Keras 2 adds 1e-7 again inside the logarithms, so that no sample's loss exceeds 15.425",
              fix="use `BinaryCrossentropy(from_logits=True)`"),
        keras(value=0.0, evidence=NN + ":1487"),
        torch(value=0.0, evidence="torch/nn/modules/loss.py:668"),
        reference(value=0.0, evidence="Goodfellow et al. 2016, section 6.2.2.2"))),
    field("BinaryCrossentropy.domain", "loss", rules=(
        keras(value="clip", when=ends_in("sigmoid"), evidence=NN + ":1484",
              explanation="Keras clips outputs outside [0, 1] for binary cross-entropy",
              fix="no change needed: the outputs of a sigmoid lie in [0, 1]"),
        keras(value="clip", evidence=NN + ":1484",
              explanation="Keras accepts outputs outside [0, 1] for binary cross-entropy and clips them silently; a "
                          "clipped sample has no gradient any more",
              fix="use `Dense(1, activation=\"sigmoid\")`, or `BinaryCrossentropy(from_logits=True)` with "
                  "`BinaryAccuracy(threshold=0)`"),
        torch(value="refuse", when=lambda spec: not of_logits(spec), evidence="torch/nn/functional.py:3572",
              explanation="PyTorch's BCELoss raises an error for outputs outside [0, 1]",
              fix="use `nn.BCEWithLogitsLoss` on the logits"),
        torch(value="clip", evidence="torch/nn/modules/loss.py:838: logits have no bounds",
              explanation="nn.BCEWithLogitsLoss accepts any real number as a logit",
              fix="no change needed: it applies the sigmoid itself; nn.BCELoss raises an error for outputs outside "
                  "[0, 1]"),
        reference(value="undefined", evidence="the logarithm of a negative number has no value"))),
    field("BinaryCrossentropy.clip", "loss", rules=(
        keras(value=0.0, when=of_logits, evidence=NN + ":1478"),
        keras(value=1e-7, evidence=NN + ":1484, jax/nn.py:1033, torch/nn.py:955",
              explanation="Keras clips outputs to [1e-7, 1 - 1e-7]", fix="use `BinaryCrossentropy(from_logits=True)`"),
        torch(value=0.0, evidence="torch/nn/modules/loss.py:668"),
        reference(value=0.0, evidence="Goodfellow et al. 2016, section 6.2.2.2"))),
    field("BinaryCrossentropy.log_floor", "loss", rules=(
        keras(value=-float("inf"), evidence=NN + ":1487"),
        torch(value=-100.0, when=lambda spec: not of_logits(spec), evidence="torch/nn/modules/loss.py:669",
              explanation="PyTorch's BCELoss clamps its logarithms at -100",
              fix="use `nn.BCEWithLogitsLoss` on the logits"),
        torch(value=-float("inf"), evidence="torch/nn/modules/loss.py:838"),
        reference(value=-float("inf"), evidence="Goodfellow et al. 2016, section 6.2.2.2"))),
    field("BinaryCrossentropy.logits_form", "loss", rules=(
        keras(value=True, when=of_logits, evidence=NN + ":1479"),
        keras(value=False, evidence=NN + ":1487, jax/nn.py:1034, torch/nn.py:956", explanation=ROUNDED,
              fix="leave out the last sigmoid and use `BinaryCrossentropy(from_logits=True)` with "
                  "`BinaryAccuracy(threshold=0)`"),
        torch(value=True, when=of_logits, evidence="torch/nn/modules/loss.py:838"),
        torch(value=False, evidence="torch/nn/modules/loss.py:668",
              explanation="PyTorch's BCELoss takes the logarithm of the rounded float32 outputs, not of the logits",
              fix="use `nn.BCEWithLogitsLoss` on the logits"),
        reference(value=True, evidence="exact form of the same logarithm"))),
)

OTHERS = (
    field("Huber.delta", "loss", in_textbooks=False, rules=(
        keras(value=1.0, evidence=LOSS_FILE + ":1962"),
        torch(value=1.0, evidence=TORCH_LOSS + ":1142"),
        reference(value=1.0, evidence="Huber 1964 leaves it open: Keras's is taken"))),
    field("Huber.divided", "loss", rules=(
        keras(value=False, evidence=LOSS_FILE + ":2005"),
        torch(value=False, convention=True, evidence=TORCH_LOSS + ":1142: HuberLoss, not SmoothL1Loss"),
        reference(value=False, evidence="Huber 1964, section 1"))),
    field("KLDivergence.of", "loss", rules=(
        keras(value="outputs", evidence=LOSS_FILE + ":2106"),
        torch(value="powers_of_outputs", convention=True, evidence=TORCH_LOSS + ":477",
              explanation="nn.KLDivLoss expects log-probabilities, so that probabilities give a negative loss without "
                          "a minimum", fix="pass the logarithm of the outputs to nn.KLDivLoss"),
        reference(value="outputs", evidence="Kullback and Leibler 1951, equation 2.3"))),
    field("KLDivergence.clip", "loss", rules=(
        keras(value=1e-7, evidence=LOSS_FILE + ":2104, :2105",
              explanation="Keras clips labels and outputs to at least 1e-7",
              fix="no change needed as long as no output is that small"),
        torch(value=0.0, evidence="torch/nn/functional.py:3401"),
        reference(value=0.0, evidence="Kullback and Leibler 1951, equation 2.3"))),
    field("KLDivergence.mean_of", "loss", rules=(
        keras(value="samples", evidence=LOSS_FILE + ":2106"),
        torch(value="elements", evidence=TORCH_LOSS + ":495",
              explanation="nn.KLDivLoss averages over samples and classes, Keras over samples",
              fix="pass `reduction=\"batchmean\"`"),
        reference(value="samples", evidence="Goodfellow et al. 2016, equation 5.59: the mean of the training samples")
    )),
    field("Hinge.signs", "loss", rules=(
        keras(value=False, packages=(("Keras", "", "2.2"),), evidence="keras/losses.py:39 (2.2.4)",
              explanation="Keras up to 2.2 does not convert labels of 0 to -1, so that each of them costs 1 whatever "
                          "the output", fix="use labels of -1 and 1"),
        keras(value=True, evidence=LOSS_FILE + ":1669"),
        torch(value=True, evidence=NO_HINGE),
        reference(value=True, evidence="Cortes and Vapnik 1995, section 2: labels are -1 and 1"))),
    field("CategoricalHinge.from_zero", "loss", rules=(
        keras(value=True, evidence=LOSS_FILE + ":1747",
              explanation="Keras's categorical hinge compares with 0 where all outputs of the wrong classes are "
                          "negative", fix="no change needed where no output is negative, as after a softmax"),
        torch(value=False, evidence=NO_HINGE),
        reference(value=False, evidence="Crammer and Singer 2001, section 3"))),
)

CLASS_WEIGHTS = (
    field("ClassWeights.divisor", "loss", in_textbooks=False, rules=(
        keras(value="samples", evidence="keras/src/losses/loss.py:153"),
        torch(value="weights", when=numbered, evidence=TORCH_LOSS + ":1235",
              explanation="with integer labels, nn.CrossEntropyLoss divides a weighted loss by the sum of the batch's "
                          "weights, Keras by the number of samples",
              fix="for Keras's value, use `nn.CrossEntropyLoss(weight=..., reduction=\"sum\")` and divide by the "
                  "number of samples"),
        torch(value="samples", evidence=TORCH_LOSS + ":1258, torch/nn/functional.py:3631"),
        reference(value="samples", evidence=NO_WEIGHTS))),
    field("ClassWeights.in_test", "evaluation", in_textbooks=False, rules=(
        keras(value=False,
              evidence="keras/src/trainers/trainer.py:750: evaluate has no class_weight, and fit's is not given to it"),
        torch(value=True, convention=True,
              evidence=TORCH_LOSS + ":1201: the weight is the loss's own, whatever it is given",
              explanation="the loss of the test set has the class weights too, Keras's validation loss has none",
              fix="use a loss without weights in `validation_step`"),
        reference(value=False, evidence=NO_WEIGHTS))),
)

FIELDS = CATEGORICAL_CROSSENTROPY + BINARY_CROSSENTROPY + OTHERS + CLASS_WEIGHTS
