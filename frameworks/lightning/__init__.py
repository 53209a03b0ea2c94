"""A spec as a LightningModule that a real `pl.Trainer` trains.

As in `frameworks.keras`, an unset field is an argument left out of a call. Two things differ from there. A step has
both the logits and the outputs, so that every loss can use either. Where PyTorch has no class of the name that Keras
uses, the class with the closest documentation is used; the default rules mark this as a convention
(`DefaultRule.convention`).
"""

from __future__ import annotations

import os

from frameworks.job import Settings


def prepare(settings: Settings) -> None:
    """Set the environment variables that PyTorch reads when it is imported."""
    if settings["device"] == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
