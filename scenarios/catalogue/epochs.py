"""The numbers that `fit` reports for an epoch, compared with those of `evaluate` after it."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.losses import ending_in
from scenarios.catalogue.measures import weighting
from scenarios.measures import evaluated_accuracy_difference, evaluated_difference
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Dense, Dropout, Flatten
from scenarios.spec.fields import changed

LEARNS = changed(ending_in("softmax", loss=CategoricalCrossentropy("softmax_of_logits")),
                 {"optimizer": SGD(0.1), "training.batch_size": 8})
DROPS = changed(LEARNS, {"layers": (Flatten(), Dropout(0.95), Dense(10), Activation("softmax")),
                         "optimizer": SGD(1e-30)})
"""A training in which weights do not move, but most pixels are dropped."""
SHORT_LAST = changed(LEARNS, {"data.first": 106, "training.batch_size": 32})
SIZES = (32, 32, 32, 10)
"""The batches of `SHORT_LAST`."""

FAMILY = Family("epochs", __doc__, (
    Row("train_metric_while_moving", "the loss of `fit`, a mean while the weights change, is above that of `evaluate`",
        LEARNS, evaluated_difference, low=0.1),
    Row("train_accuracy_while_moving", "the accuracy of `fit` is below that of `evaluate` on the same images", LEARNS,
        evaluated_accuracy_difference, low=0.1),
    Row("train_metric_in_training_mode", "with Dropout, the losses of `fit` and `evaluate` differ at equal weights",
        DROPS, evaluated_difference, low=0.1),
    Row("epoch_loss_weighted_mean", "in the loss of an epoch, the last batch, of 10 of 106 samples, counts 10/106",
        SHORT_LAST, weighting(SIZES), low=0.9, high=1.1),
    Row("logged_on_step", "the training loss of an epoch is the mean over its samples by default",
        changed(SHORT_LAST, {"training.epoch_loss": None}), weighting(SIZES), low=0.9, high=1.1,
        belongs_to="defaults differ", fields=("training.epoch_loss",)),
))
