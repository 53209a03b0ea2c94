"""The unit of a momentum that excludes a changing learning rate. Python 3.6."""


def in_units(units, rate):
    """Return (factor of the recorded momentum, factor of the gradient that is added, factor of the update).

    `units` are the units of the momentum before and after this step, as `frameworks.runtime.momentum.unit` returns
    them; None for a momentum that includes the learning rate. The first factor converts the recorded momentum to its
    unit after this step, in which the gradient is added. The last one converts the new momentum to the change of the
    weights.
    """
    if units is None:
        return 1, rate, 1
    before, now = units
    return now / before, now, rate / now
