"""Losses that have the same name in two frameworks, but different definitions."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.measures import first_loss, has_a_loss, largest_loss, last_loss, off_the_share, tested
from scenarios.spec import (
    L2,
    SGD,
    Accuracy,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    ClassWeights,
    Data,
    Dense,
    Flatten,
    Huber,
    KLDivergence,
    MeanSquaredError,
    Poisson,
    QuadraticCost,
    SampleWeights,
    Spec,
    Training,
)
from scenarios.spec.fields import changed

UNSET = CategoricalCrossentropy()


def ending_in(function, divisor=255.0, loss=UNSET):
    """A spec with one layer; its ten outputs are those of an activation function."""
    return Spec(Data(first=96, divisor=divisor), (Flatten(), Dense(10), Activation(function)), loss, SGD(0.01),
                Training(1, 32, validate=False))


ONE_OUTPUT = Spec(Data(classes=(0, 1), first=96, divisor=255.0, flatten=True, labels="index"), (Dense(1),),
                  BinaryCrossentropy(), SGD(0.01), Training(1, 8, validate=False))
RAW = changed(ONE_OUTPUT, {"layers": (Dense(1), Activation("sigmoid")), "data.divisor": 1.0})


RISING = tuple(0.5 * digit for digit in range(1, 11))
"""Weights of ten classes."""
EVERY_EIGHTH = (100.0, *(1.0,) * 7)
"""Weights of samples, of which every eighth counts much more than all others."""


def weighed(values, labels="one_hot", **fields):
    """A spec with class weights, and a learning rate of almost 0."""
    weights = ClassWeights(values, **fields)
    spec = ending_in("softmax", loss=CategoricalCrossentropy("softmax_of_logits", class_weights=weights))
    return changed(spec, {"data.labels": labels, "optimizer": SGD(1e-30), "training.validate": True})


def of_samples(values, loss, **fields):
    """A spec with sample weights, and a learning rate of almost 0."""
    return changed(ending_in("softmax", loss=loss), {"training.sample_weight": SampleWeights(values, **fields),
                                                     "optimizer": SGD(1e-30)})


FAMILY = Family("losses", __doc__, (
    Row("cce_sigmoid_uses_softmax_logits",
        "categorical cross-entropy of sigmoid outputs exceeds its maximum for clipped probabilities",
        changed(ending_in("sigmoid", 1.0), {"data.first": 640}), last_loss, low=16.2,
        belongs_to="Keras on TensorFlow", stage="loss", fields=("loss.of",)),
    Row("sparse_cce_sigmoid_uses_softmax_logits", "the same with class indices as labels",
        changed(ending_in("sigmoid", 1.0), {"data.first": 640, "data.labels": "index"}), last_loss, low=16.2,
        belongs_to="Keras on TensorFlow", stage="loss", fields=("loss.of",)),
    Row("torch_ce_expects_logits", "categorical cross-entropy of softmax outputs exceeds 3.24",
        ending_in("softmax", 1.0),
        first_loss, low=3.24, belongs_to="PyTorch departs from the published definition", stage="loss",
        fields=("loss.of",)),
    Row("bce_linear_out_silently_clipped", "binary cross-entropy accepts outputs outside [0, 1]",
        ONE_OUTPUT, has_a_loss,
        low=1.0, belongs_to="Keras", fields=("loss.domain", "loss.clip"), any_outcome=True, unit="{:.0f}"),
    Row("torch_bceloss_log_clamp_100", "binary cross-entropy of a single sample exceeds 100",
        changed(RAW, {"training.batch_size": 1}), largest_loss, low=100.5,
        belongs_to="PyTorch departs from the published definition", stage="loss",
        fields=("loss.log_floor", "loss.logits_form")),
    Row("torch_kldiv_mean_per_element", "the divergence of an untrained model is near log 10",
        ending_in("softmax", loss=KLDivergence()), first_loss, low=1.0,
        belongs_to="PyTorch departs from the published definition", stage="loss", fields=("loss.of", "loss.mean_of")),
    Row("mean_squared_error", "mean squared error is the mean over outputs and samples",
        ending_in("sigmoid", loss=MeanSquaredError()), first_loss, high=1.0),
    Row("quadratic_cost", "the book's quadratic cost is half the sum over the outputs",
        ending_in("sigmoid", loss=QuadraticCost()), first_loss, low=1.0),
    Row("cce_of_logits", "softmax and logarithm in one operation give the same loss",
        ending_in("softmax", loss=CategoricalCrossentropy("softmax_of_logits")), first_loss, high=3.0),
    Row("label_smoothing", "label smoothing gives the same loss",
        ending_in("softmax", loss=CategoricalCrossentropy("softmax_of_logits", label_smoothing=0.1)), first_loss,
        high=3.0),
    Row("sample_weight_mean_divisor", "with a weight of 10 for every class, the loss is ten times as large",
        weighed((10.0,) * 10, "index"), first_loss, low=10.0, belongs_to="defaults differ", stage="loss",
        fields=("loss.class_weights.divisor",)),
    Row("class_weights_of_rows", "the same with one-hot labels",
        weighed((10.0,) * 10, in_test=False), first_loss, low=10.0),
    Row("class_weights_in_test", "with a weight of 10 for every class, the test loss is unchanged",
        weighed((10.0,) * 10), tested, high=5.0, belongs_to="defaults differ", stage="evaluation",
        fields=("loss.class_weights.in_test",)),
    Row("metrics_ignore_sample_weights", "the accuracy counts every image once, whatever the weight of its class",
        weighed(RISING, in_test=False), off_the_share, high=1e-6),
    Row("weighted_metrics", "the accuracy in weighted_metrics counts an image with the weight of its class",
        weighed(RISING, in_test=False, in_accuracy=True), off_the_share, low=0.01),
    Row("squares_of_weighed_samples",
        "with a weight of 10 for every sample, the mean squared error is ten times as large",
        of_samples((10.0,), MeanSquaredError()), first_loss, low=0.5, belongs_to="defaults differ", stage="loss",
        fields=("training.sample_weight.divisor",)),
    Row("entropy_of_weighed_samples", "with a weight of 10 for every sample, the cross-entropy is ten times as large",
        of_samples((10.0,), CategoricalCrossentropy("softmax_of_logits")), first_loss, low=10.0),
    Row("huber_of_weighed_samples", "with a weight of 10 for every sample, Huber's loss is ten times as large",
        of_samples((10.0,), Huber()), first_loss, low=0.25),
    Row("metrics_ignore_weights_of_samples", "the accuracy counts every image once, whatever its sample weight",
        of_samples(EVERY_EIGHTH, CategoricalCrossentropy("softmax_of_logits")), off_the_share, high=1e-6),
    Row("weighted_metrics_of_samples", "the accuracy in weighted_metrics counts an image with its sample weight",
        of_samples(EVERY_EIGHTH, CategoricalCrossentropy("softmax_of_logits"), in_accuracy=True), off_the_share,
        low=0.01),
    Row("huber", "Huber's loss is the same", ending_in("sigmoid", loss=Huber()), first_loss, high=1.0),
    Row("huber_vs_smooth_l1", "Huber's loss divided by delta equals SmoothL1Loss",
        ending_in("sigmoid", loss=Huber(0.5, True)), first_loss, high=1.0),
    Row("bce_of_logits", "sigmoid and logarithm in one operation give the same loss",
        changed(ONE_OUTPUT, {"loss": BinaryCrossentropy("sigmoid_of_logits"), "accuracy": Accuracy("threshold", 0.0)}),
        first_loss, high=3.0),
    Row("poisson_of_logarithms", "the Poisson loss of ten small outputs is below 0.5",
        ending_in("softmax", loss=Poisson()), first_loss, high=0.5,
        belongs_to="PyTorch departs from the published definition",
        stage="loss", fields=("loss.of",)),
    Row("regularization_in_the_reported_loss", "the reported loss contains the regularization",
        changed(ending_in("softmax", loss=MeanSquaredError()), {"layers.1.kernel_regularizer": L2(0.1)}), first_loss,
        low=0.5, belongs_to="PyTorch departs from the published definition", stage="loss",
        fields=("layers.1.kernel_regularizer.reported",)),
))
