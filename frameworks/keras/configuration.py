"""Translates a spec in plain JSON to Keras's names: arguments of optimizers, schedules and callbacks.

Where no argument of Keras expresses a field, the names are those of our own classes. The realization and the generated
programs (`codegen`) share this file, which therefore imports no Keras. An unset field is an argument left out.
"""
import collections

from frameworks.runtime.accumulation import by_epochs, size_of
from frameworks.runtime.call import Call, Expression
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import by_weights, class_weights_of, in_accuracy, weighting

WITH_ACTIVATION = ("Dense", "Conv2D")
"""Layers that take the activation after them as an argument."""
Kind = collections.namedtuple("Kind", "state old_state epsilon_place old_place other_place")
Kind.__new__.__defaults__ = None, None, ""
AVERAGES = {"momentum": "_momentums", "velocity": "_velocities"}
OPTIMIZERS = {
    "SGD": Kind({"momentum": "momentums"}, {"momentum": "momentum"}),
    "RMSprop": Kind({"momentum": "_momentums", "velocity": "_velocities"}, {"velocity": "rms", "momentum": "momentum"},
                    "inside_root",  # keras/src/optimizers/rmsprop.py:143
                    "outside_root", "RMSpropOutsideRoot"),  # keras/optimizers.py:270 (2.2.4)
    "Adagrad": Kind({"velocity": "_accumulators"}, {"velocity": "accumulator"},
                    "inside_root",  # keras/src/optimizers/adagrad.py:90
                    "outside_root", "AdagradOutsideRoot"),  # keras/optimizers.py:336 (2.2.4)
    "Adadelta": Kind({"velocity": "_accumulated_grads", "delta": "_accumulated_delta_vars"},
                     {"velocity": "accum_grad", "delta": "accum_var"}),
    "Adam": Kind(AVERAGES, {"momentum": "m", "velocity": "v"}, "before_correction",  # keras/src/optimizers/adam.py:135
                 "before_correction", "AdamAfterCorrection"),
    "AdamW": Kind(AVERAGES, {}, "before_correction",  # keras/src/optimizers/adam.py:135
                  "before_correction", "AdamAfterCorrection"),
    "Nadam": Kind(AVERAGES, {"momentum": "m", "velocity": "v"}),
}
"""The optimizers by the name of their class, in the spec and in Keras; arguments have the names of the fields.

`state` is {name in `frameworks.parts.optimizers`: attribute} since tf.keras 2.11, and `old_state` the same with the
slots of tf.keras 2.0 to 2.10; with TensorFlow 1, the variables follow the step counter in this order. `epsilon_place`
is where the class adds epsilon, `old_place` where it did so before tf.keras 2.11, and `other_place` our class that adds
it elsewhere. Lines without a version are those of Keras 3.15.1. To add an optimizer, add its entry.
"""
OF_STEPS = {"initial": "initial_learning_rate", "every": "decay_steps", "factor": "decay_rate"}
SCHEDULES = {"ExponentialDecay": OF_STEPS, "InverseTimeDecay": OF_STEPS,
             "CosineDecay": {"initial": "initial_learning_rate", "length": "decay_steps"}}
"""By the name of a schedule, in the spec and in Keras, {field: argument}."""
MONITORS = {"test/loss": "val_loss", "train/loss": "loss"}
"""The reported metrics that a callback can monitor: names in a trace and in Keras."""
NOT_BY_NAME = ("is", "epsilon_place", "weight_decay", "clip", "momentum_decay", "accumulation")
"""Fields that are not passed as an argument of the same name."""


def class_weight(loss):
    """Returns the argument `class_weight` of `fit` in a dict, which is empty without class weights."""
    class_weights = class_weights_of(loss)
    return {} if class_weights == "none" else {"class_weight": dict(enumerate(map(float, class_weights["values"])))}


def metrics_argument(spec):
    """Returns the argument of `compile` that takes the metrics; those in `weighted_metrics` get the weights."""
    return "weighted_metrics" if in_accuracy(weighting(spec)) else "metrics"


def reduction(spec):
    """Returns the argument `reduction` of a loss in a dict, which is empty for Keras's own, the number of samples."""
    return {"reduction": "mean_with_sample_weight"} if by_weights(weighting(spec)) else {}


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
            raise Unsupported("Keras does not support optimizer.accumulation.unfinished=steps: its optimizer does not "
                              "know where an epoch ends.")
        chosen["gradient_accumulation_steps"] = size_of(optimizer)
    decay, clip, momentum_decay = optimizer["weight_decay"], optimizer["clip"], optimizer.get("momentum_decay")
    if momentum_decay is not None and schedule:
        chosen["schedule_decay"] = momentum_decay
    elif momentum_decay not in (None, 1):
        raise Unsupported("Keras does not support optimizer.momentum_decay=%s: it has 1 and no argument." %
                          momentum_decay)
    if decay != "none" and decay["factor"] is not None and decay["decoupled"] is not False:
        chosen["weight_decay"] = decay["factor"]
    if clip != "none" and not clip["offset"]:
        if (clip["of"], scope) == ("variable", "all"):
            raise Unsupported("Keras up to 2.3 does not support optimizer.clip.of=variable: its clipnorm takes "
                              "all together.")
        chosen["clipnorm" if clip["of"] in (None, scope) else "global_clipnorm"] = clip["norm"]
    return chosen


def call(optimizer, scope="variable", rooted=True):
    """Returns the call that creates an optimizer; the name `rate` in it stands for a schedule of the learning rate.

    The class is one of `keras.optimizers`, one of ours in `optimizers`, or `Configured`, with `additions` as bases.
    `scope` is as in `arguments`; `rooted` says whether this Keras has the optimizers since tf.keras 2.11. Raises
    Unsupported where Keras cannot express a field.
    """
    options = arguments(optimizer, scope, schedule=not rooted)
    if isinstance(options.get("learning_rate"), dict):
        options["learning_rate"] = Expression("rate")
    if optimizer["is"] == "AdamW" and class_of(optimizer, rooted) != "keras.optimizers.AdamW":
        options.setdefault("weight_decay", Expression("keras.optimizers.AdamW().weight_decay"))
    return Call("Configured" if additions(optimizer) else class_of(optimizer, rooted), **options)


def class_of(optimizer, rooted=True):
    """Returns the name of the class of an optimizer: of `keras.optimizers`, which it begins with, or one of ours."""
    kind, place = OPTIMIZERS[optimizer["is"]], optimizer.get("epsilon_place")
    replaced = place not in (None, kind.epsilon_place if rooted else kind.old_place)
    return momentums_class(optimizer) or (kind.other_place if replaced else "keras.optimizers." + optimizer["is"])


def momentums_class(optimizer):
    """Returns the name of our class that applies the learning rate outside the momentum, or "" where Keras's class is
    used.

    The momentum of Keras includes the learning rate. Raises Unsupported where there is no such class.
    """
    rate = optimizer["learning_rate"]
    if not isinstance(rate, dict) or rate["in_momentum"] is not False or not optimizer.get("momentum"):
        return ""
    if optimizer["is"] != "SGD":
        raise Unsupported("Keras does not support learning_rate.in_momentum=False with %s." % optimizer["is"])
    return "SGDRateOutside"


def schedule(rate):
    """Returns (class name of a learning rate schedule, Keras's or ours; its arguments; whether it counts epochs)."""
    arguments = {name: rate[field] for field, name in SCHEDULES[rate["is"]].items()}
    if rate.get("staircase"):
        arguments["staircase"] = True
    name = "CosineThatRises" if rate.get("after") == "rises" else rate["is"]
    return name, arguments, rate["per"] == "epoch"


def require_epoch_loss(training):
    """Raises Unsupported where the loss of an epoch is not the mean over its samples, which is what `fit` reports."""
    if training["epoch_loss"] not in (None, "mean_of_samples"):
        raise Unsupported("Keras does not support training.epoch_loss=%s: fit reports the mean over the samples." %
                          training["epoch_loss"])


def require_printed_rate(training, keras_3):
    """Raises Unsupported where the learning rate is printed, and this Keras cannot read that of a schedule."""
    if training["printed_rate"] != "none" and not keras_3:
        raise Unsupported("Keras before 3 does not support training.printed_rate: a schedule has no current rate.")


def on_plateau(rate):
    """Returns whether a learning rate depends on reported metrics: a callback, not a schedule."""
    return isinstance(rate, dict) and rate["is"] == "ReduceOnPlateau"


def plateau(rate):
    """Returns (class name of the callback that reduces the learning rate, Keras's or ours; its arguments)."""
    arguments = {"monitor": MONITORS[rate["monitor"]], "factor": rate["factor"], "min_delta": rate["threshold"],
                 "patience": rate["patience"] + (rate["bad_epochs"] == "one_more")}
    return "PlateauOfRatio" if rate["threshold_of"] == "ratio" else "ReduceLROnPlateau", arguments


def stopping(settings, at_end=True):
    """Returns (names of our classes that precede Keras's EarlyStopping as bases, the arguments).

    `settings` is `Training.early_stopping`. `at_end` says whether this Keras restores the best weights after every
    training, or only if it has ended early.
    """
    restored = settings["restored"] if settings["restore_best_weights"] else None
    names = (["EndsAtNan"] * (settings["not_finite"] == "stops") +
             ["BestFromInfinity"] * (settings["first_nan"] == "bad") +
             ["RestoresAtEnd"] * (restored == "at_end" and not at_end) +
             ["RestoresWhenStopped"] * (restored == "when_stopped" and at_end))
    optional = {name: settings[name] for name in ("patience", "restore_best_weights") if settings[name] is not None}
    return names, dict({"monitor": MONITORS[settings["monitor"]]}, **optional)


def additions(optimizer):
    """Returns {name of our class: its settings} of classes that precede Keras's optimizer as bases.

    They express fields of weight decay and clipping for which Keras has no argument.
    """
    decay, clip, classes = optimizer["weight_decay"], optimizer["clip"], {}
    if decay != "none" and decay["decoupled"] is False:
        classes["L2"] = {"factor": decay["factor"]}
    if clip != "none" and clip["offset"]:
        classes["ClippedWithOffset"] = {"norm": clip["norm"], "offset": clip["offset"], "of_all": clip["of"] == "all"}
    return classes
