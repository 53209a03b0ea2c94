"""Data, accuracy, length of a training, and the `Spec` of it all; `scenarios.spec` has the whole vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from scenarios.spec.activations import Activation
from scenarios.spec.checks import SpecError, check, refuse_unless
from scenarios.spec.layers import WITH_WEIGHTS, Dense, Flatten, Layer, Shape
from scenarios.spec.layers import shapes as shapes_of
from scenarios.spec.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    ClassWeights,
    Hinge,
    Huber,
    KLDivergence,
    MeanSquaredError,
    QuadraticCost,
)
from scenarios.spec.optimizers import Optimizer
from scenarios.spec.schedules import EarlyStopping

INFINITY = float("inf")
CLASSES = tuple(range(10))
SIDE = 28
"""Pixels a side of an image."""


@dataclass(frozen=True)
class Data:
    """What the user feeds the model, from images of shape (n, 28, 28) with pixels 0 to 255."""

    classes: tuple[int, ...] = CLASSES
    """Digits that are kept; they become the labels 0, 1, … in this order."""
    first: int = 0
    """How many training images are used, from the front, before classes are chosen; 0 uses all."""
    divisor: float = 1.0
    """Pixels are divided by this: 1 leaves them at 0 to 255, 255 brings them to 0 to 1."""
    flatten: bool = False
    """Whether images are reshaped to 784 numbers before the model sees them."""
    channel: bool = False
    """Whether images get an axis for their one channel, as convolutions need it: shape (28, 28, 1)."""
    labels: Literal["one_hot", "index"] = "one_hot"
    """The form of a label: a row of zeros with a one, or the number of the class; a loss that has an output for each
    class, `CategoricalCrossentropy`, has one with numbers too, every other has one output."""

    def __post_init__(self) -> None:
        check(self, first="not negative", divisor="positive")
        distinct, digits = len(set(self.classes)) == len(self.classes), set(self.classes) <= set(CLASSES)
        refuse_unless(len(self.classes) >= 2 and distinct and digits, self, "classes", "at least two different digits")
        refuse_unless(not (self.flatten and self.channel), self, "channel", "False where data.flatten is True")


Loss = Union[CategoricalCrossentropy, BinaryCrossentropy, MeanSquaredError, QuadraticCost, Huber, KLDivergence, Hinge,
             CategoricalHinge]

OF_CLASSES = (CategoricalCrossentropy, KLDivergence, CategoricalHinge)
"""The losses that need an output for each class."""


Rule = Literal["argmax_outputs", "argmax_logits", "threshold", "round", "sigmoid_first"]


@dataclass(frozen=True)
class Accuracy:
    """The share of samples that a rule calls right; a rule for one output compares with the label 0 or 1."""

    rule: Rule | None = None
    """The largest output or logit; output > threshold; the rounded output; or, where any output of the batch lies
    outside [0, 1], the threshold on the sigmoid of all of them."""
    threshold: float | None = None
    """Used by `threshold` and `sigmoid_first`."""

    def __post_init__(self) -> None:
        check(self, threshold="finite")


@dataclass(frozen=True)
class Training:
    """How long and in which portions. The last short batch of an epoch is kept."""

    epochs: int
    batch_size: int | Literal["all"] | None = None
    """Samples a step, or `all` for one step an epoch."""
    shuffle: bool | Literal["once"] | None = None
    """Whether samples are shuffled: anew for every epoch, or `once`, and every epoch takes the order of the first."""
    stop_below: float = -INFINITY
    """Training ends after the first epoch whose reported loss is below this."""
    validate: bool = True
    """Whether the test set is measured after every epoch, or only at the end."""
    early_stopping: EarlyStopping | Literal["none"] = "none"

    def __post_init__(self) -> None:
        check(self, epochs="positive", batch_size="positive")
        refuse_unless(self.validate or getattr(self.early_stopping, "monitor", "") != "test/loss", self.early_stopping,
                      "monitor", "train/loss where nothing is validated")


@dataclass(frozen=True)
class Spec:
    """One training: data, model, loss, optimizer, accuracy, length."""

    data: Data
    layers: tuple[Layer, ...]
    loss: Loss
    optimizer: Optimizer
    training: Training
    accuracy: Accuracy = Accuracy()

    def __post_init__(self) -> None:
        check(self)
        dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        flat = self.data.flatten or self.data.channel or isinstance(self.layers[0] if self.layers else None, Flatten)
        refuse_unless(flat, self, "layers", "Flatten first, or data.flatten")
        refuse_unless(not any(isinstance(layer, Flatten) for layer in self.layers[1:]) or self.data.channel, self,
                      "layers", "Flatten first")
        refuse_unless(bool(dense) and dense[-1].trainable, self, "layers", "a last Dense that is trainable")
        trained = [getattr(layer, "trainable", True) for layer in self.layers if isinstance(layer, WITH_WEIGHTS)]
        frozen_after_trained = any(a and not b for a, b in zip(trained, trained[1:]))
        refuse_unless(not frozen_after_trained, self, "layers", "frozen layers only before all trained ones")
        shapes(self)
        width, classes = dense[-1].units, len(self.data.classes)
        refuse_unless(width > 1 or not isinstance(self.loss, OF_CLASSES), self, "loss",
                      "BinaryCrossentropy, MeanSquaredError, QuadraticCost, Huber or Hinge for one output")
        expected = classes if self.data.labels == "one_hot" or isinstance(self.loss, CategoricalCrossentropy) else 1
        rate = self.optimizer.learning_rate
        refuse_unless(self.training.validate or getattr(rate, "monitor", "") != "test/loss", rate, "monitor",
                      "train/loss where nothing is validated")
        if width != expected:
            raise SpecError(f"The last Dense has {width} units where labels={self.data.labels} of {classes} classes "
                            f"need {expected}.")
        weights = getattr(self.loss, "class_weights", "none")
        refuse_unless(weights == "none" or width == 1 or isinstance(self.loss, CategoricalCrossentropy), self.loss,
                      "class_weights", f"none for {width} outputs")
        refuse_unless(not isinstance(weights, ClassWeights) or len(weights.values) == classes, weights, "values",
                      f"{classes} numbers, one for each of data.classes")
        refuse_unless(width == 1 or self.accuracy.rule in (None, "argmax_outputs", "argmax_logits"), self.accuracy,
                      "rule", f"argmax_outputs or argmax_logits for {width} outputs")
        refuse_unless(width > 1 or self.accuracy.rule not in ("argmax_outputs", "argmax_logits"), self.accuracy,
                      "rule", "threshold, round or sigmoid_first for one output")


def last_activation(spec: Spec) -> str:
    """The name of the activation that makes the outputs, or `linear` where the last layer is a Dense."""
    last = spec.layers[-1]
    if not isinstance(last, Activation):
        return "linear"
    return last.function if isinstance(last.function, str) else type(last.function).__name__


def shapes(spec: Spec) -> list[Shape]:
    """The shape of a sample before every layer and after the last: (784,), (28, 28) or, of an image, (28, 28, 1)."""
    sample = (SIDE * SIDE,) if spec.data.flatten else (SIDE, SIDE, 1) if spec.data.channel else (SIDE, SIDE)
    return shapes_of(spec.layers, sample)


def width(spec: Spec) -> int:
    """The number of outputs."""
    return next(layer.units for layer in reversed(spec.layers) if isinstance(layer, Dense))
