"""The numbers that the user's own functions and layers compute with: a margin, a weight, an exponent. Python 3.6."""
import types


def of_function(function):
    """Returns the numbers of a user's function: constants of its code, defaults and what it has of outer functions."""
    function = getattr(function, "__func__", function)
    if not isinstance(function, types.FunctionType) or function.__module__.split(".")[0] == "keras":
        return []
    values = constants(function.__code__) + list(function.__defaults__ or ())
    values += list((function.__kwdefaults__ or {}).values())
    for cell in function.__closure__ or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:  # it is not set yet
            continue
    return numbers(values)


def of_object(made):
    """Returns the numbers of a user's layer, model or loss: its attributes, and those of its `call`."""
    if type(made).__module__.split(".")[0] == "keras":
        return []
    own = [value for name, value in vars(made).items() if not name.startswith("_")]
    return sorted(set(numbers(own) + of_function(getattr(type(made), "call", None))))


def constants(code):
    """Returns the constants of a code object and of those in it."""
    return [each for value in code.co_consts
            for each in (constants(value) if isinstance(value, types.CodeType) else [value])]


def numbers(values):
    """Returns the numbers among some values, each once, without those that only count axes."""
    return sorted({float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)
                   and value not in (0, -1) and abs(value) < 1e9})
