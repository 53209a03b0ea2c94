"""The facts that a worker reports of a program, as dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Mapping, Sequence

import numpy as np

from frameworks.runtime.trace import Trace

Array = np.ndarray[Any, Any]
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """A line of a user's file."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


def path_as_code(path: str) -> str:
    """The path of a layer as code: net.2 is net[2]."""
    code = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path.split("."))
    return f"model{code}" if code.startswith("[") else code[1:]


@dataclass(frozen=True)
class Layer:
    """A layer of a model."""

    path: str
    kind: str
    settings: Settings
    place: Place
    parameters: Sequence[str]
    trainable: bool
    given: Sequence[str] | None = None
    """The settings that the user's code passes; None if that is not known."""
    numbers: Sequence[float] = ()
    """The constants in a layer that the user has written."""

    @property
    def code(self) -> str:
        """The layer as the user's code names it."""
        return path_as_code(self.path)


@dataclass(frozen=True)
class Parameter:
    """A variable of a model, with Keras's name for its role and in Keras's layout."""

    name: str
    layer: str
    role: str
    shape: tuple[int, ...]
    trainable: bool
    moving: bool
    """Whether it is a moving statistic."""
    added: bool = False
    """Whether it is the sum of several tensors."""
    trained_parts: int = 1
    turned: bool = False
    """Whether it belongs to a recurrent layer that gets its sequence in reverse order."""

    @property
    def direction(self) -> str:
        """forward or backward, of a recurrent layer; empty for any other, and where it is not known."""
        return next((part for part in self.role.split("/") if part in ("forward", "backward")),
                    "backward" if self.turned else "")


@dataclass(frozen=True)
class Operation:
    """An operation of a forward pass."""

    key: str
    kind: str
    layer: str
    place: Place
    shape: tuple[int, ...]
    sources: tuple[str, ...]
    """The operations that compute its inputs."""
    shapes: Sequence[Sequence[int]] = ()
    """The shapes of its inputs."""
    arguments: Settings = field(default_factory=dict)
    """The arguments of a PyTorch operation, by name, or by position as text; empty for Keras."""
    operands: Sequence[str] = ()
    """By input, the operation that computes it; empty for an input of the model or a parameter."""
    weights: Sequence[str] = ()
    """The parameter or buffer that each of the tensors is, as PyTorch names it; empty for any other tensor."""

    @property
    def code(self) -> str:
        """Its layer, or else its function, as the user's code names it."""
        return path_as_code(self.layer or self.kind)

    def argument(self, name: str, position: int, default: Any = None) -> Any:
        """An argument that was given by name or by position."""
        return self.arguments.get(name, self.arguments.get(str(position), default))


@dataclass(frozen=True)
class Optimizer:
    """An optimizer with its settings, under its framework's names."""

    name: str
    settings: Settings
    """Empty where a train_step of the user's has other optimizers than that of `compile`, and not one."""
    groups: Sequence[Mapping[str, Any]]
    place: Place
    given: Sequence[str] | None
    """The arguments that the user's code passes; None if that is not known."""
    sparse: Sequence[str]
    """Layers with gradients that are passed row by row."""
    unstepped: Sequence[int] = ()
    """Of several optimizers of a PyTorch program, the numbers of those that have made no update."""
    undecayed: Sequence[str] = ()
    """The trained parameters that the weight decay of Keras's optimizer leaves out."""


@dataclass(frozen=True)
class Failure:
    """An exception that the user's code raised."""

    when: str
    message: str
    place: Place
    process_ended: bool = False
    """Whether its process ended, or exceeded the time limit."""


@dataclass(frozen=True)
class Run:
    """One run of a program: its description and what it computed."""

    framework: str
    """keras or lightning, whatever the name of the environment is."""
    backend: str  # of Keras: tensorflow, torch or jax; empty for a PyTorch program
    layers: Mapping[str, Layer]
    parameters: Mapping[str, Parameter]
    operations: tuple[Operation, ...]
    training_operations: tuple[Operation, ...]
    loss: Settings
    optimizer: Optimizer | None
    penalties: Mapping[str, Mapping[str, float]]
    """By parameter, the factors l1 and l2 of its regularizer …"""
    activity_penalties: Mapping[str, Mapping[str, float]]
    """… and by layer, those of its output."""
    constraints: Mapping[str, Settings]
    """By parameter, the name and settings of the constraint that Keras applies after every update."""
    metrics: Sequence[Mapping[str, Any]]
    """Of the metrics of a Keras program that are objects: name, kind and settings."""
    signature: Mapping[str, Any]
    place: Place
    failure: Failure | None
    warnings: Sequence[str]
    rates: Sequence[Sequence[float | None]]
    """By batch, the learning rate of every parameter group, of a PyTorch program."""
    accumulate: int
    """The number of batches before the first update of a PyTorch program …"""
    clipping: Mapping[str, float]
    """… and how its gradients are clipped: clip_norm, clip_global or clip_value."""
    trains: bool
    draws: bool
    """Whether it draws random numbers, which are the same in both programs here."""
    trace: Trace
    until: int | None = None
    changes: tuple[Mapping[str, object], ...] = ()
    """The step after which its training ended, None for all steps, and the changes in memory."""

    @property
    def is_torch(self) -> bool:
        """Whether it is a PyTorch program."""
        return self.framework == "lightning"

    @property
    def losses(self) -> Sequence[Settings]:
        """The facts of every output's loss."""
        return self.loss.get("of") or [self.loss]

    @property
    def loss_place(self) -> Place:
        """The line that makes the loss, else the one that makes the model."""
        return Place(str(self.loss.get("file") or self.place.file), int(self.loss.get("line") or self.place.line))

    @property
    def can_train(self) -> bool:
        """Whether it has a loss and an optimizer."""
        return self.trains and self.optimizer is not None and (self.is_torch or bool(self.loss))

    def arrays(self, prefix: str) -> dict[str, Array]:
        """The arrays with names that begin with the prefix and a slash, by the rest of their names."""
        return self.trace.below(prefix)

    @cached_property
    def float32_inside(self) -> tuple[str, ...]:
        """The operations with float32 outputs although their inputs are not float32, such as a bilinear resize of
        TensorFlow, and its CTC loss; none in a run in float32."""
        values = self.arrays("forward")
        given = [value for value in self.arrays("given").values() if value.dtype == np.float64]
        exact = bool(given) and not any(is_single(value) for value in given)
        single = {key: is_single(value) for key, value in values.items()}
        dtypes = {key: value.dtype for key, value in values.items()}
        losses = tuple("CTC" for loss in self.losses if loss_name(loss) == "ctc" and exact and not self.is_torch)
        return losses + tuple(
            operation.key for operation in self.operations if single[operation.key] and (
                dtypes[operation.key] == np.float64 and (
                    not any(single[source] for source in operation.sources) if operation.sources else
                    exact and not self.is_torch) or
                dtypes[operation.key] == np.float32 and given and not any(
                    dtypes[source] == np.float32 for source in operation.sources))
            and len(np.unique(values[operation.key])) > 8)

    @property
    def last_layer(self) -> Layer | None:
        """The layer of the last operation; None where that is in no layer."""
        return self.layers.get(self.operations[-1].layer) if self.operations else None

    def place_of(self, parameter: str) -> Place:
        """The line that makes the layer of a parameter, else the one that makes the model."""
        layer = self.layers.get(self.parameters[parameter].layer)
        return layer.place if layer else self.place

    def operation(self, key: str) -> Operation:
        """The operation with a key, of the evaluation or of the training step."""
        return next(operation for operation in (*self.operations, *self.training_operations) if operation.key == key)


def is_port(left: Run, right: Run) -> bool:
    """Whether a Keras program is compared with a PyTorch program."""
    return right.is_torch and not left.is_torch


def loss_name(loss: Settings) -> str:
    """The name of a loss in lower case without underscores; empty for none."""
    return str(loss.get("name", "")).lower().replace("_", "")


def is_single(array: Array) -> bool:
    """Whether all numbers of an array are float32 numbers."""
    return bool(np.array_equal(array, array.astype(np.float32)))
