"""Parameters that a PyTorch program makes by itself and gives to functions: their layout follows from their use."""

from __future__ import annotations

from dataclasses import replace

from compare.analysis.programs.description import Operation, Run, is_port
from compare.analysis.programs.runs import Pair

AXES = {"linear": (1, 0), "conv1d": (2, 1, 0), "conv2d": (2, 3, 1, 0), "conv3d": (2, 3, 4, 1, 0),
        "conv_transpose1d": (2, 1, 0), "conv_transpose2d": (2, 3, 1, 0), "conv_transpose3d": (2, 3, 4, 1, 0)}
"""By function, the axes of its weight in Keras's order."""
MOST_BETWEEN = 6
"""So many operations may stand between a parameter and the function that gets it, as in a weight that is normalized."""


def laid_out(pair: Pair, left: Run, right: Run) -> Run:
    """The right program; the weights that it gives to F.linear, F.conv2d and so on are read in Keras's layout."""
    if not is_port(left, right):
        return right
    axes = {}
    for operation in right.operations:
        if operation.kind in AXES and len(operation.shapes) > 1 and operation.argument("groups", 6, 1) == 1:
            name = weight_of(operation, right)
            if name in right.parameters and len(AXES[operation.kind]) == len(right.parameters[name].shape):
                axes[name] = AXES[operation.kind]
    if not axes:
        return right
    changes = tuple({"kind": "laid_out", "layer": right.parameters[name].layer, "parameter":
                     right.parameters[name].role, "axes": list(order)} for name, order in axes.items())
    pair.right = replace(pair.right, changes=(*pair.right.changes, *changes))
    return pair.run("right", until=0, whole=True)


def weight_of(operation: Operation, run: Run) -> str:
    """The parameter that a function gets as its weight, or of which that is computed without another shape; as it is
    named in its module, which is its name here if the module is the user's own."""
    number = 1
    for _ in range(MOST_BETWEEN):
        if number >= len(operation.weights) or operation.weights[number]:
            return operation.weights[number] if number < len(operation.weights) else ""
        if not operation.operands[number]:
            return ""
        shape, operation = list(operation.shapes[number]), run.operation(operation.operands[number])
        number = next((i for i, each in enumerate(operation.shapes) if list(each) == shape), len(operation.shapes))
    return ""
