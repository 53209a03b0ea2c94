"""Data, accuracy, training settings and the complete `Spec`. `scenarios.spec` exports all classes of a spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from scenarios.spec.activations import Activation
from scenarios.spec.checks import SpecError, check, refuse_unless
from scenarios.spec.layers import Dense, Flatten, Layer
from scenarios.spec.losses import OF_CLASSES, CategoricalCrossentropy, ClassWeights, Loss
from scenarios.spec.metrics import OF_CLASSES as METRICS_OF_CLASSES
from scenarios.spec.metrics import OF_ONE_OUTPUT, Metric
from scenarios.spec.optimizers import Optimizer
from scenarios.spec.schedules import EarlyStopping
from scenarios.spec.shapes import shapes as shapes_of
from scenarios.spec.stacked import Shape

__all__ = ["Accuracy", "CLASSES", "Data", "INFINITY", "Rule", "SIDE", "SampleWeights", "Spec", "Training",
           "last_activation", "shapes", "width"]

INFINITY = float("inf")
CLASSES = tuple(range(10))
SIDE = 28
"""Height and width of an image in pixels."""


@dataclass(frozen=True)
class Data:
    """How inputs and labels are made from images of shape (n, 28, 28) with pixels from 0 to 255."""

    classes: tuple[int, ...] = CLASSES
    """The digits that are kept; in this order they get the labels 0, 1, …"""
    first: int = 0
    """Only the first so many training images are used, counted before classes are selected; 0 uses all."""
    divisor: float = 1.0
    """Pixels are divided by this: 1 keeps the range 0 to 255, 255 scales it to 0 to 1."""
    flatten: bool = False
    """Whether images are reshaped to (784,) before the model gets them."""
    channel: bool = False
    """Whether images get a channel axis, which convolutions need: shape (28, 28, 1)."""
    labels: Literal["one_hot", "index"] = "one_hot"
    """Labels as one-hot vectors or as class indices. With indices, the model has one output, except for
    `CategoricalCrossentropy`, which always has one output per class."""

    def __post_init__(self) -> None:
        check(self, first="not negative", divisor="positive")
        distinct, digits = len(set(self.classes)) == len(self.classes), set(self.classes) <= set(CLASSES)
        refuse_unless(len(self.classes) >= 2 and distinct and digits, self, "classes", "at least two different digits")
        refuse_unless(not (self.flatten and self.channel), self, "channel", "False where data.flatten is True")


Rule = Literal["argmax_outputs", "argmax_logits", "threshold", "round", "sigmoid_first"]


@dataclass(frozen=True)
class Accuracy:
    """The share of samples that a rule counts as correct. Rules for one output compare with the label 0 or 1."""

    rule: Rule | None = None
    """The predicted class. `argmax_outputs`, `argmax_logits`: that of the largest output or logit. `threshold`: 1 if
    output > threshold. `round`: the rounded output. `sigmoid_first`: as `threshold`, but on the sigmoid of all outputs
    if any output of the batch is outside [0, 1]."""
    threshold: float | None = None
    """Used by `threshold` and `sigmoid_first`."""

    def __post_init__(self) -> None:
        check(self, threshold="finite")


@dataclass(frozen=True)
class SampleWeights:
    """The loss of each training sample is multiplied by its weight: `sample_weight` of Keras's `fit`, or a third tensor
    in the batches of a DataLoader. The test loss has no such weights."""

    values: tuple[float, ...]
    """The weights of the training samples in their order; if there are fewer than samples, they are repeated. If one is
    0, the divisor must be `samples`, and the accuracy must have no weights: otherwise, a batch in which all weights are
    0 has the loss 0 in Keras and nan in PyTorch."""
    divisor: Literal["samples", "weights"] | None = None
    """The divisor of the sum over a batch: the number of samples, or the sum of their weights."""
    in_accuracy: bool | None = None
    """Whether the training accuracy is weighted too, as with `weighted_metrics=["accuracy"]` of Keras."""

    def __post_init__(self) -> None:
        check(self)
        refuse_unless(any(self.values) and all(0 <= value < INFINITY for value in self.values), self, "values",
                      "numbers that are not negative, and not all 0")
        why = "where a weight is 0: the mean of a batch by weights that are all 0 is 0 in Keras and nan in PyTorch"
        refuse_unless(all(self.values) or self.divisor == "samples", self, "divisor", f"'samples' {why}")
        refuse_unless(all(self.values) or not self.in_accuracy, self, "in_accuracy", f"False {why}")


@dataclass(frozen=True)
class Training:
    """Epochs, batches, validation and stopping. The last, smaller batch of an epoch is used too."""

    epochs: int
    """The largest number of epochs."""
    batch_size: int | Literal["all"] | None = None
    """Samples per step; `all` means one step per epoch."""
    shuffle: bool | Literal["once"] | None = None
    """Whether samples are shuffled: True in every epoch, `once` before the first epoch only."""
    stop_below: float = -INFINITY
    """Training ends after the first epoch with a reported training loss below this."""
    validate: bool = True
    """Whether the model is evaluated on the test set after every epoch, or only at the end."""
    early_stopping: EarlyStopping | Literal["none"] = "none"
    """What else ends the training early."""
    epoch_loss: Literal["mean_of_samples", "mean_of_steps", "last_step"] | None = "mean_of_samples"
    """The training loss that is reported for an epoch: the mean over its samples, the mean of the losses of its steps,
    however many samples each has, or the loss of its last step. None: what `fit` of Keras reports, or `self.log` in a
    `training_step` of Lightning, without further arguments."""
    sample_weight: SampleWeights | Literal["none"] = "none"
    """The weights of the training samples; not together with class weights."""
    printed_rate: Literal["none", "first_step", "next_step"] | None = "none"
    """The learning rate of a schedule that is printed for an epoch: that of its first step, or of the step after it.
    None: `optimizer.learning_rate` of Keras at the end of the epoch, or what a `LearningRateMonitor` logs for it."""

    def __post_init__(self) -> None:
        check(self, epochs="positive", batch_size="positive")
        refuse_unless(self.validate or getattr(self.early_stopping, "monitor", "") != "test/loss", self.early_stopping,
                      "monitor", "train/loss where nothing is validated")

    def samples_per_step(self, n: int) -> int | None:
        """The batch size with n training samples; None where it is unset."""
        return n if self.batch_size == "all" else self.batch_size


@dataclass(frozen=True)
class Spec:
    """One training: data, layers, loss, optimizer, training settings, accuracy and further metrics.

    Raises SpecError if the parts do not fit together.
    """

    data: Data
    layers: tuple[Layer, ...]
    """In the order in which they are applied; the last Dense has one unit per output."""
    loss: Loss
    optimizer: Optimizer
    training: Training
    accuracy: Accuracy = Accuracy()
    metrics: tuple[Metric, ...] = ()
    """What is measured beside the loss and the accuracy: in `fit`, after every epoch, and in every recorded step."""

    def __post_init__(self) -> None:
        check(self)
        dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        flatten_first = isinstance(self.layers[0] if self.layers else None, Flatten)
        flatten_later = any(isinstance(layer, Flatten) for layer in self.layers[1:])
        refuse_unless(self.data.flatten or self.data.channel or flatten_first, self, "layers",
                      "Flatten first, or data.flatten")
        refuse_unless(not flatten_later or self.data.channel, self, "layers", "Flatten first")
        refuse_unless(bool(dense) and dense[-1].trainable, self, "layers", "a last Dense that is trainable")
        trainable = [getattr(layer, "trainable", True) for layer in self.layers if getattr(layer, "has_weights", False)]
        frozen_after_trained = any(a and not b for a, b in zip(trainable, trainable[1:]))
        refuse_unless(not frozen_after_trained, self, "layers", "frozen layers only before all trained ones")
        shapes(self)
        outputs, classes = dense[-1].units, len(self.data.classes)
        refuse_unless(outputs > 1 or not isinstance(self.loss, OF_CLASSES), self, "loss",
                      f"{', '.join(kind.__name__ for kind in get_args(Loss) if kind not in OF_CLASSES)} for one output")
        expected = classes if self.data.labels == "one_hot" or isinstance(self.loss, CategoricalCrossentropy) else 1
        rate = self.optimizer.learning_rate
        refuse_unless(self.training.validate or getattr(rate, "monitor", "") != "test/loss", rate, "monitor",
                      "train/loss where nothing is validated")
        refuse_unless(self.training.printed_rate == "none" or getattr(rate, "per", "") != "", self.training,
                      "printed_rate", "none without a schedule of the learning rate that counts steps or epochs")
        if outputs != expected:
            raise SpecError(f"The last Dense has {outputs} units where labels={self.data.labels} of {classes} classes "
                            f"need {expected}.")
        weights = getattr(self.loss, "class_weights", "none")
        refuse_unless(weights == "none" or outputs == 1 or isinstance(self.loss, CategoricalCrossentropy), self.loss,
                      "class_weights", f"none for {outputs} outputs")
        refuse_unless(not isinstance(weights, ClassWeights) or len(weights.values) == classes, weights, "values",
                      f"{classes} numbers, one for each of data.classes")
        sample_weight = self.training.sample_weight
        refuse_unless("none" in (weights, sample_weight), self.training, "sample_weight", "none beside class weights")
        for used in (weights, sample_weight):
            refuse_unless(not getattr(used, "in_accuracy", False) or not self.metrics, used, "in_accuracy",
                          "False beside other metrics")
        refuse_unless(outputs == 1 or self.accuracy.rule in (None, "argmax_outputs", "argmax_logits"), self.accuracy,
                      "rule", f"argmax_outputs or argmax_logits for {outputs} outputs")
        refuse_unless(outputs > 1 or self.accuracy.rule not in ("argmax_outputs", "argmax_logits"), self.accuracy,
                      "rule", "threshold, round or sigmoid_first for one output")
        distinct = len({type(metric) for metric in self.metrics}) == len(self.metrics)
        refuse_unless(distinct, self, "metrics", "each kind of metric once")
        of_classes = [metric for metric in self.metrics if isinstance(metric, METRICS_OF_CLASSES)]
        refuse_unless(outputs > 1 or not of_classes, self, "metrics",
                      "BinaryAccuracy, AUC and mean errors for one output")
        of_one = [metric for metric in self.metrics if isinstance(metric, OF_ONE_OUTPUT)]
        refuse_unless(outputs == 1 or not of_one, self, "metrics", f"no AUC for {outputs} outputs")
        refuse_unless(not self.metrics or outputs == 1 or self.data.labels == "one_hot", self, "metrics",
                      f"none for {outputs} outputs where labels=index")


def last_activation(spec: Spec) -> str:
    """The name of the last layer's activation; `linear` if the last layer is no activation."""
    last = spec.layers[-1]
    if not isinstance(last, Activation):
        return "linear"
    return last.function if isinstance(last.function, str) else type(last.function).__name__


def shapes(spec: Spec) -> list[Shape]:
    """The shape of a sample before each layer and after the last one; the first is (784,), (28, 28) or (28, 28, 1)."""
    sample = (SIDE * SIDE,) if spec.data.flatten else (SIDE, SIDE, 1) if spec.data.channel else (SIDE, SIDE)
    return shapes_of(spec.layers, sample)


def width(spec: Spec) -> int:
    """The number of outputs of the model."""
    return next(layer.units for layer in reversed(spec.layers) if isinstance(layer, Dense))
