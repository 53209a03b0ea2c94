"""Forward and backward pass through a stack of layers in NumPy. The math of each layer is in `frameworks.parts`.

`layers` is a list of (name, layer as plain JSON). Weights are arrays by name, as in `1.kernel`.
"""
from frameworks.parts import LAYERS, part_of
from frameworks.parts.weights import is_trained, names_of

FORWARD = {name: part_of(name).forward for name in LAYERS}
"""By kind of layer, the forward pass outside of training: (layer, input, *weights) -> output."""
IN_TRAINING = {name: part_of(name).in_training for name in LAYERS}
"""By kind of layer, the forward pass within a training step."""


def after(name, layer, weights, x, kinds=FORWARD):
    """Return the output of a layer for the input x; `kinds` is `FORWARD` or `IN_TRAINING`."""
    return kinds[layer["is"]](layer, x, *_of(name, layer, weights))


def forward(layers, weights, x, kinds=FORWARD):
    """Return the input x, then the output of every layer, as a list; `kinds` is `FORWARD` or `IN_TRAINING`."""
    values = [x]
    for name, layer in layers:
        values.append(after(name, layer, weights, values[-1], kinds))
    return values


def backward(layers, weights, values, gradient):
    """Return the gradients of the trainable weights by name.

    `values` is the result of `forward`, and `gradient` the gradient with respect to its last element.
    """
    gradients = {}
    first = next(i for i, (_, layer) in enumerate(layers) if is_trained(layer))
    for i in reversed(range(first, len(layers))):
        name, layer = layers[i]
        part = part_of(layer)
        of_weights = part.weight_gradients(layer, values[i], gradient)
        gradients.update((name + "." + weight, g) for weight, g in zip(part.names, of_weights))
        if i > first:
            gradient = part.pullback(layer, values[i], values[i + 1], gradient, *_of(name, layer, weights))
    return gradients


def moved(layers, weights, values):
    """Return the weights that change without a gradient, by name, as they are after a training step.

    `values` is the result of `forward` in that step.
    """
    return {name + "." + weight: new for (name, layer), x in zip(layers, values)
            for weight, new in part_of(layer).after_step(layer, x, *_of(name, layer, weights)).items()}


def _of(name, layer, weights):
    return [weights[name + "." + weight] for weight in names_of(layer)]
