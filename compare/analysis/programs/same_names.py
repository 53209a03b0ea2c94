"""Uses the names of layers for pairing: parallel branches, and the parts of attention."""

from __future__ import annotations

import re
from typing import Mapping

from compare.analysis.programs.description import Parameter, Run


def by_name(left: Run, right: Run, pairs: Mapping[str, str], layers: Mapping[str, str]) -> dict[str, str]:
    """The pairs of parameters, with those of parallel layers exchanged where their names say so; `layers` are the
    pairs of layers.

    Two layers of one shape that both get the same input, such as those of keys and values, can be computed in either
    order. Layers that come one after the other stay as they are: the graph says which is which.
    """
    ours, theirs = by_last_name(left), by_last_name(right)
    partners, before = dict(layers), layers_before(left)
    result = dict(pairs)
    for name in sorted(set(ours) & set(theirs)):
        layer, expected = ours[name], theirs[name]
        neighbour = next((each for each, partner in partners.items() if partner == expected), "")
        actual = partners.get(layer)
        if not actual or not neighbour or actual == expected or layer in before.get(neighbour, ()) or \
                neighbour in before.get(layer, ()) or roles(left, layer) != roles(left, neighbour):
            continue
        for role in roles(left, layer):
            first, second = f"{layer}.{role}", f"{neighbour}.{role}"
            if first in result and second in result:
                result[first], result[second] = result[second], result[first]
        partners[layer], partners[neighbour] = expected, actual
    return result


def by_last_name(run: Run) -> dict[str, str]:
    """The layers with parameters by the last part of their paths, where it is the name of one layer only."""
    layers_by_name: dict[str, list[str]] = {}
    for layer in dict.fromkeys(parameter.layer for parameter in run.parameters.values()):
        layers_by_name.setdefault(re.split("[./]", layer)[-1], []).append(layer)
    return {name: layers[0] for name, layers in layers_by_name.items() if len(layers) == 1 and not name.isdigit()}


def roles(run: Run, layer: str) -> dict[str, tuple[int, ...]]:
    """The shapes of a layer's parameters by role."""
    return {parameter.role: parameter.shape for parameter in run.parameters.values() if parameter.layer == layer}


def layers_before(run: Run) -> dict[str, set[str]]:
    """By layer, all layers that its input depends on."""
    by_operation: dict[str, set[str]] = {}
    before: dict[str, set[str]] = {}
    for operation in run.operations:
        earlier = set().union(*(by_operation.get(source, set()) for source in operation.sources))
        by_operation[operation.key] = earlier | ({operation.layer} if operation.layer else set())
        before.setdefault(operation.layer, set()).update(earlier - {operation.layer})
    return before


def unsure(left: Run, layers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The paired layers with a parallel layer of the same shapes, and without a name that both programs use."""
    before = layers_before(left)
    alike: dict[str, list[str]] = {}
    for layer in layers:
        alike.setdefault(str(sorted(roles(left, layer).items())), []).append(layer)
    return [(layer, layers[layer]) for several in alike.values() for layer in several
            if re.split("[./]", layer)[-1] != re.split("[./]", layers[layer])[-1] and any(
                neighbour != layer and layer not in before.get(neighbour, ()) and neighbour not in before.get(layer, ())
                for neighbour in several)]


ATTENTION = ("query", "key", "value", "attention_output")
"""The parts of an attention layer."""
NAMES = {"query": ("q", "query", "queries", "wq"), "key": ("k", "key", "keys", "wk"),
         "value": ("v", "value", "values", "wv")}
OUTPUT_NAMES = ("o", "out", "output", "proj", "wo")
"""Usual names of the output layer of attention; `NAMES` has those of its inputs."""


def same_part(left: Parameter, right: Parameter) -> bool:
    """Whether two parameters can be the same part of an attention layer, or none is of one.

    A Linear can be any part, unless its name says which.
    """
    parts = [parameter.role.split("/")[0] for parameter in (left, right)]
    of_attention = [part in ATTENTION for part in parts]
    if all(of_attention) or not any(of_attention):
        return parts[0] == parts[1] or not any(of_attention)
    linear, part = (right, parts[0]) if of_attention[0] else (left, parts[1])
    name_parts = re.split("[^a-z]+", re.split("[./]", linear.layer.lower())[-1])
    named_parts = [name for name, called in NAMES.items() if any(word in called for word in name_parts)] or \
        [ATTENTION[-1]] * any(word in OUTPUT_NAMES for word in name_parts)
    return linear.role in ("kernel", "bias") and named_parts in ([], [part])
