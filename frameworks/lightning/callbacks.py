"""Lightning callbacks of a spec, which end a training depending on the metrics of its epochs."""

from __future__ import annotations

import torch

from frameworks.lightning import configuration
from frameworks.lightning.api import pl
from frameworks.protocol import Plain


class FirstIsBest(pl.callbacks.EarlyStopping):
    """EarlyStopping that takes a first number that is nan as the best so far, where Lightning's counts it as worse."""

    def _evaluate_stopping_criteria(self, current: torch.Tensor) -> tuple[bool, str | None]:
        if torch.isnan(current) and torch.isinf(self.best_score) and not self.wait_count and not self.check_finite:
            self.best_score = current
            return False, None
        return super()._evaluate_stopping_criteria(current)


def made(spec: Plain) -> list[pl.Callback]:
    """Return the callbacks of a spec in plain JSON."""
    settings = spec["training"]["early_stopping"]
    if settings == "none":
        return []
    nan_is_best, arguments = configuration.stopping(settings)
    return [(FirstIsBest if nan_is_best else pl.callbacks.EarlyStopping)(settings["monitor"], **arguments)]
