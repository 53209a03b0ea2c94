"""Lets a user's Keras program draw the numbers of `frameworks.runtime.drawn_numbers` instead of random ones."""
import contextlib
import sys

from frameworks.keras.api import keras
from frameworks.runtime import drawn_numbers


@contextlib.contextmanager
def same_numbers(facts):
    """Replaces the random floating-point numbers that Keras and TensorFlow draw in the block.

    Sets `facts["draws"]` if any are drawn. Integers, and distributions other than normal and uniform, stay random.
    """
    def normal(shape, mean=0.0, stddev=1.0, dtype=None, *_, **__):
        facts["draws"] = True
        return scaled(drawn_numbers.NORMAL, shape, mean, stddev, dtype)

    def uniform(shape, minval=0.0, maxval=1.0, dtype=None, *_, **__):
        facts["draws"] = True
        maxval = 1.0 if maxval is None else maxval
        return scaled(drawn_numbers.UNIFORM, shape, minval, maxval - minval, dtype)
    modules = [sys.modules["keras.src.backend"].random]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf
        modules.append(tf.random)
    originals = [(module, name, getattr(module, name)) for module in modules for name in ("normal", "uniform")]
    for module, name, original in originals:
        setattr(module, name, {"normal": normal, "uniform": of_floats(uniform, original)}[name])
    try:
        yield
    finally:
        for module, name, original in originals:
            setattr(module, name, original)


def of_floats(drawn, original):
    """Returns a function that calls `drawn` for floating-point numbers and `original` for integers."""
    def draw(shape, minval=0.0, maxval=None, dtype=None, *args, **kwargs):
        if "int" in str(dtype):
            return original(shape, minval, maxval, dtype, *args, **kwargs)
        return drawn(shape, minval, maxval, dtype)
    return draw


def scaled(table, shape, offset, factor, dtype):
    """Returns offset + factor * numbers of the table, as a tensor of this shape and dtype (None: that of Keras).

    The batch size in the shape may be a tensor, which is known only when the graph runs.
    """
    ops = keras.ops
    sizes = sizes_of(shape)
    index = ops.zeros([1] * len(sizes), dtype="int32")
    for axis, place in enumerate(drawn_numbers.factors([size if isinstance(size, int) else None for size in sizes])):
        if place:
            index = index + place * ops.reshape(ops.arange(0, sizes[axis], dtype="int32"),
                                                [-1 if i == axis else 1 for i in range(len(sizes))])
    dtype = dtype or keras.backend.floatx()
    numbers = ops.take(ops.convert_to_tensor(table, dtype=dtype), ops.mod(index, drawn_numbers.COUNT))
    return ops.cast(offset, dtype) + ops.cast(factor, dtype) * ops.broadcast_to(numbers, sizes)


def sizes_of(shape):
    """Returns the sizes of a shape as a list of integers, with tensors for sizes known only when the graph runs."""
    if hasattr(shape, "dtype") and keras.backend.backend() == "tensorflow":
        import tensorflow as tf
        known = tf.get_static_value(shape, partial=True)
        return [int(size) if size is not None else shape[i] for i, size in enumerate(known)]
    return [size if hasattr(size, "dtype") and not hasattr(size, "item") else int(size) for size in shape]
