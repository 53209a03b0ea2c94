"""The interface of a metric in NumPy. Python 3.6 and NumPy 1.16."""


class MetricPart(object):
    """The definition of one kind of metric. `metric` is the metric as plain JSON."""

    def value(self, metric, labels, outputs):
        """Return the metric of samples that are measured together: a batch, an epoch, or a test set.

        `labels` (one-hot, or 0 and 1) and `outputs` have shape (n, outputs) and the same float dtype. The metric of a
        training epoch is that of the outputs of its steps, between which the weights change.
        """
        raise NotImplementedError

    def rules(self):
        """Return the fields that a spec can leave unset, with their default rules, as `quirks.rule.Field`."""
        return ()

    def examples(self):
        """Return (metric with all fields set, labels, outputs, value computed by hand) for tests."""
        return ()
