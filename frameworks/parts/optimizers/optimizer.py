"""The interface of an optimizer in NumPy. Python 3.6 and NumPy 1.16."""


class OptimizerPart(object):
    """The update of one kind of optimizer, without what all share: weight decay, clipping and accumulation.

    `frameworks.runtime.momentum` defines the unit of a recorded momentum.
    """

    state = ()
    """The names of the arrays that the optimizer keeps for each weight."""
    learning_rate = None
    """The learning rate of the paper, or, if it gives none, that which the reference's default rule names."""

    def shared_state(self, optimizer_state, t, **fields):
        """Return the part of the optimizer state that belongs to no single weight, by name, as it is after step t."""
        return {}

    def update(self, g, state, t, rate):
        """Return (what is subtracted from a weight in step t, the new arrays of its state by name).

        g is the gradient of the weight, `rate` the learning rate in the dtype of g, and t counts from 1. `state` holds
        the arrays of the weight by name, none before the first step, and the `shared_state` of this step. All arrays
        have the shape and dtype of g. The fields of the optimizer are further keyword arguments; their default values
        are those of the reference's default rules.

        An optimizer with a momentum that can exclude a changing learning rate also gets `units`; see
        `momentum.in_units`.
        """
        raise NotImplementedError

    def float32_betas(self, optimizer, step):
        """Return what rounding the betas to float32 does in a step, counted from 1: (changed fields, rate factor).

        `optimizer` holds the fields by name, all set. Other fields are unchanged, and the learning rate is multiplied
        by the factor.
        """
        return {}, 1.0

    def rules(self):
        """Return the fields that a spec can leave unset, with their default rules, as `quirks.rule.Field`."""
        raise NotImplementedError

    def examples(self):
        """Return optimizers for tests; all fields but those that all optimizers share are set."""
        raise NotImplementedError
