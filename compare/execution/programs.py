"""A user's own programs: the settings of a `check`, and the jobs that run the programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Sequence

from frameworks import FRAMEWORKS
from frameworks.job import Function, ProgramJob

AS_THEY_ARE = "as_they_are"
"""The value of `inputs` with which PyTorch gets images with their channels last, as Keras does."""


@dataclass(frozen=True)
class Program:
    """One of the two programs."""

    framework: str
    function: Function

    @property
    def realization(self) -> str:
        """keras or lightning, whatever the environment is called."""
        return FRAMEWORKS[self.framework].realization

    @property
    def title(self) -> str:
        """How messages name it: file and function."""
        name = self.function["name"]
        return f"{Path(self.function['file']).name}{':' + name if name else ''}"


@dataclass(frozen=True)
class Question:
    """The settings of a `check`: two programs and how they are run."""

    left: Program
    right: Program
    data: Path | Function | None = None
    """An npz with x and y (or x0, x1, …, y0, …), or a function that returns (inputs, targets)."""
    load: Function | None = None
    """The user's own function that copies Keras's weights into the PyTorch model."""
    trained: tuple[str | None, str | None] = (None, None)
    """The file of trained weights of each program, if there is one."""
    inputs: Function | str | None = None
    targets: Function | None = None
    """The user's own functions that convert an array of inputs or targets for PyTorch; inputs can be `AS_THEY_ARE`."""
    steps: int = 20
    batch: int = 16
    seed: int = 0
    threads: int = 1
    limit: float = 10.0
    """The minutes that a run may take."""
    out: str | None = None
    map: Path | None = None
    """A YAML file that pairs parameters by name, left: right."""

    @property
    def copied_by(self) -> str:
        """What gives the right program its weights, if that is checked too: a file of the user; else empty."""
        return Path(self.load["file"] if self.load else self.trained[1] or "").name

    @property
    def pairs_are_ours(self) -> bool:
        """Whether nothing of the user's says which parameters belong together."""
        return self.map is None and not self.copied_by


@dataclass(frozen=True)
class Setup:
    """The settings that all runs of a program have in common, besides the question."""

    data: str | None = None
    inputs: Function | str | None = None
    targets: Function | str | None = None
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    weights: str | None = None
    load: Function | None = None
    trained: str | None = None
    replaced: str | None = None
    changes: tuple[Mapping[str, Any], ...] = field(default=())


def job(question: Question, program: Program, setup: Setup, out: Path, dtype: str = "float64",
        until: int | None = None, whole: bool = False, seed: int | None = None) -> ProgramJob:
    """A job that runs a program, up to the step `until`, which is the last one by default."""
    return {"verb": "program", "id": out.stem, "out": str(out), "program": program.function, "dtype": dtype,
            "data": setup.data, "inputs": setup.inputs, "targets": setup.targets, "names": setup.names,
            "weights": setup.weights, "load": setup.load, "trained": setup.trained, "changes": list(setup.changes),
            "replaced": setup.replaced, "whole": whole or bool(question.copied_by), "steps": question.steps,
            "until": question.steps if until is None else until, "batch": question.batch,
            "seed": question.seed if seed is None else seed}
