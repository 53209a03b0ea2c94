"""A spec as a LightningModule that a real `pl.Trainer` trains.

It differs from the Keras realization in three ways. Logits and outputs are both available in every step. For an unset
field, the argument of the PyTorch, Lightning or torchmetrics call is omitted. Where PyTorch has no class of the name
that Keras uses, the class with the closest documentation is used; the default rules mark this as a convention.
"""

from __future__ import annotations

import os

from frameworks.job import Settings


def prepare(settings: Settings) -> None:
    """Set the environment variables that PyTorch reads when it is imported."""
    if settings["device"] == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
