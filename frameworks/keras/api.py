"""The Keras of this process, whatever module holds it, and by Keras 3's names what other Kerases name otherwise.

Keras 3 has `keras.ops`; for every older one they are TensorFlow's (`tensorflow_ops`), which it runs on.
"""
import importlib
import random

import numpy as np

from frameworks import keras as realization

PACKAGE, _, PART = realization.MODULE.partition(".")
keras = importlib.import_module(PACKAGE)
if PART:  # tensorflow.keras, which some TensorFlows only make when it is asked for
    keras = getattr(keras, PART)
VERSION = getattr(keras, "__version__", None) or importlib.import_module("keras").__version__
KERAS_3 = hasattr(keras, "ops")
CHUNKS = KERAS_3 and tuple(map(int, VERSION.split(".")[:2])) >= (3, 15)
"""Whether many steps can run in one call, and single ones all the same: earlier ones then take no single step."""
if KERAS_3:
    ops = keras.ops
else:
    from frameworks.keras import tensorflow_ops as ops
SESSIONS = not KERAS_3 and not ops.tf.executing_eagerly()
"""Whether every value is a node of a graph that a session runs: TensorFlow 1."""
if SESSIONS:
    # Keras 2.2's own variables are read anew wherever they stand: beside a record, a layer's gradient sometimes gets
    # the weights that the step has already moved. Keras 2.3 has this kind itself.
    ops.tf.compat.v1.enable_resource_variables()


def set_rewriting(wanted):
    """Whether TensorFlow's Grappler may rewrite the arithmetic of graphs, as it does where nobody says anything.

    To Keras 3.3 it turns argmax(sigmoid(x)) into argmax(x); with 3.15 there is nothing that it could turn.
    """
    if not CHUNKS and not SESSIONS:
        importlib.import_module("tensorflow").config.optimizer.set_experimental_options(
            {"arithmetic_optimization": wanted})


def set_seed(seed):
    """What a user of this Keras calls, so that initializers without seeds of their own repeat themselves."""
    if hasattr(keras.utils, "set_random_seed"):
        keras.utils.set_random_seed(seed)
        return
    random.seed(seed)
    np.random.seed(seed)
    ops.tf.compat.v1.set_random_seed(seed)


def value_of(variable):
    """A variable as a NumPy array."""
    return np.array(ops.convert_to_numpy(variable) if KERAS_3 else keras.backend.get_value(variable))


def set_value(variable, value):
    """Sets a variable outside of any graph."""
    if KERAS_3:
        variable.assign(value)
    else:
        keras.backend.set_value(variable, value)


def in_training(model):
    """A function x -> what a model gives within a step, as NumPy arrays."""
    if SESSIONS:
        function = keras.backend.function(model.inputs + [keras.backend.learning_phase()], model.outputs)
        return lambda x: function([x, 1])
    as_array = ops.convert_to_numpy if KERAS_3 else np.array
    return lambda x: [as_array(value) for value in model(x, training=True)]


def written(values, *writes):
    """The same values, after functions have written variables, one after the other."""
    if KERAS_3:
        for write in writes:
            write()
        return values
    for write in writes:
        with ops.tf.control_dependencies([values]):
            done = write()
        with ops.tf.control_dependencies([done]):
            values = ops.tf.identity(values)
    return values
