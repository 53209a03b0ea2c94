"""Runs a user's own PyTorch program: builds it in float32 or float64, describes it, records its operations, and trains
it.

`run` fills the facts and arrays that `frameworks.runtime.user_program` describes. A LightningModule is trained by a
real `pl.Trainer`; a module with a loss and an optimizer is wrapped in a LightningModule first.
"""
from frameworks.lightning.program.run import dtype, run

__all__ = ["dtype", "run"]
