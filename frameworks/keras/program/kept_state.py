"""The state of a model besides its weights: numbers, tensors, lists and variables in attributes, such as the step count
and the sums of a `train_step` that accumulates gradients.
"""
import contextlib

import numpy as np

from frameworks.keras.api import keras


@contextlib.contextmanager
def put_back(model):
    """Restores at the end of the block the public attributes of a model, and the variables and lists in them."""
    attributes = vars(model)
    restoring = {name: restorer(value) for name, value in attributes.items() if not name.startswith("_")}
    try:
        yield
    finally:
        for name, value in list(attributes.items()):
            if name not in restoring and may_be_a_state(name, value):
                del attributes[name]
        attributes.update({name: restore() for name, restore in restoring.items()})


def may_be_a_state(name, value):
    """Returns whether a new attribute could be a state, and is no layer, metric or optimizer."""
    return not name.startswith("_") and not hasattr(value, "variables")


def restorer(value):
    """Returns a function that restores and returns a value: a variable with its content, a list with its items."""
    if hasattr(value, "assign") and hasattr(value, "shape"):  # an optimizer has an `assign` too
        content = np.array(keras.ops.convert_to_numpy(value))

        def restore():
            value.assign(content)
            return value
    elif isinstance(value, list):
        items = [restorer(each) for each in value]

        def restore():
            list.__setitem__(value, slice(None), [item() for item in items])
            return value
    else:
        def restore():
            return value
    return restore
