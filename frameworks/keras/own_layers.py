"""Layers of our own in Keras: for the record, and where Keras's layer has no argument for a field."""
from frameworks.keras.api import keras, ops
from frameworks.parts.batch_normalization import variance_factor
from frameworks.parts.dropout import MASKS, mask_rows


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
            factor = variance_factor(self.layer, inputs.shape, ops.cast(n, "float32"))
            self.moving_variance.assign(kept + (self.moving_variance - kept) * factor)
        return outputs


class Masked(keras.layers.Layer):
    """A dropout whose masks are given: `frameworks.parts.dropout.MASKS`."""

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
        rows = mask_rows(ops.cast(self.step, "int32"), n, ops.arange(n, dtype="int32"))
        self.step.assign_add(1.0)
        return inputs * ops.take(self.masks, rows, axis=0) / (1 - self.rate)

    def compute_output_shape(self, input_shape):
        return input_shape
