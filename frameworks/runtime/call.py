"""A call of a framework's class, or lines of code, which can be executed or rendered as source. Python 3.6.

A builder returns such calls for a layer, and calls or lines for a loss. The realization executes them and the code
generator renders them, so that the two cannot differ.
"""
import linecache
import zlib

from frameworks.runtime.errors import Unsupported


class Expression(object):
    """An argument that is rendered as an expression, such as `-1 / 784 ** 0.5` or `lambda x: keras.ops.abs(x)`."""

    def __init__(self, text):
        self.text = text


class Call(object):
    """`name(*args, **kwargs)`; an argument can be a `Call` or an `Expression`.

    `no_source` is the reason why a generated program cannot contain the call, such as a class of this package; it is
    empty otherwise.
    """

    def __init__(self, name, *args, **kwargs):
        self.name, self.args, self.kwargs = name, args, kwargs
        self.no_source = ""

    def without_source(self, reason):
        """Returns the same call, for which `source` raises Unsupported with this reason."""
        self.no_source = reason
        return self

    def made(self, names):
        """Returns the object; `names` maps the first part of a dotted name to a module or class."""
        first, _, rest = self.name.partition(".")
        target = names[first]
        for attribute in rest.split(".") if rest else ():
            target = getattr(target, attribute)
        return target(*[_made(value, names) for value in self.args],
                      **{key: _made(value, names) for key, value in self.kwargs.items()})

    def arguments(self):
        """Returns the arguments as source. Raises Unsupported where a program cannot contain the call."""
        if self.no_source:
            raise Unsupported(self.no_source)
        return [_source(value) for value in self.args] + ["%s=%s" % (key, _source(value))
                                                          for key, value in self.kwargs.items()]

    def source(self):
        """Returns the whole call as source. Raises Unsupported where a program cannot contain the call."""
        return "%s(%s)" % (self.name, ", ".join(self.arguments()))


def function_of(arguments, lines, names):
    """Returns a function; `arguments` is the source of its arguments, as in `y, p`, and `lines` that of its body.

    `names` maps the names that the lines use to modules or classes.
    """
    source = "def function(%s):\n" % arguments + "".join("    %s\n" % line for line in lines)
    filename, scope = "<lines %x>" % zlib.crc32(source.encode()), dict(names, __name__=__name__)
    linecache.cache[filename] = len(source), None, source.splitlines(True), filename  # TensorFlow's AutoGraph reads it
    exec(compile(source, filename, "exec"), scope)  # lines from a builder only
    return scope["function"]


def set_arguments(layer, **names):
    """Returns the set fields of a layer or metric, given as plain JSON, by the argument names of a framework.

    `names` are those argument names by field, as in `set_arguments(layer, epsilon="eps")`.
    """
    return {names[field]: layer[field] for field in names if layer[field] is not None}


def _made(value, names):
    if isinstance(value, Call):
        return value.made(names)
    return eval(value.text, dict(names)) if isinstance(value, Expression) else value  # text from a builder only


def _source(value):
    if isinstance(value, Call):
        return value.source()
    if isinstance(value, Expression):
        return value.text
    return '"%s"' % value if isinstance(value, str) else repr(value)
