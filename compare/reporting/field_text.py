"""The titles of the fields of a spec in sentences: a noun that a Keras user knows, instead of the path of the field.

A field with the name of a Keras argument needs no entry: `Adam.beta_1` is the *beta_1 of Adam*.
"""

from __future__ import annotations

from compare.analysis.causes.questions import Suspect
from frameworks.quirks.resolution import Difference

TITLES = {
    "Flatten.order": "order in which Flatten reads the channels",
    "Dense.kernel": "initial kernel of Dense", "Dense.bias": "initial bias of Dense",
    "Conv2D.kernel": "initial kernel of Conv2D", "Conv2D.bias": "initial bias of Conv2D",
    "Conv2D.padded": "padding of Conv2D",
    "AveragePooling2D.counts_padding": "averaging over the padding in AveragePooling2D",
    "BatchNormalization.variance": "moving variance of BatchNormalization",
    "LeakyReLUByName.slope": 'slope of activation="leaky_relu"',
    "GELU.approximate": "approximation of GELU",
    "CategoricalCrossentropy.of": "input of the loss",
    "CategoricalCrossentropy.row_division": "division of the outputs by their sum",
    "CategoricalCrossentropy.clip": "clipping of the outputs in the loss",
    "CategoricalCrossentropy.logits_form": "formula of the loss for logits",
    "BinaryCrossentropy.of": "input of the loss",
    "BinaryCrossentropy.log_offset": "offset inside the logarithm of the loss",
    "BinaryCrossentropy.domain": "treatment of outputs outside [0, 1] in the loss",
    "BinaryCrossentropy.clip": "clipping of the outputs in the loss",
    "BinaryCrossentropy.log_floor": "lower bound of the logarithm in the loss",
    "BinaryCrossentropy.logits_form": "formula of the loss for logits",
    "Dropout.keeps_logits": "logits behind a last Dropout in the loss of an evaluation",
    "Huber.divided": "division of the Huber loss by its delta",
    "KLDivergence.of": "input of the loss", "KLDivergence.clip": "clipping of the outputs in the loss",
    "KLDivergence.mean_of": "mean in the loss",
    "Poisson.of": "input of the loss", "Poisson.log_offset": "offset inside the logarithm of the loss",
    "Hinge.signs": "labels of the hinge loss (0 and 1, or -1 and 1)",
    "CategoricalHinge.from_zero": "lower bound of the hinge loss",
    "ClassWeights.divisor": "divisor of the class-weighted loss",
    "ClassWeights.in_test": "class weights in the test loss",
    "ClassWeights.in_accuracy": "class weights in the accuracy",
    "SampleWeights.divisor": "divisor of the loss with sample weights",
    "SampleWeights.in_accuracy": "sample weights in the accuracy",
    "L1.reported": "regularization in the reported loss", "L2.reported": "regularization in the reported loss",
    "RMSprop.epsilon_place": "place of epsilon in RMSprop", "Adam.epsilon_place": "place of epsilon in Adam",
    "Adagrad.epsilon_place": "place of epsilon in Adagrad", "AdamW.epsilon_place": "place of epsilon in AdamW",
    "WeightDecay.factor": "weight decay", "WeightDecay.decoupled": "kind of weight decay (decoupled or L2)",
    "Clip.of": "norm that is clipped (of each variable, or of all)", "Clip.offset": "offset in gradient clipping",
    "Accumulation.unfinished": "treatment of unfinished gradient accumulation",
    "Training.printed_rate": "learning rate that is printed for an epoch",
    "Training.epoch_loss": "training loss that is reported for an epoch",
    "Training.batch_size": "batch size", "Training.shuffle": "order of the samples",
    "Accuracy.rule": "rule of the accuracy", "Accuracy.threshold": "threshold of the accuracy",
    "BinaryAccuracy.threshold": "threshold of BinaryAccuracy", "BinaryAccuracy.sigmoid": "sigmoid in BinaryAccuracy",
    "Precision.predicted": "predicted classes in Precision", "Recall.predicted": "predicted classes in Recall",
    "F1Score.absent": "classes that do not occur in F1Score",
    "ExponentialDecay.per": "unit of the learning-rate schedule (step or epoch)",
    "InverseTimeDecay.per": "unit of the learning-rate schedule (step or epoch)",
    "InverseTimeDecay.in_momentum": "learning rate inside the momentum",
    "CosineDecay.per": "unit of the learning-rate schedule (step or epoch)",
    "ExponentialDecay.in_momentum": "learning rate inside the momentum",
    "CosineDecay.in_momentum": "learning rate inside the momentum",
    "ReduceOnPlateau.in_momentum": "learning rate inside the momentum",
    "CosineDecay.after": "learning rate after the end of CosineDecay",
    "ReduceOnPlateau.threshold_of": "comparison with min_delta in ReduceLROnPlateau",
    "ReduceOnPlateau.bad_epochs": "patience in ReduceLROnPlateau",
    "EarlyStopping.not_finite": "treatment of a loss that is not finite in EarlyStopping",
    "EarlyStopping.restore_best_weights": "restoring of the best weights after EarlyStopping",
    "EarlyStopping.restored": "when EarlyStopping restores the best weights",
    "EarlyStopping.first_nan": "treatment of nan in the first epoch in EarlyStopping",
}
"""By the class and name of the field."""


def field_title(name: str) -> str:
    """Returns the title of a field, given as `Class.field`."""
    owner, _, field = name.partition(".")
    return TITLES.get(name) or f"{field} of {owner}"


def suspect_title(suspect: Suspect | Difference) -> str:
    """Returns the title of a field in which two sides differ; the path of a field that the user has set."""
    rule = suspect.sources[0] or suspect.sources[1]
    return field_title(rule.field) if rule is not None else suspect.path
