"""The interface of a metric in NumPy. Python 3.6 and NumPy 1.16."""


class MetricPart(object):
    """The definition of one kind of metric, which is `metric` in plain JSON."""

    def value(self, metric, labels, outputs):
        """Return the metric of samples that are measured together: a batch, an epoch, or a test set.

        `labels` and `outputs` have shape (n, outputs) and the same dtype. In an epoch of a training, the outputs are
        those of its steps, while the weights change.
        """
        raise NotImplementedError

    def rules(self):
        """Return the fields that a spec can leave unset, with their default rules, as `quirks.rule.Field`."""
        return ()

    def examples(self):
        """Return (metric with all fields set, labels, outputs, value computed by hand) for tests."""
        return ()
