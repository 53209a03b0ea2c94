"""A user's own PyTorch program: it is built in either dtype, read, run operation by operation, and trained.

`run` fills the facts and arrays that `frameworks.runtime.user_program` describes. A LightningModule is trained by a
real `pl.Trainer`; so is a module with a loss and an optimizer, in a LightningModule around it.
"""
from frameworks.lightning.program.run import dtype, run

__all__ = ["dtype", "run"]
