"""Layers and initializers of a spec in Keras. An open initializer is an argument left out."""
import numpy as np

from frameworks.keras.api import KERAS_3, SESSIONS, VERSION, keras, ops
from frameworks.keras.configuration import ACTIVATIONS
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.layers import MASKS, PARTS, fan_in, is_trained, of_variance, rows_of_masks


def unmarked(tensor):
    """The same numbers as a tensor that no longer knows what it was made of.

    Keras on TensorFlow marks what a sigmoid or softmax gives with its input, `_keras_logits`, and a loss takes that
    in the place of whatever it was handed.
    """
    return tensor * 1


class Kept(keras.layers.Layer):
    """Lets its input pass and keeps it: the images for the record, the logits for a closed loss or metric."""

    value = None

    def __init__(self, width=None):
        """`width` is how many numbers a sample has, for who reads them."""
        super(Kept, self).__init__()
        self.width = width

    def call(self, inputs):
        # A plain assignment would be tracked as a part of the layer.
        object.__setattr__(self, "value", unmarked(inputs))
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape


def network(layers, shape, images, logits, own):
    """(functional model, Keras's layers that have weights by the spec's layer name) of pairs of name and plain JSON.

    `images` is a layer that is put first, `logits` one before the last activation, or at the end; None is left out.
    `own` is whether dropouts draw for themselves.
    The layers are stacked by a Sequential, as users do; the model around them is functional: a Sequential on jax
    forgets a recorder on the side.
    """
    model, weighted, kinds = keras.Sequential(), {}, dict(LAYERS, **OWN) if own else LAYERS
    model.add(keras.layers.InputLayer(shape))
    if images is not None:
        model.add(images)
    for name, layer in layers:
        if logits is not None and name == layers[-1][0] and layer["is"] == "Activation":
            model.add(logits)
        made = kinds[layer["is"]](layer, model.output_shape[1:] if model.layers else shape)
        for one in made:
            model.add(one)
        if layer["is"] in PARTS and not (own and layer["is"] in OWN):
            made[-1].trainable = is_trained(layer)
            weighted[name] = made[-1]
    if logits is not None and layers[-1][1]["is"] != "Activation":
        model.add(logits)
    return keras.Model(model.inputs, model.outputs), weighted


def flatten(layer, shape):
    turned = layer["order"] == "channels_first" and len(shape) == 3
    return ([keras.layers.Permute((3, 1, 2))] if turned else []) + [keras.layers.Flatten()]


def conv2d(layer, shape):
    size, symmetric = layer["kernel_size"], layer["padding"] == "same" and layer["padded"] == "symmetric"
    conv = keras.layers.Conv2D(layer["filters"], size, strides=layer["strides"],
                               padding="valid" if symmetric else layer["padding"],
                               **initializers(layer, fan_in(layer, shape)))
    return ([keras.layers.ZeroPadding2D(size // 2)] if symmetric else []) + [conv]


def average_pooling(layer, shape):
    size, same = layer["pool_size"], layer["padding"] == "same"
    if same and layer["counts_padding"]:
        return [keras.layers.ZeroPadding2D(size // 2), keras.layers.AveragePooling2D(size, strides=1)]
    return [keras.layers.AveragePooling2D(size, strides=1 if same else None, padding=layer["padding"])]


def layer_normalization(layer, shape):
    if not hasattr(keras.layers, "LayerNormalization"):
        raise Unsupported("This Keras has no LayerNormalization.")
    return [keras.layers.LayerNormalization(**({} if layer["epsilon"] is None else {"epsilon": layer["epsilon"]}))]


OWN_VARIANCE = "biased" if KERAS_3 else "twice" if SESSIONS else "unbiased_images"


def batch_normalization(layer, shape):
    given = {name: layer[name] for name in ("epsilon", "momentum") if layer[name] is not None}
    if SESSIONS and VERSION < "2.3":
        raise Unsupported("Keras %s follows the moving mean and variance by numbers that nobody can read." % VERSION)
    if layer["variance"] in (None, OWN_VARIANCE):
        return [keras.layers.BatchNormalization(**given)]
    if not KERAS_3:
        raise Unsupported("Keras %s cannot be told which variance the moving one follows." % VERSION)
    return [Corrected(layer, **given)]


class Corrected(keras.layers.BatchNormalization):
    """One whose moving variance follows another variance than Keras 3's, which has n below the sum of squares."""

    def __init__(self, layer, **given):
        super(Corrected, self).__init__(**given)
        self.layer = layer

    def call(self, inputs, training=None, mask=None):
        kept = ops.convert_to_tensor(self.moving_variance) * self.momentum
        outputs = super(Corrected, self).call(inputs, training=training, mask=mask)
        if training:
            n = 1
            for places in ops.shape(inputs)[:-1]:
                n = n * places
            factor = of_variance(self.layer, inputs.shape, ops.cast(n, "float32"))
            self.moving_variance.assign(kept + (self.moving_variance - kept) * factor)
        return outputs


def masked(layer, shape):
    if not KERAS_3:
        raise Unsupported("Keras %s cannot be told what Dropout drops: say init=native." % VERSION)
    return [Masked(layer["rate"])]


class Masked(keras.layers.Layer):
    """A dropout whose masks are given: `frameworks.runtime.layers.MASKS`."""

    def __init__(self, rate):
        super(Masked, self).__init__()
        self.rate = rate

    def build(self, shape):
        self.masks = self.add_weight(shape=(MASKS, shape[-1]), initializer="zeros", trainable=False, name="masks")
        self.step = self.add_weight(shape=(), initializer="zeros", trainable=False, name="step")

    def call(self, inputs, training=None):
        if not training:
            return inputs
        n = ops.shape(inputs)[0]
        rows = rows_of_masks(ops.cast(self.step, "int32"), n, ops.arange(n, dtype="int32"))
        self.step.assign_add(1.0)
        return inputs * ops.take(self.masks, rows, axis=0) / (1 - self.rate)

    def compute_output_shape(self, input_shape):
        return input_shape


LAYERS = {
    "Flatten": flatten, "Conv2D": conv2d, "AveragePooling2D": average_pooling,
    "Dense": lambda layer, shape: [keras.layers.Dense(layer["units"], **initializers(layer, fan_in(layer, shape)))],
    "MaxPooling2D": lambda layer, shape: [keras.layers.MaxPooling2D(layer["pool_size"])],
    "LayerNormalization": layer_normalization, "BatchNormalization": batch_normalization, "Dropout": masked,
    "Activation": lambda layer, shape: [activation(layer["function"])],
}
"""(layer in plain JSON, shape of its input) -> the layers that do it in Keras, the one with weights last."""
OWN = {"Dropout": lambda layer, shape: [keras.layers.Dropout(layer["rate"])]}
"""Those that draw for themselves where the start is a framework's own."""


def activation(function):
    """The layer of an activation in plain JSON: a name, or a class with its fields; an open field is left out."""
    if isinstance(function, str):
        return keras.layers.Activation(function)
    kind, (value,) = function["is"], [value for name, value in function.items() if name != "is"]
    if kind in ACTIVATIONS:
        own(kind)
    if value is None:
        return keras.layers.Activation(ACTIVATIONS[kind]) if kind in ACTIVATIONS else keras.layers.LeakyReLU()
    return CLOSED[kind](value)


def own(kind):
    """Keras's function of an activation that it knows by name. Raises Unsupported where this Keras does not."""
    try:
        return keras.activations.get(ACTIVATIONS[kind])
    except ValueError as error:
        raise Unsupported("This Keras has no activation %s." % ACTIVATIONS[kind]) from error


def leaky(slope):
    return keras.layers.LeakyReLU(**{"negative_slope" if KERAS_3 else "alpha": slope})


def hard_sigmoid(slope):
    """Keras's own of a steeper or flatter input, so that its own slope is its own function."""
    return keras.layers.Activation(lambda x: own("HardSigmoid")(x * (slope / OWN_SLOPE)))


OWN_SLOPE = 1 / 6 if KERAS_3 else 0.2  # keras/src/backend/tensorflow/nn.py:110, tf_keras/src/backend.py:5939
CLOSED = {"LeakyReLU": leaky, "LeakyReLUByName": leaky, "HardSigmoid": hard_sigmoid,
          "GELU": lambda value: keras.layers.Activation(lambda x: own("GELU")(x, approximate=value))}


def initializers(layer, inputs):
    """The initializer arguments of a layer whose outputs are made of so many inputs each; an open one is left out.

    They have no seeds of their own: Keras draws one for each from the seed of the whole training, as for a user.
    """
    return {part + "_initializer": INITIALIZERS[layer[part]["is"]](layer[part], inputs)
            for part in ("kernel", "bias") if layer[part] is not None}


INITIALIZERS = {
    "Zeros": lambda value, inputs: keras.initializers.Zeros(),
    "Normal": lambda value, inputs: keras.initializers.RandomNormal(value["mean"], value["stddev"]),
    "GlorotUniform": lambda value, inputs: keras.initializers.get("glorot_uniform"),
    "FanInUniform": lambda value, inputs: keras.initializers.RandomUniform(-1 / np.sqrt(inputs), 1 / np.sqrt(inputs)),
}
