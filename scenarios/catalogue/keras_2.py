"""Differences of Keras up to 2.3.1, when it was a separate package with several backends."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.layers import BATCHES_OF_8, TWICE, WIDE, image
from scenarios.catalogue.loop import RISING_LOSS, stopping
from scenarios.catalogue.losses import ONE_OUTPUT, ending_in
from scenarios.catalogue.measures import first_loss, largest_after, left_beside_the_first, off_the_threshold
from scenarios.spec import (
    Activation,
    Conv2D,
    Dense,
    EarlyStopping,
    Flatten,
    HardSigmoid,
    MeanSquaredError,
    Normal,
    Zeros,
)
from scenarios.spec.fields import changed

LARGE_OUTPUT = changed(ONE_OUTPUT, {"layers": (Dense(1, Normal(0.05, 0.0), Zeros()),), "loss": MeanSquaredError()})
"""A model with one output, which is above 1.5 for every image."""
AT_2 = changed(ending_in("relu", loss=MeanSquaredError()),
               {"layers": (Flatten(), Dense(10, Zeros(), Normal(2.0, 0.0)), Activation(HardSigmoid()))})

FAMILY = Family("keras_2", __doc__, (
    Row("binary_accuracy_round_vs_threshold", "outputs of 1.5 and more count as neither 0 nor 1", LARGE_OUTPUT,
        off_the_threshold, low=0.1, belongs_to="Keras", stage="metric", fields=("accuracy.rule",)),
    Row("hard_sigmoid_definition", "hard_sigmoid(2) is 0.9, not 5/6", AT_2, first_loss, low=0.68,
        belongs_to="Keras", stage="forward", fields=("layers.2.function.slope",)),
    Row("bn_old_keras_double_bessel", "Bessel's correction is applied twice to the moving variance of images",
        changed(image(Conv2D(4, 28, kernel=WIDE), *TWICE, Flatten(), Dense(10)), BATCHES_OF_8),
        largest_after("2.moving_variance"), low=1.11,  # (1 + 8 / 7) / 2, or (1 + 64 / 49) / 2
        belongs_to="Keras", stage="update", fields=("layers.2.variance",)),
    Row("restore_without_an_early_stop", "restore_best_weights has an effect also if the training has not ended early",
        stopping(EarlyStopping("train/loss", 9, restore_best_weights=True), RISING_LOSS), left_beside_the_first,
        high=1.01, belongs_to="Keras departs from the published definition", stage="outcome",
        fields=("training.early_stopping.restored",)),
), frameworks=("keras-2.3", "lightning", "reference"))
