"""Translates plain JSON to Keras's names: arguments of optimizers, schedules and callbacks, and our own classes where
Keras has none.

Imports no Keras: the realization and the generated programs (`codegen`) share it. An unset field is an argument left
out.
"""
from frameworks.runtime.accumulation import by_epochs, size_of
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import class_weights_of

WITH_ACTIVATION = ("Dense", "Conv2D")
"""Layers that take the activation after them as an argument."""
OWN_PLACE = {"RMSprop": "inside_root", "Adagrad": "inside_root", "Adam": "before_correction",
             "AdamW": "before_correction"}  # keras/src/optimizers/rmsprop.py:143, adagrad.py:90, adam.py:135
OTHER_PLACE = {"RMSprop": "RMSpropOutsideRoot", "Adagrad": "AdagradOutsideRoot", "Adam": "AdamAfterCorrection",
               "AdamW": "AdamAfterCorrection"}
SCHEDULES = {"ExponentialDecay": {"initial": "initial_learning_rate", "every": "decay_steps", "factor": "decay_rate"},
             "CosineDecay": {"initial": "initial_learning_rate", "length": "decay_steps"}}
MONITORS = {"test/loss": "val_loss", "train/loss": "loss"}
NOT_BY_NAME = ("is", "epsilon_place", "weight_decay", "clip", "momentum_decay", "accumulation")
"""Fields that are not passed as an argument of the same name."""


def class_weight(loss):
    """Returns the argument `class_weight` of `fit` in a dict, which is empty without class weights."""
    class_weights = class_weights_of(loss)
    return {} if class_weights == "none" else {"class_weight": dict(enumerate(map(float, class_weights["values"])))}


def by_weights(loss):
    """Returns whether the sum over a batch is divided by its weights; Keras divides by the number of samples."""
    return class_weights_of(loss) != "none" and class_weights_of(loss)["divisor"] == "weights"


def arguments(optimizer, scope="variable", schedule=False):
    """Returns the keyword arguments of an optimizer; a schedule of the learning rate stays plain JSON.

    `scope` says which norm `clipnorm` limits in this Keras: that of each `variable`, or that of `all` together.
    `schedule` says whether Nadam has the argument `schedule_decay`. Raises Unsupported where Keras cannot express a
    field.
    """
    chosen = {name: value for name, value in optimizer.items() if value is not None and name not in NOT_BY_NAME}
    if on_plateau(chosen.get("learning_rate")):
        chosen["learning_rate"] = chosen["learning_rate"]["initial"]
    if size_of(optimizer) > 1:
        if by_epochs(optimizer):
            raise Unsupported("Keras cannot be told optimizer.accumulation.unfinished=steps: an epoch's end is "
                              "none of its optimizer's.")
        chosen["gradient_accumulation_steps"] = size_of(optimizer)
    decay, clip, momentum_decay = optimizer["weight_decay"], optimizer["clip"], optimizer.get("momentum_decay")
    if momentum_decay is not None and schedule:
        chosen["schedule_decay"] = momentum_decay
    elif momentum_decay not in (None, 1):
        raise Unsupported("Keras cannot be told optimizer.momentum_decay=%s: it has 1 and no argument." %
                          momentum_decay)
    if decay != "none" and decay["factor"] is not None and decay["decoupled"] is not False:
        chosen["weight_decay"] = decay["factor"]
    if clip != "none" and not clip["offset"]:
        if (clip["of"], scope) == ("variable", "all"):
            raise Unsupported("Keras up to 2.3 cannot be told optimizer.clip.of=variable: its clipnorm takes "
                              "all together.")
        chosen["clipnorm" if clip["of"] in (None, scope) else "global_clipnorm"] = clip["norm"]
    return chosen


def momentums_class(optimizer):
    """Returns the name of our class that applies the learning rate outside the momentum, or "" where Keras's class is
    used.

    The momentum of Keras includes the learning rate. Raises Unsupported where there is no such class.
    """
    rate = optimizer["learning_rate"]
    if not isinstance(rate, dict) or rate["in_momentum"] is not False or not optimizer.get("momentum"):
        return ""
    if optimizer["is"] != "SGD":
        raise Unsupported("Keras cannot be told learning_rate.in_momentum=False with %s." % optimizer["is"])
    return "SGDRateOutside"


def schedule(rate):
    """Returns (class name of a learning rate schedule, Keras's or ours; its arguments; whether it counts epochs)."""
    arguments = {name: rate[field] for field, name in SCHEDULES[rate["is"]].items()}
    if rate.get("staircase"):
        arguments["staircase"] = True
    name = "CosineThatRises" if rate.get("after") == "rises" else rate["is"]
    return name, arguments, rate["per"] == "epoch"


def on_plateau(rate):
    """Returns whether a learning rate depends on reported metrics: a callback, not a schedule."""
    return isinstance(rate, dict) and rate["is"] == "ReduceOnPlateau"


def plateau(rate):
    """Returns (class name of the callback that reduces the learning rate, Keras's or ours; its arguments)."""
    arguments = {"monitor": MONITORS[rate["monitor"]], "factor": rate["factor"], "min_delta": rate["threshold"],
                 "patience": rate["patience"] + (rate["bad_epochs"] == "one_more")}
    return "PlateauOfRatio" if rate["threshold_of"] == "ratio" else "ReduceLROnPlateau", arguments


def stopping(settings):
    """Returns (names of our classes that precede Keras's EarlyStopping as bases; the arguments)."""
    names = (["EndsAtNan"] * (settings["not_finite"] == "stops") +
             ["BestFromInfinity"] * (settings["first_nan"] == "bad"))
    arguments = {"monitor": MONITORS[settings["monitor"]]}
    return names, arguments if settings["patience"] is None else dict(arguments, patience=settings["patience"])


def additions(optimizer):
    """Returns {name of our class that precedes Keras's as a base: its settings}, for what no argument expresses."""
    decay, clip, classes = optimizer["weight_decay"], optimizer["clip"], {}
    if decay != "none" and decay["decoupled"] is False:
        classes["L2"] = {"factor": decay["factor"]}
    if clip != "none" and clip["offset"]:
        classes["ClippedWithOffset"] = {"norm": clip["norm"], "offset": clip["offset"], "of_all": clip["of"] == "all"}
    return classes
