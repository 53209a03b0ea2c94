"""A user's own Keras program: it is built in either dtype, read, run layer by layer, and trained with its real `fit`.

`run` fills the facts and arrays that `frameworks.runtime.user_program` describes. Keras 3 only: earlier versions have
no common class of what a model calls.
"""
from frameworks.keras.program.precision import dtype
from frameworks.keras.program.run import run

__all__ = ["dtype", "run"]
