"""The vocabulary: a `Spec` describes one training without naming a framework.

A field that is `None` is *open*: the framework decides, and `frameworks.quirks` knows how it does. Every other value is
the user's own choice. The meaning of a field stands right under it. An impossible spec is refused when it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from scenarios.checks import SpecError, check, refuse_unless
from scenarios.losses import BinaryCrossentropy as BinaryCrossentropy
from scenarios.losses import CategoricalCrossentropy as CategoricalCrossentropy
from scenarios.losses import CategoricalHinge as CategoricalHinge
from scenarios.losses import Hinge as Hinge
from scenarios.losses import Huber as Huber
from scenarios.losses import KLDivergence as KLDivergence
from scenarios.losses import MeanSquaredError as MeanSquaredError
from scenarios.losses import QuadraticCost as QuadraticCost
from scenarios.optimizers import SGD as SGD
from scenarios.optimizers import Adadelta as Adadelta
from scenarios.optimizers import Adagrad as Adagrad
from scenarios.optimizers import Adam as Adam
from scenarios.optimizers import AdamW as AdamW
from scenarios.optimizers import Clip as Clip
from scenarios.optimizers import Nadam as Nadam
from scenarios.optimizers import Optimizer as Optimizer
from scenarios.optimizers import RMSprop as RMSprop
from scenarios.optimizers import WeightDecay as WeightDecay
from scenarios.schedules import CosineDecay as CosineDecay
from scenarios.schedules import EarlyStopping as EarlyStopping
from scenarios.schedules import ExponentialDecay as ExponentialDecay
from scenarios.schedules import ReduceOnPlateau as ReduceOnPlateau

INFINITY = float("inf")
CLASSES = tuple(range(10))


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
    labels: Literal["one_hot", "index"] = "one_hot"
    """The form of a label: a row of zeros with a one, or the number of the class; a loss that has an output for each
    class, `CategoricalCrossentropy`, has one with numbers too, every other has one output."""

    def __post_init__(self) -> None:
        check(self, first="not negative", divisor="positive")
        distinct, digits = len(set(self.classes)) == len(self.classes), set(self.classes) <= set(CLASSES)
        refuse_unless(len(self.classes) >= 2 and distinct and digits, self, "classes", "at least two different digits")


@dataclass(frozen=True)
class Zeros:
    """All zeros."""


@dataclass(frozen=True)
class Normal:
    """A normal distribution."""

    mean: float = 0.0
    stddev: float = 1.0

    def __post_init__(self) -> None:
        check(self, mean="finite", stddev="not negative")


@dataclass(frozen=True)
class GlorotUniform:
    """Uniform within ±sqrt(6 / (inputs + outputs)); Glorot and Bengio 2010, equation 16."""


@dataclass(frozen=True)
class FanInUniform:
    """Uniform within ±1 / sqrt(inputs), for a kernel and for its bias."""


Initializer = Union[Zeros, Normal, GlorotUniform, FanInUniform]


@dataclass(frozen=True)
class Flatten:
    """Reshapes (batch, 28, 28) to (batch, 784)."""


@dataclass(frozen=True)
class Dense:
    """inputs @ kernel + bias; the kernel has shape (inputs, units), the bias (units,)."""

    units: int
    """The number of outputs."""
    kernel: Initializer | None = None
    """How the kernel is drawn."""
    bias: Initializer | None = None
    """How the bias is drawn."""
    trainable: bool = True
    """Whether training changes this layer."""

    def __post_init__(self) -> None:
        check(self, units="positive")


@dataclass(frozen=True)
class LeakyReLU:
    """x where it is positive, elsewhere slope · x, as a layer (`keras.layers.LeakyReLU`); Maas et al. 2013."""

    slope: float | None = None
    """What numbers below 0 are multiplied by."""

    def __post_init__(self) -> None:
        check(self, slope="not negative")


@dataclass(frozen=True)
class LeakyReLUByName(LeakyReLU):
    """The same, asked for by its name, as in `activation="leaky_relu"`."""


@dataclass(frozen=True)
class GELU:
    """x · Φ(x), where Φ is the distribution function of a standard normal; Hendrycks and Gimpel 2016."""

    approximate: bool | None = None
    """Whether Φ(x) is taken as ½ (1 + tanh(√(2/π) (x + 0.044715 x³)))."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class HardSigmoid:
    """slope · x + ½, held between 0 and 1; Howard et al. 2019, section 5.2, has a slope of 1/6."""

    slope: float | None = None
    """How steep it is at 0."""

    def __post_init__(self) -> None:
        check(self, slope="positive")


@dataclass(frozen=True)
class Activation:
    """An activation as a layer of its own; the input of the last one is called the logits."""

    function: Literal["sigmoid", "softmax", "relu", "tanh", "elu"] | LeakyReLU | LeakyReLUByName | GELU | HardSigmoid

    def __post_init__(self) -> None:
        check(self)


Layer = Union[Flatten, Dense, Activation]


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
    shuffle: bool | None = None
    """Whether every epoch has an order of its own."""
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
        flat = self.data.flatten or isinstance(self.layers[0] if self.layers else None, Flatten)
        refuse_unless(flat, self, "layers", "Flatten first, or data.flatten")
        refuse_unless(not any(isinstance(layer, Flatten) for layer in self.layers[1:]), self, "layers", "Flatten first")
        refuse_unless(bool(dense) and dense[-1].trainable, self, "layers", "a last Dense that is trainable")
        frozen_after_trained = any(a.trainable and not b.trainable for a, b in zip(dense, dense[1:]))
        refuse_unless(not frozen_after_trained, self, "layers", "frozen layers only before all trained ones")
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


def width(spec: Spec) -> int:
    """The number of outputs."""
    return next(layer.units for layer in reversed(spec.layers) if isinstance(layer, Dense))
