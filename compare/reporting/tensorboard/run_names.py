"""Where a run of TensorBoard lies: its path below the folder that is looked at is its name there."""

from __future__ import annotations

from pathlib import Path

from compare.execution.data import Dataset
from scenarios.scenario import Variant

FOLDER = "tensorboard"  # in the folder of a run
REPORTED, CONTROLS, SEEDS = "reported", "controls", "seeds"
VIEWS = (REPORTED, CONTROLS, SEEDS)
QUESTION = "reported"
"""The run of the question's own numbers."""


def mark(dataset: Dataset) -> str:
    """What stands before every name where the images are not the whole of MNIST."""
    return "" if dataset.full else f"{dataset.name}-"


def view(variant: Variant, seed: int) -> str:
    """The folder that a training belongs to."""
    return SEEDS if seed else REPORTED if variant.role == "reported" else CONTROLS


def training(home: Path, dataset: Dataset, variant: Variant, framework: str, seed: int) -> Path:
    """The run of one training."""
    name = f"{framework}-{seed}" if seed else framework
    return home / view(variant, seed) / f"{mark(dataset)}{variant.name}" / name


def of_question(home: Path, dataset: Dataset, variant: Variant) -> Path:
    """The run of the question's own numbers about a variant."""
    return training(home, dataset, variant, QUESTION, 0)


def answer(home: Path, dataset: Dataset, name: str = REPORTED) -> Path:
    """The run of what is told of a whole view."""
    return home / name / f"{mark(dataset)}answer"
