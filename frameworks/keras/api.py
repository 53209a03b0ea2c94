"""The Keras module of this process, `keras`, and functions for what versions of Keras name differently.

`ops` is `keras.ops` in Keras 3. Older versions run on TensorFlow: `tensorflow_ops` provides its operations under the
names of `keras.ops`.
"""
import importlib
import random

import numpy as np

from frameworks import keras as realization

PACKAGE, _, PART = realization.MODULE.partition(".")
keras = importlib.import_module(PACKAGE)
if PART:  # tensorflow.keras, which some versions of TensorFlow import lazily
    keras = getattr(keras, PART)
VERSION = getattr(keras, "__version__", None) or importlib.import_module("keras").__version__
KERAS_3 = hasattr(keras, "ops")
CHUNKS = KERAS_3 and tuple(map(int, VERSION.split(".")[:2])) >= (3, 15)
"""Whether a model compiled with `steps_per_execution` can also run single steps, which earlier versions cannot."""
if KERAS_3:
    ops = keras.ops
else:
    from frameworks.keras import tensorflow_ops as ops
SESSIONS = not KERAS_3 and not ops.tf.executing_eagerly()
"""Whether every value is a node of a graph that is run in a session: TensorFlow 1."""
if SESSIONS:
    # Keras 2.2 reads its variables again at every use. With a recorder in the graph, a layer's gradient is then
    # sometimes computed from weights that the step has already updated. Keras 2.3 uses resource variables by default.
    ops.tf.compat.v1.enable_resource_variables()


def set_rewriting(enabled):
    """Enables or disables Grappler's arithmetic optimization of TensorFlow graphs, which is enabled by default.

    Up to Keras 3.8, it replaces argmax(sigmoid(x)) by argmax(x). From 3.9 on, there is nothing for it to replace, so it
    is left as it is from 3.15 on. Other backends have no such graphs, and TensorFlow may not be importable there.
    """
    if not CHUNKS and not SESSIONS and keras.backend.backend() == "tensorflow":
        importlib.import_module("tensorflow").config.optimizer.set_experimental_options(
            {"arithmetic_optimization": enabled})


def set_seed(seed):
    """Seeds the random number generators as users of this Keras do: Python's, NumPy's and those of the backend."""
    if hasattr(keras.utils, "set_random_seed"):
        keras.utils.set_random_seed(seed)
        return
    random.seed(seed)
    np.random.seed(seed)
    ops.tf.compat.v1.set_random_seed(seed)


def value_of(variable):
    """Returns the value of a variable as a NumPy array."""
    return np.array(ops.convert_to_numpy(variable) if KERAS_3 else keras.backend.get_value(variable))


def set_value(variable, value):
    """Sets the value of a variable, outside of any graph."""
    if KERAS_3:
        variable.assign(value)
    else:
        keras.backend.set_value(variable, value)


def in_training(model):
    """Returns a function x -> outputs of the model in training mode, as a list of NumPy arrays.

    `model` has several outputs.
    """
    if SESSIONS:
        function = keras.backend.function(model.inputs + [keras.backend.learning_phase()], model.outputs)
        return lambda x: function([x, 1])
    as_array = ops.convert_to_numpy if KERAS_3 else np.array
    return lambda x: [as_array(value) for value in model(x, training=True)]


def after_writing(values, *writes):
    """Calls the functions `writes`, which assign variables, one after the other, and returns `values` unchanged.

    In a graph of an old Keras, whatever depends on the returned values runs after the assignments.
    """
    if KERAS_3:
        for write in writes:
            write()
        return values
    for write in writes:
        with ops.tf.control_dependencies([values]):
            write_op = write()
        with ops.tf.control_dependencies([write_op]):
            values = ops.tf.identity(values)
    return values
