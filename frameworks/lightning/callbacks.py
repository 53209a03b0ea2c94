"""Lightning callbacks of a spec, which end a training depending on the metrics of its epochs."""

from __future__ import annotations

import contextlib
import tempfile
from typing import Iterator, Sequence

import torch

from frameworks.lightning import configuration
from frameworks.lightning.api import pl
from frameworks.protocol import Json


class FirstIsBest(pl.callbacks.EarlyStopping):
    """EarlyStopping that takes a first number that is nan as the best so far, where Lightning's counts it as worse."""

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
    """Yield the callback that saves the weights of the best epoch, in a list, if these are to be restored."""
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
