"""BinaryCrossentropy; Goodfellow et al. 2016, section 6.2.2.2. Python 3.6 and NumPy 1.16."""
import itertools

import numpy as np

from frameworks.parts.activation import sigmoid
from frameworks.parts.losses.logarithms import ROUNDED, ROUNDED_NOT, log_sigmoid
from frameworks.parts.losses.loss import LossPart
from frameworks.runtime.errors import Refused, Undefined

TORCH_SLOPE_FLOOR = 1e-12
"""The smallest divisor in the gradient of BCELoss: aten/src/ATen/native/Loss.cpp, binary_cross_entropy_backward."""
NN = "keras/src/backend/tensorflow/nn.py"


class BinaryCrossentropy(LossPart):
    """−y log q − (1 − y) log(1 − q), averaged over outputs and batch, as `scenarios.spec.BinaryCrossentropy` describes.

    As in the frameworks, labels can be other numbers than 0 and 1: with digits as labels, y can be 7.
    """

    of_logits = "sigmoid_of_logits"
    exact_with = ("sigmoid",)

    def value_and_gradient(self, y, z, p, last, of="outputs", domain="undefined", clip=0.0, log_floor=-np.inf,
                           logits_form=True, log_offset=0.0, weights=1):
        from_p = of == "sigmoid_of_outputs" or (of == "outputs" and not (logits_form and last == "sigmoid"))
        source = p if from_p else z
        slope = np.ones((), p.dtype)  # the derivative of q with respect to the source
        if of == "outputs" and from_p:
            q = p
        else:
            q = sigmoid(source)
            slope = q * (1 - q)
        outside = (q < 0) | (q > 1)
        if domain == "refuse" and outside.any():
            raise Refused("binary cross-entropy got an output of %g, outside [0, 1]." % q[outside][0])
        if domain == "undefined" and outside.any():
            raise Undefined("the logarithm of an output outside [0, 1] (%g)" % q[outside][0])
        if logits_form and not (of == "outputs" and from_p):
            logs, slope_of_loss = (log_sigmoid(source), log_sigmoid(-source)), q - y
            inside = np.ones_like(q)
            if clip:
                low, high = np.log(clip), np.log1p(-clip)
                inside = ((logs[0] >= low) & (logs[0] <= high)).astype(p.dtype)
                logs = tuple(np.clip(log, low, high) for log in logs)
            if log_offset:
                ratios = [np.exp(log) / (np.exp(log) + log_offset) for log in logs]
                slope_of_loss = (1 - y) * q * ratios[1] - y * (1 - q) * ratios[0]
                logs = tuple(np.log(np.exp(log) + np.asarray(log_offset, p.dtype)) for log in logs)
            slope_of_loss = slope_of_loss * inside
        else:
            inside = np.ones_like(q)
            if clip:
                high = 1 - np.asarray(clip, p.dtype)
                inside = ((q >= np.asarray(clip, p.dtype)) & (q <= high)).astype(p.dtype)
                q = np.clip(q, np.asarray(clip, p.dtype), high)
            if ((q < 0) | (q > 1)).any():
                raise Undefined("the logarithm of an output outside [0, 1] (%g)" % q[(q < 0) | (q > 1)][0])
            floored = np.isfinite(log_floor)
            if not floored and not log_offset and (((q == 0) & (y != 0)) | ((q == 1) & (y != 1))).any():
                raise Undefined("the logarithm of an output of exactly 0 or 1 on the wrong side")
            with np.errstate(divide="ignore", invalid="ignore"):
                offset = np.asarray(log_offset, p.dtype)
                logs = (np.log(q + offset), np.log(1 - q + offset)) if log_offset else (np.log(q), np.log1p(-q))
                slope_of_loss = ((q - y) / np.maximum(q * (1 - q), TORCH_SLOPE_FLOOR) if floored else
                                 np.where(y != 1, (1 - y) / (1 - q + offset), 0) - np.where(y != 0, y / (q + offset), 0)
                                 ) * inside * slope
        logs = [np.maximum(log, log_floor) for log in logs]
        loss = -((np.where(y != 0, y * logs[0], 0) + np.where(y != 1, (1 - y) * logs[1], 0)) * weights).mean()
        gradient = (slope_of_loss * weights / y.size).astype(p.dtype)
        return (loss, None, gradient) if from_p else (loss, gradient, None)

    def rules(self):
        from frameworks.quirks.conditions import ends_in, of_logits, squashed
        from frameworks.quirks.rule import field, keras, on_tensorflow, reference, torch
        return (
            field("BinaryCrossentropy.of", "loss", rules=(
                on_tensorflow(value="sigmoid_of_logits", when=ends_in("sigmoid"),
                              packages=(("Keras", "2.3", "2.3.1"), ("tf.keras", "1.15", "2.3")),
                              evidence="tensorflow_core/python/keras/backend.py:4470 (1.15): only where the output is "
                                       "a Sigmoid", explanation=ROUNDED_NOT,
                              fix="no change needed: for a sigmoid output the value is the same"),
                keras(value="outputs", packages=(("Keras", "", "2.3.1"), ("tf.keras", "", "2.3")),
                      evidence="keras/backend/tensorflow_backend.py:3372 (2.2.4), "
                               "tensorflow_core/python/keras/backend.py:4470 (1.15)"),
                on_tensorflow(value="sigmoid_of_logits", when=ends_in("sigmoid"), evidence=NN + ":1474, :44, :172",
                              explanation="Keras on TensorFlow computes `binary_crossentropy` from the logits of the "
                                          "sigmoid: the same value, more exact",
                              fix="no change needed: for a sigmoid output the value is the same"),
                on_tensorflow(value="sigmoid_of_logits", when=squashed, evidence=NN + ":1474, :44, :172",
                              explanation="Keras on TensorFlow bypasses your {activation}: `binary_crossentropy` takes "
                                          "its logits (the inputs of the activation) and applies sigmoid to them",
                              fix="use `activation=\"sigmoid\"`, or no activation with "
                                  "`BinaryCrossentropy(from_logits=True)`, which makes the computation explicit"),
                keras(value="outputs", evidence=NN + ":1484, jax/nn.py:1033, torch/nn.py:955"),
                torch(value="outputs", convention=True, evidence="torch/nn/modules/loss.py: BCELoss, input in [0, 1]"),
                reference(value="outputs", evidence="Goodfellow et al. 2016, section 6.2.2.2"))),
            field("BinaryCrossentropy.log_offset", "loss", rules=(
                keras(value=1e-7, when=lambda spec: not of_logits(spec),
                      packages=(("Keras", "2.3", "2.3.1"), ("tf.keras", "1.15", "2.15"), ("tf_keras", "", "")),
                      evidence="tensorflow_core/python/keras/backend.py:4475 (1.15), tf_keras/src/backend.py:5832 "
                               "(2.21)",
                      explanation="Keras 2 adds 1e-7 again inside the logarithms, so that no sample's loss exceeds "
                                  "15.425",
                      fix="use `BinaryCrossentropy(from_logits=True)`"),
                keras(value=0.0, evidence=NN + ":1487"),
                torch(value=0.0, evidence="torch/nn/modules/loss.py:668"),
                reference(value=0.0, evidence="Goodfellow et al. 2016, section 6.2.2.2"))),
            field("BinaryCrossentropy.domain", "loss", rules=(
                keras(value="clip", when=ends_in("sigmoid"), evidence=NN + ":1484",
                      explanation="Keras clips outputs outside [0, 1] for binary cross-entropy",
                      fix="no change needed: the outputs of a sigmoid lie in [0, 1]"),
                keras(value="clip", evidence=NN + ":1484",
                      explanation="Keras accepts outputs outside [0, 1] for binary cross-entropy and clips them "
                                  "silently; a clipped sample has no gradient any more",
                      fix="give the last layer `activation=\"sigmoid\"`, or use "
                          "`BinaryCrossentropy(from_logits=True)`, for one output with `BinaryAccuracy(threshold=0)`"),
                torch(value="refuse", when=lambda spec: not of_logits(spec), evidence="torch/nn/functional.py:3572",
                      explanation="PyTorch's BCELoss raises an error for outputs outside [0, 1]",
                      fix="use `nn.BCEWithLogitsLoss` on the logits"),
                torch(value="clip", evidence="torch/nn/modules/loss.py:838: logits have no bounds",
                      explanation="`nn.BCEWithLogitsLoss` accepts any real number as a logit",
                      fix="no change needed: it applies the sigmoid itself; `nn.BCELoss` raises an error for outputs "
                          "outside [0, 1]"),
                reference(value="undefined", evidence="the logarithm of a negative number has no value"))),
            field("BinaryCrossentropy.clip", "loss", rules=(
                keras(value=0.0, when=of_logits, evidence=NN + ":1478"),
                keras(value=1e-7, evidence=NN + ":1484, jax/nn.py:1033, torch/nn.py:955",
                      explanation="Keras clips outputs to [1e-7, 1 - 1e-7]",
                      fix="use `BinaryCrossentropy(from_logits=True)`"),
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
                      explanation="PyTorch's BCELoss takes the logarithm of the rounded float32 outputs, not of the "
                                  "logits",
                      fix="use `nn.BCEWithLogitsLoss` on the logits"),
                reference(value=True, evidence="exact form of the same logarithm"))),
        )

    def examples(self):
        from scenarios.spec import INFINITY, BinaryCrossentropy
        return tuple(BinaryCrossentropy(of, "clip", clip, -INFINITY, form, offset)
                     for of, clip, form, offset in itertools.product(
                         ("outputs", "sigmoid_of_logits", "sigmoid_of_outputs"), (0.0, 0.1), (False, True),
                         (0.0, 0.01)))


PART = BinaryCrossentropy()
