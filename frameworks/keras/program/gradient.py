"""The loss of the first batch and its gradients, in training mode, as `fit` computes them; weights stay as they are."""
import inspect

import numpy as np

from frameworks.keras.api import keras


def loss_and_gradients(model, x, y):
    """Returns (loss, gradients of the trainable variables); a gradient is None where there is none.

    The gradients are None as a whole where the user's own `train_step` gives its optimizer not all of them.
    """
    if keras.backend.backend() == "jax":
        return with_jax(model, x, y)
    if has_own_step(model):
        return of_own_step(model, x, y)
    return (with_tensorflow if keras.backend.backend() == "tensorflow" else with_torch)(model, x, y)


def has_own_step(model):
    """Returns whether the user's class has a `train_step` of its own."""
    return type(model).train_step is not keras.Model.train_step


def loss_of(model, x, y):
    """Returns the loss of a batch in training mode; Keras 3.3 does not say the mode to `compute_loss`."""
    mode = {"training": True} if "training" in inspect.signature(model.compute_loss).parameters else {}
    return model.compute_loss(x, y, model(x, training=True), **mode)


def with_tensorflow(model, x, y):
    """Returns the loss and the gradients of a tape."""
    import tensorflow as tf
    with tf.GradientTape() as tape:
        loss = loss_of(model, x, y)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return loss, list(map(as_array, gradients))


def with_torch(model, x, y):
    """Returns the loss and the gradients of a backward pass."""
    loss = loss_of(model, x, y)
    model.zero_grad()
    loss.backward()
    gradients = [as_array(variable.value.grad) for variable in model.trainable_variables]
    model.zero_grad()
    return loss, gradients


def with_jax(model, x, y):
    """Returns the loss and the gradients of the function that Keras's own step differentiates."""
    import jax
    state = [[variable.value for variable in variables] for variables in (
        model.trainable_variables, model.non_trainable_variables, model.metrics_variables)]
    step = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)
    (loss, _), gradients = step(*state, x, y, None, training=True, optimizer_variables=[])
    return loss, list(map(as_array, gradients))


def of_own_step(model, x, y):
    """Returns what the user's `train_step` reports as its loss, and the gradients that it gives to its optimizer."""
    given = {}

    def keep(gradients, variables=None):
        given.update({id(variable): gradient for gradient, variable in
                      zip(gradients, model.trainable_variables if variables is None else variables)})
    model.reset_metrics()
    apply = model.optimizer.apply  # a change may have put another one there
    model.optimizer.apply = keep
    try:
        logs = model.train_step((x, y))
    finally:
        model.optimizer.apply = apply
    trained = [id(variable) for variable in model.trainable_variables]
    return logs.get("loss"), [as_array(given[key]) for key in trained] if set(trained) <= set(given) else None


def as_array(gradient):
    """Returns a gradient as an array, with the rows of a sparse one in their places; None where there is none."""
    if gradient is None:
        return None
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf
        return np.array(tf.convert_to_tensor(gradient))
    return np.array(keras.ops.convert_to_numpy(gradient))
