"""The verbs of a worker, once for every framework: `train(job) -> Trace`, and `replay(job) -> arrays` of another's.

Python 3.6 and NumPy 1.16. A realization (`keras`, `lightning`, `reference`) gives a `Model` built as

    Model(spec, layers, shape, job)     layers: (first, last) of spec["layers"]; shape: of one sample;
                                        job["steps_per_epoch"]: what a schedule of the rate counts, or 1

beside `environment(settings)`, which reads back versions, backend, device, execution, threads and dtype: what runs, not
what was asked for. A model has these methods; arrays are NumPy, weights and slots are dicts by name (`1.kernel`;
`momentum/1.kernel`):

    get_weights(), set_weights(w)       all weights
    trainable                           the names of those that have gradients
    changing                            the names of those that a step changes, also without one
    default_batch                       samples a step where the spec leaves it open
    get_slots(), set_slots(s)           the optimizer's state; an empty dict resets it; where the rate follows what
                                        epochs report, `rate` is that of the next step, `last_rate` that of the
                                        step before; `frameworks.runtime.momentum` says in which unit a momentum is
    rates(values)                       there: the rates after epochs with these numbers
    forward(x) -> logits, outputs       weights frozen, in portions
    outputs(x) -> outputs               the same without the logits: a constant prefix's are large
    measure(x, y) -> loss, accuracy     the framework's own evaluation, weights frozen
    step(x, y) -> arrays                one real training step: logits, outputs, loss, accuracy, gradient/…
    fit(train, test, order, watch)      the whole training; order None: its own order. Tells `watch` every epoch, and
                                        the steps of one that an exception cuts short (`Watch.cut`)
"""
import resource
import sys
import time

import numpy as np

from frameworks.parts.weights import has_gradients, is_random, is_trained
from frameworks.runtime import probing, samples
from frameworks.runtime.accuracy import RULES, accuracy, rules_for
from frameworks.runtime.errors import Undefined, Unsupported, is_fault
from frameworks.runtime.trace import Outcome, Trace, digest

SHORT = 1000
"""Of so many steps, each in a call of its own, a training is over before the graph of many steps in a call is made."""
ROOM = 64 * 1024 ** 2  # bytes: the most that the states within the epochs of one training take


class Watch(object):
    """Listens to a training: keeps what it reports, and copies of the weights; changes nothing."""

    def __init__(self, job, steps, say):
        training = job["spec"]["training"]
        self.model, self.steps, self.say = None, steps, say
        self.epochs, self.stop_below = training["epochs"], float(training["stop_below"])
        self.scheduled = scheduled_epochs(self.epochs)
        self.early = early_steps(steps) if steps > 1 and job.get("record", {}).get("steps") else ()
        self.reported, self.taken, self.states, self.ends = [], [], {}, {}

    def at_step(self, epoch, step):
        """After `step` steps of an epoch, counted from 0, where the framework can be looked at."""
        if step in self.early and (epoch == 0 or epoch in self.scheduled and self._has_room(step)):
            self.states[epoch * self.steps + step] = self._copy()

    def epoch(self, reported, steps):
        """After an epoch: what the framework reports, and for each step its true loss and the marks of what it got.

        `steps` has shape (steps, 3): loss, labels, images. True asks to stop.
        """
        self.reported.append(dict(reported))
        self.taken.append(np.array(steps))
        epoch = len(self.reported)
        stop = reported["train/loss"] < self.stop_below
        if stop or epoch in self.scheduled:
            self.ends[epoch] = self.states[epoch * self.steps] = self._copy()
        self.say("epoch", epoch=epoch, epochs=self.epochs, **{k.replace("/", "_"): v for k, v in reported.items()})
        return bool(stop)

    def cut(self, steps):
        """Within an epoch that an exception ends: the same of its steps so far."""
        self.taken.append(np.array(steps))

    def starts(self, epoch):
        """Before an epoch, counted from 0, where its rate is set only now: the state before it is what it is now."""
        if epoch * self.steps in self.states and epoch:
            self.states[epoch * self.steps] = self._copy()

    def ended(self):
        """After the last epoch, of which something else than this may have made the last."""
        if self.reported and len(self.reported) not in self.ends:
            self.ends[len(self.reported)] = self.states[len(self.reported) * self.steps] = self._copy()

    def taken_steps(self):
        """Losses and marks of labels and images of all steps, each of shape (steps,)."""
        return np.concatenate([np.zeros((0, 3))] + self.taken).T

    def _has_room(self, step):
        """Whether a state is kept at this place of every scheduled epoch: the first, or all where they fit in ROOM."""
        if step == chunk(self.steps):
            return True
        state = self.states[chunk(self.steps)]
        size = sum(value.nbytes for values in state.values() for value in values.values())
        return size * len(self.early) * len(self.scheduled) <= ROOM

    def _copy(self):
        weights = self.model.get_weights()
        return {"weight": {name: weights[name].copy() for name in self.model.changing},
                "optimizer_state": {name: np.array(value) for name, value in self.model.get_optimizer_state().items()}}


def train(realization, job, say):
    """One training by a job, whose keys `compare.execution.trials` has. A framework's exceptions become the outcome."""
    began = time.time()
    spec, error = job["spec"], None
    train_set, test_set, start, order, batch = loaded(realization, job)
    job = dict(job, steps_per_epoch=steps_of(len(train_set[0]), batch))
    watch = Watch(job, job["steps_per_epoch"], say)
    try:
        watch.model, train_set, test_set = _prepared(realization, job, start, train_set, test_set)
        initial = {name: watch.model.get_weights()[name].copy() for name in watch.model.changing}
        watch.model.fit(train_set, test_set, order, watch)
        watch.ended()
    except Exception as caught:  # every kind of refusal ends here
        if is_fault(caught):
            raise
        error = caught
    trained = time.time() - began
    outcome = _outcome(error, watch)
    arrays = _curves(watch)
    if watch.model is not None:
        arrays.update({"state/0/weight/" + name: value for name, value in initial.items()})
        if job["record"]["evaluated"]:
            arrays.update(_frozen(watch, train_set, test_set))
        if start is not None:
            arrays.update(_probes(watch, initial, batches(train_set, order, watch.steps, batch),
                                  probing.evaluated_part(test_set), job["record"]))
    facts = {"spec": spec, "environment": realization.environment(job["settings"]), "seed": job["seed"],
             "outcome": outcome, "init": job["init"], "steps_per_epoch": watch.steps,
             "samples": len(train_set[0]), "batch": batch,
             "peak_mb": peak_mb(),
             "hashes": {"data": job["data"]["sha256"], "initialization": digest(start) if start is not None else "",
                        "order": digest({"order": order}) if order is not None else ""},
             "seconds": {"trained": round(trained, 3), "all": round(time.time() - began, 3)}}
    return Trace(facts, arrays)


def replay(realization, job):
    """Probes at the recorded states of the trace in the file job["of"], as this framework takes the same steps.

    The job is else that of a training from the same start. Returns the arrays of a trace: probe/… and state/…. With
    job["on"], so many steps are taken in a row from the one recorded state.
    """
    train_set, test_set, start, order, batch = loaded(realization, job)
    job = dict(job, steps_per_epoch=steps_of(len(train_set[0]), batch))
    model, train_set, test_set = _prepared(realization, job, start, train_set, test_set)
    model.portion = batch  # where a loss is divided by the weights of a batch, an evaluation depends on its size
    batch_at, of = batches(train_set, order, job["steps_per_epoch"], batch), probing.stored(job["of"])
    rates, steps = probing.own_rates(model, of), job["steps_per_epoch"]
    states, tested = probing.at_rates(probing.states_of(of), rates, steps), probing.evaluated_part(test_set)
    if job.get("on"):
        (first, state), = states.items()
        taken = range(first, first + job["on"])
        return probing.chain(model, state, taken, batch_at, tested, every=True, rates={
            step: np.array(rates[step // steps]) for step in taken if rates})
    return probing.revisit(model, states, batch_at, tested, chained=job["record"]["steps"])


def scheduled_epochs(epochs):
    """The epochs at whose end weights are kept: the first ten, then about fifty more, and the last."""
    stride = max(1, epochs // 50)
    return {epoch for epoch in range(1, epochs + 1) if epoch <= 10 or epoch % stride == 0 or epoch == epochs}


def early_steps(steps):
    """The places within an epoch, multiples of `chunk(steps)`, at which weights are kept."""
    return set(range(chunk(steps), steps, chunk(steps)))


def chunk(steps):
    """Into how many steps an epoch of `steps` steps is cut, for looking at it and for one call into a graph."""
    return max(1, -(-steps // 8))


def batch_size(spec, n):
    """The number of samples a step, or None where the framework decides."""
    size = spec["training"]["batch_size"]
    return n if size == "all" else size


def steps_of(n, batch):
    """Steps an epoch; the last short batch is kept."""
    return -(-n // batch)


def marks_images(job, first):
    """Whether a model whose first layer is `first` of the spec marks images: where single steps are looked at too.

    It is not fed images where a constant prefix was computed once.
    """
    return first == 0 and job.get("record", {}).get("steps", 0) > 0


def frozen_prefix(layers):
    """How many leading layers are a constant function that has weights, so that their output can be computed once."""
    constant = next((i for i, layer in enumerate(layers) if is_trained(layer) or is_random(layer)), len(layers))
    return constant if any(has_gradients(layer) for layer in layers[:constant]) else 0


def loaded(realization, job):
    """(training set, test set, start or None, order or None, batch size) of a job."""
    train_set, test_set = (samples.load(job["data"]["folder"], part, job["spec"]["data"]) for part in ("train", "test"))
    start = probing.stored(job["weights"]) if job["weights"] else None
    order = np.load(job["order"], mmap_mode="r") if job["order"] else None
    return train_set, test_set, start, order, (batch_size(job["spec"], len(train_set[0])) or
                                               realization.Model.default_batch)


def batches(train_set, order, steps, batch):
    """A function: the samples (x, y) of a step."""
    def batch_at(step):
        rows = rows_of(step, order, steps, batch, len(train_set[0]))
        return train_set[0][rows], train_set[1][rows]
    return batch_at


def _prepared(realization, job, start, train_set, test_set):
    """(model, samples, samples): at the start; where the prefix is computed once, samples are its output.

    An own start is drawn by a model of all layers. Such a one is also the last that is made, after the prefix was
    computed (on torch, that draws): the numbers that the training draws are those that a user's model would.
    """
    spec, shape, whole = job["spec"], train_set[0].shape[1:], (0, len(job["spec"]["layers"]))
    split = frozen_prefix(spec["layers"]) if job["prefix"] == "once" else 0
    if not split:
        model = realization.Model(spec, whole, shape, job)
        if start is not None:
            _put(start, model)
        return model, train_set, test_set
    weights = realization.Model(spec, whole, shape, job).get_weights() if start is None else start
    prefix = realization.Model(spec, (0, split), shape, job)
    _put(weights, prefix)
    fed = tuple((prefix.outputs(x), y) for x, y in (train_set, test_set))
    model = realization.Model(spec, (split, whole[1]), fed[0][0].shape[1:], job)
    _put(weights, model)
    if start is None:
        realization.Model(spec, whole, shape, job)
    return (model,) + fed


def _put(weights, model):
    """Sets a model's weights to those of a start; one of another shape is our fault, and not left to a framework."""
    own = model.get_weights()
    assert all(weights[name].shape == own[name].shape for name in own), "The start belongs to another model."
    model.set_weights({name: weights[name] for name in own})


def _curves(watch):
    arrays = dict(zip(("step/loss", "batch_checksum/labels", "batch_checksum/images"), watch.taken_steps()))
    for name in sorted({name for row in watch.reported for name in row}):
        arrays["reported/" + name] = np.array([row.get(name, np.nan) for row in watch.reported], float)
    return arrays


def _frozen(watch, train_set, test_set):
    """Loss and accuracy of the weights kept at epoch ends, by the framework and by every rule; nan where it refuses."""
    rows, model = [], watch.model
    threshold = model.spec["accuracy"]["threshold"]
    for epoch in sorted(watch.ends):
        model.set_weights(dict(model.get_weights(), **watch.ends[epoch]["weight"]))
        row = {"epoch": epoch}
        for part, (x, y) in (("train", train_set), ("test", test_set)):
            row["evaluated/%s/loss" % part], row["evaluated/%s/accuracy" % part] = probing.measured(model, x, y)
            logits, outputs = model.forward(x)
            for rule in rules_for(logits.shape[1]):
                row["accuracy_by_rule/%s/%s" % (part, rule)] = accuracy(rule, y, logits, outputs, threshold)
        rows.append(row)
    if not rows:
        return {}
    arrays = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    arrays.update({"last/logits": logits, "last/outputs": outputs})
    arrays["predicted/test"] = (outputs.argmax(1) if logits.shape[1] > 1 else np.ravel(outputs) > 0.5).astype(np.uint8)
    arrays["correct/test"] = np.ravel(RULES[rules_for(logits.shape[1])[0]](y, logits, outputs, 0.5))
    return arrays


def _probes(watch, initial, batch_at, tested, record):
    """Probes chained over the first steps, and one at each of some states recorded later on.

    Beside them stand all states that `fit` has left later on: what it did in between can be walked again.
    """
    planned, taken = watch.steps * watch.epochs, len(watch.taken_steps()[0])
    arrays = probing.chain(watch.model, {"weight": initial, "optimizer_state": {}},
                           range(min(record["steps"], planned)), batch_at,
                           tested, taken, {step: state["optimizer_state"]["rate"] for step,
                                           state in watch.states.items()
                                           if "rate" in state["optimizer_state"]})
    ends = {epoch * watch.steps for epoch in watch.ends}
    later = sorted(step for step in watch.states if record["steps"] <= step < planned and
                   (step in ends or step < watch.steps))
    chosen = {later[i] for i in np.linspace(0, len(later) - 1, record["states"]).astype(int)} if later else set()
    arrays.update(probing.revisit(watch.model, {step: watch.states[step] for step in chosen}, batch_at, tested, taken))
    for step in sorted(watch.states) if record["steps"] else ():
        if step >= record["steps"]:
            arrays.update(probing.kept(step, watch.states[step]))
    return arrays


def rows_of(step, order, steps, batch, n):
    """The rows of the samples that step `step` trains on; an order of None is the order of the samples."""
    epoch, place = divmod(step, steps)
    rows = slice(place * batch, min((place + 1) * batch, n))
    return rows if order is None else np.array(order[epoch][rows])


def peak_mb():
    """The most memory in MB that this process has had; Linux counts it in KB, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 ** 2 if sys.platform == "darwin" else 1024)


def _outcome(error, watch):
    losses = watch.taken_steps()[0]
    bad = np.flatnonzero(~np.isfinite(losses))
    if isinstance(error, Undefined):
        return {"kind": Outcome.UNDEFINED, "step": len(losses), "message": str(error)}
    if error is not None:
        message = "%s: %s" % (type(error).__name__, str(error).strip())
        kind = Outcome.UNSUPPORTED if isinstance(error, Unsupported) else Outcome.REFUSED
        return {"kind": kind, "step": len(losses), "message": message}
    if len(bad):
        message = "The loss of step %d is %s." % (bad[0] + 1, losses[bad[0]])
        return {"kind": Outcome.NAN, "step": int(bad[0]), "message": message}
    stopped = len(watch.reported) < watch.epochs
    return {"kind": Outcome.STOPPED if stopped else Outcome.FINISHED, "step": len(losses), "message": ""}
