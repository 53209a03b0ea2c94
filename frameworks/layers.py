"""What every realization knows of a layer in plain JSON: its weights by name, the zeros around it. Python 3.6.

A weight is named by its layer's place in the spec, as in `1.kernel`. Kernels of images have shape (height, width,
channels, filters), those of rows (inputs, units).
"""

PARTS = {"Dense": ("kernel", "bias"), "Conv2D": ("kernel", "bias"), "LayerNormalization": ("gamma", "beta")}
"""By layer, in the order in which frameworks list them."""


def is_trained(layer):
    """Whether training changes the weights of a layer; False where it has none."""
    return layer["is"] in PARTS and layer.get("trainable", True)


def trained(layers):
    """The names of the weights that training changes; `layers` is a list of (name, layer)."""
    return [name + "." + part for name, layer in layers if is_trained(layer) for part in PARTS[layer["is"]]]


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
