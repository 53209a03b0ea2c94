"""A Linear after an adaptive pooling to another size than Keras's model flattens: their kernels have other shapes."""

from __future__ import annotations

from math import prod

from compare.analysis.programs.description import Layer, Operation, Run
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects.suspect import Suspect, with_argument

BETWEEN = ("flatten", "reshape", "view", "dropout", "Flatten", "Reshape", "Dropout")
"""Operations that can lie between the images and the layer that multiplies all of their values."""


def standing_against(left: Run, right: Run, pairs: Pairs) -> list[tuple[str, str]]:
    """The Dense layers and the Linears, each the first after an image, with kernels that differ in the number of inputs
    because of an adaptive pooling."""
    free = [layer.path for layer in right.layers.values() if layer.kind == "Linear"
            and f"{layer.path}.kernel" not in pairs.values() and pooling_before(layer, right)]
    result = []
    for layer in left.layers.values():
        name = f"{layer.path}.kernel"
        if layer.kind != "Dense" or name in pairs or image_before(layer, left) is None:
            continue
        units = left.parameters[name].shape[-1]
        partner = next((path for path in free if right.parameters[f"{path}.kernel"].shape[-1] == units), None)
        if partner:
            free.remove(partner)
            result.append((layer.path, partner))
    return result


def smaller(left_layer: Layer, layer: Layer, left: Run, right: Run) -> Suspect:
    """The pooling to the size that Keras's model has, and the corresponding number of inputs."""
    image, pooling = image_before(left_layer, left), pooling_before(layer, right)
    assert image and pooling
    kept, made = image.shape[1:-1], pooling.shape[2:]
    inputs, units = left.parameters[f"{left_layer.path}.kernel"].shape
    name = pooling.code
    changes = (with_argument(pooling, "output_size", list(kept), 1),
               {"kind": "shape", "layer": layer.path, "shapes": {"weight": [units, inputs]}})
    return Suspect(changes, f"`{name}` makes {times(made)} values of each channel, Keras's model flattens "
                   f"{times(kept)}: `{left_layer.code}` has {inputs} inputs, `{layer.code}` {prod(pooling.shape[1:])}.",
                   f"`output_size={tuple(kept)}` in `{name}`, and {inputs} inputs in `{layer.code}`", pooling.place)


def times(sizes: tuple[int, ...]) -> str:
    """The sizes of an image as text."""
    return " × ".join(map(str, sizes))


def image_before(layer: Layer, run: Run) -> Operation | None:
    """The operation of Keras that makes the images that a layer gets, all values at once."""
    operation = before(layer, run)
    return operation if operation and len(operation.shape) > 2 else None


def pooling_before(layer: Layer, run: Run) -> Operation | None:
    """The adaptive pooling of PyTorch that makes the images that a layer gets, all values at once."""
    operation = before(layer, run)
    return operation if operation and operation.kind.startswith("adaptive_") else None


def before(layer: Layer, run: Run) -> Operation | None:
    """The operation that computes what a layer gets, apart from its form."""
    operation = next((each for each in run.operations if each.layer == layer.path), None)
    while operation and len(operation.sources) == 1:
        operation = run.operation(operation.sources[0])
        if operation.kind not in BETWEEN:
            return operation
    return None
