"""Accuracies that have the same name in two frameworks, but count differently."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.losses import ONE_OUTPUT, ending_in
from scenarios.catalogue.measures import evaluated_off_the_threshold, reported_accuracy, steps
from scenarios.spec import Accuracy, Activation, BinaryCrossentropy, Dense, MeanSquaredError
from scenarios.spec.fields import changed

OF_LOGITS = changed(ONE_OUTPUT, {"loss": BinaryCrossentropy("sigmoid_of_logits")})

FAMILY = Family("metrics", __doc__, (
    Row("tm_auto_sigmoid", "the accuracy of logits counts those above 0.5",
        # the first batch of 8 of the sample has no logit between 0 and 0.5, by which the metric would differ
        changed(OF_LOGITS, {"training.batch_size": 16}), evaluated_off_the_threshold, high=1e-4,
        belongs_to="Keras", stage="metric", fields=("accuracy.rule", "accuracy.threshold")),
    Row("threshold_of_probabilities", "the accuracy of sigmoid outputs counts those above 0.5",
        changed(OF_LOGITS, {"layers": (Dense(1), Activation("sigmoid"))}),
        evaluated_off_the_threshold, high=1e-4),
    Row("rounded_outputs", "the accuracy of rounded outputs counts 2 and -1 as wrong",
        changed(ONE_OUTPUT, {"loss": MeanSquaredError(), "accuracy": Accuracy("round")}), reported_accuracy, low=0.0),
    Row("largest_output", "the accuracy of ten outputs uses the largest, the first of equal ones",
        ending_in("softmax", loss=MeanSquaredError()), reported_accuracy, low=0.02),
    Row("last_batch_kept", "the last batch, of ten samples, is used in training too",
        changed(ending_in("softmax", loss=MeanSquaredError()), {"data.first": 106}), steps, low=4, high=4,
        unit="{:.0f} steps"),
))
