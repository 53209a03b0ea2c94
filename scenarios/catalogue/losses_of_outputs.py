"""How Keras normalizes and clips probabilities before it takes their logarithm, if it does not use the logits."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.losses import ending_in
from scenarios.catalogue.measures import first_loss, largest_loss

FAMILY = Family("losses_of_outputs", __doc__, (
    Row("cce_renormalises_rows", "categorical cross-entropy divides each row of sigmoid outputs by its sum",
        ending_in("sigmoid"), first_loss, low=1.5, belongs_to="Keras", stage="loss", fields=("loss.row_division",)),
    Row("prob_clip_1e7_zero_grad", "no loss exceeds 16.118", ending_in("softmax", 1.0), largest_loss, high=16.12,
        belongs_to="Keras", stage="loss", fields=("loss.clip", "loss.logits_form")),
), frameworks=("keras-jax", "reference"))
