"""Arrays of a user's own program: its data, summaries of large parameters, and the steps that are kept. Python 3.6."""
import numpy as np

from frameworks.runtime import npz
from frameworks.runtime.user_program import ProgramError

WATCHED_STEPS = (1, 2, 3)
"""Steps, counted from 1, after which all weights are kept, beside the last step."""
LARGE, EVERY, BLOCK = 2 ** 16, 251, 1024
"""The settings of `outline`: the size of the largest array that is compared whole, and two numbers of values."""
SINGLE = BLOCK ** 0.5
"""By this number a difference in a single value is divided in an outline."""

NAMES = ("kernel", "depthwise_kernel", "pointwise_kernel", "recurrent_kernel", "bias", "gamma", "beta", "moving_mean",
         "moving_variance", "embeddings", "alpha", "mean", "variance", "count")
"""The names of variables in Keras's own layers."""


def read_arrays(path, prefix):
    """Returns the arrays of an npz with names that begin with `prefix` and a slash, by the rest of their names.

    A path of None stands for a file without arrays.
    """
    return npz.read(path, prefix + "/") if path else {}


def numbered(arrays):
    """Returns the arrays of {"0": …, "1": …} as a list in the order of these numbers."""
    return [arrays[str(i)] for i in range(len(arrays))]


def in_dtype(array, dtype):
    """Returns an array with floating-point numbers converted to `dtype`, integers and booleans to int64."""
    return array.astype(dtype if array.dtype.kind == "f" else "int64" if array.dtype.kind in "iub" else array.dtype)


def outline(array):
    """Returns an array of one axis that is compared in place of a large one; a small array is returned as it is.

    It has every `EVERY`th value, and for each `BLOCK` values their sum with random signs, divided by the square root of
    `BLOCK`. A difference in many values appears in the former, and one in a single value in the latter, divided by
    `SINGLE`. The outline of a difference is the difference of the outlines.
    """
    if array.size <= LARGE or array.dtype.kind != "f":
        return array
    values = np.zeros(-(-array.size // BLOCK) * BLOCK, array.dtype)
    values[:array.size] = np.ravel(array)
    signs = np.random.RandomState(0).choice([-1.0, 1.0], BLOCK).astype(array.dtype)
    return np.concatenate([values[:array.size:EVERY], values.reshape(-1, BLOCK).dot(signs) / SINGLE])


def without_first_ones(shape):
    """Returns a shape without its leading axes of size 1; the shape of a single number is (1,)."""
    first = next((i for i, size in enumerate(shape) if size != 1), len(shape) - 1)
    return tuple(shape[max(first, 0):]) or (1,)


def refuse_random(first, second, operations):
    """Raises ProgramError for a program with other outputs in a second pass over the same batch in evaluation mode.

    `first` and `second` are the arrays forward/… of the two passes, and `operations` their facts: the error names the
    first operation with another output, if there is one.
    """
    for fact in operations:
        key = "forward/" + fact["key"]
        if differ(first[key], second.get(key, first[key])):
            raise ProgramError("forward", "%s computes another output from the same batch in evaluation mode, so it "
                               "draws random numbers, and nothing can be compared" % (fact["layer"] or fact["kind"]),
                               (fact["file"], fact["line"]))
    raise ProgramError("forward", "another pass over the same batch in evaluation mode gives another output, so the "
                       "program draws random numbers, and nothing can be compared")


def differ(first, second):
    """Returns whether two arrays differ by more than rounding: 1e-5 relative and 1e-9 absolute; NaN equals NaN."""
    if first.dtype.kind != "f":
        return not np.array_equal(first, second)
    return first.shape != second.shape or not np.allclose(first, second, 1e-5, 1e-9, equal_nan=True)


def batches(arrays, steps, batch):
    """Returns each array with exactly steps * batch samples: the first ones, repeated where there are fewer."""
    return [np.resize(array, (steps * batch,) + array.shape[1:]) if len(array) < steps * batch
            else array[:steps * batch] for array in arrays]


def kept_steps(steps):
    """Returns the steps, counted from 1, after which weights are kept in a training of `steps` steps."""
    return sorted({step for step in WATCHED_STEPS + (steps,) if 1 <= step <= steps})
