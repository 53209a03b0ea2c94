"""Metrics beside the loss: accuracies, precision, recall, F1, AUC and root mean squared error."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.losses import ONE_OUTPUT, ending_in
from scenarios.catalogue.measures import above_accuracy, from_one_half, reported_metric, root_beside_mean
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Dense, Flatten, MeanSquaredError, Normal, metrics
from scenarios.spec.fields import changed

BASE = ending_in("softmax", loss=MeanSquaredError())
OF_LOGITS = changed(BASE, {"layers": (Flatten(), Dense(10))})


def with_metric(metric, base=BASE, first=96):
    """A training with one further metric, on the first `first` training images."""
    return changed(base, {"metrics": (metric,), "data.first": first})


THREE_IMAGES = changed(with_metric(metrics.F1Score("macro"), first=3), {
    "loss": CategoricalCrossentropy("softmax_of_logits"), "optimizer.learning_rate": 0.1, "training.epochs": 10})
"""Three images of three classes, all of which are soon predicted right."""

SMALL_OUTPUTS = changed(ONE_OUTPUT, {"layers": (Dense(1, bias=Normal(-7.0, 0.0)), Activation("sigmoid")),
                                     "optimizer": SGD(1e-30), "metrics": (metrics.AUC(),)})
"""A model with all outputs below 1/199, the second threshold of 200."""
ERRORS = changed(with_metric(metrics.MeanSquaredError()), {
    "metrics": (metrics.MeanSquaredError(), metrics.RootMeanSquaredError()), "layers": (Flatten(), Dense(10)),
    "optimizer.learning_rate": 0.1})
"""A training in which the errors of its batches differ much."""

FAMILY = Family("counts", __doc__, (
    Row("accuracy_of_single_outputs", "BinaryAccuracy of ten outputs is above 0.85 after three steps",
        with_metric(metrics.BinaryAccuracy()), reported_metric("binary_accuracy"), low=0.85),
    Row("binary_accuracy_of_logits", "BinaryAccuracy of logits counts those above 0.5",
        with_metric(metrics.BinaryAccuracy(), OF_LOGITS), reported_metric("binary_accuracy"), low=0.65,
        belongs_to="torchmetrics departs from the published definition", stage="metric", fields=("metrics.0.sigmoid",)),
    Row("precision_of_the_largest", "Precision counts the class of the largest output, however small it is",
        with_metric(metrics.Precision()), reported_metric("precision"), low=0.01, high=0.4,
        belongs_to="defaults differ", stage="metric", fields=("metrics.0.predicted",)),
    Row("recall_of_the_largest", "Recall is the accuracy",
        with_metric(metrics.Recall()), reported_metric("recall"), low=0.03,
        belongs_to="defaults differ", stage="metric", fields=("metrics.0.predicted",)),
    Row("micro_f1", "micro F1 is the accuracy",
        with_metric(metrics.F1Score("micro")), reported_metric("f1_score"), low=0.02),
    Row("macro_f1_of_absent_classes", "macro F1 leaves out a class that does not occur", THREE_IMAGES,
        reported_metric("f1_score"), low=0.5, belongs_to="defaults differ", stage="metric",
        fields=("metrics.0.absent",)),
    Row("tm_macro_default", "CategoricalAccuracy is the accuracy", with_metric(metrics.CategoricalAccuracy()),
        above_accuracy, low=-1e-6, high=1e-6, belongs_to="torchmetrics departs from the published definition",
        stage="metric",
        fields=("metrics.0.average",)),
    Row("auc_thresholds", "AUC distinguishes probabilities that are all below 0.005", SMALL_OUTPUTS, from_one_half,
        low=0.01, belongs_to="Keras departs from the published definition", stage="metric",
        fields=("metrics.0.thresholds",)),
    Row("rmse_of_all_samples", "the root mean squared error of an epoch is that of all samples, not a mean of batches",
        ERRORS, root_beside_mean, low=0.9999, high=1.0001),
))
