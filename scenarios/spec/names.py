"""The names that Keras and PyTorch have for what a spec says: a table of them, and the sentences that refuse them.

A name has one entry in `NAMES`, from which both are made. Where a class or a field has the same name here as in Keras,
there is no entry.
"""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Iterable, Literal, get_args

from scenarios.spec.checks import SpecError, as_written, nearest
from scenarios.spec.optimizers import Optimizer
from scenarios.spec.values import named, refused


@dataclass(frozen=True)
class Name:
    """A class, or an argument of a class, of Keras or PyTorch, and what to write in a spec."""

    framework: Literal["Keras", "PyTorch"]
    name: str
    """The name of the class or of the argument."""
    ours: str
    """What to write: an expression, or `field=value` where only the name of the argument differs."""
    owners: tuple[str, ...] = ()
    """For an argument, the classes of the vocabulary to which it is passed."""
    also: str = ""
    """What else has to be said, as in `and Data(labels="index")`."""

    @property
    def theirs(self) -> str:
        """The name with the classes that it belongs to, as in `Dense(activation=)`."""
        return ", ".join(f"{owner}({self.name}=)" for owner in self.owners) if self.owners else self.name

    @property
    def text(self) -> str:
        """What to write, with what else has to be said."""
        return f"`{self.ours}`{' ' if self.also else ''}{self.also}"


OPTIMIZERS = tuple(kind.__name__ for kind in get_args(Optimizer))
WITH_KERNEL = ("Dense", "Conv2D")
NORMALIZATIONS = ("BatchNormalization", "LayerNormalization", "GroupNormalization")

NAMES = (
    Name("Keras", "activation", 'Activation("relu")', WITH_KERNEL, "as the next layer"),
    Name("Keras", "kernel_initializer", "kernel=GlorotUniform()", WITH_KERNEL),
    Name("Keras", "bias_initializer", "bias=Zeros()", WITH_KERNEL),
    Name("Keras", "input_shape", "Data(flatten=True)", ("Flatten", *WITH_KERNEL),
         "for rows, or `Data(channel=True)` for images: they say the shape of a sample"),
    Name("Keras", "Input", "Data(flatten=True)", (),
         "for rows, or `Data(channel=True)` for images: they say the shape of a sample"),
    Name("Keras", "Sequential", "(Flatten(), Dense(10))", (), "as Spec.layers"),
    Name("Keras", "ReLU", 'Activation("relu")'),
    Name("Keras", "Softmax", 'Activation("softmax")'),
    Name("Keras", "ELU", 'Activation("elu")'),
    Name("Keras", "activation", 'Activation("relu")', ("Activation",)),
    Name("Keras", "alpha", "slope=0.3", ("LeakyReLU",)),
    Name("Keras", "InputLayer", "Data(flatten=True)", (),
         "for rows, or `Data(channel=True)` for images: they say the shape of a sample"),
    Name("Keras", "MaxPool2D", "MaxPooling2D(2)"),
    Name("Keras", "AvgPool2D", "AveragePooling2D(2)"),
    Name("Keras", "l1", "L1(0.01)"),
    Name("Keras", "l2", "L2(0.01)"),
    Name("Keras", "L1L2", "L1(0.01)", (), "or `L2(0.01)`, of which a layer has one"),
    Name("Keras", "rescale", "divisor=255.0", ("Data",)),
    Name("Keras", "RandomNormal", "Normal(0.0, 0.05)"),
    Name("Keras", "from_logits", 'CategoricalCrossentropy("softmax_of_logits")', ("CategoricalCrossentropy",)),
    Name("Keras", "from_logits", 'BinaryCrossentropy("sigmoid_of_logits")', ("BinaryCrossentropy",)),
    Name("Keras", "SparseCategoricalCrossentropy", "CategoricalCrossentropy()", (),
         'and `Data(labels="index")`'),
    Name("Keras", "initial_learning_rate", "initial=0.1", ("ExponentialDecay", "InverseTimeDecay", "CosineDecay")),
    Name("Keras", "decay_steps", "every=1000", ("ExponentialDecay", "InverseTimeDecay")),
    Name("Keras", "decay_rate", "factor=0.96", ("ExponentialDecay", "InverseTimeDecay")),
    Name("Keras", "decay", "learning_rate=InverseTimeDecay(0.01, 1e-06)", OPTIMIZERS),
    Name("Keras", "decay_steps", "length=1000", ("CosineDecay",)),
    Name("Keras", "clipnorm", 'clip=Clip(1.0, "variable")', OPTIMIZERS),
    Name("Keras", "global_clipnorm", 'clip=Clip(1.0, "all")', OPTIMIZERS),
    Name("Keras", "gradient_accumulation_steps", "accumulation=Accumulation(2)", OPTIMIZERS),
    Name("Keras", "ReduceLROnPlateau", "ReduceOnPlateau(0.1)", (), "as the learning_rate"),
    Name("Keras", "min_delta", "threshold=0.0001", ("ReduceOnPlateau",)),
    Name("Keras", "class_weight", "CategoricalCrossentropy(class_weights=ClassWeights((1.0, 2.0)))", ("Training",)),
    Name("Keras", "weighted_metrics", "SampleWeights((1.0, 2.0), in_accuracy=True)", ("Training",),
         "or `ClassWeights((1.0, 2.0), in_accuracy=True)`"),
    Name("Keras", "callbacks", "early_stopping=EarlyStopping()", ("Training",),
         "or `ReduceOnPlateau(0.1)` as the learning_rate"),
    Name("PyTorch", "Linear", "Dense(10)"),
    Name("PyTorch", "Conv2d", "Conv2D(32, 3)"),
    Name("PyTorch", "MaxPool2d", "MaxPooling2D(2)"),
    Name("PyTorch", "AvgPool2d", "AveragePooling2D(2)"),
    Name("PyTorch", "AdaptiveAvgPool2d", "GlobalAveragePooling2D()", (), "for AdaptiveAvgPool2d(1)"),
    Name("PyTorch", "BatchNorm1d", "BatchNormalization(momentum=0.9)", (), "for BatchNorm1d(momentum=0.1)"),
    Name("PyTorch", "BatchNorm2d", "BatchNormalization(momentum=0.9)", (), "for BatchNorm2d(momentum=0.1)"),
    Name("PyTorch", "LayerNorm", "LayerNormalization()"),
    Name("PyTorch", "GroupNorm", "GroupNormalization(2)"),
    Name("PyTorch", "Sigmoid", 'Activation("sigmoid")'),
    Name("PyTorch", "Tanh", 'Activation("tanh")'),
    Name("PyTorch", "Hardsigmoid", "Activation(HardSigmoid())"),
    Name("PyTorch", "stride", "strides=2", ("Conv2D",)),
    Name("PyTorch", "out_channels", "filters=32", ("Conv2D",)),
    Name("PyTorch", "out_features", "units=10", ("Dense",)),
    Name("PyTorch", "kernel_size", "pool_size=2", ("MaxPooling2D", "AveragePooling2D")),
    Name("PyTorch", "count_include_pad", "counts_padding=True", ("AveragePooling2D",)),
    Name("PyTorch", "num_groups", "groups=2", ("GroupNormalization",)),
    Name("PyTorch", "eps", "epsilon=1e-05", NORMALIZATIONS),
    Name("PyTorch", "p", "rate=0.5", ("Dropout",)),
    Name("PyTorch", "negative_slope", "slope=0.01", ("LeakyReLU",)),
    Name("PyTorch", "CrossEntropyLoss", 'CategoricalCrossentropy("softmax_of_logits")'),
    Name("PyTorch", "BCELoss", "BinaryCrossentropy()"),
    Name("PyTorch", "BCEWithLogitsLoss", 'BinaryCrossentropy("sigmoid_of_logits")'),
    Name("PyTorch", "MSELoss", "MeanSquaredError()"),
    Name("PyTorch", "L1Loss", "MeanAbsoluteError()"),
    Name("PyTorch", "HuberLoss", "Huber()"),
    Name("PyTorch", "SmoothL1Loss", "Huber(divided=True)"),
    Name("PyTorch", "KLDivLoss", 'KLDivergence("powers_of_outputs", 0.0, "elements")'),
    Name("PyTorch", "PoissonNLLLoss", 'Poisson("powers_of_outputs")', (), "for PoissonNLLLoss(log_input=True)"),
    Name("PyTorch", "beta", "Huber(1.0, divided=True)", ("Huber",), "for SmoothL1Loss(beta=1.0)"),
    Name("PyTorch", "weight", "class_weights=ClassWeights((1.0, 2.0))",
         ("CategoricalCrossentropy", "BinaryCrossentropy")),
    Name("PyTorch", "weight", "Training(1, sample_weight=SampleWeights((1.0, 2.0)))",
         ("MeanSquaredError", "MeanAbsoluteError", "Huber")),
    Name("PyTorch", "NAdam", "Nadam()"),
    Name("PyTorch", "lr", "learning_rate=0.001", OPTIMIZERS),
    Name("PyTorch", "betas", "beta_1=0.9, beta_2=0.999", ("Adam", "AdamW", "Nadam")),
    Name("PyTorch", "eps", "epsilon=1e-08", tuple(name for name in OPTIMIZERS if name != "SGD")),
    Name("PyTorch", "alpha", "rho=0.99", ("RMSprop",)),
    Name("PyTorch", "StepLR", "ExponentialDecay(0.1, 0.5, every=10, staircase=True)", (), "as the learning_rate"),
    Name("PyTorch", "ExponentialLR", "ExponentialDecay(0.1, 0.95)", (), "as the learning_rate"),
    Name("PyTorch", "LambdaLR", "InverseTimeDecay(0.1, 0.5)", (), "for LambdaLR(lambda n: 1 / (1 + 0.5 * n))"),
    Name("PyTorch", "CosineAnnealingLR", "CosineDecay(0.1, 50)", (), "as the learning_rate"),
    Name("PyTorch", "gamma", "factor=0.95", ("ExponentialDecay",)),
    Name("PyTorch", "step_size", "every=10", ("ExponentialDecay",)),
    Name("PyTorch", "T_max", "length=50", ("CosineDecay",)),
    Name("PyTorch", "DataLoader", "Training(1, batch_size=32, shuffle=True)"),
)
LEFT_OUT = {
    "name": "a layer has its number as its name",
    "seed": "`seeds=` of the command line says how many initializations are drawn",
    "axis": "it is the last one",
    "use_bias": "every layer has a bias",
    "metrics": "the accuracy is always measured, and others are `metrics=` of a Spec",
    "validation_data": "the test set is evaluated after every epoch; `validate=False` leaves that out",
    "validation_split": "the test set is evaluated after every epoch; `validate=False` leaves that out",
    "verbose": "a run prints its progress by itself",
}
"""Arguments of Keras that are to be left out, with the reason."""
INEXPRESSIBLE = {"amsgrad": OPTIMIZERS, "centered": ("RMSprop",), "use_ema": OPTIMIZERS, "dampening": ("SGD",),
                 "alpha": ("CosineDecay",), "warmup_target": ("CosineDecay",), "warmup_steps": ("CosineDecay",),
                 "dilation_rate": ("Conv2D",), "groups": ("Conv2D",)}
"""Arguments of Keras and PyTorch that no spec has, with the classes to which they are passed."""
ORDERS = {
    **dict.fromkeys(("ExponentialDecay", "InverseTimeDecay"), ("initial", "every", "factor", "staircase")),
    "CosineDecay": ("initial", "length", "alpha"),
    "Adam": ("learning_rate", "beta_1", "beta_2", "epsilon", "amsgrad")}
"""The order of Keras's arguments, as fields where there are such, for classes that have another one."""


def refusal(name: str, known: Iterable[str] = (), metrics: Iterable[str] = ()) -> str | None:
    """The sentence that refuses a class or a function; None for a name that can be that of a module.

    `known` are the classes that there are, and `metrics` those of the module of that name.
    """
    entry = next((entry for entry in NAMES if entry.name == name and not entry.owners), None)
    if entry:
        return f"A spec has no {name}, which is {entry.framework}'s; write {entry.text}."
    if ours := named(name):
        return f"A spec has no {name}, which is Keras's; write {ours}."
    if name in metrics:
        return f"{name} is a metric; write `metrics.{name}()`."
    if not name[:1].isupper():
        return None
    close = difflib.get_close_matches(name, list(known), 1, 0.6)
    return f"A spec has no {name}" + (f"; did you mean {close[0]}?" if close else
                                      "; `python -m compare check` compares your own two programs without a spec.")


def no_field(owner: str, name: str, known: Iterable[str]) -> str:
    """The sentence that refuses an argument of a class of the vocabulary; the class has the fields `known`."""
    entry = next((entry for entry in NAMES if entry.name == name and owner in entry.owners), None)
    if entry:
        return f"{owner} has no {name}=, which is {entry.framework}'s; write {entry.text}."
    if name in LEFT_OUT:
        return f"{owner} has no {name}=, which is Keras's; leave it out: {LEFT_OUT[name]}."
    if owner in INEXPRESSIBLE.get(name, ()):
        return (f"{owner} has no {name}=, which a spec cannot express; leave it out, or compare your own two programs "
                "with `python -m compare check`.")
    return f"{owner} has no field {name!r}; {nearest(name, known)}."


def refuse_other_arguments(kinds: Iterable[Any]) -> None:
    """Makes the dataclasses among `kinds` refuse an argument or a value of another framework with a SpecError that says
    what to write."""
    for kind in kinds:
        if isinstance(kind, type) and is_dataclass(kind):
            kind.__init__ = _refusing(kind)  # type: ignore[method-assign]


def _refusing(kind: Any) -> Any:
    create, known = kind.__init__, tuple(field.name for field in fields(kind))

    @functools.wraps(create)
    def refusing(self: Any, *args: Any, **kwargs: Any) -> None:
        for name in kwargs:
            if name not in known:
                raise SpecError(no_field(kind.__name__, name, known))
        for name, value in {**dict(zip(known, args)), **kwargs}.items():
            if sentence := refused(kind.__name__, name, value):
                raise SpecError(sentence)
        try:
            create(self, *args, **kwargs)
        except SpecError:
            _refuse_order(kind, args, kwargs)
            raise
    return refusing


def _refuse_order(kind: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raises SpecError with what to write if arguments are those of Keras in Keras's order."""
    known, meant = [field.name for field in fields(kind)], dict(zip(ORDERS.get(kind.__name__, ()), args))
    for name, value in meant.items():
        if name not in known and isinstance(value, (int, float)):
            raise SpecError(no_field(kind.__name__, name, known))
    if len(meant) < len(args) or meant == dict(zip(known, args)):
        return
    try:
        made = as_written(kind(**meant, **kwargs))
    except (SpecError, TypeError):
        return
    given = ", ".join([*map(as_written, args), *(f"{name}={as_written(value)}" for name, value in kwargs.items())])
    raise SpecError(f"{kind.__name__}({given}) has the order of Keras's arguments; write `{made}`.")


def table() -> str:
    """All names as a table in Markdown."""
    rows = [f"| {entry.framework} | `{entry.theirs.replace(', ', '`, `')}` | {entry.text} |" for entry in NAMES]
    rows += [f"| Keras | `{name}=` | left out: {reason} |" for name, reason in LEFT_OUT.items()]
    return "\n".join(["| framework | name | in a spec |", "|---|---|---|", *rows])


__doc__ = f"{__doc__}\n{table()}\n"
