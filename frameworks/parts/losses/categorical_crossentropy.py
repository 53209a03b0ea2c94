"""CategoricalCrossentropy; Goodfellow et al. 2016, equation 6.12. Python 3.6 and NumPy 1.16."""
import itertools

import numpy as np

from frameworks.parts.activation import sigmoid, softmax, softmax_pullback
from frameworks.parts.losses.logarithms import (
    ROUNDED,
    ROUNDED_NOT,
    log,
    log_sigmoid,
    log_softmax,
    log_softmax_pullback,
)
from frameworks.parts.losses.loss import LossPart

NN = "keras/src/backend/tensorflow/nn.py"
FOR_LOGITS = "no change needed: for a softmax output the value is the same; `nn.CrossEntropyLoss` takes the logits"


class CategoricalCrossentropy(LossPart):
    """−Σ y log q, averaged over the batch, as `scenarios.spec.CategoricalCrossentropy` describes."""

    of_logits = "softmax_of_logits"
    exact_with = ("softmax", "sigmoid")

    def value_and_gradient(self, y, z, p, last, of="outputs", row_division=False, clip=0.0, logits_form=True,
                           label_smoothing=0.0, weights=1):
        y = (y * (1 - label_smoothing) + np.asarray(label_smoothing / y.shape[1], y.dtype)) * weights
        from_p, kind = (of == "softmax_of_outputs"), (last if of == "outputs" else "softmax")
        source = p if from_p else z
        if logits_form and kind == "softmax":
            value, pullbacks, in_log = log_softmax(source), [log_softmax_pullback(source)], True
        elif logits_form and kind == "sigmoid":
            value, pullbacks, in_log = log_sigmoid(source), [lambda g: g * sigmoid(-source)], True
        elif of == "outputs":
            value, pullbacks, in_log, from_p = p, [], False, True
        else:
            value, in_log = softmax(source), False
            pullbacks = [lambda g, q=value: softmax_pullback(q, g)]
        if row_division and row_division != "after_clip":
            value, pullback = _divided(value, in_log)
            pullbacks.append(pullback)
        if clip:
            low, high = (np.log(clip), np.log1p(-clip)) if in_log else (clip, 1 - np.asarray(clip, p.dtype))
            pullbacks.append(lambda g, inside=(value >= low) & (value <= high): g * inside)
            value = np.clip(value, low, high).astype(p.dtype)
        if row_division == "after_clip":
            value, pullback = _divided(value, in_log)
            pullbacks.append(pullback)
        if not in_log:
            value, pullback = log(value, y > 0)
            pullbacks.append(pullback)
        gradient = -y / len(y)
        for pullback in reversed(pullbacks):
            gradient = pullback(gradient)
        loss = -np.where(y > 0, y * value, 0).sum(-1).mean()
        return (loss, None, gradient) if from_p else (loss, gradient, None)

    def rules(self):
        from frameworks.quirks.conditions import ends_in, numbered, of_logits, squashed
        from frameworks.quirks.rule import field, keras, on_tensorflow, reference, torch
        return (
            field("CategoricalCrossentropy.of", "loss", rules=(
                on_tensorflow(value="softmax_of_logits", when=ends_in("softmax"),
                              packages=(("Keras", "2.3", "2.3.1"), ("tf.keras", "1.15", "2.3")),
                              evidence="tensorflow_core/python/keras/backend.py:4358 (1.15): only where the output is "
                                       "a Softmax", explanation=ROUNDED_NOT,
                              fix="no change needed: for a softmax output the value is the same"),
                keras(value="outputs", packages=(("Keras", "", "2.3.1"), ("tf.keras", "", "2.3")),
                      evidence="keras/backend/tensorflow_backend.py:3289 (2.2.4), "
                               "tensorflow_core/python/keras/backend.py:4357 (1.15)"),
                on_tensorflow(value="softmax_of_logits", when=ends_in("softmax"), evidence=NN + ":1262, :44, :172",
                              explanation="Keras on TensorFlow computes `categorical_crossentropy` from the logits of "
                                          "the softmax: the same value, more exact", fix=FOR_LOGITS),
                on_tensorflow(value="softmax_of_logits", when=squashed, evidence=NN + ":1262, :44, :172",
                              explanation="Keras on TensorFlow bypasses your {activation}: `categorical_crossentropy` "
                                          "takes its logits (the inputs of the activation) and applies softmax to them",
                              fix="use `activation=\"softmax\"`, or no activation with "
                                  "`CategoricalCrossentropy(from_logits=True)`, which makes the computation explicit"),
                keras(value="outputs", evidence="keras/src/backend/jax/nn.py:983, torch/nn.py:869"),
                torch(value="softmax_of_outputs", convention=True, when=squashed,
                      evidence="torch/nn/modules/loss.py:1209 (input: unnormalized logits), keras.io: "
                               "CategoricalCrossentropy",
                      explanation="`nn.CrossEntropyLoss` applies log-softmax to its input, so that {activation} "
                                  "outputs are normalized twice and the loss for ten classes stays between 1.461 and "
                                  "3.237",
                      fix="pass the logits to `nn.CrossEntropyLoss`, without the last activation"),
                torch(value="softmax_of_outputs", convention=True,
                      evidence="torch/nn/modules/loss.py:1209 (input: unnormalized logits), keras.io: "
                               "CategoricalCrossentropy",
                      explanation="`nn.CrossEntropyLoss` applies log-softmax to its input",
                      fix="use `nn.NLLLoss` on the logarithm of the outputs"),
                reference(value="outputs", evidence="Goodfellow et al. 2016, equation 6.12: −log of the output"))),
            field("CategoricalCrossentropy.row_division", "loss", rules=(
                keras(value=False, when=of_logits, evidence=NN + ":1360"),
                on_tensorflow(value="after_clip", when=numbered, evidence=NN + ":1433, :1438",
                              explanation="with integer labels and outputs that are no softmax, Keras on TensorFlow "
                                          "clips the outputs and then divides each row by its sum: an output below 0 "
                                          "counts as 1e-7",
                              fix="use a softmax output: its rows sum to 1"),
                keras(value=True, when=ends_in("softmax"), evidence=NN + ":1372, jax/nn.py:983, :1010",
                      explanation="Keras's `categorical_crossentropy` divides each row of outputs by its sum before "
                                  "the logarithm", fix="no change needed: the rows of a softmax output sum to 1"),
                keras(value=True, evidence=NN + ":1372, jax/nn.py:983, :1010, torch/nn.py:869, :914",
                      explanation="Keras's `categorical_crossentropy` divides each row of outputs by its sum before "
                                  "the logarithm", fix="use a softmax output: its rows sum to 1"),
                torch(value=False, evidence="torch/nn/modules/loss.py:1201"),
                reference(value=False, evidence="Goodfellow et al. 2016, equation 6.12"))),
            field("CategoricalCrossentropy.clip", "loss", rules=(
                keras(value=0.0, when=of_logits, evidence=NN + ":1360"),
                keras(value=1e-7, evidence=NN + ":1375, :1433, jax/nn.py:984, :1011, torch/nn.py:870, :915",
                      explanation="Keras clips outputs to [1e-7, 1 - 1e-7], so that no sample's loss exceeds 16.118",
                      fix="`CategoricalCrossentropy(from_logits=True)` on a last layer without activation does not "
                          "clip"),
                torch(value=0.0, evidence="torch/nn/modules/loss.py:1201"),
                reference(value=0.0, evidence="Goodfellow et al. 2016, equation 6.12"))),
            field("CategoricalCrossentropy.logits_form", "loss", rules=(
                keras(value=True, when=of_logits, evidence=NN + ":1365"),
                keras(value=False, explanation=ROUNDED,
                      evidence=NN + ":1378, :1436, jax/nn.py:985, :1012, torch/nn.py:871, :916",
                      fix="leave out the softmax and use `CategoricalCrossentropy(from_logits=True)`; for a sigmoid "
                          "output, use `keras.ops.log_sigmoid` of the logits in a loss of your own"),
                torch(value=True, evidence="torch/nn/modules/loss.py:1201"),
                reference(value=True, evidence="exact form of the same logarithm"))),
        )

    def examples(self):
        from scenarios.spec import CategoricalCrossentropy
        return tuple(CategoricalCrossentropy(*values) for values in itertools.product(
            ("outputs", "softmax_of_logits", "softmax_of_outputs"), (False, True, "after_clip"), (0.0, 0.1),
            (False, True), (0.0, 0.3)))


def _divided(q, in_log):
    """Return (q divided by its sum over the last axis, the pullback); if `in_log`, both are logarithms."""
    if in_log:
        return log_softmax(q), log_softmax_pullback(q)
    total = q.sum(-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = q / total
    return value, lambda g: (g - (g * value).sum(-1, keepdims=True)) / total


PART = CategoricalCrossentropy()
