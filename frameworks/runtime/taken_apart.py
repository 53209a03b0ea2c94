"""Into how many tensors a user's training step unpacks a batch, read from its code. Python 3.6."""
import ast
import inspect
import textwrap


def takes_all(kind, method, count, place=0, seen=frozenset()):
    """Returns whether a method unpacks a batch into `count` tensors, as in `x1, x2, y = batch` or `batch[2]`.

    A method of the class `kind` that gets the whole batch from this one counts too. `place` is the index of the batch
    among the arguments after `self`, and `seen` holds the methods that call this one. The result is False for fewer
    than three tensors: an input and a target need no such test.
    """
    function = source_of(getattr(kind, method, None))
    if count < 3 or method in seen or function is None or len(function.args.args) < place + 2:
        return False
    batch = function.args.args[place + 1].arg
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and is_name(node.value, batch) and isinstance(node.targets[0], ast.Tuple):
            parts = node.targets[0].elts
            return len(parts) == count or any(isinstance(part, ast.Starred) for part in parts)
        if isinstance(node, ast.Subscript) and is_name(node.value, batch) and (
                isinstance(node.slice, ast.Slice) or getattr(node.slice, "value", None) == 2):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_name(node.func.value, "self"):
            for i, argument in enumerate(node.args):
                if is_name(argument, batch) and takes_all(kind, node.func.attr, count, i, seen | {method}):
                    return True
    return False


def source_of(method):
    """Returns the syntax tree of a function of the user; None where its source cannot be read."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    except (OSError, TypeError, SyntaxError):
        return None
    return next((node for node in tree.body if isinstance(node, ast.FunctionDef)), None)


def is_name(node, name):
    """Returns whether a node of a syntax tree is the variable `name`."""
    return isinstance(node, ast.Name) and node.id == name
