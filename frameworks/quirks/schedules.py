"""The rows of `table` for what changes or ends a training in its course: schedules of the rate, early stopping.

Evidence is as in `table`.
"""

from __future__ import annotations

from frameworks.quirks.conditions import keras, lightning, reference, torch
from frameworks.quirks.resolution import DefaultRule

SCHEDULES = ("ExponentialDecay", "CosineDecay")
CHANGING = (*SCHEDULES, "ReduceOnPlateau")
STAGE_OF = {
    **dict.fromkeys((*(f"{name}.per" for name in SCHEDULES), *(f"{name}.in_momentum" for name in CHANGING),
                     "CosineDecay.after", "ReduceOnPlateau.threshold_of", "ReduceOnPlateau.bad_epochs"), "update"),
    **dict.fromkeys(("EarlyStopping.patience", "EarlyStopping.not_finite", "EarlyStopping.first_nan"), "outcome")}
WITHOUT_REFERENCE_VALUE = ("ExponentialDecay.per", "CosineDecay.per", "CosineDecay.after",
                           "ReduceOnPlateau.threshold_of",
               "ReduceOnPlateau.bad_epochs", "EarlyStopping.patience")
TO_3_3 = (("Keras", "", "3.3"), ("tf.keras", "", ""), ("tf_keras", "", ""))
ALGORITHM = "Goodfellow et al. 2016, algorithm 7.1"
PLATEAU, STOPPING = "keras/src/callbacks/reduce_lr_on_plateau.py", "keras/src/callbacks/early_stopping.py"
KERAS_FILE = "keras/src/optimizers/schedules/learning_rate_schedule.py"
MOVED = "Sutskever et al. 2013, equations 1 and 2"

COUNTED = tuple(row for name in SCHEDULES for row in (
    keras(f"{name}.per", value="step", evidence="keras/src/optimizers/base_optimizer.py:781"),
    lightning(f"{name}.per", value="epoch", evidence="pytorch_lightning/utilities/types.py:86",
              explanation="Lightning updates a learning rate schedule once an epoch, Keras in every step",
              fix="return the scheduler from `configure_optimizers` in a dict with `\"interval\": \"step\"`"),
    reference(f"{name}.per", value="step", evidence="no textbook has one: Keras's is taken"),
))
OF_MOMENTUM = tuple(row for name in CHANGING for row in (
    keras(f"{name}.in_momentum", value=True,
          evidence="keras/src/optimizers/sgd.py:109, keras/src/optimizers/rmsprop.py:150"),
    torch(f"{name}.in_momentum", value=False, evidence="torch/optim/sgd.py:377, torch/optim/rmsprop.py:338",
          explanation="PyTorch multiplies the whole momentum by the current learning rate, Keras's momentum keeps "
                      "each gradient times the rate of its own step",
          fix="whenever the rate changes, multiply the momentum buffers by the old rate divided by the new one"),
    reference(f"{name}.in_momentum", value=True, evidence=MOVED),
))
ROWS: tuple[DefaultRule, ...] = (
    *COUNTED, *OF_MOMENTUM,
    keras("CosineDecay.after", value="stays", evidence=KERAS_FILE + ":723"),
    torch("CosineDecay.after", value="rises", evidence="torch/optim/lr_scheduler.py:1449",
          explanation="after its end, PyTorch's CosineAnnealingLR raises the rate again, Keras's CosineDecay stays at"
                      " 0",
          fix="stop the scheduler at `T_max`, or train no longer"),
    reference("CosineDecay.after", value="stays", evidence="no textbook has one: Keras's is taken"),
    keras("ReduceOnPlateau.threshold_of", value="difference", evidence="keras/src/callbacks/monitor_callback.py:104"),
    torch("ReduceOnPlateau.threshold_of", value="ratio", evidence="torch/optim/lr_scheduler.py:1655",
          explanation="PyTorch's ReduceLROnPlateau has a relative threshold, Keras's an absolute one (min_delta)",
          fix="pass `threshold_mode=\"abs\"`"),
    reference("ReduceOnPlateau.threshold_of", value="difference", evidence="no textbook has one: Keras's is taken"),
    keras("ReduceOnPlateau.bad_epochs", value="patience", evidence=PLATEAU + ":132"),
    torch("ReduceOnPlateau.bad_epochs", value="one_more", evidence="torch/optim/lr_scheduler.py:1716",
          explanation="PyTorch's ReduceLROnPlateau waits for one more bad epoch than Keras's",
          fix="pass a `patience` that is smaller by 1"),
    reference("ReduceOnPlateau.bad_epochs", value="patience", evidence="no textbook has one: Keras's is taken"),
    keras("EarlyStopping.patience", value=0, evidence=STOPPING + ":70"),
    lightning("EarlyStopping.patience", value=3, evidence="pytorch_lightning/callbacks/early_stopping.py:118",
              explanation="Lightning's EarlyStopping has the default patience 3, Keras's 0",
              fix="pass `patience` explicitly"),
    reference("EarlyStopping.patience", value=0, evidence="no textbook has one: Keras's is taken"),
    keras("EarlyStopping.not_finite", value="counts", evidence=STOPPING + ":124"),
    lightning("EarlyStopping.not_finite", value="stops", evidence="pytorch_lightning/callbacks/early_stopping.py:122",
              explanation="Lightning's EarlyStopping stops at once where the monitored value is nan or infinite",
              fix="pass `check_finite=False`"),
    reference("EarlyStopping.not_finite", value="counts", evidence=ALGORITHM),
    keras("EarlyStopping.first_nan", value="bad", packages=TO_3_3,
          evidence="keras/callbacks.py:536 (2.2.4), keras/src/callbacks/early_stopping.py:139 (3.3)"),
    keras("EarlyStopping.first_nan", value="best", evidence="keras/src/callbacks/monitor_callback.py:102",
          explanation="Keras's EarlyStopping takes a first value that is nan as the best so far, which nothing "
                      "improves on",
          fix="add `keras.callbacks.TerminateOnNaN()`"),
    lightning("EarlyStopping.first_nan", value="bad", evidence="pytorch_lightning/callbacks/early_stopping.py:150"),
    reference("EarlyStopping.first_nan", value="bad", evidence=ALGORITHM),
)
