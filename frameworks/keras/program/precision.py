"""Builds and runs a user's Keras model in float32 or float64, whatever the default of the backend is."""
import contextlib
import sys

import numpy as np

from frameworks.keras.api import keras


@contextlib.contextmanager
def dtype(name):
    """Builds and runs everything in the block in a dtype, `float32` or `float64`."""
    before = keras.backend.floatx()
    keras.config.set_floatx(name)
    keras.config.set_dtype_policy(name)
    allow_float64(name == "float64")
    try:
        with exact_functions(name):
            yield
    finally:
        allow_float64(False)
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)


def allow_float64(allowed):
    """Enables float64 in JAX, which converts it to float32 by default."""
    if keras.backend.backend() == "jax":
        import jax
        jax.config.update("jax_enable_x64", allowed)


@contextlib.contextmanager
def exact_functions(dtype):
    """Lets Keras's functions compute in float64 in the block, if that is the dtype.

    From Keras 3.12 on, type promotion converts float64 to float32 on JAX and PyTorch, so that a BatchNormalization in
    float64 would compute in float32 (keras/src/backend/common/dtypes.py:240 and :276 in 3.15.1). TensorFlow rounds a
    Python number to float32 before it casts it, such as the square root of 2 in GELU, the rates of a schedule, and the
    slope of LeakyReLU: 0.3 is then wrong by 1e-8, which becomes a relative error of 1e-6 in a gradient that nearly
    cancels. Its top-k metrics do not accept float64.
    """
    if dtype != "float64":
        yield
        return
    narrower = sys.modules["keras.src.backend.common.dtypes"].BIT64_TO_BIT32_DTYPE
    promoted, narrower["float64"] = narrower["float64"], "float64"
    try:
        if keras.backend.backend() == "tensorflow":
            with exact_functions_of_tensorflow():
                yield
        else:
            yield
    finally:
        narrower["float64"] = promoted


@contextlib.contextmanager
def exact_functions_of_tensorflow():
    """Replaces TensorFlow's functions that round constants or do not accept float64: LeakyReLU, top-k metrics,
    MaxPooling3D.
    """
    import tensorflow as tf
    from tensorflow.python.ops import math_ops
    backend, cast = sys.modules["keras.src.backend"], tf.cast
    slopes, best, pooled = backend.nn.leaky_relu, backend.math.in_top_k, backend.nn.max_pool
    backend.nn.max_pool = lambda inputs, *args, **kwargs: (
        max_of_volumes if len(inputs.shape) == 5 else pooled)(inputs, *args, **kwargs)
    backend.nn.leaky_relu = lambda x, negative_slope=0.2: keras.ops.where(x > 0, x, x * np.float64(negative_slope))
    backend.math.in_top_k = lambda targets, predictions, k: best(targets, keras.ops.cast(predictions, "float32"), k)
    convert = tf.convert_to_tensor

    def exact(x):
        return np.float64(x) if isinstance(x, float) else x
    tf.cast = math_ops.cast = lambda x, dtype, name=None: cast(exact(x), dtype, name)
    tf.convert_to_tensor = lambda value, *args, **kwargs: convert(exact(value), *args, **kwargs)
    try:
        yield
    finally:
        tf.cast = math_ops.cast = cast
        tf.convert_to_tensor = convert
        backend.nn.leaky_relu, backend.math.in_top_k, backend.nn.max_pool = slopes, best, pooled


def max_of_volumes(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Computes MaxPooling3D in float64, which TensorFlow does not support: over height and width, then over depth.

    The arguments are those of `max_pool` in keras/src/backend/tensorflow/nn.py.
    """
    import tensorflow as tf
    size, steps = (np.broadcast_to(value, 3).tolist() for value in (pool_size, strides or pool_size))
    inputs = keras.ops.moveaxis(inputs, 1, -1) if data_format == "channels_first" else inputs
    depth, channels, padding = inputs.shape[1], inputs.shape[-1], padding.upper()
    planes = tf.nn.max_pool2d(tf.reshape(inputs, (-1,) + tuple(inputs.shape[2:])), size[1:], steps[1:], padding)
    height, width = planes.shape[1:3]
    lines = tf.nn.max_pool2d(tf.reshape(planes, (-1, depth, height * width, channels)), (size[0], 1), (steps[0], 1),
                             padding)
    volumes = tf.reshape(lines, (-1, lines.shape[1], height, width, channels))
    return keras.ops.moveaxis(volumes, -1, 1) if data_format == "channels_first" else volumes
