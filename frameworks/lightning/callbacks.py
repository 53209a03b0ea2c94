"""Lightning callbacks of a spec: early stopping, and a checkpoint of the best epoch."""

from __future__ import annotations

import contextlib
import tempfile
from typing import Iterator, Sequence

import torch

from frameworks.lightning import configuration
from frameworks.lightning.api import pl
from frameworks.protocol import Json


class FirstIsBest(pl.callbacks.EarlyStopping):
    """EarlyStopping for which a nan in the first epoch is the best value so far.

    Lightning's counts it as no improvement (pytorch_lightning/callbacks/early_stopping.py:272, version 2.6).
    """

    def _evaluate_stopping_criteria(self, current: torch.Tensor) -> tuple[bool, str | None]:
        if torch.isnan(current) and torch.isinf(self.best_score) and not self.wait_count and not self.check_finite:
            self.best_score = current
            return False, None
        return super()._evaluate_stopping_criteria(current)


def made(spec: Json) -> list[pl.Callback]:
    """Return the callbacks of a spec in plain JSON."""
    settings = spec["training"]["early_stopping"]
    if settings == "none":
        return []
    nan_is_best, arguments = configuration.stopping(settings)
    return [(FirstIsBest if nan_is_best else pl.callbacks.EarlyStopping)(settings["monitor"], **arguments)]


@contextlib.contextmanager
def checkpoints(spec: Json) -> Iterator[list[pl.callbacks.ModelCheckpoint]]:
    """Yield a list with the callback that saves the weights of the best epoch, or an empty list if they are not to be
    restored. The saved file is deleted at the end of the block."""
    if not configuration.restores(spec["training"]["early_stopping"]):
        yield []
        return
    with tempfile.TemporaryDirectory() as folder:
        yield [pl.callbacks.ModelCheckpoint(folder, monitor=spec["training"]["early_stopping"]["monitor"])]


def restore(spec: Json, module: pl.LightningModule, callbacks: Sequence[pl.Callback]) -> None:
    """Load the weights of the best epoch, if one of the callbacks has saved them and they are to be restored."""
    ended = any(callback.stopped_epoch for callback in callbacks if isinstance(callback, pl.callbacks.EarlyStopping))
    for callback in callbacks:
        if isinstance(callback, pl.callbacks.ModelCheckpoint) and \
                (ended or spec["training"]["early_stopping"]["restored"] != "when_stopped"):
            module.load_state_dict(torch.load(callback.best_model_path, weights_only=True)["state_dict"])
