"""The rows of `table` for what changes in the course of a training: schedules of the learning rate.

Evidence is as in `table`.
"""

from __future__ import annotations

from frameworks.quirks import Value
from frameworks.rows import keras, lightning, textbook, torch

SCHEDULES = ("ExponentialDecay", "CosineDecay")
GATE_OF = dict.fromkeys((*(f"{name}.{field}" for name in SCHEDULES for field in ("per", "in_momentum")),
                         "CosineDecay.after"), "update")
NO_TEXTBOOK = ("ExponentialDecay.per", "CosineDecay.per", "CosineDecay.after")
KERAS_FILE = "keras/src/optimizers/schedules/learning_rate_schedule.py"
MOVED = "Sutskever et al. 2013, equations 1 and 2"

OF_ANY = tuple(row for name in SCHEDULES for row in (
    keras(f"{name}.per", value="step", evidence="keras/src/optimizers/base_optimizer.py:781"),
    lightning(f"{name}.per", value="epoch", evidence="pytorch_lightning/utilities/types.py:86",
              plain="Lightning moves a schedule of the learning rate on once an epoch, Keras in every step",
              remedy="return the scheduler from configure_optimizers in a dict that says interval='step'"),
    textbook(f"{name}.per", value="step", evidence="no textbook has one: Keras's is taken"),
    keras(f"{name}.in_momentum", value=True,
          evidence="keras/src/optimizers/sgd.py:109, keras/src/optimizers/rmsprop.py:150"),
    torch(f"{name}.in_momentum", value=False, evidence="torch/optim/sgd.py:377, torch/optim/rmsprop.py:338",
          plain="PyTorch takes a momentum as a whole times the rate of now, where Keras's keeps each gradient times "
                "the rate of its own step",
          remedy="whenever the rate changes, multiply the momentum buffers by the old rate over the new one"),
    textbook(f"{name}.in_momentum", value=True, evidence=MOVED),
))
ROWS: tuple[Value, ...] = (
    *OF_ANY,
    keras("CosineDecay.after", value="stays", evidence=KERAS_FILE + ":723"),
    torch("CosineDecay.after", value="rises", evidence="torch/optim/lr_scheduler.py:1449",
          plain="after its end, PyTorch's CosineAnnealingLR brings the rate back up, Keras's CosineDecay stays at 0",
          remedy="stop the scheduler at T_max, or train no longer"),
    textbook("CosineDecay.after", value="stays", evidence="no textbook has one: Keras's is taken"),
)
