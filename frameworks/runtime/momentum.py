"""The unit of a momentum in recorded states, where the learning rate changes. Python 3.6.

The recorded `momentum/1.kernel` is the change that the momentum made to that weight in the last step. Keras's SGD
stores it like this. PyTorch's SGD stores a sum of gradients, which it multiplies by the learning rate of each step: the
recorded value is that sum times the rate of the last step, whatever the rate of the next step is.
"""

SMALLEST = 1e-9
"""The smallest rate relative to the initial one: at a rate of 0, the recorded sum of gradients would be lost."""


def keeps_no_rate(optimizer):
    """Returns whether an optimizer has a momentum that excludes the learning rate, and a rate that changes."""
    rate = optimizer["learning_rate"]
    return isinstance(rate, dict) and rate["in_momentum"] is False and bool(optimizer.get("momentum"))


def unit(rate, initial):
    """Returns the number by which a sum of gradients is multiplied to be recorded after a step with this rate.

    `initial` is the first rate of the schedule.
    """
    return max(float(rate), SMALLEST * float(initial))
