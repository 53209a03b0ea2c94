"""Exceptions of a realization: they distinguish what a framework refuses from bugs in this package and full memory.

Python 3.6.
"""
import errno

OUT_OF_MEMORY = 12
"""The exit code of a worker that is out of memory."""
NAMES = ("ResourceExhaustedError", "OutOfMemoryError")
TEXTS = ("DefaultCPUAllocator", "RESOURCE_EXHAUSTED", "OOM when allocating", "out of memory", "bad_alloc",
         "allocate memory", "can't start new thread", "failed to map segment")
"""What Python, TensorFlow, PyTorch and JAX raise instead of a MemoryError: names of classes, and parts of messages."""


class Undefined(ArithmeticError):
    """The loss has no value at the current step, such as the logarithm of a negative number."""


class Refused(ValueError):
    """A realization refuses, because the spec says so or because its framework does: a finding about the framework."""


class Unsupported(Refused):
    """A realization cannot express a set field: a limit of this package, not a finding about the framework."""


def is_fault(error):
    """Returns whether an exception says nothing about a framework.

    That is the case where this package's own code raised it, and it is none of the exceptions above, and where the
    memory is full.
    """
    frame = error.__traceback__
    while frame.tb_next is not None:
        frame = frame.tb_next
    ours = frame.tb_frame.f_globals.get("__name__", "").startswith("frameworks")
    return ours and not isinstance(error, (Refused, Undefined)) or is_out_of_memory(error)


def is_out_of_memory(error):
    """Returns whether an exception, or one in its chain of causes and contexts, says that the memory is full."""
    while error is not None:
        if isinstance(error, MemoryError) or type(error).__name__ in NAMES or \
                getattr(error, "errno", None) == errno.ENOMEM or any(text in str(error) for text in TEXTS):
            return True
        error = error.__cause__ or error.__context__
    return False
