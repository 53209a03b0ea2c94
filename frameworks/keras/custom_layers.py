"""Our own Keras layers: for recording, and for fields for which Keras's layer has no argument."""
from frameworks.keras.api import keras, ops
from frameworks.parts.batch_normalization import variance_factor
from frameworks.parts.dropout import MASKS, mask_rows


def unmarked(tensor):
    """Returns a new tensor of the same values, without the attribute `_keras_logits`.

    Keras on TensorFlow attaches the input of a sigmoid or softmax to its output under this name, and a loss then uses
    it in place of the outputs that it gets (keras/src/backend/tensorflow/nn.py:44, :172 and :1267 in 3.15.1).
    """
    return tensor * 1


class Kept(keras.layers.Layer):
    """Stores its input and returns it: the images for the recorder, the logits for a loss or metric."""

    value = None

    def __init__(self, width=None):
        """`width` is the number of values per sample, or None if the recorder does not need it."""
        super(Kept, self).__init__()
        self.width = width

    def call(self, inputs):
        # Keras would track a plain assignment as a part of the layer.
        object.__setattr__(self, "value", unmarked(inputs))
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape


class Corrected(keras.layers.BatchNormalization):
    """BatchNormalization of Keras 3 with a moving variance that follows another estimate of the variance of a batch.

    Keras 3 divides by the number of values n. `layer` is plain JSON; its field `variance` names the estimate.
    """

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
    """Dropout with given masks, as `frameworks.parts.dropout.MASKS` describes them; Keras 3 only.

    `keeps_logits` says whether the logits of a sigmoid or softmax before it remain available to the loss in evaluation.
    """

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
