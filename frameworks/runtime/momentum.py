"""The unit in which recorded states hold a momentum, where a learning rate changes. Python 3.6.

A slot `momentum/1.kernel` is how far the momentum moved that weight in the last step. Keras's SGD keeps it so.
PyTorch's keeps a sum of gradients and multiplies it by the rate of every step anew: its slot is that sum times the rate
of the step that was taken last, whatever the rate of the next step is.
"""

SMALLEST = 1e-9
"""Of the initial rate: the sum of gradients of a step whose rate is 0 is still kept."""


def keeps_no_rate(optimizer):
    """Whether an optimizer of plain JSON has a momentum without a rate beside a rate that changes."""
    rate = optimizer["learning_rate"]
    return isinstance(rate, dict) and rate["in_momentum"] is False and bool(optimizer.get("momentum"))


def unit(rate, initial):
    """What a sum of gradients is multiplied by after a step of this rate, for a schedule that begins with `initial`."""
    return max(float(rate), SMALLEST * float(initial))
