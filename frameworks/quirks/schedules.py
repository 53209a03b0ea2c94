"""Default rules of learning-rate schedules and early stopping.

Evidence refers to the versions in `rules.VERSIONS`.
"""

from __future__ import annotations

from frameworks.quirks.rule import UNPUBLISHED, field, keras, lightning, reference, torch
from frameworks.quirks.versions import BEFORE_3

SCHEDULES = ("ExponentialDecay", "InverseTimeDecay", "CosineDecay")
CHANGING = (*SCHEDULES, "ReduceOnPlateau")
TO_3_6 = (("Keras", "", "3.6"), ("tf.keras", "", ""), ("tf_keras", "", ""))
ALGORITHM = "Goodfellow et al. 2016, algorithm 7.1"
PLATEAU, STOPPING = "keras/src/callbacks/reduce_lr_on_plateau.py", "keras/src/callbacks/early_stopping.py"
KERAS_FILE = "keras/src/optimizers/schedules/learning_rate_schedule.py"
MOMENTUM = "Sutskever et al. 2013, equations 1 and 2"

COUNTED = tuple(field(f"{name}.per", "update", published=False, rules=(
    keras(value="step", evidence="keras/src/optimizers/base_optimizer.py:781"),
    lightning(value="epoch", evidence="pytorch_lightning/utilities/types.py:86",
              explanation="Lightning updates a learning-rate schedule once per epoch, Keras in every step",
              fix="return the scheduler from `configure_optimizers` in a dict with `\"interval\": \"step\"`"),
    reference(value="step", evidence=UNPUBLISHED)))
    for name in SCHEDULES)
OF_MOMENTUM = tuple(field(f"{name}.in_momentum", "update", rules=(
    keras(value=True,
          evidence="keras/src/optimizers/sgd.py:109, keras/src/optimizers/rmsprop.py:150"),
    torch(value=False, evidence="torch/optim/sgd.py:377, torch/optim/rmsprop.py:338",
          explanation="PyTorch multiplies the whole momentum by the current learning rate, Keras's momentum keeps "
                      "each gradient times the rate of its own step",
          fix="whenever the rate changes, multiply the momentum buffers by the old rate divided by the new one"),
    reference(value=True, evidence=MOMENTUM)))
    for name in CHANGING)
FIELDS = (
    *COUNTED, *OF_MOMENTUM,
    field("CosineDecay.after", "update", published=False, rules=(
        keras(value="stays", evidence=KERAS_FILE + ":723"),
        torch(value="rises", evidence="torch/optim/lr_scheduler.py:1449",
              explanation="after its end, PyTorch's CosineAnnealingLR raises the rate again, Keras's CosineDecay "
                          "stays at 0", fix="call the scheduler's `step` no more than `T_max` times"),
        reference(value="stays", evidence=UNPUBLISHED))),
    field("ReduceOnPlateau.threshold_of", "update", published=False, rules=(
        keras(value="difference", evidence="keras/src/callbacks/monitor_callback.py:104"),
        torch(value="ratio", evidence="torch/optim/lr_scheduler.py:1655",
              explanation="PyTorch's ReduceLROnPlateau has a relative threshold, Keras's an absolute one (`min_delta`)",
              fix="pass `threshold_mode=\"abs\"`"),
        reference(value="difference", evidence=UNPUBLISHED))),
    field("ReduceOnPlateau.bad_epochs", "update", published=False, rules=(
        keras(value="patience", evidence=PLATEAU + ":132"),
        torch(value="one_more", evidence="torch/optim/lr_scheduler.py:1716",
              explanation="PyTorch's ReduceLROnPlateau waits for one more bad epoch than Keras's",
              fix="pass a `patience` that is smaller by 1"),
        reference(value="patience", evidence=UNPUBLISHED))),
    field("EarlyStopping.patience", "outcome", published=False, rules=(
        keras(value=0, evidence=STOPPING + ":70"),
        lightning(value=3, evidence="pytorch_lightning/callbacks/early_stopping.py:118",
                  explanation="Lightning's EarlyStopping has the default patience 3, Keras's 0",
                  fix="pass `patience` explicitly"),
        reference(value=0, evidence=UNPUBLISHED))),
    field("EarlyStopping.not_finite", "outcome", rules=(
        keras(value="counts", evidence=STOPPING + ":124"),
        lightning(value="stops", evidence="pytorch_lightning/callbacks/early_stopping.py:122",
                  explanation="Lightning's EarlyStopping ends the training at once if the monitored value is nan or "
                                  "infinite",
                  fix="pass `check_finite=False`"),
        reference(value="counts", evidence=ALGORITHM))),
    field("EarlyStopping.first_nan", "outcome", rules=(
        keras(value="bad", packages=TO_3_6,
              evidence="keras/callbacks.py:536 (2.2.4), keras/src/callbacks/early_stopping.py:139 (3.3 to 3.6)"),
        keras(value="best", evidence="keras/src/callbacks/monitor_callback.py:102",
              explanation="Keras's EarlyStopping takes a nan in the first epoch as the best value so far, which no "
                          "later value improves", fix="add `keras.callbacks.TerminateOnNaN()`"),
        lightning(value="bad", evidence="pytorch_lightning/callbacks/early_stopping.py:150"),
        reference(value="bad", evidence=ALGORITHM))),
    field("EarlyStopping.restore_best_weights", "outcome", rules=(
        keras(value=False, evidence=STOPPING + ":74",
              explanation="Keras's EarlyStopping leaves the weights of the last epoch, not those of the best one",
              fix="pass `restore_best_weights=True`"),
        lightning(value=False, evidence="pytorch_lightning/callbacks/early_stopping.py:114: no such argument",
                  explanation="Lightning's EarlyStopping leaves the weights of the last epoch, not those of the best "
                              "one",
                  fix="add a `ModelCheckpoint` with the same `monitor`, and load its `best_model_path`"),
        reference(value=True, evidence=ALGORITHM))),
    field("EarlyStopping.restored", "outcome", rules=(
        keras(value="when_stopped", packages=BEFORE_3,
              evidence="keras/src/callbacks.py:2125 (2.15), keras/callbacks/callbacks.py:830 (2.3.1)",
              explanation="before Keras 3, `restore_best_weights` acts only if EarlyStopping has ended the training",
              fix="train for more epochs, or use Keras 3"),
        keras(value="at_end", evidence=STOPPING + ":134"),
        lightning(value="at_end", convention=True, evidence="pytorch_lightning/callbacks/model_checkpoint.py:735"),
        reference(value="at_end", evidence=ALGORITHM))),
)
