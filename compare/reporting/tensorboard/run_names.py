"""The folders of TensorBoard runs. The path of a folder below the log directory is the name of its run."""

from __future__ import annotations

from pathlib import Path

from compare.execution.data import Dataset
from scenarios.scenario import Variant

REPORTED, CONTROLS, SEEDS = "reported", "controls", "seeds"
VIEWS = (REPORTED, CONTROLS, SEEDS)
QUESTION = "reported"
"""The name of the run that holds the numbers that the question reports."""


def mark(dataset: Dataset) -> str:
    """The prefix of all run names for a dataset that is not the whole of MNIST; else empty."""
    return "" if dataset.full else f"{dataset.name}-"


def view(variant: Variant, seed: int) -> str:
    """The view (top-level folder) of a training."""
    return SEEDS if seed else REPORTED if variant.role == "reported" else CONTROLS


def training(home: Path, dataset: Dataset, variant: Variant, framework: str, seed: int) -> Path:
    """The folder of one training's run; `home` is the log directory."""
    name = f"{framework}-{seed}" if seed else framework
    return home / view(variant, seed) / f"{mark(dataset)}{variant.name}" / name


def of_question(home: Path, dataset: Dataset, variant: Variant) -> Path:
    """The folder of the run with the numbers that the question reports for a variant."""
    return training(home, dataset, variant, QUESTION, 0)


def answer(home: Path, dataset: Dataset, view_name: str = REPORTED) -> Path:
    """The folder of the run with the answer, or with the hyperparameter columns of another view."""
    return home / view_name / f"{mark(dataset)}answer"
