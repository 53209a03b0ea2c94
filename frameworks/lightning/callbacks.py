"""Callbacks of a spec in Lightning, by which the end of a training follows what its epochs report."""
import pytorch_lightning as pl
import torch

from frameworks.lightning import configuration


class FirstIsBest(pl.callbacks.EarlyStopping):
    """EarlyStopping that takes a first number that is nan as the best so far, where Lightning's counts it as worse."""

    def _evaluate_stopping_criteria(self, current):
        if torch.isnan(current) and torch.isinf(self.best_score) and not self.wait_count and not self.check_finite:
            self.best_score = current
            return False, None
        return super()._evaluate_stopping_criteria(current)


def made(spec):
    """The callbacks that a spec in plain JSON asks for."""
    asked = spec["training"]["early_stopping"]
    if asked == "none":
        return []
    own, arguments = configuration.stopping(asked)
    return [(FirstIsBest if own else pl.callbacks.EarlyStopping)(asked["monitor"], **arguments)]
