"""Arrays of a user's own program: its data, summaries of large parameters, and the steps that are kept. Python 3.6."""
import numpy as np

from frameworks.runtime import npz
from frameworks.runtime.user_program import ProgramError

WATCHED_STEPS = (1, 2, 3)
"""Steps, counted from 1, after which all weights are kept, beside the last step."""
LARGE, EVERY, BLOCK = 2 ** 16, 251, 1024
SINGLE = BLOCK ** 0.5

NAMES = ("kernel", "depthwise_kernel", "pointwise_kernel", "recurrent_kernel", "bias", "gamma", "beta", "moving_mean",
         "moving_variance", "embeddings", "alpha", "mean", "variance", "count")
"""What Keras's own layers call their variables."""


def read_arrays(path, prefix):
    """Returns the arrays of an npz with names that begin with `prefix` and a slash, by the rest of their names."""
    return npz.read(path, prefix + "/") if path else {}


def numbered(arrays):
    """Returns arrays by their number: those of {"0": …, "1": …} in order."""
    return [arrays[str(i)] for i in range(len(arrays))]


def in_dtype(array, dtype):
    """Returns an array with floating point numbers in `dtype`; integers are int64, as labels and indices are."""
    return array.astype(dtype if array.dtype.kind == "f" else "int64" if array.dtype.kind in "iub" else array.dtype)


def outline(array):
    """Returns an array that stands for a large one in comparisons: every `EVERY`th value, and the sum of every `BLOCK`
    values with random signs, divided by the root of `BLOCK`. A small array is returned as it is.

    A difference of many values shows in the first, a difference of a single value in the second, at a `SINGLE`th of its
    size. The outline of a difference is the difference of the outlines.
    """
    if array.size <= LARGE or array.dtype.kind != "f":
        return array
    values = np.zeros(-(-array.size // BLOCK) * BLOCK, array.dtype)
    values[:array.size] = np.ravel(array)
    signs = np.random.RandomState(0).choice([-1.0, 1.0], BLOCK).astype(array.dtype)
    return np.concatenate([values[:array.size:EVERY], values.reshape(-1, BLOCK).dot(signs) / SINGLE])


def without_first_ones(shape):
    """Returns a shape without the axes of size 1 in front; that of a single number is (1,)."""
    first = next((i for i, size in enumerate(shape) if size != 1), len(shape) - 1)
    return tuple(shape[max(first, 0):]) or (1,)


def refuse_random(first, second, operations):
    """Raises ProgramError where two passes over one batch in evaluation mode compute other outputs.

    `first` and `second` are the arrays of both passes, forward/… and predicted/…; `operations` are their facts.
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
    """Returns whether two arrays differ by more than rounding."""
    if first.dtype.kind != "f":
        return not np.array_equal(first, second)
    return first.shape != second.shape or not np.allclose(first, second, 1e-5, 1e-9, equal_nan=True)


def batches(arrays, steps, batch):
    """Returns each array with exactly steps * batch samples, repeated from the first on where there are fewer."""
    return [np.resize(array, (steps * batch,) + array.shape[1:]) if len(array) < steps * batch
            else array[:steps * batch] for array in arrays]


def kept_steps(steps):
    """Returns the steps, counted from 1, after which weights are kept."""
    return sorted({step for step in WATCHED_STEPS + (steps,) if 1 <= step <= steps})
