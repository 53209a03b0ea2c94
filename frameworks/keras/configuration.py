"""What plain JSON is in Keras's words: an optimizer's arguments, classes of our own where Keras has none, names.

Imports no Keras: the realization and the programs that users read (`program`, `written`) both say it with these.
An open field is an argument left out.
"""
from frameworks.runtime.accumulation import by_epochs, size_of
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import class_weights_of

WITH_ACTIVATION = ("Dense", "Conv2D")
"""Layers that are told of the activation after them."""
LOSSES = {"CategoricalCrossentropy": "categorical_crossentropy", "BinaryCrossentropy": "binary_crossentropy",
          "MeanSquaredError": "mean_squared_error", "MeanAbsoluteError": "mean_absolute_error",
          "KLDivergence": "kl_divergence", "Hinge": "hinge",
          "CategoricalHinge": "categorical_hinge"}
"""Keras's names of losses."""
WITHOUT_FIELDS = ("MeanSquaredError", "MeanAbsoluteError")
"""Losses of the outputs that a spec has nothing more to say of."""
OWN_PLACE = {"RMSprop": "inside_root", "Adagrad": "inside_root", "Adam": "before_correction",
             "AdamW": "before_correction"}  # keras/src/optimizers/rmsprop.py:143, adagrad.py:90, adam.py:135
OTHER_PLACE = {"RMSprop": "RMSpropOutsideRoot", "Adagrad": "AdagradOutsideRoot", "Adam": "AdamAfterCorrection",
               "AdamW": "AdamAfterCorrection"}
SCHEDULES = {"ExponentialDecay": {"initial": "initial_learning_rate", "every": "decay_steps", "factor": "decay_rate"},
             "CosineDecay": {"initial": "initial_learning_rate", "length": "decay_steps"}}
MONITORS = {"test/loss": "val_loss", "train/loss": "loss"}
ELSEWHERE = ("is", "epsilon_place", "weight_decay", "clip", "momentum_decay", "accumulation")
"""Fields that are no arguments of their own name."""


def class_weight(loss):
    """The argument of `fit`, or nothing where all classes weigh the same."""
    told = class_weights_of(loss)
    return {} if told == "none" else {"class_weight": dict(enumerate(map(float, told["values"])))}


def by_weights(loss):
    """Whether the sum over a batch is to be divided by its weights, where Keras divides by the number of samples."""
    return class_weights_of(loss) != "none" and class_weights_of(loss)["divisor"] == "weights"


def arguments(optimizer, scope="variable", schedule=False):
    """The arguments of an optimizer, of which a schedule stands for itself.

    `scope` is whose norm `clipnorm` takes, `schedule` whether Nadam can be told.
    """
    chosen = {name: value for name, value in optimizer.items() if value is not None and name not in ELSEWHERE}
    if on_plateau(chosen.get("learning_rate")):
        chosen["learning_rate"] = chosen["learning_rate"]["initial"]
    if size_of(optimizer) > 1:
        if by_epochs(optimizer):
            raise Unsupported("Keras cannot be told optimizer.accumulation.unfinished=steps: an epoch's end is "
                              "none of its optimizer's.")
        chosen["gradient_accumulation_steps"] = size_of(optimizer)
    decay, clip, growth = optimizer["weight_decay"], optimizer["clip"], optimizer.get("momentum_decay")
    if growth is not None and schedule:
        chosen["schedule_decay"] = growth
    elif growth not in (None, 1):
        raise Unsupported("Keras cannot be told optimizer.momentum_decay=%s: it has 1 and no argument." % growth)
    if decay != "none" and decay["factor"] is not None and decay["decoupled"] is not False:
        chosen["weight_decay"] = decay["factor"]
    if clip != "none" and not clip["offset"]:
        if (clip["of"], scope) == ("variable", "all"):
            raise Unsupported("Keras up to 2.3 cannot be told optimizer.clip.of=variable: its clipnorm takes "
                              "all together.")
        chosen["clipnorm" if clip["of"] in (None, scope) else "global_clipnorm"] = clip["norm"]
    return chosen


def momentums_class(optimizer):
    """The class of our own whose momentum keeps no rate, or nothing where Keras's, which keeps it, is meant."""
    rate = optimizer["learning_rate"]
    if not isinstance(rate, dict) or rate["in_momentum"] is not False or not optimizer.get("momentum"):
        return ""
    if optimizer["is"] != "SGD":
        raise Unsupported("Keras cannot be told learning_rate.in_momentum=False with %s." % optimizer["is"])
    return "SGDRateOutside"


def schedule(rate):
    """(the class of a schedule of the rate, Keras's or our own, its arguments, whether it is to count epochs)."""
    arguments = {name: rate[own] for own, name in SCHEDULES[rate["is"]].items()}
    if rate.get("staircase"):
        arguments["staircase"] = True
    name = "CosineThatRises" if rate.get("after") == "rises" else rate["is"]
    return name, arguments, rate["per"] == "epoch"


def on_plateau(rate):
    """Whether a learning rate follows what epochs report: a callback and not a schedule."""
    return isinstance(rate, dict) and rate["is"] == "ReduceOnPlateau"


def plateau(rate):
    """(the class of a callback that reduces the rate, Keras's or our own, its arguments)."""
    arguments = {"monitor": MONITORS[rate["monitor"]], "factor": rate["factor"], "min_delta": rate["threshold"],
                 "patience": rate["patience"] + (rate["bad_epochs"] == "one_more")}
    return "PlateauOfRatio" if rate["threshold_of"] == "ratio" else "ReduceLROnPlateau", arguments


def stopping(asked):
    """(classes of our own that come before Keras's EarlyStopping, its arguments)."""
    names = ["EndsAtNan"] * (asked["not_finite"] == "stops") + ["BestFromInfinity"] * (asked["first_nan"] == "bad")
    arguments = {"monitor": MONITORS[asked["monitor"]]}
    return names, arguments if asked["patience"] is None else dict(arguments, patience=asked["patience"])


def additions(optimizer):
    """{class of our own that comes before Keras's: its settings}; nothing where an argument says it."""
    decay, clip, found = optimizer["weight_decay"], optimizer["clip"], {}
    if decay != "none" and decay["decoupled"] is False:
        found["L2"] = {"factor": decay["factor"]}
    if clip != "none" and clip["offset"]:
        found["ClippedWithOffset"] = {"norm": clip["norm"], "offset": clip["offset"], "of_all": clip["of"] == "all"}
    return found
