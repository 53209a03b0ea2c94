"""Suspects of the order of axes: images with their channels first or last, branches, time."""

from __future__ import annotations

from typing import Iterator, Sequence

from compare.analysis.programs.description import Operation
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect, shown, with_argument

RESHAPES = ("flatten", "reshape", "view", "unflatten", "squeeze")


def reshaped(at: Difference) -> Iterator[Suspect]:
    """A flatten or reshape of channels first against one of channels last."""
    expected, operation = at.expected, at.operation
    if operation.kind in RESHAPES and operation.shapes and len(operation.shapes[0]) > 2:
        flat = len(operation.shape) == 2
        cause = "PyTorch flattens an image with its channels first, Keras with its channels last, so the next layer " \
                "multiplies each weight with another value." if flat else \
            f"Your `{operation.kind}` takes an image with its channels first, Keras with its channels last."
        to = "flatten(1)" if flat else f"reshape(len(x), {', '.join(map(str, operation.shape[1:]))})"
        yield Suspect(({"kind": "input_moved", "operation": operation.key, "from": 1, "to": -1},), cause,
                      f"{permuted('channels_last', len(operation.shapes[0]))}.{to}", operation.place)
    if operation.kind in RESHAPES and operation.shapes and len(operation.shapes[0]) == len(operation.shape) > 2:
        for name in ("channels_first", "channels_last"):
            yield Suspect(({"kind": "instead", "operation": operation.key, "function": name},),
                          f"Your `{operation.kind}` only cuts the values up in another way; it does not move an axis.",
                          permuted(name, len(operation.shape)), operation.place)
    if operation.kind in RESHAPES and expected and len(expected.shape) > 2:
        shape = list(expected.shape[1:])
        yield Suspect(({"kind": "instead", "operation": operation.key, "function": "reshape_channels_last",
                        "settings": {"shape": shape}},),
                      f"Keras's `Reshape` fills an image with its channels last, your `{operation.kind}` with its "
                      "channels first.",
                      f"x = x.reshape(len(x), {', '.join(map(str, shape))}).movedim(-1, 1)", operation.place)


def permuted(name: str, axes: int) -> str:
    """The code that moves the channels first or last."""
    order = [0, axes - 1, *range(1, axes - 1)] if name == "channels_first" else [0, *range(2, axes), 1]
    return f"x = x.permute({', '.join(map(str, order))})"


def moved(at: Difference) -> Iterator[Suspect]:
    """An input with its axes in the wrong order, although every size fits."""
    operation, layer = at.operation, at.layer if at.operation.layer else None
    axes = len(operation.shapes[0]) if operation.shapes else 0
    if axes > 2 and operation.kind not in RESHAPES:
        for source, target, place, name in ((-1, 1, "last", "channels_first"), (1, -1, "first", "channels_last")):
            yield Suspect(({"kind": "input_moved", "operation": operation.key, "from": source,
                            "to": target},),
                          f"`{layer.kind if layer else operation.kind}` gets its channels {place}, and takes another "
                          "axis for them.", f"`{permuted(name, axes)}` before "
                          f"`{layer.code if layer else operation.kind}`", operation.place)


ALONG = {"softmax": 1, "log_softmax": 1, "normalize": 2, "cumsum": 1, "flip": 1, "glu": 1, "cosine_similarity": 2}
"""Functions that go along one axis, and the position of that argument."""


def along_another_axis(inside: Sequence[Operation]) -> Iterator[Suspect]:
    """A function along an axis that has the same meaning in Keras at another place."""
    for operation in inside:
        for axis in range(1, len(operation.shape)) if operation.kind in ALONG else ():
            named = -1 if axis == len(operation.shape) - 1 else axis
            yield Suspect((with_argument(operation, "dim", axis, ALONG[operation.kind]),),
                          f"Keras computes this along axis {named}; your `{operation.kind}` does not.",
                          f"`dim={named}` in `{operation.kind}`", operation.place)


REDUCED = {"mean": 1, "sum": 1, "amax": 1, "amin": 1, "std": 1, "var": 1, "prod": 1, "logsumexp": 1, "argmax": 1,
           "norm": 2, "max": 1, "min": 1}
"""Functions that leave out the axes of an argument, and its position; `keepdim` stands behind it."""
MOST_AXES = 7
"""So many are tried for one function."""


def over_other_axes(inside: Sequence[Operation]) -> Iterator[Suspect]:
    """A mean, sum, norm and so on that goes over other axes of its input, such as over the samples of the batch too."""
    for operation in inside:
        place = REDUCED.get(operation.kind)
        axes = len(operation.shapes[0]) if operation.shapes else 0
        if place is None or axes < 2 or len(operation.shapes) > 1:
            continue
        actual = operation.argument("dim", place)
        if actual is None and operation.kind in ("max", "min"):  # which returns another kind of object with an axis
            continue
        given = {axis % axes for axis in (actual if isinstance(actual, list) else [actual])} if actual is not None \
            else set(range(axes))
        choices = [(axes - 1,), *((axis,) for axis in range(1, axes - 1)), tuple(range(2, axes)),
                   tuple(range(1, axes - 1)), tuple(range(1, axes))]
        over = "all values, also those of other samples" if actual is None else f"`dim={shown(actual)}`"
        for choice in [each for each in dict.fromkeys(choices) if each and set(each) != given][:MOST_AXES]:
            dim = choice[0] if len(choice) == 1 else list(choice)
            for keep in (True, False) if actual is None else (None,):
                changes = [with_argument(operation, "dim", dim, place)]
                changes += [with_argument(operation, "keepdim", keep, place + 1)] if keep is not None else []
                yield Suspect(tuple(changes), f"Your `{operation.kind}` goes over {over}; Keras's goes over "
                              f"`dim={shown(dim)}` of this tensor.", f"`dim={shown(dim)}" +
                              ", keepdim=True" * bool(keep) + f"` in `{operation.kind}`", operation.place)


def concatenated(at: Difference) -> Iterator[Suspect]:
    """Two branches that are concatenated in the other order."""
    operation = at.operation
    if operation.kind in ("cat", "concat", "concatenate", "stack"):
        yield Suspect(({"kind": "arguments_swapped", "operation": operation.key},),
                      "Keras concatenates the branches in the other order.",
                      "the tensors of `torch.cat` in reverse order", operation.place)
