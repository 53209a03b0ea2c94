"""Gradients of the compiled loss, as the backend of Keras computes them."""
import numpy as np

from frameworks.keras.api import KERAS_3, SESSIONS, keras


def function(model):
    """Returns a function (x, y, sample weights or None) -> gradients of the trainable weights, in Keras's order.

    They are those of the compiled loss in training mode, as NumPy arrays. `model` is compiled.
    """
    return BACKENDS["sessions" if SESSIONS else keras.backend.backend()](model)


def on_tensorflow(model):
    """Differentiates with a GradientTape, in a graph; early versions of tf.keras have no `compute_loss`."""
    import tensorflow as tf

    @tf.function(autograph=False, **({"reduce_retracing": True} if KERAS_3 else {}))
    def graph(x, y, weights):
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = model.compute_loss(x, y, outputs, weights) if hasattr(model, "compute_loss") else \
                model.compiled_loss(y, outputs, weights)
        return tape.gradient(loss, model.trainable_variables)
    return lambda x, y, weights: [value.numpy() for value in graph(
        tf.constant(x), tf.constant(y), None if weights is None else tf.constant(weights))]


def on_sessions(model):
    """Differentiates the graph of TensorFlow 1, with the learning phase 1 (training)."""
    K = keras.backend
    inputs = model._feed_inputs + model._feed_targets + model._feed_sample_weights + [K.learning_phase()]
    compute = K.function(inputs, K.gradients(model.total_loss, model.trainable_weights))
    return lambda x, y, weights: compute([x, y, np.ones(len(x), np.float32) if weights is None else weights, 1])


def on_jax(model):
    """Differentiates the function that Keras's own training step differentiates."""
    import jax
    compute = jax.grad(model.compute_loss_and_updates, has_aux=True)

    def gradients(x, y, weights):
        states = [[v.value for v in variables] for variables in
                  (model.trainable_variables, model.non_trainable_variables, model.metrics_variables)]
        optimizer_state = [v.value for v in model.optimizer.variables]
        return [np.array(g) for g in compute(*states, x, y, weights, training=True,
                                             optimizer_variables=optimizer_state)[0]]
    return gradients


def on_torch(model):
    """Differentiates with a backward pass."""
    def gradients(x, y, weights):
        model.zero_grad()
        model.compute_loss(x, y, model(x, training=True), weights).backward()
        return [v.value.grad.detach().cpu().numpy() for v in model.trainable_variables]
    return gradients


BACKENDS = {"tensorflow": on_tensorflow, "sessions": on_sessions, "jax": on_jax, "torch": on_torch}
"""By backend, what `function` returns; `sessions` stands for TensorFlow 1."""
