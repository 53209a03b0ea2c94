"""Runs a user's own Keras program: builds it in float32 or float64, describes it, records its operations, and trains it
with its own `fit`.

`dtype(name)` and `run(job, facts, arrays)` are what `frameworks.runtime.user_program` needs of a backend. Keras 3 only:
earlier versions have no common base class of layers and operations.
"""
from frameworks.keras.program.precision import dtype
from frameworks.keras.program.run import run

__all__ = ["dtype", "run"]
