"""The loss of the first batch and its gradients in training mode, as `fit` computes them; the weights do not change."""
import contextlib
import inspect

import numpy as np

from frameworks.keras.api import keras
from frameworks.keras.program import kept_state


def loss_and_gradients(model, x, y):
    """Returns (loss, gradients of the trainable variables as arrays, optimizers that the step uses); the gradient of an
    unused variable is None.

    If the user's own `train_step` reports no loss, the loss is None, and if it does not pass the gradients of all
    variables to one optimizer, the second item is None. On JAX, the step is not used.
    """
    if has_own_step(model) and keras.backend.backend() != "jax":
        return of_own_step(model, x, y)
    step = {"jax": with_jax, "tensorflow": with_tensorflow, "torch": with_torch}[keras.backend.backend()]
    return step(model, x, y) + ([getattr(model, "optimizer", None)],)


def has_own_step(model):
    """Returns whether the user's class overrides `train_step`."""
    return type(model).train_step is not keras.Model.train_step


def loss_of(model, x, y):
    """Returns the loss of a batch in training mode; in Keras 3.3, `compute_loss` has no argument `training`."""
    mode = {"training": True} if "training" in inspect.signature(model.compute_loss).parameters else {}
    return model.compute_loss(x, y, model(x, training=True), **mode)


def with_tensorflow(model, x, y):
    """Returns the loss and the gradients, computed with a GradientTape."""
    import tensorflow as tf
    with tf.GradientTape() as tape:
        loss = loss_of(model, x, y)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return loss, list(map(as_array, gradients))


def with_torch(model, x, y):
    """Returns the loss and the gradients, computed with a backward pass."""
    loss = loss_of(model, x, y)
    model.zero_grad()
    loss.backward()
    gradients = [as_array(variable.value.grad) for variable in model.trainable_variables]
    model.zero_grad()
    return loss, gradients


def with_jax(model, x, y):
    """Returns the loss and the gradients of `compute_loss_and_updates`, which Keras's own step differentiates."""
    import jax
    state = [[variable.value for variable in variables] for variables in (
        model.trainable_variables, model.non_trainable_variables, model.metrics_variables)]
    step = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)
    (loss, _), gradients = step(*state, x, y, None, training=True, optimizer_variables=[])
    return loss, list(map(as_array, gradients))


def of_own_step(model, x, y):
    """Returns the loss that the user's `train_step` reports, the gradients that it passes to the optimizer of `compile`
    or to the only one that it uses, and the optimizers that it uses: that of `compile` where no weight changes, as in a
    step that only accumulates gradients.

    The step updates the weights, since a model with several optimizers, such as a GAN, computes the second loss with
    the weights after the first update. Afterwards, all variables and attributes get the values that they had.
    """
    optimizers, before = optimizers_of(model), values_of(model.variables)
    given, trained = [{} for _ in optimizers], [id(variable) for variable in model.trainable_variables]
    model.reset_metrics()
    with contextlib.ExitStack() as watched:
        for optimizer, gradients in zip(optimizers, given):
            watched.enter_context(followed(optimizer, model, gradients, before))
        watched.enter_context(kept_state.put_back(model))
        logs = model.train_step((x, y))
        by_hand = not any(given) and any(
            id(variable) in trained and not np.array_equal(keras.ops.convert_to_numpy(variable), value)
            for variable, value in before)
    loss = None if logs.get("loss") is None else np.array(keras.ops.convert_to_numpy(logs["loss"]))
    for variable, value in before:
        variable.assign(value)
    compiled = getattr(model, "optimizer", None)
    used = [(optimizer, gradients) for optimizer, gradients in zip(optimizers, given) if gradients]
    passed = next((gradients for optimizer, gradients in used if optimizer is compiled or len(used) == 1), {})
    return (loss, [as_array(passed[key]) for key in trained] if set(trained) <= set(passed) else None,
            [optimizer for optimizer, _ in used] or [compiled] * (not by_hand))


def optimizers_of(model):
    """Returns the optimizer of `compile`, and those that a user's class keeps in attributes."""
    return list({id(each): each for each in vars(model).values()
                 if isinstance(each, keras.optimizers.Optimizer)}.values())


def values_of(variables):
    """Returns [(variable, value)]."""
    return [(variable, np.array(keras.ops.convert_to_numpy(variable))) for variable in variables]


@contextlib.contextmanager
def followed(optimizer, model, given, before):
    """Stores the gradients that an optimizer gets in `given`, by the id of the variable, while the block runs.

    The optimizer's own variables and their values are appended to `before` before its first update.
    """
    original = optimizer.apply  # not that of the class: `sum_repeated_rows` may have replaced it

    def apply(gradients, variables=None, *args, **kwargs):
        trained = model.trainable_variables if variables is None else list(variables)
        if not optimizer.built:
            optimizer.build(trained)
        if not given:
            before.extend(values_of(optimizer.variables))
        given.update({id(variable): gradient for gradient, variable in zip(gradients, trained)})
        return original(gradients, variables, *args, **kwargs)
    optimizer.apply = apply
    try:
        yield
    finally:
        optimizer.apply = original


def as_array(gradient):
    """Returns a gradient as a dense array; None if there is no gradient."""
    if gradient is None:
        return None
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf
        return np.array(tf.convert_to_tensor(gradient))
    return np.array(keras.ops.convert_to_numpy(gradient))
