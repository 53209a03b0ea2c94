"""Random faults at random states: of every stage, kind and size."""

import numpy as np
from faulty import Fault
from random_cases import PLACES, any_of

from frameworks.reference.layers import forward
from frameworks.runtime.samples import mark

DECADES = range(-8, 0)  # of the size of a fault, relative to the array that it changes


def direction(draw, array, last):
    """The direction in which a fault of a random kind moves an array; zero if no kind can change it."""
    delta = np.zeros_like(array)
    for kind in draw.permutation(["multiply", "element", "cancel", "rows", "drop", "delay"]):
        if kind == "multiply":
            delta = array.copy()
        elif kind == "element":
            delta.flat[draw.integers(array.size)] = 1
        elif kind == "cancel" and array.size > 1:
            delta.flat[draw.permutation(array.size)[:2]] = 1, -1
        elif kind == "rows" and array.ndim and len(array) > 1:
            i, j = draw.permutation(len(array))[:2]
            delta[i], delta[j] = array[j] - array[i], array[i] - array[j]
        elif kind == "drop":
            begin, end = np.sort(draw.integers(array.size + 1, size=2))
            delta.flat[begin:end] = -array.flat[begin:end]
        elif kind == "delay" and last is not None:
            delta = np.asarray(last - array, array.dtype)
        if delta.any():
            break
    return delta


def moved(array, delta, size):
    """The array moved along `delta` by `size`, relative to its largest element, but by no more than `delta`."""
    if not delta.any():
        return array
    return array + (delta * min(1.0, size * np.abs(array).max() / np.abs(delta).max())).astype(array.dtype)


def within(value, prefix, name, model):
    """(the array of this name in the value at its place, a function that replaces it)."""
    return {"labels": lambda: (value[-1], lambda new: [*value[:-1], new]),
            "logits": lambda: (value[-2], lambda new: [*value[:-2], *forward(model.layers[-1:], {}, new)]),
            "outputs": lambda: (value[-1], lambda new: [*value[:-1], new]),
            "loss": lambda: (np.asarray(value[0]), lambda new: (new[()], *value[1:])),
            "gradient": lambda: (value[name], lambda new: {**value, name: new}),
            "weight": lambda: (value[0][name], lambda new: ({**value[0], name: new}, value[1])),
            "optimizer_state": lambda: (value[1][name], lambda new: (value[0], {**value[1], name: new})),
            "accuracy": lambda: (np.asarray(value), float)}[prefix]()


def random_fault(draw, case):
    """(stage, fault, its effect: `size`, relative to the array that it changes, and `noises`, as a multiple of them).

    The effect is known after the step.
    """
    stage = any_of(draw, *dict.fromkeys(stage for stage, _ in PLACES.values()))
    array, size, effect = any_of(draw, *case.names(stage)), 10 ** draw.uniform(DECADES[0], 0), {}
    prefix, _, name = array.partition("/")

    def change(model, value):
        if effect:
            return value  # the step is followed by an evaluation, which is not compared
        before, put = within(value, prefix, name, model)
        after = moved(before, direction(draw, before, case.last.get(array)), size)
        pairs = [(array, before, after)] if prefix != "labels" else [(array, mark(before), mark(after))]
        if prefix == "logits":
            pairs.append(("outputs", value[-1], put(after)[-1]))
        effect["size"] = float(np.abs(after - before).max() / (np.abs(before).max() or 1))
        effect["noises"] = max(float(np.abs(old - new).max() / case.noises[path]) for path, new, old in pairs)
        return put(after)
    return stage, Fault(PLACES[prefix][1], change), effect
