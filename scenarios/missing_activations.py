"""A simple Keras network fails to learn.

The reported setting (chapter 1 of the book Neural Networks and Deep Learning): pixels / 255, one-hot labels; Dense(30),
Dense(10), no activations; kernels and biases from N(0, 1); mean squared error; SGD with learning rate 3.0; batch size
10; 30 epochs; then evaluation on the test set. The loss is nan and the accuracy .0987 in every epoch; the test loss is
nan, the test accuracy .098. The user knows that softmax and cross-entropy would work better, and wants to reproduce the
book. The given answer: an activation for every layer (sigmoid, then softmax) gives .9425; if the loss is still nan,
change the rate.
"""

from math import isnan
from statistics import fmean

from scenarios.scenario import Behaviour, Claim, Scenario, Variant
from scenarios.spec import SGD, Activation, Data, Dense, MeanSquaredError, Normal, QuadraticCost, Spec, Training
from scenarios.spec.fields import changed

CHANCE = 0.15  # above the share of the most frequent digit, .112
LEARNED = 0.5  # five times the accuracy of guessing; reached in three epochs on 60,000 and on 4,000 images
SIGMOID, SOFTMAX = Activation("sigmoid"), Activation("softmax")
REPORTED = {"reported/train/loss": (float("nan"),) * 30, "reported/train/accuracy": (.0987,) * 30}


def network(*layers, rate=3.0):
    """The reported training with other layers and another learning rate."""
    return Spec(Data(divisor=255.0, flatten=True), layers, MeanSquaredError(), SGD(rate),
                Training(30, 10, validate=False))


def dense(units):
    """A Dense layer with the book's initializers, N(0, 1) for weights and biases."""
    return Dense(units, Normal(), Normal())


NONE = (dense(30), dense(10))
HIDDEN = (dense(30), SIGMOID, dense(10))
OUTPUT = (dense(30), dense(10), SOFTMAX)
BOTH = (dense(30), SIGMOID, dense(10), SOFTMAX)
BOOK = changed(network(dense(30), SIGMOID, dense(10), SIGMOID), {"data.first": 50_000})


def share_of_nan(trace):
    """The share of the last hundred steps with a loss of nan."""
    losses = trace["step/loss"]
    return sum(isnan(loss) for loss in losses[-100:]) / len(losses[-100:])


def accuracy_after(epochs):
    """Returns a measure: the training accuracy that is reported for an epoch, counted from 1."""
    return lambda trace: float(trace["reported/train/accuracy"][epochs - 1])


def test_accuracy_after(epochs):
    """Returns a measure: the test accuracy of an evaluation after so many epochs."""
    return lambda trace: float(trace["evaluated/test/accuracy"][list(trace["epoch"]).index(epochs)])


def loss_left(trace):
    """The mean loss of steps 1,101 to 1,200 divided by that of steps 101 to 200; nan if there are fewer steps.

    The first hundred steps are left out, since there the loss mostly falls from its initial value. Steps are counted
    instead of epochs, so that the number of images does not matter. The ratio does not depend on the scale of the cost.
    """
    losses = trace["step/loss"]
    return fmean(losses[1100:1200]) / fmean(losses[100:200]) if len(losses) >= 1200 else float("nan")


IS_NAN = Behaviour("loss_is_nan", "the loss is nan", ("none_3",), share_of_nan, low=0.5, epochs=1,
                   contrast_variants=("both_0_003",), unit="nan in {:.0%} of the last steps")
DOES_NOT_LEARN = Behaviour("does_not_learn", "the network does not learn", ("none_3",), accuracy_after(3), high=CHANCE,
                           margin=0.01, epochs=3, reported=0.0987, contrast_variants=("both_3",), unit="{:.4f}",
                           quantity="accuracy after 3 epochs")

SCENARIO = Scenario(
    name="missing_activations",
    title="A simple Keras network fails to learn",
    question="The network of the book's first chapter, written in Keras with its learning rate 3.0, gives loss nan and "
             "accuracy .0987 in every epoch; the book reports 95.4 %. Why does it not learn?",
    variants=(
        Variant("none_3", "as reported: no activations, rate 3.0", network(*NONE), "reported", REPORTED),
        Variant("both_3", "the answer's: sigmoid and softmax, rate 3.0", network(*BOTH), "answer"),
        Variant("hidden_3", "only the hidden sigmoid, rate 3.0", network(*HIDDEN)),
        Variant("output_3", "only the softmax, rate 3.0", network(*OUTPUT)),
        Variant("none_0_003", "no activations, rate 0.003", network(*NONE, rate=0.003)),
        Variant("both_0_003", "sigmoid and softmax, rate 0.003", network(*BOTH, rate=0.003)),
        Variant("hidden_0_003", "only the hidden sigmoid, rate 0.003", network(*HIDDEN, rate=0.003)),
        Variant("output_0_003", "only the softmax, rate 0.003", network(*OUTPUT, rate=0.003)),
        Variant("sigmoids_3", "the book's two sigmoids, mean squared error, rate 3.0, 50,000 images", BOOK),
        Variant("sigmoids_15", "the same at rate 15.0", changed(BOOK, {"optimizer.learning_rate": 15.0})),
        Variant("book", "the book's own cost at its rate 3.0", changed(BOOK, {"loss": QuadraticCost()})),
    ),
    behaviours=(
        IS_NAN,
        DOES_NOT_LEARN,
        Behaviour("answer_learns", "the answer's network learns", ("both_3",), test_accuracy_after(3), low=LEARNED,
                  margin=0.02, epochs=3, unit="test accuracy {:.4f}"),
        Behaviour("hidden_is_finite", "the hidden sigmoid alone keeps the loss finite", ("hidden_3",), share_of_nan,
                  high=0.0, epochs=3, unit="nan in {:.0%} of the last steps", role="reason"),
        Behaviour("hidden_does_not_learn", "with the hidden sigmoid alone, the network still does not learn",
                  ("hidden_3",), accuracy_after(3), high=CHANCE, margin=0.01, epochs=3, unit="{:.4f}", role="reason"),
        Behaviour("output_learns", "with the softmax alone, the network learns", ("output_3",), accuracy_after(3),
                  low=CHANCE, margin=0.01, epochs=3, unit="{:.4f}", role="reason"),
        Behaviour("book_learns", "the book's network and cost learn at its rate", ("book",), test_accuracy_after(3),
                  low=LEARNED, margin=0.02, epochs=3, unit="test accuracy {:.4f}"),
        Behaviour("mean_needs_five_times",
                  "to reproduce the book, use two sigmoids and `SGD(15.0)`: Keras's MSE is the mean "
                  "over ten outputs, so rate 15 does what the book's cost does at rate 3",
                  ("sigmoids_15", "book"),
                  lambda mean, book: abs(test_accuracy_after(1)(mean) - test_accuracy_after(1)(book)),
                  high=0.01, margin=0.001,
                  epochs=1, unit="accuracies {:.4f} apart", role="cure"),
        Behaviour("slow_at_3", "at the book's rate, two sigmoids learn more slowly than in the book", ("sigmoids_3",),
                  loss_left, low=0.53, margin=0.02, epochs=3, contrast_variants=("book", "sigmoids_15"),
                  unit="{:.0%} of its loss left after 1,000 steps", nan_title="needs 1,200 steps"),
        Behaviour("mean_is_slower_at_3", "at rate 3, the mean over ten outputs learns more slowly than the book's cost",
                  ("sigmoids_3", "book"), lambda mean, book: test_accuracy_after(3)(book) -
                  test_accuracy_after(3)(mean), low=0.0, margin=0.002, epochs=3, unit="by {:.4f}"),
    ),
    claims=(
        Claim("Give every layer an activation: sigmoid, then softmax.", "both_3", "none_3", IS_NAN),
        Claim("Give every layer an activation: sigmoid, then softmax.", "both_3", "none_3", DOES_NOT_LEARN),
    ),
)
