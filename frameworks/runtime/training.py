"""The verbs of a worker, shared by all frameworks: `train` one training, and `replay` the recorded steps of another.

Python 3.6 and NumPy 1.16. A realization is the module `model` of `keras`, `lightning` or `reference`;
`frameworks.protocol` says what it has, and what a `Model` is.
"""

import resource
import sys
import time

import numpy as np

from frameworks.parts.weights import has_gradients, is_random, is_trained
from frameworks.runtime import npz, probing, samples
from frameworks.runtime.accuracy import RULES, accuracy, rules_for
from frameworks.runtime.batching import batch_size, batches, steps_of
from frameworks.runtime.errors import Undefined, Unsupported, is_fault
from frameworks.runtime.losses import of_training_set
from frameworks.runtime.trace import Outcome, Trace, digest
from frameworks.runtime.watch import Watch


def train(realization, job, on_event):
    """Runs one training and returns its trace; `frameworks.job` documents the keys of a job.

    `on_event` is called with the name `epoch` and the facts of every epoch. An exception of the framework becomes the
    outcome; one of this package's own code, or of a full memory, is raised (`errors.is_fault`).
    """
    started = time.monotonic()
    spec, error = job["spec"], None
    train_set, test_set, initialization, order, batch = loaded(realization, job)
    job = dict(job, steps_per_epoch=steps_of(len(train_set[0]), batch))
    watch = Watch(job, job["steps_per_epoch"], on_event)
    try:
        watch.model, train_set, test_set = _prepared(realization, job, initialization, train_set, test_set)
        initial = {name: watch.model.get_weights()[name].copy() for name in watch.model.changing}
        watch.model.fit(train_set, test_set, order, watch)
        watch.ended()
    except Exception as caught:  # every kind of refusal
        if is_fault(caught):
            raise
        error = caught
    trained = time.monotonic() - started
    outcome = _outcome(error, watch)
    arrays = _curves(watch)
    if watch.model is not None:
        arrays.update({"state/0/weight/" + name: value for name, value in initial.items()})
        if job["record"]["evaluated"]:
            arrays.update(_evaluations(watch, train_set[:2], test_set))
        if initialization is not None:
            arrays.update(_probes(watch, initial, batches(train_set, order, watch.steps, batch),
                                  probing.evaluated_part(test_set), job["record"]))
    facts = {"spec": spec, "environment": realization.environment(job["settings"]), "seed": job["seed"],
             "outcome": outcome, "init": job["init"], "steps_per_epoch": watch.steps,
             "samples": len(train_set[0]), "batch": batch, "peak_mb": peak_mb(),
             "hashes": {"data": job["data"]["sha256"],
                        "initialization": digest(initialization) if initialization is not None else "",
                        "order": digest({"order": order}) if order is not None else ""},
             "seconds": {"trained": round(trained, 3), "all": round(time.monotonic() - started, 3)}}
    return Trace(facts, arrays)


def replay(realization, job):
    """Returns the arrays probe/… and state/… of this framework at the recorded states of another trace.

    job["of"] is the file of that trace; the other keys are those of a training from the same initialization. With
    job["on"], the trace has one recorded state, and that many steps are taken from it in a row. With job["layers"], no
    step is taken: the arrays are the outputs of every layer in the steps ("training"), or in the evaluations before
    them ("evaluation"). Raises Unsupported where the framework cannot express the spec.
    """
    train_set, test_set, initialization, order, batch = loaded(realization, job)
    job = dict(job, steps_per_epoch=steps_of(len(train_set[0]), batch))
    model, train_set, test_set = _prepared(realization, job, initialization, train_set, test_set)
    model.portion = batch  # an evaluation depends on it where a loss is divided by the weights of a batch
    batch_at, recorded = batches(train_set, order, job["steps_per_epoch"], batch), npz.read(job["of"])
    rates, steps = probing.rates_from_metrics(model, recorded), job["steps_per_epoch"]
    states, tested = probing.at_rates(probing.states_of(recorded), rates, steps), probing.evaluated_part(test_set)
    if job.get("layers"):
        training = job["layers"] == "training"
        return probing.layers(model, states, lambda step: (batch_at(step) if training else tested)[0], training)
    if job.get("on"):
        (first, state), = states.items()
        taken = range(first, first + job["on"])
        return probing.chain(model, state, taken, batch_at, tested, every=True, rates={
            step: np.array(rates[step // steps]) for step in taken if rates})
    return probing.revisit(model, states, batch_at, tested, chained=job["record"]["steps"])


def frozen_prefix(layers):
    """Returns the number of leading layers with a constant output in a training, or 0 where none of them has weights.

    These are the layers before the first one that is trained or draws random numbers; without weights, there is nothing
    to gain by computing them once.
    """
    constant = next((i for i, layer in enumerate(layers) if is_trained(layer) or is_random(layer)), len(layers))
    return constant if any(has_gradients(layer) for layer in layers[:constant]) else 0


def loaded(realization, job):
    """Returns (training set, test set, initialization or None, order or None, batch size) of a job.

    A set is (x, y); the training set also has the weights of the samples, where the spec has any.
    """
    train_set, test_set = (samples.load(job["data"]["folder"], part, job["spec"]["data"]) for part in ("train", "test"))
    train_set += of_training_set(job["spec"], len(train_set[0]))
    initialization = npz.read(job["weights"]) if job["weights"] else None
    order = np.load(job["order"], mmap_mode="r") if job["order"] else None
    return train_set, test_set, initialization, order, (batch_size(job["spec"], len(train_set[0])) or
                                                        realization.Model.default_batch)


def _prepared(realization, job, initialization, train_set, test_set):
    """Returns (model, training set, test set), with the initial weights in the model.

    With job["prefix"] of `once`, the model has the layers after the `frozen_prefix`, and x is the output of that
    prefix. With init=native, a model of all layers draws the initial weights. In that case, another model of all layers
    is built after the prefix was computed, which draws numbers on torch, so that the training draws the same random
    numbers as a user's model.
    """
    spec, shape, all_layers = job["spec"], train_set[0].shape[1:], (0, len(job["spec"]["layers"]))
    split = frozen_prefix(spec["layers"]) if job["prefix"] == "once" else 0
    if not split:
        model = realization.Model(spec, all_layers, shape, job)
        if initialization is not None:
            _put(initialization, model)
        return model, train_set, test_set
    weights = initialization
    if weights is None:
        weights = realization.Model(spec, all_layers, shape, job).get_weights()
    prefix = realization.Model(spec, (0, split), shape, job)
    _put(weights, prefix)
    inputs = tuple((prefix.outputs(part[0]),) + part[1:] for part in (train_set, test_set))
    model = realization.Model(spec, (split, all_layers[1]), inputs[0][0].shape[1:], job)
    _put(weights, model)
    if initialization is None:
        realization.Model(spec, all_layers, shape, job)
    return (model,) + inputs


def _put(weights, model):
    """Sets the weights of a model; a wrong shape fails here, since it is a bug in this package, not a refusal."""
    current = model.get_weights()
    fits = all(weights[name].shape == current[name].shape for name in current)
    assert fits, "The initial weights belong to another model."
    model.set_weights({name: weights[name] for name in current})


def _curves(watch):
    arrays = dict(zip(("step/loss", "batch_checksum/labels", "batch_checksum/images"), watch.taken_steps()))
    if watch.restored:
        arrays["restored"] = np.array(watch.restored)
    for name in sorted({name for row in watch.reported for name in row}):
        arrays["reported/" + name] = np.array([row.get(name, np.nan) for row in watch.reported], float)
    return arrays


def _evaluations(watch, train_set, test_set):
    """Returns the arrays epoch, evaluated/…, accuracy_by_rule/…, last/…, predicted/… and correct/… of a trace.

    The framework's loss, accuracy and metrics are NaN where it refuses the evaluation.
    """
    rows, model = [], watch.model
    threshold = model.spec["accuracy"]["threshold"]
    for epoch in sorted(watch.ends):
        model.set_weights(dict(model.get_weights(), **watch.ends[epoch]["weight"]))
        row = {"epoch": epoch}
        for part, (x, y) in (("train", train_set), ("test", test_set)):
            row.update({"evaluated/%s/%s" % (part, name): value
                        for name, value in probing.measured(model, x, y).items()})
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
    """Returns probes chained over the first steps, and single probes at some of the states recorded later.

    It also returns all states that `fit` left later, so that the steps between them can be replayed.
    """
    planned, taken = watch.steps * watch.epochs, len(watch.taken_steps()[0])
    rates = {step: state["optimizer_state"]["rate"] for step, state in watch.states.items()
             if "rate" in state["optimizer_state"]}
    arrays = probing.chain(watch.model, {"weight": initial, "optimizer_state": {}},
                           range(min(record["steps"], planned)), batch_at, tested, taken, rates)
    ends = {epoch * watch.steps for epoch in watch.ends}
    later = sorted(step for step in watch.states if record["steps"] <= step < planned and
                   (step in ends or step < watch.steps))
    chosen = {later[i] for i in np.linspace(0, len(later) - 1, record["states"]).astype(int)} if later else set()
    arrays.update(probing.revisit(watch.model, {step: watch.states[step] for step in chosen}, batch_at, tested, taken))
    for step in sorted(watch.states) if record["steps"] else ():
        if step >= record["steps"]:
            arrays.update(probing.kept(step, watch.states[step]))
    return arrays


def peak_mb():
    """Returns the peak memory of this process in MB; Linux counts it in KB, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 ** 2 if sys.platform == "darwin" else 1024)


def _outcome(error, watch):
    losses = watch.taken_steps()[0]
    bad = np.flatnonzero(~np.isfinite(losses))
    if isinstance(error, Undefined):
        return {"kind": Outcome.UNDEFINED, "step": len(losses), "message": str(error)}
    if isinstance(error, Unsupported):
        return {"kind": Outcome.UNSUPPORTED, "step": len(losses), "message": str(error)}
    if error is not None:
        message = "%s: %s" % (type(error).__name__, str(error).strip())
        return {"kind": Outcome.REFUSED, "step": len(losses), "message": message}
    if len(bad):
        message = "The loss of step %d is %s." % (bad[0] + 1, losses[bad[0]])
        return {"kind": Outcome.NAN, "step": int(bad[0]), "message": message}
    stopped = len(watch.reported) < watch.epochs
    return {"kind": Outcome.STOPPED if stopped else Outcome.FINISHED, "step": len(losses), "message": ""}
