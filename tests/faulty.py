"""A framework with planted faults: the reference, run in this process, and the analysis of its trainings.

A fault is a function applied at one place of a training: `change(model, value)` returns what the framework uses there
instead of `value`. `model.now` is the context of the place, and `model.kept` is the memory of the fault. The places, in
the order of a training:

    start       the initial weights of the model
    rows        the sample order of an epoch, in `fit` only; model.now["epoch"]
    feed        x, y of a step, in `fit` only; now["step"], counted over all epochs
    trainable   the names of the trainable weights
    weights     whenever weights are set
    batch       x, y of a step, in `fit` and in single steps
    values      the input of every layer and the output of the last
    loss        loss, gradient of the logits, gradient of the outputs; now["loss"]: labels, logits, outputs
    gradients   by name; now["values"], and now["slope"]: (depth, gradient) with respect to the logits
    optimizer   its settings
    update      weights, optimizer state; now["update"]: weights before, gradients, optimizer state before
    accuracy    of a batch; now["accuracy"]: labels, logits, outputs
    taken       loss, accuracy of a step as `fit` reports it
    plateau     the learning rate after an epoch, where a plateau reduces it
    reported    metrics of an epoch; now["sets"]: training set, test set; now["last"]: loss, accuracy of its last step
    stop        whether to end after this epoch
    labels      of several batches, in tests of single steps

and of an evaluation, in `fit` or not; `values` is a place of it too, where now["kinds"] is FORWARD:

    evaluated   logits, outputs; now["evaluated"]: x
    measured    loss, accuracy; now["measured"]: x, y
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Callable

import numpy as np

from compare.analysis import exact_step, first_divergence, step_replays, unexplained
from compare.analysis.causes.cause import SEARCH_FRAMEWORK
from compare.analysis.stages import DEPENDS_ON, differing
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.trials import Trial
from compare.execution.worker_pool import traces_of
from frameworks.reference import environment, optimizers
from frameworks.reference import model as reference
from frameworks.reference.layers import FORWARD, IN_TRAINING, backward, forward, moved
from frameworks.runtime import trace, training
from frameworks.runtime.batching import batch_size
from frameworks.runtime.samples import mark
from scenarios import spec as vocabulary
from scenarios.spec import (
    SGD,
    Accuracy,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Data,
    Dense,
    Flatten,
    Spec,
    Training,
)
from scenarios.spec.fields import changed

RIGHT, WRONG = {"framework": "reference", "backend": "numpy"}, {"framework": "faulty", "backend": "numpy"}
GLOROT, ZEROS, RANDOM = vocabulary.GlorotUniform(), vocabulary.Zeros(), vocabulary.Normal(0.0, 0.1)
SOFTMAX = Spec(Data(divisor=255.0), (Flatten("channels_last"), Dense(10, GLOROT, ZEROS), Activation("softmax")),
               CategoricalCrossentropy("softmax_of_logits", False, 0.0, True), SGD(0.01, 0.0, False),
               Training(2, 32, True), Accuracy("argmax_outputs", 0.5))
SQUARE = changed(SOFTMAX, {"layers": (
    Flatten("channels_last"), Dense(12, GLOROT, RANDOM), Activation("tanh"), Dense(12, GLOROT, RANDOM),
    Activation("tanh"), Dense(10, GLOROT, RANDOM), Activation("softmax"))})
MOMENTUM = changed(SOFTMAX, {"optimizer": SGD(0.01, 0.9, False)})
ADAM = changed(SOFTMAX, {"optimizer": vocabulary.Adam(0.001, 0.9, 0.999, 1e-7, "before_correction")})
RMSPROP = changed(SOFTMAX, {"optimizer": vocabulary.RMSprop(0.001, 0.9, 0.0, 1e-7, "outside_root")})
BINARY = Spec(Data((0, 1), divisor=255.0, flatten=True, labels="index"),
              (Dense(1, GLOROT, RANDOM), Activation("sigmoid")),
              BinaryCrossentropy("sigmoid_of_logits", "undefined", 0.0, -vocabulary.INFINITY, True, 0.0),
              SGD(0.01, 0.0, False), Training(2, 8, True), Accuracy("threshold", 0.5))
THIRTIETHS = changed(SOFTMAX, {"training.batch_size": 30})
LEARNT = changed(SOFTMAX, {"optimizer": SGD(0.1, 0.9, False), "training.epochs": 10})
RELU = changed(ADAM, {"layers": (Flatten("channels_last"), Dense(16, GLOROT, ZEROS), Activation("relu"),
                                 Dense(10, GLOROT, ZEROS)),
                      "loss": vocabulary.MeanSquaredError()})
RAW = changed(SOFTMAX, {"data.divisor": 1.0})
RAW_SQUARES = changed(RAW, {"loss": vocabulary.QuadraticCost()})
LONG, SHORT = (changed(SOFTMAX, {"training.stop_below": below}) for below in (0.01, 10.0))
DECAYING = changed(MOMENTUM, {"optimizer.learning_rate": vocabulary.ExponentialDecay(0.05, 0.5, 1, False, "epoch",
                                                                                     False)})
COSINE = changed(ADAM, {"optimizer.learning_rate": vocabulary.CosineDecay(0.002, 30, "stays", "step", True)})
PLATEAU = changed(SOFTMAX, {"training.epochs": 3, "optimizer.learning_rate": vocabulary.ReduceOnPlateau(
    0.01, 0.1, 1, "train/loss", 0.9, "ratio", "patience", True)})
WEIGHTED = changed(SOFTMAX, {"data.labels": "index", "loss.class_weights": vocabulary.ClassWeights(
    tuple(0.5 * digit for digit in range(1, 11)), "weights", True, False)})
UNVALIDATED = changed(SOFTMAX, {"training.validate": False})
NORMALIZED = changed(SQUARE, {"layers": (
    *SQUARE.layers[:2], vocabulary.BatchNormalization(1e-3, 0.9, "biased"), *SQUARE.layers[2:]),
    "optimizer.learning_rate": 0.1})
DROPPED = changed(SQUARE, {
    "layers": (*SQUARE.layers[:3], vocabulary.Dropout(0.5, False), *SQUARE.layers[3:])})
SPECS = {"softmax": SOFTMAX, "square": SQUARE, "momentum": MOMENTUM, "Adam": ADAM, "RMSprop": RMSPROP,
         "binary": BINARY, "learnt": LEARNT, "relu": RELU, "raw": RAW, "cosine": COSINE,
         "plateau": PLATEAU, "weighted": WEIGHTED, "normalized": NORMALIZED, "dropped": DROPPED}
"""Small resolved specs with trainings that finish."""


@dataclass(frozen=True)
class Fault:
    """A change of the value at one place."""

    place: str
    change: Callable[[Any, Any], Any]


class Model(reference.Model):
    """The reference with all places for faults; without faults it equals the reference bit for bit."""

    faults = ()

    def __init__(self, spec, layers, shape, job):
        self.now, self.kept, self.given = {}, {}, 0
        super().__init__(spec, layers, shape, job)
        self.trainable = self.at("trainable", self.trainable)

    def at(self, place, value, **now):
        """The value at a place, changed by the faults planted there."""
        self.now.update(now)
        for fault in self.faults:
            if fault.place == place:
                value = fault.change(self, value)
        return value

    def set_weights(self, weights):
        self.given += 1  # first its own initialization, then the initial weights of the training
        super().set_weights(self.at("weights", self.at("start", weights) if self.given == 2 else weights))

    def step(self, x, y):
        with np.errstate(all="ignore"):
            x, y = self.at("batch", (x, y.astype(self.dtype)))
            values = self._values(x, IN_TRAINING)
            outputs = values[-1]
            logits = outputs if self.last == "linear" else values[-2]
            loss, of_logits, of_outputs = self._loss(y, logits, outputs)
            depth = len(self.layers) - (of_logits is not None and self.last != "linear")
            slope = of_outputs if of_logits is None else of_logits
            gradients = self.at("gradients", backward(self.layers[:depth], self.weights, values, slope),
                                values=values, slope=(depth, slope))
            gradients = {name: value for name, value in gradients.items() if name in self.trainable}
            settings = {k: v for k, v in self.spec["optimizer"].items() if v is not None and k != "is"}
            old = {name: self.weights[name] for name in gradients}
            config = {**self.spec["optimizer"], **self.at("optimizer", settings)}
            new, optimizer_state = optimizers.step(config, old, gradients, self.optimizer_state, self.steps)
            new.update(moved(self.layers, self.weights, values))
            new, self.optimizer_state = self.at("update", (new, optimizer_state),
                                                update=(old, gradients, self.optimizer_state))
            self.weights.update({name: value.astype(self.dtype, copy=False) for name, value in new.items()})
            reported = self._accuracy(y, logits, outputs, self._weights(y))
        return dict({"gradient/" + name: value for name, value in gradients.items()}, logits=logits, outputs=outputs,
                    loss=np.array(loss), accuracy=np.array(reported))

    def fit(self, train, test, order, watch):
        (x, y), size, done = train, batch_size(self.spec, len(train[0])) or self.default_batch, 0
        self.portion = size
        rate = self.spec["optimizer"]["learning_rate"]
        plateau = reference.Plateau(rate) if reference.on_plateau(rate) else None
        stopping, stopped = reference.Stopping(self.spec["training"]["early_stopping"]), False
        for epoch in range(watch.epochs):
            steps, correct, sizes = [], 0.0, []
            try:
                rows = np.arange(len(x)) if order is None else np.array(order[epoch])
                rows = self.at("rows", rows, epoch=epoch, order=order)
                for place in range(-(-len(rows) // size)):
                    batch = rows[place * size:(place + 1) * size]
                    fed = self.at("feed", (x[batch], y[batch]), step=done, sets=(train, test))
                    arrays = self.step(*fed)
                    loss, accuracy = self.at("taken", (float(arrays["loss"]), float(arrays["accuracy"])))
                    self.now["last"] = loss, accuracy
                    steps.append((loss, mark(fed[1]), mark(fed[0])))
                    correct, done = correct + accuracy * len(batch), done + 1
                    sizes.append(len(batch))
                    watch.at_step(epoch, place + 1)
                reported = {"train/loss": float(np.average([loss for loss, *_ in steps], weights=sizes)),
                            "train/accuracy": correct / len(x)}
                if self.spec["training"]["validate"]:
                    reported["test/loss"], reported["test/accuracy"] = self.measure(*test)
                reported = self.at("reported", reported)
            except Exception:
                watch.cut(np.reshape(steps, (-1, 3)))
                raise
            if plateau:
                self.optimizer_state["rate"] = np.array(self.at("plateau", plateau.after(reported[rate["monitor"]])))
            below, stopped = watch.epoch(reported, steps), stopping.after(reported, self.get_weights())
            if self.at("stop", below or stopped):
                break
        self.weights.update(stopping.restored(stopped) or {})
        self.now["epoch"] = None

    def _evaluated(self, x):
        *values, penalty = super()._evaluated(x)
        return (*self.at("evaluated", tuple(values), evaluated=x), penalty)

    def measure(self, x, y):
        return self.at("measured", super().measure(x, y), measured=(x, y))

    def _values(self, x, kinds=FORWARD):
        return self.at("values", forward(self.layers, self.weights, np.asarray(x, self.dtype), kinds), kinds=kinds)

    def _loss(self, y, logits, outputs, config=None, weights=None, last=""):
        return self.at("loss", super()._loss(y, logits, outputs, config, weights, last), loss=(y, logits, outputs))

    def _accuracy(self, y, logits, outputs, weights):
        return self.at("accuracy", super()._accuracy(y, logits, outputs, weights), accuracy=(y, logits, outputs))


def realization(*faults):
    """A framework for `frameworks.runtime.training` with these faults."""
    return SimpleNamespace(Model=type("Model", (Model,), {"faults": faults}),
                           environment=lambda settings: {**environment.environment(settings), **WRONG})


class Backwards(np.ndarray):
    """An array with products and sums that start at the last term, and so do those of the arrays computed from it."""

    def __matmul__(self, other):
        return self.added(np.asarray(self)[:, ::-1], np.asarray(other)[::-1]).view(type(self))

    def sum(self, axis=None, **arguments):
        return np.flip(self, axis).view(np.ndarray).sum(axis, **arguments).view(type(self))

    def mean(self, axis=None, **arguments):
        total = self.sum(axis, **arguments)
        return total / np.asarray(self.size / total.size, total.dtype)

    @staticmethod
    def added(left, right):
        """The product of two matrices with terms that are already in order."""
        return left @ right


class OneByOne(Backwards):
    """The same with products that are summed term by term, in single precision."""

    @staticmethod
    def added(left, right):
        return np.add.accumulate(left[:, :, None] * right[None], axis=1)[:, -1]


class InBlocks(Backwards):
    """The same with products that are summed in blocks of 32 terms."""

    @staticmethod
    def added(left, right):
        return sum(left[:, i:i + 32] @ right[i:i + 32] for i in range(0, left.shape[1], 32))


def summed(kind):
    """A null case: computes all sums and products of a step, forward and backward, with such an array."""
    return (Fault("values", lambda model, values: forward(model.layers, model.weights, values[0].view(kind),
                                                          model.now["kinds"])),)


def started(change):
    """A null case: `change` is applied to every array of the initial weights."""
    return (Fault("start", lambda model, weights: {name: change(value) for name, value in weights.items()}),)


SUMMED_BACKWARDS = summed(Backwards)
UP = started(lambda weights: np.where(weights == 0, weights, np.nextafter(weights, np.float32(np.inf))))


class WorkerPool:
    """Replaces the real worker pool: runs jobs in this process, with the (implementation, dtype) of each framework."""

    def __init__(self, frameworks):
        self.frameworks = frameworks

    def work(self, jobs, limit, on_event, finished):
        """Runs jobs as a worker does: the traces of trainings are written to files and read back, as replays need them.

        Replays stay in memory: four of every fault would take as long to write and to read as to compute.
        """
        for trial, job in jobs.items():
            framework, dtype = self.frameworks[trial.framework]
            job = {**job, "settings": {"dtype": dtype}}
            if job["verb"] == "train":
                trace.write(training.train(framework, job, lambda event, **facts: None), job["out"])
                finished(trial, trace.read(job["out"]))
            else:
                arrays = training.replay(framework, job)
                finished(trial, trace.Trace({}, {name: np.array(value) for name, value in arrays.items()}))


class TrainingCache:
    """Trains the correct and a faulty framework from the same initial weights and compares both; caches traces."""

    def __init__(self, dataset, folder):
        self.dataset, self.folder, self._right = dataset, folder / "planted" / "traces", {}
        self._steps = {}
        self.folder.mkdir(parents=True, exist_ok=True)

    def trained(self, spec, faults, dtype):
        """(correct trial, faulty trial), their traces, and the worker pool that trained them."""
        pool = WorkerPool({"right": (reference, "float32"), "faulty": (realization(*faults), dtype),
                           SEARCH_FRAMEWORK: (reference, "float32")})
        right, wrong = (Trial("planted", f"spec{hash(spec)}", name, 0, "shared", spec, True)
                        for name in ("right", "faulty"))
        traces = {trial: recorded for trial, recorded in self._right.items() if trial == right}
        jobs = {trial: trials.job(trial, self.dataset, self.folder) for trial in (right, wrong) if trial not in traces}
        traces.update(traces_of(pool, jobs, 60))
        self._right[right] = traces[right]
        return (right, wrong), traces, pool

    def judged(self, spec, faults=(), dtype="float32"):
        """(first divergence, unexplained differences of the faulty side)."""
        (right, wrong), traces, pool = self.trained(spec, faults, dtype)
        environments = {"right": RIGHT, "faulty": WRONG}
        replayed = step_replays.replays(traces, [(right, wrong)], environments, self.dataset, self.folder, pool, 60)
        if right not in self._steps:  # its noise is measured once
            self._steps[right] = Steps(right, traces[right], self.dataset, self.folder)
        steps = {wrong: Steps(wrong, traces[wrong], self.dataset, self.folder), right: self._steps[right]}
        again = step_replays.Again(traces, environments, self.dataset, self.folder, pool, 60)
        self._last = (right, wrong), steps, again
        return (first_divergence.find(right, wrong, traces, replayed, environments, steps),
                unexplained.unexplained_differences(wrong, traces[wrong], replayed[wrong, step_replays.BY_DEFAULTS],
                                                    WRONG, steps[wrong]))

    def explained(self, first_divergences):
        """The explanations of the differences that were judged last, as far as the reference finds them."""
        return [result.explanation for result in exact_step.explained(first_divergences, *self._last)[1]]


def first_differing_stage(stages):
    """The name of the earliest stage that differs; empty if none does."""
    return min((stage.name for stage in differing(stages)), key=list(DEPENDS_ON).index, default="")


def earliest(differences):
    """The earliest stage of a first divergence or of unexplained differences."""
    return first_differing_stage(differences.stages if isinstance(differences, first_divergence.FirstDivergence)
                                 else [difference.stage for difference in differences])
