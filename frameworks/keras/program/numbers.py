"""The constants in the user's own functions and layers, such as a margin, a weight or an exponent. Python 3.6."""
import types

import numpy as np


def of_function(function):
    """Returns the distinct numbers in a user's function and in the functions of its file that it calls, sorted.

    They are constants of the code, default arguments, variables of enclosing functions and of the file, and numbers of
    modules such as `np.pi`.
    """
    return numbers(values_of(function, set()))


def values_of(function, known):
    """Returns the values in a function, and adds the function to the set `known`; functions in it are passed over."""
    function = getattr(function, "__func__", function)
    if not isinstance(function, types.FunctionType) or function.__module__.split(".")[0] == "keras" or \
            function in known:
        return []
    known.add(function)
    values = constants(function.__code__) + list(function.__defaults__ or ())
    names = names_in(function.__code__)
    for value in map(function.__globals__.get, names):
        values += values_of(value, known) if getattr(value, "__globals__", None) is function.__globals__ else [value]
        values += [vars(value).get(name) for name in names] if isinstance(value, types.ModuleType) else []
    values += list((function.__kwdefaults__ or {}).values())
    for cell in function.__closure__ or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:  # it is not set yet
            continue
    return values


def of_object(made):
    """Returns the numbers in a user's layer, model or loss, sorted: those of its public attributes and of its `call`.

    An object of Keras's own class has none.
    """
    if type(made).__module__.split(".")[0] == "keras":
        return []
    attributes = [value for name, value in vars(made).items() if not name.startswith("_")]
    return sorted(set(numbers(attributes) + of_function(getattr(type(made), "call", None))))


LARGEST = 10000
"""The largest number of elements of an array that `arrays_of` returns."""


def arrays_of(made):
    """Returns the arrays of numbers that a user's layer has as attributes, such as a matrix of neighbours, by name."""
    if type(made).__module__.split(".")[0] == "keras":
        return {}
    return {name: value for name, value in vars(made).items()
            if isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and 1 < value.size <= LARGEST}


def constants(code):
    """Returns the constants of a code object and of the code objects nested in it."""
    return [each for value in code.co_consts
            for each in (constants(value) if isinstance(value, types.CodeType) else [value])]


def names_in(code):
    """Returns the names of globals and attributes in a code object and in those nested in it."""
    return list(code.co_names) + [name for value in code.co_consts if isinstance(value, types.CodeType)
                                  for name in names_in(value)]


def numbers(values):
    """Returns the distinct numbers below 1e9 among some values, sorted, without 0 and -1, which usually are axes."""
    return sorted({float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)
                   and value not in (0, -1) and abs(value) < 1e9})
