"""Several inputs or targets as a program gets them: a tuple, which names index too where those of Keras are a dict.

Python 3.6.
"""


class Batch(tuple):
    """Tensors by number, and by the names of the class."""

    names = ()

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
    """Returns the only tensor, or several. Lightning makes a batch anew from its class, which therefore has the names.
    """
    if len(values) == 1:
        return values[0]
    return type("Batch", (Batch,), {"names": list(names)})(values) if names else tuple(values)
