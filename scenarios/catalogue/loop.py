"""Learning rate schedules and early stopping, which change a training while it runs."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.measures import epochs, left_beside_the_first, printed_rate, rate_after, second_step
from scenarios.catalogue.optimizers import with_optimizer
from scenarios.spec import (
    SGD,
    CosineDecay,
    EarlyStopping,
    ExponentialDecay,
    InverseTimeDecay,
    MeanSquaredError,
    ReduceOnPlateau,
)
from scenarios.spec.fields import changed

CONSTANT_LOSS = with_optimizer(SGD(1e-30))
"""A training with a constant loss, since the learning rate is almost 0."""
NAN_LOSS = changed(CONSTANT_LOSS, {"data.divisor": 1e-29, "loss": MeanSquaredError(),
                                   "layers": CONSTANT_LOSS.layers[:-1], "training.batch_size": 8})
"""A training with pixels so large that the loss of an epoch is nan."""


RISING_LOSS = changed(CONSTANT_LOSS, {"loss": MeanSquaredError(), "layers": CONSTANT_LOSS.layers[:-1],
                                      "optimizer": SGD(0.5)})
"""A training that diverges, so that its first epoch is the best one."""


def on_plateau(rate):
    """A training of four epochs with one step each."""
    return changed(with_optimizer(SGD(rate)), {"training.batch_size": "all", "training.epochs": 4})


def stopping(early_stopping, base):
    """A training of six epochs without shuffling, unless early stopping ends it."""
    return changed(base, {"training.early_stopping": early_stopping, "training.epochs": 6, "training.shuffle": False})


FAMILY = Family("loop", __doc__, (
    Row("lr_schedule_granularity", "with a schedule that halves the learning rate, it is half in the second step",
        with_optimizer(SGD(ExponentialDecay(0.1, 0.5))), rate_after(1), high=0.75, belongs_to="defaults differ",
        stage="update", fields=("optimizer.learning_rate.per",)),
    Row("inverse_time_decay", "with inverse-time decay, the learning rate of the second step is half that of the first",
        with_optimizer(SGD(InverseTimeDecay(0.1, 1.0))), rate_after(1), high=0.75, belongs_to="defaults differ",
        stage="update", fields=("optimizer.learning_rate.per",)),
    Row("printed_learning_rate", "the learning rate printed for an epoch is that of the step after the epoch",
        changed(with_optimizer(SGD(ExponentialDecay(0.1, 0.5, per="step"))), {"training.printed_rate": None}),
        printed_rate, high=0.5, belongs_to="defaults differ", fields=("training.printed_rate",)),
    Row("cosine_after_end", "after the end of a cosine schedule, the weights do not move",
        with_optimizer(SGD(CosineDecay(0.1, 1, per="step"))), rate_after(2), high=0.1, belongs_to="defaults differ",
        stage="update", fields=("optimizer.learning_rate.after",)),
    Row("plateau_patience_off_by_one", "with patience=1, two bad epochs reduce the learning rate of the third",
        on_plateau(ReduceOnPlateau(0.01, 0.1, 1, "train/loss", 0.9, "difference")), rate_after(2), high=0.5,
        belongs_to="defaults differ", stage="update", fields=("optimizer.learning_rate.bad_epochs",)),
    Row("plateau_threshold_of",
        "a loss that falls by more than 0.1, but by less than a tenth, counts as an improvement",
        on_plateau(ReduceOnPlateau(0.06, 0.1, 1, "train/loss", 0.1, bad_epochs="patience")), rate_after(2), low=0.5,
        belongs_to="defaults differ", stage="update", fields=("optimizer.learning_rate.threshold_of",)),
    Row("earlystopping_defaults", "a constant loss ends the training after two epochs",
        stopping(EarlyStopping("train/loss"), CONSTANT_LOSS), epochs, high=2.5, belongs_to="defaults differ",
        stage="outcome", fields=("training.early_stopping.patience",)),
    Row("earlystopping_nan", "a loss of nan counts as no improvement, and early stopping waits for its patience",
        stopping(EarlyStopping("train/loss", 3, first_nan="bad"), NAN_LOSS), epochs, low=2.5, any_outcome=True,
        belongs_to="Lightning departs from the published definition", stage="outcome",
        fields=("training.early_stopping.not_finite",)),
    Row("earlystopping_first_nan", "if the first loss is nan, early stopping waits one epoch longer",
        stopping(EarlyStopping("train/loss", 2, "counts"), NAN_LOSS), epochs, low=2.5, any_outcome=True,
        belongs_to="Keras", stage="outcome", fields=("training.early_stopping.first_nan",)),
    Row("earlystopping_aligned", "with patience=3, a constant loss ends the training after four epochs",
        stopping(EarlyStopping("train/loss", 3), CONSTANT_LOSS), epochs, low=3.5, high=4.5),
    Row("nan_training_continues", "a training goes on for all epochs although its loss is nan",
        changed(NAN_LOSS, {"training.epochs": 3, "training.shuffle": False}), epochs, low=2.5, any_outcome=True),
    Row("last_weights_are_left", "early stopping leaves the weights of the last epoch, not those of the best one",
        stopping(EarlyStopping("train/loss", 2), RISING_LOSS), left_beside_the_first, low=10.0,
        belongs_to="Keras and Lightning", fields=("training.early_stopping.restore_best_weights",)),
    Row("restore_best_weights", "restore_best_weights, or ModelCheckpoint, leaves the weights of the best epoch",
        stopping(EarlyStopping("train/loss", 2, restore_best_weights=True), RISING_LOSS), left_beside_the_first,
        high=1.01),
    Row("momentum_keeps_the_rate",
        "after the learning rate falls to a hundredth, the momentum still moves the weights",
        with_optimizer(SGD(ExponentialDecay(0.1, 0.01, per="step"), 0.9)), second_step, low=0.5,
        belongs_to="PyTorch departs from the published definition", stage="update",
        fields=("optimizer.learning_rate.in_momentum",)),
    Row("schedule_aligned", "a learning rate that is halved in every step is a quarter in the third",
        with_optimizer(SGD(ExponentialDecay(0.1, 0.5, per="step"))), rate_after(2), low=0.24, high=0.26),
))
