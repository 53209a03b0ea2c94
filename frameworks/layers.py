"""What every realization knows of a layer in plain JSON: its weights by name, the zeros around it. Python 3.6.

A weight is named by its layer's place in the spec, as in `1.kernel`. Kernels of images have shape (height, width,
channels, filters), those of rows (inputs, units).
"""

PARTS = {"Dense": ("kernel", "bias"), "Conv2D": ("kernel", "bias"), "LayerNormalization": ("gamma", "beta"),
         "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance")}
"""By layer, in the order in which frameworks list them."""
MOVING = ("moving_mean", "moving_variance")
"""Parts that a step changes, but not by a gradient."""


def is_trained(layer):
    """Whether training changes the weights of a layer; False where it has none."""
    return layer["is"] in PARTS and layer.get("trainable", True)


def changing(layers):
    """The names of the weights that training changes; `layers` is a list of (name, layer)."""
    return [name + "." + part for name, layer in layers if is_trained(layer) for part in PARTS[layer["is"]]]


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
