"""Looking at single steps of a model: at given weights, at a training's own recorded states, at another training's.

Python 3.6 and NumPy 1.16. A probe is the arrays of `Model.step` from a state, with weight/… and optimizer_state/… after
the step, `loss_after`, the loss of the same batch as it is measured at the new weights (nan where it is refused;
without class weights, where the test set has none), and accuracy_by_rule/…, the accuracy of the step's own outputs by
every rule.

At a state of a training stand beside it evaluated/logits, …/outputs, …/loss and …/accuracy: the framework's own
evaluation of the first `EVALUATED` test samples at the weights before the step, and accuracy_by_rule/evaluated/…, the
accuracy of these outputs by every rule.
"""
import numpy as np

from frameworks.runtime.accuracy import accuracy, rules_for
from frameworks.runtime.errors import is_fault

EVALUATED = 128  # test samples that are evaluated at a state; enough for a short batch, and for statistics of a batch


def probe(realization, job):
    """One step from given weights, slots and batch: job["weights"], job["slots"] and job["batch"] are npz files.

    The batch holds x and y as a spec feeds them. Returns the arrays of a probe by name.
    """
    with np.load(job["batch"]) as file:
        x, y = file["x"], file["y"]
    model = realization.Model(job["spec"], (0, len(job["spec"]["layers"])), x.shape[1:], job)
    model.set_weights(stored(job["weights"]))
    return probed(model, x, y, stored(job["slots"]) if job.get("slots") else {})


def probed(model, x, y, optimizer_state):
    """The arrays of a probe, on a model whose weights are set."""
    model.set_optimizer_state(optimizer_state)
    arrays = dict(model.step(x, y))
    weights = model.get_weights()
    arrays.update({"weight/" + name: weights[name].copy() for name in model.changing})
    arrays.update({"optimizer_state/" + name: np.array(value) for name, value in model.get_optimizer_state().items()})
    arrays["loss_after"] = np.array(measured(model, x, y)[0])
    arrays.update(_counted("accuracy_by_rule/", model, y, arrays["logits"], arrays["outputs"]))
    return arrays


def evaluated(model, x, y):
    """The arrays of an evaluation of x and y, on a model whose weights are set."""
    logits, outputs = model.forward(x)
    loss, share = measured(model, x, y)
    arrays = {"evaluated/logits": logits, "evaluated/outputs": outputs, "evaluated/loss": np.array(loss),
              "evaluated/accuracy": np.array(share)}
    return dict(arrays, **_counted("accuracy_by_rule/evaluated/", model, y, logits, outputs))


def evaluated_part(test_set):
    """The samples (x, y) of a test set that are evaluated at every recorded state."""
    return tuple(part[:EVALUATED] for part in test_set)


def _counted(prefix, model, y, logits, outputs):
    """The accuracy of outputs by every rule that can be asked of them."""
    threshold = model.spec["accuracy"]["threshold"]
    return {prefix + rule: np.array(accuracy(rule, y, logits, outputs, threshold))
            for rule in rules_for(logits.shape[1])}


def measured(model, x, y):
    """Loss and accuracy, nan where the framework refuses, as when weights have left the domain of a loss."""
    try:
        return model.measure(x, y)
    except Exception as error:
        if is_fault(error):
            raise
        return np.nan, np.nan


def chain(model, state, steps, batch_at, tested, taken=0, rates=None, every=False):
    """Probes of some steps in a row, each at the state that the one before has left.

    `state` is {"weight": …, "optimizer_state": …} before the first of the `steps`, a range; `batch_at(step)` gives x
    and y, `tested` are the x and y that are evaluated, at the first of these steps only, or at `every` one: an
    evaluation of Keras takes as long as a step. Returns the arrays of a trace, probe/… and state/…; ends with the step
    before one that is refused. Of the first `taken` none may be: the training took them. `rates` are what `fit` has set
    between steps.
    """
    arrays = {}
    for step in steps:
        if rates and step in rates:
            state["optimizer_state"]["rate"] = rates[step]
        after = _at(model, step, state, batch_at, tested if every or step == steps[0] else None, arrays, taken)
        if after is None:
            break
        state = {kind: {name[len(kind) + 1:]: value for name, value in after.items() if name.startswith(kind + "/")}
                 for kind in ("weight", "optimizer_state")}
    return arrays


def revisit(model, states, batch_at, tested, taken=0, chained=0):
    """Probes at recorded states, by step; the arrays of a trace. One that is refused is left out, after `taken`.

    Of the first `chained` steps only the first is evaluated, as `chain` does.
    """
    arrays, first = {}, {name: value.copy() for name, value in model.get_weights().items()}
    for step in sorted(states):
        model.set_weights(first)  # a state has the weights that its own side trains
        _at(model, step, states[step], batch_at, None if 0 < step < chained else tested, arrays, taken)
    return arrays


def states_of(arrays):
    """The recorded states in the arrays of a trace that have a probe: {step: {"weight": …, "optimizer_state": …}}."""
    steps = {int(name.split("/")[1]) for name in arrays if name.startswith("probe/")}
    return {step: {kind: {name.split("/", 3)[3]: value for name, value in arrays.items()
                          if name.startswith("state/%d/%s/" % (step, kind))} for kind in ("weight", "optimizer_state")}
            for step in steps}


def own_rates(model, arrays):
    """The rates by epoch that the model would have, had it seen the epochs of another's trace, of which `arrays` are;
    none where its rate does not follow what epochs report."""
    rate = model.spec["optimizer"]["learning_rate"]
    if not isinstance(rate, dict) or "monitor" not in rate:
        return []
    return [rate["initial"]] + list(model.rates(arrays.get("reported/" + rate["monitor"], ())))


def at_rates(states, rates, steps):
    """Recorded states at such rates, where there are any, of epochs of so many steps."""
    for step in states if rates else ():
        states[step]["optimizer_state"].update(rate=np.array(rates[step // steps]),
                                    last_rate=np.array(rates[max(step - 1, 0) // steps]))
    return states


def stored(path):
    """The arrays of an npz file by name."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def _at(model, step, state, batch_at, tested, arrays, taken):
    """Puts the probe at a state, and the state, into `arrays`; returns the probe, or None where it is refused.

    A training's outcome already tells of a refusal; the probe of the same step would only repeat it. One that refuses
    what the training took is a fault of ours.
    """
    weights = dict(model.get_weights(), **state["weight"])
    model.set_weights(weights)
    x, y = batch_at(step)
    try:
        after = evaluated(model, *tested) if tested else {}
        model.set_weights(weights)  # an evaluation that moves any must not be seen as another step
        after.update(probed(model, x, y, state["optimizer_state"]))
    except Exception as error:
        if is_fault(error) or step < taken:
            raise
        return None
    arrays.update({"probe/%d/%s" % (step, name): value for name, value in after.items()})
    arrays.update(kept(step, state))
    return after


def kept(step, state):
    """A state before a step as arrays of a trace."""
    return {"state/%d/%s/%s" % (step, kind, name): value
            for kind, values in state.items() for name, value in values.items()}
