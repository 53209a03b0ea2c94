"""What NumPy knows of a layer. Python 3.6 and NumPy 1.16."""


class LayerPart(object):
    """The math of one kind of layer; the methods here are those of a layer without weights.

    `layer` is the layer as plain JSON. Arrays have shape (batch, inputs), those of images (batch, height, width,
    channels). `weights` are the arrays of `names`, in this order.
    """

    names = ()
    """The names of its weights, in the order in which frameworks list them."""
    moving = ()
    """Those that a step changes without a gradient."""
    initial = {}
    """By name, the initializer of a weight for which the spec has no field."""
    is_random = False
    """Whether it draws in every step."""
    normalizes = False
    """Whether its outputs are scaled to a size that does not grow with that of its inputs."""

    def sizes(self, layer, inputs):
        """The shape of every weight by name; `inputs` is the last axis of the input."""
        return dict.fromkeys(self.names, (inputs,))

    def fans(self, layer, inputs):
        """(inputs of each output, outputs of each input), as initializers count them."""
        return inputs, inputs

    def forward(self, layer, x, *weights):
        """The output outside of training."""
        raise NotImplementedError

    def in_training(self, layer, x, *weights):
        """The output within a training step."""
        return self.forward(layer, x, *weights)

    def pullback(self, layer, x, y, gradient, *weights):
        """The gradient of the input from that of the output y, within a training step."""
        raise NotImplementedError

    def weight_gradients(self, layer, x, gradient):
        """The gradients of the weights that are not `moving`, from the gradient of the output."""
        return ()

    def after_step(self, layer, x, *weights):
        """The `moving` weights by name, after a step with the input x."""
        return {}

    def rules(self):
        """Default rules of the fields that the spec can leave unset, by field (`quirks.rule.Field`)."""
        return ()

    def examples(self):
        """Stacks of layers, with all fields set, that tests train; each ends in rows of numbers."""
        return ()
