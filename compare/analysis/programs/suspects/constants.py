"""Suspects of constants in the user's own code: a number of the port differs from that in Keras's function or layer."""

from __future__ import annotations

from typing import Iterator, Sequence

from compare.analysis.programs.description import Operation, Run
from compare.analysis.programs.suspects.arithmetic import ADD, DIVIDE, MULTIPLY, SUBTRACT, SUBTRACT_FROM
from compare.analysis.programs.suspects.suspect import Suspect, with_argument

WITH_NUMBERS = (*ADD, *SUBTRACT, *SUBTRACT_FROM, *MULTIPLY, *DIVIDE, "__rtruediv__", "pow", "__pow__", "__rpow__",
                "clamp", "clamp_min", "clamp_max", "clip", "leaky_relu", "elu", "threshold", "hardtanh", "softplus")
MOST = 16
"""The largest number of constants that are tried."""


def other_numbers(computed: Sequence[Operation], numbers: Sequence[float], side: str,
                  whole: bool = True) -> Iterator[Suspect]:
    """Every constant in the right operations, replaced by one of Keras's; those of one side only come first. One that
    stands in several places is replaced in all of them, and then in each.

    `whole`: they have to make the whole training agree, as for a loss, which is only one number.
    """
    given = [(operation, key, float(value)) for operation in computed if operation.kind in WITH_NUMBERS
             for key, value in operation.arguments.items()
             if isinstance(value, (int, float)) and not isinstance(value, bool)]
    known = {value for _, _, value in given}
    alike = [[each for each in given if each[2] == value] for value in dict.fromkeys(value for _, _, value in given)]
    places = [*(each for each in alike if len(each) > 1), *([each] for each in given)]
    tried = [(place, number) for place in places for number in numbers if number != place[0][2]]
    tried.sort(key=lambda each: (each[0][0][2] in numbers) + (each[1] in known))
    for place, number in tried[:MOST]:
        operation, _, value = place[0]
        times = f" in {len(place)} places" if len(place) > 1 else ""
        yield Suspect(tuple(with_argument(each, "" if key.isdigit() else key, number, int(key) if key.isdigit() else -1)
                            for each, key, _ in place),
                      f"{side} computes with {number:g} where your `{operation.kind.strip('_')}` has {value:g}{times}.",
                      f"`{number:g}` in place of `{value:g}`{times}", operation.place, whole=whole)


def other_factors(computed: Sequence[Operation], numbers: Sequence[float], right: Run) -> Iterator[Suspect]:
    """A constant tensor of the port, such as frequencies in an attribute, that is multiplied by a number of Keras's."""
    trained = {name for name, parameter in right.parameters.items() if parameter.trainable}
    tried = 0
    for place in dict.fromkeys(each.place for each in computed):
        operation = next(each for each in computed if each.place == place)
        constants = [i for i, shape in enumerate(operation.shapes) if not operation.operands[i]
                     and len(shape) < len(operation.shape) and operation.weights[i] not in trained]
        if operation.kind not in MULTIPLY or not constants:
            continue
        for number in numbers:
            if number not in (0.0, 1.0) and tried < MOST:
                tried += 1
                yield Suspect(({"kind": "apply", "operation": operation.key, "function": "scale",
                                "settings": {"factor": number, "offset": 0.0}},),
                              f"Keras's layer also multiplies by {number:g} here.",
                              f"`{number:.9g} * x` in place of `x` in the product of this line", operation.place)


def other_signs(computed: Sequence[Operation]) -> Iterator[Suspect]:
    """A difference of two tensors the other way round, or a difference for a sum of them."""
    two = [each for each in computed if each.kind in (*ADD, *SUBTRACT) and len(each.shapes) == 2
           and list(each.shapes[0]) == list(each.shapes[1])]
    for operation in two[:MOST_SIGNS]:
        written, others = ("a + b", OF_SUMS) if operation.kind in ADD else ("a - b", OF_DIFFERENCES)
        for number, made, code in others:
            change = {"kind": "apply", "operation": operation.key} if number is None else \
                {"kind": "operand_changed", "operation": operation.key, "number": number}
            yield Suspect(({**change, "function": "scale", "settings": {"factor": -1.0, "offset": 0.0}},),
                          f"Keras's model computes `{made}` here, your program `{written}`.", code, operation.place)


OF_SUMS = ((0, "b - a", "`b - a` in place of `a + b`"), (1, "a - b", "`a - b` in place of `a + b`"))
OF_DIFFERENCES = ((None, "b - a", "`b - a` in place of `a - b`"), (1, "a + b", "`a + b` in place of `a - b`"))
"""The number of the tensor with another sign, None for that of the result, what it makes, and the code."""
MOST_SIGNS = 4
"""The largest number of sums and differences of which the signs are tried."""


def other_arrays(computed: Sequence[Operation], left: Run, right: Run) -> Iterator[Suspect]:
    """Every buffer that the right's operations get, with the values of an array of that shape which a layer of Keras's
    program has."""
    given = {name: (operation, list(operation.shapes[i])) for operation in computed
             for i, name in enumerate(operation.weights) if name}
    for name, (operation, shape) in given.items():
        for constant, values in left.arrays("constant").items():
            if list(values.shape) == shape and not (name in right.parameters and right.parameters[name].trainable):
                yield Suspect(({"kind": "buffer", "name": name, "value": values.tolist()},),
                              f"Your buffer `{name}` has other values than `{constant}` of the Keras program.",
                              f"the values of `{constant}` in `{name}`", operation.place)
