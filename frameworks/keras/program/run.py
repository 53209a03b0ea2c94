"""Runs a user's Keras model: describes it, runs forward passes, computes its gradient, and calls its own `fit`."""
import numpy as np

from frameworks.keras.api import keras
from frameworks.keras.program import build, drawn, gradient, layers, numbers, optimizer, recorder
from frameworks.runtime.program_arrays import (
    NAMES,
    batches,
    differ,
    in_dtype,
    kept_steps,
    numbered,
    outline,
    read_arrays,
    refuse_random,
    without_first_ones,
)
from frameworks.runtime.program_objects import made_at
from frameworks.runtime.user_program import folder_of, phase


def run(job, facts, arrays):
    """Builds the program of a job, runs it, and fills the facts and arrays of `frameworks.runtime.user_program`.

    Raises ProgramError where the user's code fails.
    """
    inputs = [in_dtype(array, job["dtype"]) for array in numbered(read_arrays(job["data"], "input"))]
    targets = [in_dtype(array, job["dtype"]) for array in numbered(read_arrays(job["data"], "target"))]
    model = build.built(job, inputs, facts)
    describe(model, inputs, job, facts)
    for path, held_by in layers.around(model).items():
        for made in [layer for name, layer in layers.leaves(model) if name == path] + held_by:
            arrays.update({"constant/%s.%s" % (type(made).__name__, name): value
                           for name, value in numbers.arrays_of(made).items()})
    for name, variable, _ in layers.parameters(model):
        arrays["parameter/" + name] = value_of(variable) if job["whole"] else outline(value_of(variable))
    for i, weight in enumerate(model.get_weights() if job["whole"] else []):
        arrays["listed/%d" % i] = np.array(weight)
    if job["data"]:
        with drawn.same_numbers(facts):
            passes_and_training(model, inputs, targets, job, facts, arrays)


def passes_and_training(model, inputs, targets, job, facts, arrays):
    """Runs the model forward, and trains it if it is compiled and the job has targets and steps; fills the arrays."""
    build.without_dropout(model)
    build.without_augmentation(model, facts)
    folder, first = folder_of(job), [array[:job["batch"]] for array in inputs]
    with phase("forward", folder):
        arrays.update({"given/%d" % i: array for i, array in enumerate(first)})
        outputs = forward(model, first, facts, arrays)
        if any(getattr(output, "_keras_mask", None) is not None for output in recorder.tensors(outputs)):
            keep_masks(model, inputs, arrays)
    if facts["loss"] and targets and job["until"]:
        with phase("loss", folder):
            loss_and_gradient(model, first, [array[:job["batch"]] for array in targets], job, facts, arrays)
    trains = facts["loss"] and facts["optimizer"] and targets and job["until"]
    if trains and job["until"] >= job["steps"] and has_metrics(model):
        with phase("metrics", folder):
            measure(model, inputs, targets, job, arrays)
    if trains:
        with phase("training", folder):
            train(model, inputs, targets, job, facts, arrays)
        with phase("evaluation", folder):
            keep_outputs("evaluated", model(build.as_inputs(model, first), training=False), arrays)


def describe(model, samples, job, facts):
    """Fills the facts about the parts of the model."""
    leaves, holders = layers.leaves(model), layers.around(model)
    facts.update(
        backend=keras.backend.backend(), loss=layers.loss_of(model),
        layers=[layers.described(path, layer, holders.get(path, [])) for path, layer in leaves],
        optimizer=optimizer.described(model, job["steps"], getattr(model, "optimizer", None)),
        penalties=layers.penalties(model), activity_penalties=layers.activity_penalties(model),
        constraints=layers.constraints(model), metrics=layers.metrics_of(model), place=made_at(model),
        signature=layers.signature(model, samples),
        parameters=[{"name": name, "layer": name.rpartition(".")[0], "role": name.rpartition(".")[2],
                     "shape": list(value_of(variable).shape), "trainable": bool(variable.trainable),
                     "moving": "moving" in name} for name, variable, _ in layers.parameters(model)])


def value_of(variable):
    """Returns the value of a variable or tensor as an array, a variable in the shape of `kept_shape`."""
    return kept_shape(variable, np.array(keras.ops.convert_to_numpy(variable)))


def kept_shape(variable, array):
    """Returns the array of a variable in the shape that is compared with PyTorch's.

    The slopes of PReLU have no axes of size 1, over which they are shared. The kernels and biases of attention have all
    heads in one axis, as those of a Linear. A variable of a user's own layer has no leading axes of size 1.
    """
    name, part = getattr(variable, "name", ""), getattr(variable, "path", "").split("/")[-2:-1]
    if name == "alpha" and array.ndim > 1:
        return array.reshape([size for size in array.shape if size != 1] or [1])
    if part and part[0] in OF_ATTENTION and array.ndim == (3 if name == "kernel" else 2) and name in ("kernel", "bias"):
        return array.ravel() if name == "bias" else array.reshape(
            (-1, array.shape[-1]) if part[0] == OF_ATTENTION[-1] else (array.shape[0], -1))
    of_the_user = hasattr(variable, "path") and name not in NAMES
    return array.reshape(without_first_ones(array.shape)) if of_the_user else array


OF_ATTENTION = ("query", "key", "value", "attention_output")
"""The names of the layers inside Keras's MultiHeadAttention."""


def keep_outputs(name, outputs, arrays):
    """Stores every output of the model as NAME/0, NAME/1, …"""
    for i, output in enumerate(recorder.tensors(outputs)):
        arrays["%s/%d" % (name, i)] = value_of(output)


def forward(model, first, facts, arrays):
    """Records a pass in training mode and one in evaluation mode, and returns the outputs of the latter.

    The moving statistics are reset afterwards. Raises ProgramError where another pass in evaluation mode gives other
    outputs.
    """
    weights = moving(model)
    for mode, training in (("training", True), ("forward", False)):
        with recorder.recording(model) as record:
            outputs = model(build.as_inputs(model, first), training=training)
        arrays.update({mode + "/" + key: value for key, value in record.values.items()})
        set_moving(model, weights)
    facts["operations"] = record.facts
    keep_outputs("predicted", outputs, arrays)
    again = {}
    keep_outputs("predicted", model(build.as_inputs(model, first), training=False), again)
    if any(differ(value, arrays[name]) for name, value in again.items()):
        with recorder.recording(model) as record:
            model(build.as_inputs(model, first), training=False)
        refuse_random(arrays, {"forward/" + key: value for key, value in record.values.items()}, facts["operations"])
    set_moving(model, weights)
    return outputs


def moving(model):
    """Returns the values of the variables that a pass changes, in the order of `changed_by_a_pass`."""
    return [value_of(variable) for variable in changed_by_a_pass(model)]


def changed_by_a_pass(model):
    """Returns the variables that a pass changes: moving statistics and the states of recurrent layers, which Keras does
    not list.
    """
    states = [keras.tree.flatten(getattr(layer, "states", None) or []) for layer in model._flatten_layers()]
    return model.non_trainable_variables + [state for several in states for state in several
                                            if hasattr(state, "assign")]


def set_moving(model, values):
    """Sets the variables that a pass changes to values that `moving` has returned."""
    for variable, value in zip(changed_by_a_pass(model), values):
        variable.assign(np.reshape(value, variable.shape))


def keep_masks(model, inputs, arrays):
    """Stores the masks of the outputs of all samples as mask/0, mask/1, …; Keras's loss counts only unmasked positions.
    """
    weights = moving(model)
    outputs = model(build.as_inputs(model, inputs), training=False)
    set_moving(model, weights)
    for i, output in enumerate(recorder.tensors(outputs)):
        if getattr(output, "_keras_mask", None) is not None:
            arrays["mask/%d" % i] = value_of(output._keras_mask)


def loss_and_gradient(model, first, targets, job, facts, arrays):
    """Stores the loss of the first batch in training mode, and the gradient of every parameter."""
    weights = moving(model)
    loss, gradients, used = gradient.loss_and_gradients(model, build.as_inputs(model, first),
                                                        build.as_targets(model, targets))
    if facts["optimizer"] and not any(each is model.optimizer for each in used):
        facts["optimizer"] = optimizer.of_own_step(model, job["steps"], used, facts)
    if gradients is None:
        facts.setdefault("warnings", []).append("The model's own train_step does not give all gradients to its "
                                                "optimizer at once, so they were not compared; the updates were.")
    by_variable = {id(variable): value for variable, value in zip(model.trainable_variables, gradients or ())}
    for name, variable, _ in layers.parameters(model):
        if by_variable.get(id(variable)) is not None:
            arrays["gradient/" + name] = outline(kept_shape(variable, by_variable[id(variable)]))
    if loss is not None:
        arrays["first_loss"] = value_of(loss)
    set_moving(model, weights)


def samples(model, inputs, targets, job):
    """Returns the inputs and targets of all steps in the form that `fit` and `evaluate` take."""
    inputs, targets = (batches(values, job["steps"], job["batch"]) for values in (inputs, targets))
    return build.as_inputs(model, inputs), build.as_targets(model, targets)


def has_metrics(model):
    """Returns whether the model is compiled with metrics."""
    compiled = getattr(model, "_compile_metrics", None)
    return bool(compiled and (compiled._user_metrics or compiled._user_weighted_metrics))


def measure(model, inputs, targets, job, arrays):
    """Stores the metrics of an evaluation of all samples before training as measured/<name>."""
    x, y = samples(model, inputs, targets, job)
    weights = moving(model)
    measured = model.evaluate(x, y, batch_size=job["batch"], verbose=0, return_dict=True)
    set_moving(model, weights)
    arrays.update({"measured/" + name: np.array(value) for name, value in measured.items()})


class Keeper(keras.callbacks.Callback):
    """Stores the loss of every step, and the weights after the watched steps.

    Keras reports the mean loss of the steps so far, so the mean is reset before every step; on JAX, a callback cannot
    do that. A user's own `train_step` may report the loss of its step instead.
    """

    def __init__(self, job, arrays):
        super(Keeper, self).__init__()
        self.steps, self.arrays, self.losses = kept_steps(job["steps"]), arrays, []

    def on_train_batch_begin(self, batch, logs=None):
        if keras.backend.backend() != "jax":
            self.model.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        if "loss" in (logs or {}):
            self.losses.append(float(logs["loss"]))
        if batch == 0:
            self.arrays.update({"metric/" + name: np.array(value) for name, value in logs.items()})
        if batch + 1 in self.steps:
            for name, variable, _ in layers.parameters(self.model):
                self.arrays["weight/%d/%s" % (batch + 1, name)] = outline(value_of(variable))

    def of_steps(self):
        """Returns the loss of every step."""
        if keras.backend.backend() != "jax" or gradient.has_own_step(self.model):
            return np.array(self.losses)
        return np.diff(np.array(self.losses) * np.arange(1, len(self.losses) + 1), prepend=0.0)


def train(model, inputs, targets, job, facts, arrays):
    """Trains with the model's `fit` in the order of the samples, and stores the losses."""
    keeper = Keeper(job, arrays)
    x, y = samples(model, inputs, targets, job)
    keras.utils.set_random_seed(job["seed"])
    model.fit(x, y, batch_size=job["batch"], epochs=1, shuffle=False, verbose=0, callbacks=[keeper])
    if keeper.losses:
        arrays["loss"] = keeper.of_steps()
    else:
        facts.setdefault("warnings", []).append("The model's own train_step reports no `loss`, so losses were not "
                                                "compared; the updates were.")
