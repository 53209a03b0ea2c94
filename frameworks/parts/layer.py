"""The interface of a layer in NumPy. Python 3.6 and NumPy 1.16."""


class LayerPart(object):
    """The math of one kind of layer. The defaults here are those of a layer without weights.

    `layer` is the layer as plain JSON. Arrays have shape (batch, inputs), or (batch, height, width, channels) for
    images. `weights` are the arrays of `names`, in this order. Results have the dtype of the arrays.
    """

    names = ()
    """The names of the weights, in the order in which frameworks list them."""
    moving = ()
    """The names of the weights that a training step changes without a gradient."""
    initial = {}
    """By name, the initializer of a weight for which the spec has no field."""
    is_random = False
    """Whether the layer draws random numbers in every training step."""
    normalizes = False
    """Whether the scale of the outputs is independent of the scale of the inputs."""

    def sizes(self, layer, inputs):
        """Return the shape of every weight by name; `inputs` is the size of the last axis of the input."""
        return dict.fromkeys(self.names, (inputs,))

    def fans(self, layer, inputs):
        """Return (fan-in, fan-out) of the kernel: the numbers of inputs of an output, and of outputs of an input."""
        return inputs, inputs

    def forward(self, layer, x, *weights):
        """Return the output outside of training."""
        raise NotImplementedError

    def in_training(self, layer, x, *weights):
        """Return the output within a training step."""
        return self.forward(layer, x, *weights)

    def pullback(self, layer, x, y, gradient, *weights):
        """Return the gradient of the input x from the gradient of the output y, in a training step (backward pass)."""
        raise NotImplementedError

    def weight_gradients(self, layer, x, gradient):
        """Return the gradients of the weights that are not `moving`, in the order of `names`.

        They are computed from the input x and the gradient of the output.
        """
        return ()

    def after_step(self, layer, x, *weights):
        """Return the `moving` weights after a training step with the input x, by name."""
        return {}

    def rules(self):
        """Return the fields that a spec can leave unset, with their default rules, as `quirks.rule.Field`."""
        return ()

    def examples(self):
        """Return stacks of layers for tests, with all fields set; the output of each stack has shape (batch, units)."""
        return ()
