"""Translates layers and initializers of a spec to Keras. An unset field is an argument left out.

A builder takes the layer as plain JSON, the shape of a sample of its input and the `Target`, and returns a list of
calls; the last one is that of the layer with weights. Where Keras cannot express a field, a builder raises Unsupported.
`networks` instantiates the calls, `codegen` renders them as source. To add a layer, write its builder and add it to
`LAYERS`. Imports no Keras.
"""
import collections

from frameworks.parts import part_of, regularizers
from frameworks.runtime.call import Call, Expression, set_arguments
from frameworks.runtime.errors import Unsupported

Target = collections.namedtuple("Target", "version keras_3 sessions native")
"""The Keras that calls are built for: its version, whether it is Keras 3, whether it runs on TensorFlow 1, and whether
Dropout draws its own masks (init=native) or gets the masks that all frameworks share."""
TODAY = Target("3", True, False, True)
"""The Keras of generated programs."""
DIVIDES = (3, 14)
"""Since this version, Keras 3 divides the activity regularizer of a batch by the number of its samples, as tf.keras
does; keras/src/layers/layer.py:1028 (3.15.1)."""
ACTIVATIONS = {"LeakyReLUByName": "leaky_relu", "GELU": "gelu", "HardSigmoid": "hard_sigmoid"}
"""Keras's names of activations that are classes in a spec."""


def flatten(layer, shape, target):
    """Permutes the axes of an image first where the order of its values is that of PyTorch, channels first."""
    transposed = layer["order"] == "channels_first" and len(shape) == 3
    return ([Call("keras.layers.Permute", (3, 1, 2))] if transposed else []) + [Call("keras.layers.Flatten")]


def dense(layer, shape, target):
    return [Call("keras.layers.Dense", layer["units"], **initializers(layer, shape), **regularizers_of(layer, target))]


def conv2d(layer, shape, target):
    """Pads in a layer of its own where the padding is symmetric, as in PyTorch."""
    size, same, symmetric = layer["kernel_size"], layer["padding"] == "same", layer["padded"] == "symmetric"
    arguments = {"strides": layer["strides"]} if layer["strides"] > 1 else {}
    if same and not symmetric:
        arguments["padding"] = "same"
    before = [Call("keras.layers.ZeroPadding2D", size // 2)] if same and symmetric else []
    arguments.update(initializers(layer, shape), **regularizers_of(layer, target))
    return before + [Call("keras.layers.Conv2D", layer["filters"], size, **arguments)]


def max_pooling2d(layer, shape, target):
    return [Call("keras.layers.MaxPooling2D", layer["pool_size"])]


def average_pooling2d(layer, shape, target):
    """Pads with zeros in a layer of its own where the mean counts them, as in PyTorch."""
    size = layer["pool_size"]
    if layer["padding"] == "valid":
        return [Call("keras.layers.AveragePooling2D", size)]
    if layer["counts_padding"]:
        return [Call("keras.layers.ZeroPadding2D", size // 2), Call("keras.layers.AveragePooling2D", size, strides=1)]
    return [Call("keras.layers.AveragePooling2D", size, strides=1, padding="same")]


def global_average_pooling2d(layer, shape, target):
    return [Call("keras.layers.GlobalAveragePooling2D")]


def layer_normalization(layer, shape, target):
    return [Call("keras.layers.LayerNormalization", **set_arguments(layer, epsilon="epsilon"))]


def group_normalization(layer, shape, target):
    return [Call("keras.layers.GroupNormalization", layer["groups"], **set_arguments(layer, epsilon="epsilon"))]


def batch_normalization(layer, shape, target):
    """Uses the class `Corrected` where the moving variance follows another variance of the batch than Keras's.

    Keras 2.2 keeps the moving mean and variance with a correction of their bias by hidden variables, which
    `get_weights` does not return (`zero_debias`, keras/backend/tensorflow_backend.py:1014 in 2.2.4).
    """
    arguments = set_arguments(layer, epsilon="epsilon", momentum="momentum")
    if target.sessions and target.version < "2.3":
        raise Unsupported("Keras %s does not support BatchNormalization: its moving mean and variance depend on "
                          "hidden variables, which cannot be set." % target.version)
    default = "biased" if target.keras_3 else "twice" if target.sessions else "unbiased_images"
    if layer["variance"] in (None, default):
        return [Call("keras.layers.BatchNormalization", **arguments)]
    if not target.keras_3:
        raise Unsupported("Keras %s has no argument for the variance that the moving one follows." % target.version)
    return [Call("Corrected", layer, **arguments).without_source(
        "Keras's BatchNormalization has no argument for the variance that the moving one follows.")]


def dropout(layer, shape, target):
    """Uses the class `Masked` where the masks are those that all frameworks share."""
    if target.native:
        unmarked = [] if layer["keeps_logits"] in (None, True) else \
            [Call("keras.layers.Lambda", Expression("lambda x: x * 1"))]  # the new tensor has no logits
        return [Call("keras.layers.Dropout", layer["rate"])] + unmarked
    if not target.keras_3:
        raise Unsupported("Keras %s cannot get the masks of a Dropout; use init=native." % target.version)
    return [Call("Masked", layer["rate"], **set_arguments(layer, keeps_logits="keeps_logits"))]


def activation(layer, shape, target):
    """Returns a layer with an activation by name, or with a function that has the value of the field of its class."""
    function = layer["function"]
    if isinstance(function, str):
        return [Call("keras.layers.Activation", function)]
    kind, (value,) = function["is"], [value for name, value in function.items() if name != "is"]
    if value is None:
        return [Call("keras.layers.Activation", ACTIVATIONS[kind]) if kind in ACTIVATIONS else
                Call("keras.layers.LeakyReLU")]
    if kind == "GELU":
        text = "lambda x: keras.activations.gelu(x, approximate=%r)" % value
    elif kind == "HardSigmoid":  # keras/src/backend/tensorflow/nn.py:110 (3.15.1), tf_keras/src/backend.py:5939 (2.21)
        text = "lambda x: keras.activations.hard_sigmoid(x * %r)" % (value / (1 / 6 if target.keras_3 else 0.2))
    else:
        return [Call("keras.layers.LeakyReLU", **{"negative_slope" if target.keras_3 else "alpha": value})]
    return [Call("keras.layers.Activation", Expression(text))]


LAYERS = {
    "Flatten": flatten, "Dense": dense, "Conv2D": conv2d, "MaxPooling2D": max_pooling2d,
    "AveragePooling2D": average_pooling2d, "GlobalAveragePooling2D": global_average_pooling2d,
    "LayerNormalization": layer_normalization, "GroupNormalization": group_normalization,
    "BatchNormalization": batch_normalization, "Dropout": dropout, "Activation": activation,
}
"""Builders by the name of the spec class: (layer, shape of a sample of its input, target) -> calls."""


def initializers(layer, shape):
    """Returns the initializer arguments of a layer; an unset initializer is left out.

    They have no seeds: as in a user's program, Keras draws from the generator that `api.set_seed` seeds.
    """
    inputs = part_of(layer).fans(layer, shape[-1])[0]
    return {weight + "_initializer": INITIALIZERS[layer[weight]["is"]](layer[weight], inputs)
            for weight in ("kernel", "bias") if layer[weight] is not None}


def regularizers_of(layer, target):
    """Returns the regularizer arguments of a layer. Raises Unsupported where Keras cannot express a field."""
    activity = regularizers.of_activity(layer)
    if activity and (target.sessions or target.keras_3 and
                     (3,) < tuple(int(part) for part in target.version.split(".")[:2]) < DIVIDES):
        raise Unsupported("Keras %s does not support an activity_regularizer of a mean: it does not divide by the "
                          "number of samples." % target.version)
    named = dict(regularizers.of_weights(layer), **({"activity": activity} if activity else {}))
    name = "keras.regularizers.%s" if target.keras_3 else "keras.regularizers.l%s"
    return {where + "_regularizer": Call(name % regularizer["is"][0 if target.keras_3 else 1:], regularizer["factor"])
            for where, regularizer in named.items()}


def require_reported(layers):
    """Raises Unsupported where a regularizer is not part of the reported loss."""
    if any(regularizer["reported"] is False for layer in layers for regularizer in regularizers.all_of(layer)):
        raise Unsupported("Keras does not support a regularizer with reported=False: its fit reports the loss that it "
                          "minimizes.")


INITIALIZERS = {
    "Zeros": lambda value, inputs: "zeros",
    "Normal": lambda value, inputs: Call("keras.initializers.RandomNormal", value["mean"], value["stddev"]),
    "GlorotUniform": lambda value, inputs: "glorot_uniform",
    "FanInUniform": lambda value, inputs: Call("keras.initializers.RandomUniform",
                                               *[Expression("%s1 / %d ** 0.5" % (sign, inputs)) for sign in ("-", "")]),
}
"""By the name of the spec class: (initializer, number of inputs) -> argument of the layer."""
