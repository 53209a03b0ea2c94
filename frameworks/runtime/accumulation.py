"""Gradient accumulation: gradients are summed over several steps before the weights change. Python 3.6.

An optimizer is plain JSON. In its state, `micro` counts the steps, and `accumulated/1.kernel` is the sum of the
gradients of an incomplete group.
"""

PART = "accumulated/"
"""What the names of these sums begin with."""


def size_of(optimizer):
    """Returns the number of steps in a group, 1 where every step changes the weights."""
    accumulation = optimizer.get("accumulation", "none")
    return 1 if accumulation == "none" else accumulation["steps"]


def by_epochs(optimizer):
    """Returns whether an epoch's last step ends an incomplete group; unset means no, as in the NumPy reference.

    The optimizer must have an `accumulation`.
    """
    return optimizer["accumulation"]["unfinished"] == "steps"


def ends_a_group(size, epochwise, micro, steps):
    """Returns whether the weights change in step `micro`, counted from 0, with `steps` steps per epoch.

    A group has `size` steps; `epochwise` is the value of `by_epochs`.
    """
    step = micro % steps if epochwise else micro
    return (step + 1) % size == 0 or epochwise and step + 1 == steps


def updates(size, epochwise, micro, steps):
    """Returns how often the weights have changed before step `micro`; the arguments are those of `ends_a_group`."""
    if not epochwise:
        return micro // size
    return micro // steps * -(-steps // size) + micro % steps // size
