"""What every realization knows of a layer in plain JSON: its weights by name, the zeros around it. Python 3.6.

A weight is named by its layer's place in the spec, as in `1.kernel`. Kernels of images have shape (height, width,
channels, filters), those of rows (inputs, units).
"""

PARTS = {"Dense": ("kernel", "bias"), "Conv2D": ("kernel", "bias"), "LayerNormalization": ("gamma", "beta"),
         "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"), "Dropout": ("masks", "step")}
"""By layer, in the order in which frameworks list them."""
MOVING = ("moving_mean", "moving_variance", "step")
"""Parts that a step changes, but not by a gradient."""
MASKS = 1024
"""Of a dropout: so many rows are drawn with a shared start, `masks` of shape (MASKS, inputs), 0 where a number is
dropped, else 1. The samples of a step take one row after the other, those of the next step go on, from the first row
again after the last. `step` counts the steps."""


def has_gradients(layer):
    """Whether a layer has weights that gradients could change."""
    return layer["is"] in PARTS and not is_random(layer)


def is_trained(layer):
    """Whether gradients change the weights of a layer; False where it has none."""
    return has_gradients(layer) and layer.get("trainable", True)


def is_random(layer):
    """Whether it draws in every step."""
    return layer["is"] == "Dropout"


def rows_of_masks(step, n, rows):
    """Which masks n samples get; `rows` is 0 to n - 1, of the caller's kind of array."""
    return (step * n + rows) % MASKS


def changing(layers):
    """The names of the weights that training changes; `layers` is a list of (name, layer)."""
    return [name + "." + part for name, layer in layers for part in PARTS.get(layer["is"], ())
            if part in MOVING or is_trained(layer)]


def trained(layers):
    """The names of those that it changes by a gradient."""
    return [name for name in changing(layers) if name.partition(".")[2] not in MOVING]


def of_variance(layer, shape, n):
    """What the variance of n numbers a channel is multiplied by before a moving one follows it.

    `shape` is that of the input. A field that is open stands for the textbook's, without a bias.
    """
    kind, images, unbiased = layer["variance"], len(shape) == 4, n / (n - 1)
    if kind == "twice":
        return (unbiased if images else 1) * n / (n - 1 - (layer["epsilon"] or 1e-3))
    return 1 if kind == "biased" or kind == "unbiased_images" and not images else unbiased


def fan_in(layer, shape):
    """How many numbers of an input of this shape, channels last, go into an output."""
    return shape[-1] * layer.get("kernel_size", 1) ** 2


def margins(layer, places):
    """(zeros before, zeros after) so many places a side of an image.

    Half a window on both sides, as in Dumoulin and Visin 2016, section 2.3, unless a layer is told `as_needed`.
    """
    size = layer.get("kernel_size") or layer["pool_size"]
    if layer["padding"] == "valid":
        return 0, 0
    if layer.get("padded") != "as_needed":
        return size // 2, size // 2
    needed = max((-(-places // layer["strides"]) - 1) * layer["strides"] + size - places, 0)
    return needed // 2, needed - needed // 2
