"""A loss in plain JSON: which of its fields are said, and how often each sample of a batch counts, and where.

Python 3.6 and NumPy 1.16.
"""
import numpy as np

from frameworks.runtime.accuracy import numbers

ASIDE = ("is", "label_smoothing", "class_weights")
"""Fields of a loss that are never open."""


def set_fields(part):
    """The fields of a loss, or of an accuracy, that a framework could decide, and that are said."""
    return {name: value for name, value in part.items() if value is not None and name not in ASIDE}


def class_weights_of(loss):
    """The class weights of a loss, or `none`."""
    return loss.get("class_weights", "none")


def of_samples(loss, y):
    """float32 of shape (n,), for labels as `frameworks.runtime.samples` gives them; None where there are no weights."""
    told = class_weights_of(loss)
    return None if told == "none" else np.array(told["values"], np.float32)[numbers(y).astype(int)]


def measured(loss, by_itself):
    """The loss as it is only measured; `by_itself` says whether it has weights where nobody says it."""
    told = class_weights_of(loss)
    if told == "none" or (by_itself if told["in_test"] is None else told["in_test"]):
        return loss
    return dict(loss, class_weights="none")
