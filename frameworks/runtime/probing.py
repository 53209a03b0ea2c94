"""Probes: single steps of a model, from given weights or from recorded states of its own or another training.

Python 3.6 and NumPy 1.16. A probe consists of the arrays of `Model.step` from a state; weight/… and optimizer_state/…
after the step; `loss_after`, the loss of the same batch in an evaluation at the new weights (NaN where the framework
refuses it), which has no sample weights; and accuracy_by_rule/…, the accuracy of the step's outputs by every rule.

At a state of a training, a probe also has evaluated/logits, evaluated/outputs, and evaluated/… with the loss, accuracy
and metrics of the spec: the framework's own evaluation of the first `EVALUATED` test samples at the weights before the
step. The accuracy of these outputs by every rule is accuracy_by_rule/evaluated/….
"""
import numpy as np

from frameworks.parts.metrics import metric_names
from frameworks.runtime import npz
from frameworks.runtime.accuracy import accuracy, rules_for
from frameworks.runtime.errors import is_fault
from frameworks.runtime.losses import of_training_set

EVALUATED = 128
"""The number of test samples that are evaluated at a state: enough for the statistics of a batch."""


def probe(realization, job):
    """Takes one step from given weights, optimizer state and batch, and returns the arrays of a probe by name.

    job["weights"], job["optimizer_state"] (optional) and job["batch"] are npz files. The batch holds x and y as the
    model gets them; where the spec has sample weights, these samples get those of the first training samples.
    """
    batch = npz.read(job["batch"])
    x, y = batch["x"], batch["y"]
    model = realization.Model(job["spec"], (0, len(job["spec"]["layers"])), x.shape[1:], job)
    model.set_weights(npz.read(job["weights"]))
    optimizer_state = npz.read(job["optimizer_state"]) if job.get("optimizer_state") else {}
    return probed(model, (x, y) + of_training_set(job["spec"], len(x)), optimizer_state)


def probed(model, batch, optimizer_state):
    """Returns the arrays of a probe; the weights of the model must be set.

    `batch` is (x, y), or (x, y, sample weights). An empty optimizer state stands for a new optimizer.
    """
    x, y = batch[:2]
    model.set_optimizer_state(optimizer_state)
    arrays = dict(model.step(*batch))
    weights = model.get_weights()
    arrays.update({"weight/" + name: weights[name].copy() for name in model.changing})
    arrays.update({"optimizer_state/" + name: np.array(value) for name, value in model.get_optimizer_state().items()})
    arrays["loss_after"] = np.array(measured(model, x, y)["loss"])
    arrays.update(_accuracies("accuracy_by_rule/", model, y, arrays["logits"], arrays["outputs"]))
    return arrays


def evaluated(model, x, y):
    """Returns the arrays of an evaluation of x and y; the weights of the model must be set."""
    logits, outputs = model.forward(x)
    arrays = {"evaluated/logits": logits, "evaluated/outputs": outputs}
    arrays.update({"evaluated/" + name: np.array(value) for name, value in measured(model, x, y).items()})
    return dict(arrays, **_accuracies("accuracy_by_rule/evaluated/", model, y, logits, outputs))


def evaluated_part(test_set):
    """Returns the samples (x, y) of a test set that are evaluated at every recorded state."""
    return tuple(part[:EVALUATED] for part in test_set)


def _accuracies(prefix, model, y, logits, outputs):
    """Returns the accuracy of outputs by every rule that applies to them."""
    threshold = model.spec["accuracy"]["threshold"]
    return {prefix + rule: np.array(accuracy(rule, y, logits, outputs, threshold))
            for rule in rules_for(logits.shape[1])}


def measured(model, x, y):
    """Returns loss, accuracy and metrics by name, NaN where the framework refuses, as when outputs leave the domain of
    the loss.
    """
    names = ["loss", "accuracy"] + metric_names(model.spec)
    try:
        return dict(zip(names, model.measure(x, y)))
    except Exception as error:
        if is_fault(error):
            raise
        return dict.fromkeys(names, np.nan)


def chain(model, state, steps, batch_at, tested, taken=0, rates=None, every=False):
    """Returns the arrays probe/… and state/… of consecutive steps, each from the state after the one before.

    `state` is {"weight": …, "optimizer_state": …} before the first of the `steps`, a range. `batch_at(step)` returns
    the batch of a step. `tested` is the (x, y) that is evaluated at the first of these steps, or, with `every`, at each
    of them: an evaluation with Keras takes as long as a step. `rates` are the learning rates that `fit` has set between
    steps, by step.

    The chain ends before a step that is refused. A refusal within the first `taken` steps, which the training took, is
    raised.
    """
    arrays = {}
    for step in steps:
        if rates and step in rates:
            state["optimizer_state"]["rate"] = rates[step]
        probe_arrays = _at(model, step, state, batch_at, tested if every or step == steps[0] else None, arrays, taken)
        if probe_arrays is None:
            break
        state = {kind: {name[len(kind) + 1:]: value for name, value in probe_arrays.items()
                        if name.startswith(kind + "/")}
                 for kind in ("weight", "optimizer_state")}
    return arrays


def revisit(model, states, batch_at, tested, taken=0, chained=0):
    """Returns the arrays probe/… and state/… of single steps from recorded states, given by step.

    `batch_at`, `tested` and `taken` are those of `chain`. A refused step is left out; a refusal within the first
    `taken` steps is raised. Of the first `chained` steps, only the first is evaluated, as in `chain`.
    """
    arrays, initial = {}, {name: value.copy() for name, value in model.get_weights().items()}
    for step in sorted(states):
        model.set_weights(initial)  # a state only has the weights that its framework trains
        _at(model, step, states[step], batch_at, None if 0 < step < chained else tested, arrays, taken)
    return arrays


def layers(model, states, inputs_at, training):
    """Returns the arrays probe/<step>/layer/<layer>: the output of every layer at recorded states, given by step.

    `training` says whether the layers run in training mode or as in an evaluation. `inputs_at(step)` returns x.
    """
    arrays, initial = {}, {name: value.copy() for name, value in model.get_weights().items()}
    for step in sorted(states):
        model.set_weights(dict(initial, **states[step]["weight"]))
        outputs = model.layer_outputs(inputs_at(step), training)
        arrays.update({"probe/%d/layer/%s" % (step, name): np.array(value) for name, value in outputs.items()})
    return arrays


def states_of(arrays):
    """Returns the recorded states that have a probe: {step: {"weight": …, "optimizer_state": …}}."""
    steps = {int(name.split("/")[1]) for name in arrays if name.startswith("probe/")}
    return {step: {kind: {name.split("/", 3)[3]: value for name, value in arrays.items()
                          if name.startswith("state/%d/%s/" % (step, kind))} for kind in ("weight", "optimizer_state")}
            for step in steps}


def rates_from_metrics(model, arrays):
    """Returns the learning rates by epoch that the model would have with the metrics reported in another trace's
    `arrays`.

    The list is empty where the rate does not depend on reported metrics.
    """
    rate = model.spec["optimizer"]["learning_rate"]
    if not isinstance(rate, dict) or "monitor" not in rate:
        return []
    return [rate["initial"]] + list(model.rates(arrays.get("reported/" + rate["monitor"], ())))


def at_rates(states, rates, steps):
    """Sets these learning rates, if any, in recorded states and returns the states; an epoch has `steps` steps."""
    for step in states if rates else ():
        states[step]["optimizer_state"].update(rate=np.array(rates[step // steps]),
                                               last_rate=np.array(rates[max(step - 1, 0) // steps]))
    return states


def _at(model, step, state, batch_at, tested, arrays, taken):
    """Adds the probe at a state, and the state, to `arrays`; returns the probe, or None where the framework refuses it.

    The training's outcome already reports a refusal at the same step. A refusal of a step that the training took is
    raised, because it is a bug in this package.
    """
    weights = dict(model.get_weights(), **state["weight"])
    model.set_weights(weights)
    batch = batch_at(step)
    try:
        probe_arrays = evaluated(model, *tested) if tested else {}
        model.set_weights(weights)  # a change by an evaluation must not appear as one of the step
        probe_arrays.update(probed(model, batch, state["optimizer_state"]))
    except Exception as error:
        if is_fault(error) or step < taken:
            raise
        return None
    arrays.update({"probe/%d/%s" % (step, name): value for name, value in probe_arrays.items()})
    arrays.update(kept(step, state))
    return probe_arrays


def kept(step, state):
    """Returns the state before a step as arrays of a trace."""
    return {"state/%d/%s/%s" % (step, kind, name): value
            for kind, values in state.items() for name, value in values.items()}
