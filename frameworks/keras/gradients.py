"""Gradients of the compiled loss, as the backend under Keras computes them."""
import keras
import numpy as np


def function(model):
    """A function (x, y) -> gradients of the trainable weights on a batch, NumPy, in Keras's order."""
    return BACKENDS[keras.backend.backend()](model)


def on_tensorflow(model):
    import tensorflow as tf

    @tf.function(autograph=False, reduce_retracing=True)
    def graph(x, y):
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x, y, model(x, training=True))
        return tape.gradient(loss, model.trainable_variables)
    return lambda x, y: [value.numpy() for value in graph(tf.constant(x), tf.constant(y))]


def on_jax(model):
    import jax
    compute = jax.grad(model.compute_loss_and_updates, has_aux=True)

    def gradients(x, y):
        states = [[v.value for v in variables] for variables in
                  (model.trainable_variables, model.non_trainable_variables, model.metrics_variables)]
        slots = [v.value for v in model.optimizer.variables]
        return [np.array(g) for g in compute(*states, x, y, None, training=True, optimizer_variables=slots)[0]]
    return gradients


def on_torch(model):
    def gradients(x, y):
        model.zero_grad()
        model.compute_loss(x, y, model(x, training=True)).backward()
        return [v.value.grad.detach().cpu().numpy() for v in model.trainable_variables]
    return gradients


BACKENDS = {"tensorflow": on_tensorflow, "jax": on_jax, "torch": on_torch}
