"""Default rules of class weights and sample weights. Evidence refers to the versions in `rules.VERSIONS`."""

from __future__ import annotations

from frameworks.quirks.conditions import huber_or_binary, numbered, squared_or_absolute
from frameworks.quirks.rule import UNPUBLISHED, field, keras, reference, torch, torchmetrics

TORCH_LOSS, FUNCTIONS = "torch/nn/modules/loss.py", "torch/nn/functional.py"
KERAS_DIVISOR = "keras/src/losses/loss.py:153"

IN_ACCURACY = (
    keras(value=False, evidence="keras/src/trainers/compile_utils.py:351: only weighted_metrics get the weights"),
    torchmetrics(value=False, evidence="torchmetrics/functional/classification/stat_scores.py:341: it takes no weights "
                                       "of samples"),
    reference(value=False, evidence=UNPUBLISHED))
"""Whether the accuracy is weighted, by class weights or by sample weights."""

FIELDS = (
    field("ClassWeights.divisor", "loss", published=False, rules=(
        keras(value="samples", evidence=KERAS_DIVISOR),
        torch(value="weights", when=numbered, evidence=TORCH_LOSS + ":1235",
              explanation="with integer labels, `nn.CrossEntropyLoss` divides a weighted loss by the sum of the "
                          "batch's weights, Keras by the number of samples",
              fix="for Keras's value, use `nn.CrossEntropyLoss(weight=..., reduction=\"sum\")` and divide by the "
                  "number of samples"),
        torch(value="samples", evidence=TORCH_LOSS + ":1258, torch/nn/functional.py:3631"),
        reference(value="samples", evidence=UNPUBLISHED))),
    field("ClassWeights.in_test", "evaluation", published=False, rules=(
        keras(value=False,
              evidence="keras/src/trainers/trainer.py:750: evaluate has no class_weight, and fit's is not given to it"),
        torch(value=True, convention=True,
              evidence=TORCH_LOSS + ":1201: the weight belongs to the loss, which test_step uses, too",
              explanation="the loss of the test set has the class weights too, Keras's validation loss has none",
              fix="use a loss without weights in `validation_step`"),
        reference(value=False, evidence=UNPUBLISHED))),
    field("ClassWeights.in_accuracy", "metric", published=False, rules=IN_ACCURACY),
    field("SampleWeights.divisor", "loss", published=False, rules=(
        keras(value="samples", evidence=KERAS_DIVISOR),
        torch(value="weights", when=squared_or_absolute, evidence=FUNCTIONS + ":4367, :4289",
              explanation="`nn.functional.mse_loss` and `l1_loss` divide a loss with `weight=` by the sum of the "
                          "weights, Keras by the number of samples",
              fix="for Keras's value, take the mean of `weight * loss` with `reduction=\"none\"`"),
        torch(value="samples", when=huber_or_binary, evidence=FUNCTIONS + ":4220, :3593, :3657"),
        torch(value="samples", convention=True,
              evidence=TORCH_LOSS + ":1235: it has class weights only; the usual port takes reduction=\"none\", then "
                                    "the mean"),
        reference(value="samples", evidence=UNPUBLISHED))),
    field("SampleWeights.in_accuracy", "metric", published=False, rules=IN_ACCURACY),
)
