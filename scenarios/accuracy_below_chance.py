"""The loss falls to zero and the accuracy falls to 7 %.

The reported setting: the digits 0 and 1 (12,665 training and 2,115 test images), pixels / 255; Dense(13000,
relu, trainable=False), Dense(1) without activation; binary_crossentropy; adam; accuracy; the whole set as one batch; up
to 1,000,000 epochs, stopped when the training loss is below 1e-5. "Since we have only two classes the lowest accuracy
should be 0.5, and we watch the training set." The question shows epochs 180 to 187, and the last epoch with loss
9.9710e-06 and accuracy .0758. The given answer: a linear last layer is for regression; use sigmoid.

Here, the reported width 13000 is trained for 187 epochs, up to the last shown epoch before the end. Behaviours that
need 1,000 epochs are measured at width 1000.
"""

from math import inf, isfinite

from scenarios.catalogue.measures import evaluated_off_the_threshold
from scenarios.scenario import Behaviour, Claim, Scenario, Variant
from scenarios.spec import Accuracy, Activation, Adam, BinaryCrossentropy, Data, Dense, Spec, Training
from scenarios.spec.fields import changed

CHANCE = 0.5
NOT_SHOWN = (None,) * 179


def of_width(width, epochs):
    """The reported model with another width, trained for so many epochs."""
    return Spec(Data(classes=(0, 1), divisor=255.0, flatten=True, labels="index"),
                (Dense(width, trainable=False), Activation("relu"), Dense(1)), BinaryCrossentropy(), Adam(),
                Training(epochs, "all", stop_below=1e-5, validate=False))


REPORTED = {
    "reported/train/loss": (*NOT_SHOWN, .0107, .0114, .0128, .0133, .0134, .0110, .0101, .0094),
    "reported/train/accuracy": (*NOT_SHOWN, .2355, .2568, .2726, .2839, .2887, .2842, .2722, .2583),
}
BASE = of_width(1000, 1000)
SQUASHED = (*BASE.layers, Activation("sigmoid"))
LOGITS = BinaryCrossentropy(of="sigmoid_of_logits")
CLIPPED = BinaryCrossentropy("outputs", "clip", 1e-7, -inf, False, 0.0)  # Keras's defaults, set explicitly


def last_accuracy(trace):
    """The training accuracy that the framework reports for the last epoch."""
    return float(trace["reported/train/accuracy"][-1])


def fall_from_peak(trace):
    """The largest reported training accuracy of an epoch minus that of the last epoch."""
    accuracies = [float(value) for value in trace["reported/train/accuracy"]]
    return max(accuracies) - accuracies[-1]


def has_a_loss(trace):
    """1 if the first epoch has a finite loss, 0 if the training was refused or the loss is not finite."""
    return float("reported/train/loss" in trace and isfinite(trace["reported/train/loss"][0]))


BELOW_CHANCE = Behaviour("accuracy_below_chance", "the reported accuracy falls below one half", ("width_13000",),
                         last_accuracy, high=CHANCE, margin=0.02, epochs=187, reported=0.2583, old_rules=("round",),
                         quantity="reported accuracy of epoch 187")
ROUNDING_FALLS = Behaviour("rounding_falls", "the accuracy of the rounded outputs falls by more than .3 from its peak",
                           ("rounded",), fall_from_peak, low=0.3, margin=0.02, epochs=1000,
                           contrast_variants=("thresholded",), role="reason")


def fall_of_rounded(trace):
    """Like `fall_from_peak`, for the accuracy of rounded outputs, computed from the recorded weights of each epoch."""
    accuracies = [float(value) for value in trace["accuracy_by_rule/train/round"]]
    return max(accuracies) - accuracies[-1]


def rules_apart(trace):
    """The largest difference between the accuracies by rounding and by the threshold, over the recorded weights."""
    by_rounding, by_threshold = (trace[f"accuracy_by_rule/train/{rule}"] for rule in ("round", "threshold"))
    return max(abs(float(a) - float(b)) for a, b in zip(by_rounding, by_threshold))


SCENARIO = Scenario(
    name="accuracy_below_chance",
    title="The loss falls to zero and the accuracy falls to 7 %",
    question="With two classes, the training loss falls to 1e-5 while the accuracy on the same images falls to .0758, "
             "far below one half. How can that be?",
    variants=(
        Variant("width_13000", "as reported, the first 187 epochs", of_width(13000, 187), "reported", REPORTED),
        Variant("width_1000", "width 1000", BASE),
        Variant("sigmoid", "width 1000, sigmoid output", changed(BASE, {"layers": SQUASHED}), "answer"),
        Variant("logits", "width 1000, loss of the logits and threshold 0",
                changed(BASE, {"loss": LOGITS, "accuracy": Accuracy("threshold", 0.0)})),
        Variant("rounded", "width 1000, Keras's loss, accuracy of the rounded output",
                changed(BASE, {"loss": CLIPPED, "accuracy": Accuracy("round")})),
        Variant("sigmoid_rounded", "width 1000, sigmoid output, accuracy of the rounded output",
                changed(BASE, {"layers": SQUASHED, "accuracy": Accuracy("round")})),
        Variant("thresholded", "width 1000, Keras's loss, accuracy by the threshold one half",
                changed(BASE, {"loss": CLIPPED, "accuracy": Accuracy("threshold", 0.5)})),
        Variant("counted", "width 1000, loss of the logits", changed(BASE, {"loss": LOGITS})),
        Variant("width_100", "width 100, Keras's loss", changed(of_width(100, 1000), {"loss": CLIPPED})),
    ),
    behaviours=(
        BELOW_CHANCE,
        Behaviour("reported_falls", "at width 1000 the reported accuracy falls by more than .3 from its peak",
                  ("width_1000",), fall_from_peak, low=0.3, margin=0.02, epochs=1000),
        ROUNDING_FALLS,
        Behaviour("narrow_falls", "the same happens at width 100", ("width_100",), fall_of_rounded, low=0.05,
                  margin=0.01, epochs=1000),
        Behaviour("sigmoid_agrees", "with a sigmoid output, rounding and the threshold give the same accuracy",
                  ("sigmoid",), rules_apart, high=1e-4, epochs=1000, unit="{:.4f} apart", role="cure"),
        Behaviour("threshold_stays", "the accuracy by the threshold one half ends above .99", ("thresholded",),
                  lambda trace: float(trace["accuracy_by_rule/train/threshold"][-1]), low=0.99, margin=0.002,
                  epochs=1000, unit="{:.4f}"),
        Behaviour("accepts_any_output", "binary cross-entropy accepts outputs outside [0, 1] without an error",
                  ("width_1000",), has_a_loss, low=1.0, epochs=1, unit="{:.0f} epoch of 1", any_outcome=True),
        Behaviour("counts_above_half",
                  "the accuracy counts outputs above one half, even if they are logits", ("counted",),
                  evaluated_off_the_threshold, high=1e-4, margin=1e-5, epochs=10, unit="{:.4f} apart"),
    ),
    claims=(
        Claim("A linear last layer is for regression; use sigmoid.", "sigmoid_rounded", "rounded",
              ROUNDING_FALLS, controls=("logits", "thresholded")),
    ),
)
