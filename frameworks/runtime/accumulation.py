"""Gradients that are added up over several steps before the weights move, in plain JSON. Python 3.6.

Slots: `micro` counts the steps, `accumulated/1.kernel` is the sum of the gradients of a group that is not yet full.
"""

PART = "accumulated/"


def size_of(optimizer):
    """How many steps make a group, 1 where every step moves the weights."""
    told = optimizer.get("accumulation", "none")
    return 1 if told == "none" else told["steps"]


def by_epochs(optimizer):
    """Whether an epoch's last step ends a group that is not full; a field that is open stands for the textbook's."""
    return optimizer["accumulation"]["unfinished"] == "steps"


def ends_a_group(size, epochwise, micro, steps):
    """Whether the weights move in step `micro`, counted from 0, of epochs of so many steps."""
    within = micro % steps if epochwise else micro
    return (within + 1) % size == 0 or epochwise and within + 1 == steps


def updates(size, epochwise, micro, steps):
    """How often the weights have moved before step `micro`."""
    if not epochwise:
        return micro // size
    return micro // steps * -(-steps // size) + micro % steps // size
