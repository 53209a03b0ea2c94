"""Our own Keras layers: for recording, and where Keras's layer has no argument for a field."""
from frameworks.keras.api import keras, ops
from frameworks.parts.batch_normalization import variance_factor
from frameworks.parts.dropout import MASKS, mask_rows


def unmarked(tensor):
    """Returns a new tensor of the same values, without Keras's record of how they were computed.

    Keras on TensorFlow attaches the input of a sigmoid or softmax to its output, as `_keras_logits`. A loss then uses
    this input in place of the tensor that it was given.
    """
    return tensor * 1


class Kept(keras.layers.Layer):
    """Stores its input and returns it: the images for the recorder, the logits for a loss or metric."""

    value = None

    def __init__(self, width=None):
        """`width` is the number of values per sample, as the recorder needs it."""
        super(Kept, self).__init__()
        self.width = width

    def call(self, inputs):
        # Keras would track a plain assignment as a part of the layer.
        object.__setattr__(self, "value", unmarked(inputs))
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape


class Corrected(keras.layers.BatchNormalization):
    """BatchNormalization with a moving variance that follows another estimate than Keras 3's, which divides by n."""

    def __init__(self, layer, **arguments):
        super(Corrected, self).__init__(**arguments)
        self.layer = layer

    def call(self, inputs, training=None, mask=None):
        decayed = ops.convert_to_tensor(self.moving_variance) * self.momentum
        outputs = super(Corrected, self).call(inputs, training=training, mask=mask)
        if training:
            n = 1
            for size in ops.shape(inputs)[:-1]:
                n = n * size
            factor = variance_factor(self.layer, inputs.shape, ops.cast(n, "float32"))
            self.moving_variance.assign(decayed + (self.moving_variance - decayed) * factor)
        return outputs


class Masked(keras.layers.Layer):
    """Dropout with given masks, as `frameworks.parts.dropout.MASKS` describes them."""

    def __init__(self, rate, keeps_logits=True):
        super(Masked, self).__init__()
        self.rate, self.keeps_logits = rate, keeps_logits

    def build(self, shape):
        self.masks = self.add_weight(shape=(MASKS, shape[-1]), initializer="zeros", trainable=False, name="masks")
        self.step = self.add_weight(shape=(), initializer="zeros", trainable=False, name="step")

    def call(self, inputs, training=None):
        if not training:
            return inputs if self.keeps_logits else unmarked(inputs)
        n = ops.shape(inputs)[0]
        rows = mask_rows(ops.cast(self.step, "int32"), n, ops.arange(n, dtype="int32"))
        self.step.assign_add(1.0)
        return inputs * ops.take(self.masks, rows, axis=0) / (1 - self.rate)

    def compute_output_shape(self, input_shape):
        return input_shape
