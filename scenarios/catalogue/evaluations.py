"""What an evaluation computes differently, although the training is the same."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.losses import ending_in
from scenarios.catalogue.measures import tested
from scenarios.spec import SGD, Activation, Dense, Dropout, Flatten, Normal, Zeros
from scenarios.spec.fields import changed

BEHIND_A_SIGMOID = changed(ending_in("sigmoid"), {
    "layers": (Flatten(), Dense(10, Normal(0.0, 0.2), Zeros()), Activation("sigmoid"), Dropout(0.001)),
    "optimizer": SGD(1e-30), "training.validate": True})

FAMILY = Family("evaluations", __doc__, (
    Row("keras_logits_lost_by_any_op", "of a sigmoid with a Dropout behind it, the test loss is that of the logits",
        BEHIND_A_SIGMOID, tested, low=3.0, belongs_to="Keras on TensorFlow", stage="evaluation",
        fields=("layers.3.keeps_logits",)),
), frameworks=("keras", "keras-jax", "reference"))
