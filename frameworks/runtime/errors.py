"""Exceptions of a realization, which separate a framework's refusal from a bug in this package. Python 3.6."""


class Undefined(ArithmeticError):
    """The loss has no value at the current step, such as the logarithm of a negative number."""


class Refused(ValueError):
    """A realization refuses, because the spec says so or because its framework does: a finding about the framework."""


class Unsupported(Refused):
    """A realization cannot express a set field: a limit of this package, not a finding about the framework."""


def is_fault(error):
    """Returns whether an exception is a bug: raised by this package's own code, and none of the exceptions above."""
    frame = error.__traceback__
    while frame.tb_next is not None:
        frame = frame.tb_next
    ours = frame.tb_frame.f_globals.get("__name__", "").startswith("frameworks")
    return ours and not isinstance(error, (Refused, Undefined))
