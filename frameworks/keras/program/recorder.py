"""Records the output of every layer and operation in a forward pass, and from which others it is computed.

`keras.layers.Layer.__call__` and `keras.Operation.__call__` are replaced while it records. They are called for all
layers and operations of a functional model, but in the `call` of a subclassed model only for its layers. A layer with
an activation as an argument is recorded as two operations: LAYER:before is the input of the activation, LAYER its
output.
"""
import contextlib
from collections import Counter

import numpy as np

from frameworks.keras.api import keras
from frameworks.keras.program.layers import leaves, whole
from frameworks.runtime.program_objects import made_at

WITHOUT_SEPARATE = ("LSTM", "GRU", "SimpleRNN", "Bidirectional", "RNN", "MultiHeadAttention")
"""Layers that apply an activation inside their computation, so that it cannot be recorded separately."""


class Recording(object):
    """The operations of a forward pass in order: their outputs by key in `values`, and their `facts`.

    `names` are the paths of layers by the id of the layer. A fact has the key, the kind (a class), the path of the
    layer ("" for an operation), file and line, the shape, and as `from` the keys of the operations with the inputs.
    """

    def __init__(self, names):
        self.names, self.values, self.facts, self._made, self._kept = names, {}, [], {}, []
        self.inside, self._counts = 0, Counter()

    def add(self, key, kind, layer, place, inputs, output):
        """Adds an operation with its first output, under KEY#1, KEY#2, … where it is called again.

        Its tensors are kept alive, so that no later tensor gets the same id.
        """
        states = tensors(output)[1:] if isinstance(output, (list, tuple)) else []
        output = output[0] if isinstance(output, (list, tuple)) and output else output
        if not hasattr(output, "shape") or not hasattr(output, "dtype"):
            return
        number = self._counts[key]
        self._counts[key] += 1
        key = "%s#%d" % (key, number) if number else key
        sources = list(dict.fromkeys(self._made[id(tensor)] for tensor in tensors(inputs) if id(tensor) in self._made))
        self.facts.append({"key": key, "kind": kind, "layer": layer, "file": place[0], "line": place[1],
                           "shape": list(output.shape), "from": sources})
        self.values[key] = np.array(keras.ops.convert_to_numpy(output))
        self._made[id(output)] = key
        for state in states:
            self._made.setdefault(id(state), key)
        self._kept.append((inputs, output, states))


def tensors(nested):
    """Returns the tensors in nested lists, tuples and dicts; the items of a dict are sorted by name, as in Keras."""
    if isinstance(nested, dict):
        nested = [nested[name] for name in sorted(nested)]
    if isinstance(nested, (list, tuple)):
        return [tensor for item in nested for tensor in tensors(item)]
    return [nested] if hasattr(nested, "shape") and hasattr(nested, "dtype") else []


@contextlib.contextmanager
def recording(model):
    """Records the calls of layers and operations in the block; yields the `Recording`."""
    names = {id(layer): path for path, layer in leaves(model)}
    record = Recording(names)
    layer_call, operation_call = keras.layers.Layer.__call__, keras.Operation.__call__

    def called(original, operation, args, kwargs):
        outer = record.inside
        leaf = id(operation) in names
        if record.inside or (not leaf and hasattr(operation, "weights")):
            return original(operation, *args, **kwargs)
        record.inside += 1
        try:
            with separated_activation(record, operation, [args, kwargs]) as inputs:
                output = original(operation, *args, **kwargs)
        finally:
            record.inside = outer
        name = names.get(id(operation), operation.name)
        record.add(name, type(operation).__name__, name if leaf else "", made_at(operation), inputs, output)
        return output
    keras.layers.Layer.__call__ = lambda self, *args, **kwargs: called(layer_call, self, args, kwargs)
    keras.Operation.__call__ = lambda self, *args, **kwargs: called(operation_call, self, args, kwargs)
    try:
        yield record
    finally:
        keras.layers.Layer.__call__, keras.Operation.__call__ = layer_call, operation_call


@contextlib.contextmanager
def separated_activation(record, layer, inputs):
    """Records the input of a layer's activation as an operation before the layer; yields the inputs of the layer.

    These are `inputs`, the arguments of the call; if the activation is recorded, they are the input of the activation.
    """
    activation = getattr(layer, "activation", None)
    kind = type(layer).__name__
    of_its_cell = isinstance(getattr(type(layer), "activation", None), property)  # such as that of ConvLSTM2D
    if id(layer) not in record.names or activation in (None, keras.activations.linear) or not whole(layer) \
            or of_its_cell or kind in WITHOUT_SEPARATE + ("Activation",):
        yield inputs
        return
    name = record.names[id(layer)]

    def applied(x, *more, **named):
        record.add(name + ":before", kind, name, made_at(layer), list(inputs), x)
        inputs[:] = [x]
        return activation(x, *more, **named)
    layer.activation = applied
    try:
        yield inputs
    finally:
        layer.activation = activation
