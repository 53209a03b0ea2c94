"""Does the loss scale with the learning rate? Is it how Keras calculates it?

The reported setting: MNIST; Flatten, Dense(10, sigmoid) with default initializers; SGD with learning rates 0.01 and
0.03; categorical_crossentropy; accuracy; batch size 32; 10 epochs; validation on the test set. "I tried this multiple
times, so this isn't a random thing. I tried with RMSprop as well, same results. From my understanding the decrease in
the loss should be proportional to the learning rate, not the loss itself. Is this related to how Keras calculates the
loss function somehow?" The question shows no code that loads the data. One-hot labels are inferred from the loss, which
needs them. Raw pixels are inferred from the size of the losses, which pixels / 255 do not reach, as a control shows.
"""

from math import log

from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, RMSprop, Spec, Training
from scenarios.spec.fields import changed

CLIPPED_BOUND = 16.118  # −log(1e-7): the maximum of a cross-entropy of probabilities clipped at 1e-7
CHANCE = 0.2  # twice the accuracy of guessing one of ten digits
RATES = {"lr_0_001": 0.001, "lr_0_01": 0.01, "lr_0_1": 0.1}  # two decades: a short range can mislead
SMALL_RATES = {"lr_1e_7": 1e-7, "lr_1e_6": 1e-6, "lr_1e_5": 1e-5}
LIMIT = {"lr_1e_5": 1e-5, "lr_1e_4": 1e-4}  # the decrease is proportional up to 1e-5, not up to 1e-4
FLOAT32_STEP = 2.0**-23

BASE = Spec(Data(), (Flatten(), Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.01),
            Training(epochs=10, batch_size=32))

REPORTED_0_01 = {
    "reported/train/loss": (315.4696, 263.0978, 251.8907, 246.9039, 234.6116, 239.2780, 235.9433, 237.9058, 235.2525,
                            238.1098),
    "reported/train/accuracy": (.8432, .8674, .8730, .8754, .8786, .8781, .8805, .8812, .8826, .8810),
    "reported/test/loss": (195.9139, 233.7138, 208.0299, 229.8979, 263.7991, 217.1707, 233.0448, 229.1561, 318.9307,
                           275.0455),
    "reported/test/accuracy": (.8957, .8782, .8906, .8937, .8682, .8892, .8926, .8912, .8683, .8809),
}
REPORTED_0_03 = {
    "reported/train/loss": (931.7540, 767.9313, 756.3298, 739.8559, 731.3071, 728.4488, 712.8240, 693.1299, 700.5771,
                            696.2348),
    "reported/train/accuracy": (.8417, .8701, .8730, .8748, .8760, .8787, .8798, .8811, .8803, .8833),
    "reported/test/loss": (618.5505, 618.2877, 847.1705, 687.9159, 693.1130, 685.3834, 640.9078, 657.0080, 739.0408,
                           785.1879),
    "reported/test/accuracy": (.8952, .8940, .8582, .8901, .8942, .8841, .8972, .8902, .8871, .8762),
}


def slope(losses, rates):
    """The slope of the least-squares line through (log rate, log loss); nan if a loss is not positive."""
    if min(losses) <= 0:
        return float("nan")
    x, y = list(map(log, rates)), list(map(log, losses))
    mean = sum(x) / len(x)
    return sum((a - mean) * b for a, b in zip(x, y)) / sum((a - mean) ** 2 for a in x)


def first_losses(traces):
    """The training losses that are reported for the first epoch."""
    return [float(trace["reported/train/loss"][0]) for trace in traces]


def evaluated_beside_predicted(trace):
    """The test accuracy that `evaluate` returns minus the accuracy of the largest output of `predict`."""
    return float(trace["evaluated/test/accuracy"][0] - trace["accuracy_by_rule/test/argmax_outputs"][0])


def learns(*traces):
    """Whether the reported training accuracy of the first epoch is above chance in every training."""
    return all(trace["reported/train/accuracy"][0] > CHANCE for trace in traces)


def slope_over_rates(*traces):
    """The slope of the first epoch's losses at the rates of `RATES`: 1 if the loss is proportional to the rate."""
    return slope(first_losses(traces), RATES.values())


def slope_over_two(*traces):
    """The same at the two reported rates."""
    return slope(first_losses(traces), (0.01, 0.03))


def slope_of_first_decrease(rates):
    """Returns a measure: the slope for the decrease of the first batch's loss in the first step.

    It is nan if a decrease is too small for float32.
    """
    def measure(*traces):
        before = [float(trace["probe/0/loss"]) for trace in traces]
        decreases = [loss - float(trace["probe/0/loss_after"]) for loss, trace in zip(before, traces)]
        if min(decreases) < 30 * FLOAT32_STEP * max(before):
            return float("nan")
        return slope(decreases, rates.values())
    return measure


def with_rate(rate):
    """The reported model with another learning rate."""
    return changed(BASE, {"optimizer.learning_rate": rate})


def with_rmsprop(rate):
    """The reported model with RMSprop."""
    return changed(BASE, {"optimizer": RMSprop(rate)})


def both_rates(prefix, title, changes):
    """Two variants with changes of the reported model, at the two reported rates."""
    return [Variant(f"{prefix}_{name}", f"{title}, rate {rate}",
                    changed(BASE, {**changes, "optimizer.learning_rate": rate}))
            for name, rate in (("0_01", 0.01), ("0_03", 0.03))]


SCENARIO = Scenario(
    name="lr_scaling",
    title="Does the loss scale with the learning rate?",
    question="Two trainings differ in the learning rate only, 0.01 and 0.03, and the loss of one is three times the "
             "loss of the other. Is this how Keras calculates the loss?",
    variants=(
        Variant("lr_0_01", "as reported, rate 0.01", BASE, "reported", REPORTED_0_01),
        Variant("lr_0_03", "as reported, rate 0.03", with_rate(0.03), "reported", REPORTED_0_03),
        *[Variant(name, f"rate {rate:g}", with_rate(rate)) for name, rate in {**RATES, **SMALL_RATES, **LIMIT}.items()
          if name not in ("lr_0_01", "lr_0_03")],
        Variant("rmsprop_0_01", "RMSprop, rate 0.01", with_rmsprop(0.01)),
        Variant("rmsprop_0_03", "RMSprop, rate 0.03", with_rmsprop(0.03)),
        *both_rates("logits", "softmax of the logits", {"loss.of": "softmax_of_logits"}),
        *both_rates("scaled", "pixels / 255", {"data.divisor": 255.0}),
        *both_rates("softmax", "softmax output", {"layers.2": Activation("softmax")}),
        *both_rates("softmax_scaled", "softmax output and pixels / 255",
                    {"layers.2": Activation("softmax"), "data.divisor": 255.0}),
    ),
    behaviours=(
        Behaviour("loss_follows_rate", "the loss is proportional to the learning rate", tuple(RATES),
                  slope_over_rates, low=0.9, high=1.1, margin=0.02, epochs=1, condition=learns,
                  condition_title="the accuracy is above chance", reported=log(931.7540 / 315.4696) / log(3),
                  quantity="growth of the loss with the rate (1 is in proportion, 0 is none)", unit="{:.2f}",
                  contrast_variants=("scaled_0_01",)),
        Behaviour("loss_beyond_bound", f"the loss is far above {CLIPPED_BOUND}, the largest cross-entropy of clipped "
                  "probabilities", ("lr_0_01",), lambda trace: first_losses([trace])[0], low=CLIPPED_BOUND,
                  margin=1.0, epochs=1, reported=315.4696,
                  quantity="mean loss of the first epoch at rate 0.01"),
        Behaviour("rmsprop_too", "RMSprop shows the same", ("rmsprop_0_01", "rmsprop_0_03"), slope_over_two,
                  low=0.8, high=1.2, margin=0.02, epochs=1,
                  condition=lambda *traces: min(first_losses(traces)) > CLIPPED_BOUND,
                  condition_title=f"the loss is above {CLIPPED_BOUND}", unit="growth {:.2f}"),
        Behaviour("reported_accuracy_high", "the reported accuracy is above .75 after one epoch", ("lr_0_01",),
                  lambda trace: float(trace["reported/train/accuracy"][0]), low=0.75, margin=0.03, epochs=1,
                  reported=0.8432, quantity="reported accuracy of the first epoch at rate 0.01",
                  old_rules=("argmax_logits",)),
        Behaviour("evaluate_beside_predict", "`evaluate` counts images as right that `predict` gets wrong",
                  ("lr_0_01",), evaluated_beside_predicted, low=0.1, margin=0.03, epochs=1,
                  unit="{:.3f} of the images"),
        Behaviour("logits_suffice",
                  "on raw pixels, a softmax cross-entropy of the logits is proportional to the rate",
                  ("logits_0_01", "logits_0_03"), slope_over_two, low=0.8, high=1.2, margin=0.02, epochs=1,
                  unit="growth {:.2f}", role="reason"),
        Behaviour("decrease_follows_rate",
                  "at rates below about 1e-4, the decrease of the loss in the first step is proportional to the rate",
                  tuple(SMALL_RATES), slope_of_first_decrease(SMALL_RATES), low=0.9, high=1.1, margin=0.02, epochs=1,
                  unit="growth {:.2f}", role="reason", nan_title="the decrease is below what float32 resolves"),
        Behaviour("decrease_falls_behind", "from 1e-5 to 1e-4, the decrease in the first step grows less than the rate",
                  tuple(LIMIT), slope_of_first_decrease(LIMIT), high=0.95, margin=0.02, epochs=1,
                  unit="growth {:.2f}", nan_title="the decrease is below what float32 resolves"),
        Behaviour("scaling_cures", "`x_train / 255` keeps the loss below 3 at both rates",
                  ("scaled_0_01", "scaled_0_03"), lambda *traces: max(first_losses(traces)), high=3.0, margin=0.3,
                  epochs=1, role="cure"),
        Behaviour("softmax_scaled_cures", "so does `x_train / 255` with a softmax output",
                  ("softmax_scaled_0_01", "softmax_scaled_0_03"), lambda *traces: max(first_losses(traces)), high=3.0,
                  margin=0.3, epochs=1),
        Behaviour("softmax_does_not_cure", "a softmax output alone leaves the loss proportional to the rate",
                  ("softmax_0_01", "softmax_0_03"), slope_over_two, low=0.8, high=1.2, margin=0.02, epochs=1,
                  condition=lambda *traces: min(first_losses(traces)) > CLIPPED_BOUND,
                  condition_title=f"the loss is above {CLIPPED_BOUND}", unit="growth {:.2f}", role="warning"),
    ),
)
