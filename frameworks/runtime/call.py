"""A call of a framework's class, to be made or to be written as source. Python 3.6.

A builder returns such calls for a layer: the realization makes them, the code generator writes them, and so the two
cannot differ.
"""
from frameworks.runtime.errors import Unsupported


class Expression(object):
    """An argument that is written as an expression, as in `-1 / 784 ** 0.5` or `lambda x: keras.ops.abs(x)`."""

    def __init__(self, text):
        self.text = text


class Call(object):
    """`name(*args, **kwargs)`; an argument can be a `Call` or an `Expression`.

    `no_source` says why it cannot be written in a program, where it is a class of ours that no user has.
    """

    def __init__(self, name, *args, **kwargs):
        self.name, self.args, self.kwargs = name, args, kwargs
        self.no_source = ""

    def without_source(self, reason):
        """The same call, which `source` refuses for this reason."""
        self.no_source = reason
        return self

    def made(self, names):
        """The object; `names` are modules and classes by the first part of a dotted name."""
        first, _, rest = self.name.partition(".")
        target = names[first]
        for attribute in rest.split(".") if rest else ():
            target = getattr(target, attribute)
        return target(*[_made(value, names) for value in self.args],
                      **{key: _made(value, names) for key, value in self.kwargs.items()})

    def arguments(self):
        """The arguments as source. Raises Unsupported where a program has no such class."""
        if self.no_source:
            raise Unsupported(self.no_source)
        return [_source(value) for value in self.args] + ["%s=%s" % (key, _source(value))
                                                          for key, value in self.kwargs.items()]

    def source(self):
        """The whole call as source. Raises Unsupported where a program has no such class."""
        return "%s(%s)" % (self.name, ", ".join(self.arguments()))


def set_arguments(layer, **names):
    """The fields of a layer that are set, by the names of a framework's arguments."""
    return {names[field]: layer[field] for field in names if layer[field] is not None}


def _made(value, names):
    if isinstance(value, Call):
        return value.made(names)
    return eval(value.text, dict(names)) if isinstance(value, Expression) else value  # our own text, of a builder


def _source(value):
    if isinstance(value, Call):
        return value.source()
    if isinstance(value, Expression):
        return value.text
    return '"%s"' % value if isinstance(value, str) else repr(value)
