"""The facts that a worker reports of a user's own program, which `compare.analysis.programs` reads.

`frameworks.runtime.user_program` has the arrays. A Keras worker reports the same names; it is Python 3.6, where there
are no such classes.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence, TypedDict

Settings = Mapping[str, Any]
"""By name, values as JSON has them."""


class LayerFacts(TypedDict, total=False):
    """A layer of a model."""

    path: str
    kind: str
    """The name of its class."""
    settings: Settings
    """Under Keras's names where Keras has the setting."""
    file: str
    line: int
    """Where the user's code makes it; 0 if that is not known."""
    given: Sequence[str] | None
    """The settings that the user's code passes; None if that is not known."""
    trainable: bool
    parameters: Sequence[str]
    numbers: Sequence[float]
    """The constants in a layer that the user has written, in Keras."""


class ParameterFacts(TypedDict, total=False):
    """A variable of a model, with Keras's name for its role and in Keras's layout."""

    name: str
    layer: str
    role: str
    shape: Sequence[int]
    trainable: bool
    moving: bool
    added: bool
    """Whether it is the sum of several tensors, in PyTorch."""
    trained_parts: int
    """How many of these are trained."""


OperationFacts = TypedDict("OperationFacts", {
    "key": str, "kind": str, "layer": str, "file": str, "line": int, "shape": Sequence[int], "from": Sequence[str],
    "shapes": Sequence[Sequence[int]], "operands": Sequence[str], "weights": Sequence[str], "arguments": Settings},
    total=False)
"""An operation of a pass; `compare.analysis.programs.description.Operation` describes the fields."""


class GroupFacts(TypedDict):
    """A parameter group of a PyTorch optimizer."""

    optimizer: int
    """The number of the optimizer."""
    settings: Settings
    parameters: Sequence[str]


class OptimizerFacts(TypedDict, total=False):
    """The optimizer of a program, or all of its optimizers."""

    name: str
    file: str
    line: int
    given: Sequence[str] | None
    """The arguments that the user's code passes; None if that is not known."""
    settings: Settings
    groups: list[GroupFacts]
    torch: bool
    """Whether all are a torch.optim.Optimizer."""
    sparse: Sequence[str]
    undecayed: Sequence[str]


class ProgramOutcome(TypedDict, total=False):
    """How a run of a program ended."""

    kind: str
    """finished, or failed, with the other fields."""
    when: str
    """The phase in which the user's code raised an exception."""
    message: str
    file: str
    line: int


class ProgramFacts(TypedDict, total=False):
    """The facts of one run; a run that failed has those from before its failure."""

    backend: str
    """Of Keras: tensorflow, torch or jax."""
    layers: Sequence[LayerFacts]
    parameters: Sequence[ParameterFacts]
    operations: Sequence[OperationFacts]
    training_operations: Sequence[OperationFacts]
    loss: Settings
    optimizer: OptimizerFacts
    """Empty for a program without one."""
    penalties: Mapping[str, Mapping[str, float]]
    activity_penalties: Mapping[str, Mapping[str, float]]
    constraints: Mapping[str, Settings]
    metrics: Sequence[Settings]
    signature: Settings
    """The inputs and outputs, as far as the program defines them."""
    place: tuple[str, int]
    """The file and line that make the model."""
    trains: bool
    draws: bool
    """Whether it draws random numbers, which are those of `frameworks.runtime.drawn_numbers`."""
    warnings: list[str]
    rates: list[list[float | None]]
    """By batch, the learning rate of every parameter group, in PyTorch."""
    accumulate: int
    """The number of batches before the first update, in PyTorch."""
    clipping: Mapping[str, float]
    unstepped: Sequence[int]
    """The numbers of the optimizers that made no update, in PyTorch."""
    outcome: ProgramOutcome
    processor: float
    """Seconds of the worker so far."""
    peak_mb: int
