"""Whether an exception is a framework's refusal, meant by us, or a fault of ours. Python 3.6."""


class Undefined(ArithmeticError):
    """A realization's loss has no value at the current step, as the logarithm of a negative number."""


class Refused(ValueError):
    """A realization refuses since the spec says to, or as its framework does: a finding about the framework."""


class Unsupported(Refused):
    """A realization has no way to do what a closed field says: our limit, which says nothing about the framework."""


def is_fault(error):
    """Whether an exception is neither a framework's refusal nor meant by us: it came from this package's own lines."""
    frame = error.__traceback__
    while frame.tb_next is not None:
        frame = frame.tb_next
    ours = frame.tb_frame.f_globals.get("__name__", "").startswith("frameworks")
    return ours and not isinstance(error, (Refused, Undefined))
