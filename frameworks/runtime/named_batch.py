"""A batch of several inputs or targets as a PyTorch program gets it.

It is a tuple. Where Keras's model takes a dict, it can also be indexed by the names of the dict. Python 3.6.
"""


class Batch(tuple):
    """Tensors by number, and by the `names` of the class."""

    names = ()
    """The names of the tensors in order; those of a subclass that `batch_of` makes."""

    def __getitem__(self, key):
        if not isinstance(key, str):
            return super(Batch, self).__getitem__(key)
        if key not in self.names:
            raise KeyError(key)
        return super(Batch, self).__getitem__(self.names.index(key))

    def __contains__(self, key):
        return key in self.names if isinstance(key, str) else super(Batch, self).__contains__(key)

    def keys(self):
        """Returns the names, as of a dict."""
        return self.names

    def values(self):
        """Returns the tensors, as of a dict."""
        return iter(self)

    def items(self):
        """Returns names and tensors, as of a dict."""
        return zip(self.names, self)


def batch_of(values, names):
    """Returns the only tensor itself, and several ones as a `Batch` with these names, or as a tuple without names.

    The names are those of a class of its own, because Lightning moves a batch to a device by building a new one from
    its class.
    """
    if len(values) == 1:
        return values[0]
    return type("Batch", (Batch,), {"names": list(names)})(values) if names else tuple(values)
