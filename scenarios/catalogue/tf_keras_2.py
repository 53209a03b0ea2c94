"""Differences of tf.keras, the Keras that was part of TensorFlow 2.0 to 2.15."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.losses import ONE_OUTPUT
from scenarios.catalogue.measures import loss_of_a_wrong_one
from scenarios.spec import Dense, Normal, Zeros
from scenarios.spec.fields import changed

FAMILY = Family("tf_keras_2", __doc__, (
    Row("bce_double_epsilon_tfkeras", "binary cross-entropy of an output below 0 is -log(2e-7)",
        changed(ONE_OUTPUT, {"layers": (Dense(1, Normal(-0.05, 0.0), Zeros()),)}), loss_of_a_wrong_one, low=15.3,
        high=15.6, belongs_to="Keras", stage="loss", fields=("loss.log_offset",)),
), frameworks=("tf-keras-2.4", "keras"))
