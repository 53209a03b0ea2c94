"""Default rules of class weights. Evidence refers to the versions in `rules.VERSIONS`."""

from __future__ import annotations

from frameworks.quirks.conditions import numbered
from frameworks.quirks.rule import field, keras, reference, torch, torchmetrics

TORCH_LOSS = "torch/nn/modules/loss.py"
NO_WEIGHTS = "no textbook defines it: Keras's value"

FIELDS = (
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
    field("ClassWeights.in_accuracy", "metric", in_textbooks=False, rules=(
        keras(value=False, evidence="keras/src/trainers/compile_utils.py:351: only weighted_metrics get the weights"),
        torchmetrics(value=False, evidence="torchmetrics/functional/classification/stat_scores.py:339: it takes no "
                                           "weights of samples"),
        reference(value=False, evidence=NO_WEIGHTS))),
)
