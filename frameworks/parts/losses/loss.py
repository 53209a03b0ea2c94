"""The interface of a loss in NumPy. Python 3.6 and NumPy 1.16."""


class LossPart(object):
    """The math of one kind of loss. The defaults here are those of a loss that is computed from the outputs."""

    of_logits = ""
    """The value of the field `of` that computes the loss from the logits; empty if there is none."""
    exact_with = ()
    """The last activations for which `logits_form` computes a loss of the outputs from their logits."""
    is_quadratic = False
    """Whether the rounding error of the loss is at most that of the largest squared output, or of 1."""

    def value_and_gradient(self, y, z, p, last, weights=1):
        """Return (loss, gradient of the logits or None, gradient of the outputs or None) of a batch.

        Labels y, logits z and outputs p have shape (batch, outputs); `last` is the name of the last activation, or
        `linear`. The first gradient is set if the loss is computed from the logits, the second if it is computed from
        the outputs. `weights` are those of the samples, of shape (batch, 1), or 1. The fields of the loss are further
        keyword arguments; their default values are the published definitions that the reference's rules cite.

        Raises Undefined where the loss has no value, such as the logarithm of a number <= 0, and Refused where a
        framework would raise an error (`domain="refuse"`).
        """
        raise NotImplementedError

    def reads_logits(self, loss, last):
        """Whether a loss in plain JSON is set to be computed from the logits of the last activation `last`."""
        return bool(self.of_logits) and (
            loss["of"] == self.of_logits or
            (loss["of"] == "outputs" and bool(loss["logits_form"]) and last in self.exact_with))

    def rules(self):
        """Return the fields that a spec can leave unset, with their default rules, as `quirks.rule.Field`."""
        return ()

    def examples(self):
        """Return losses for tests, with all fields set."""
        raise NotImplementedError
