"""Small specs from the examples of `frameworks.parts`: one a layer, with all its own fields left unset."""

from dataclasses import replace

from frameworks.parts import LAYERS, part_of
from frameworks.quirks.rules import FIELDS
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training
from scenarios.spec.checks import alternatives, field_types


def unset(layer):
    """The layer with every field left to the framework that can be."""
    return replace(layer, **{name: None for name, kind in field_types(type(layer)).items()
                             if type(None) in alternatives(kind)})


def spec_of(kind):
    """A spec with the first example of a layer."""
    stack = next(iter(part_of(kind).examples()))
    image = getattr(stack[0], "takes", "") == "image"
    layers = tuple(unset(layer) if type(layer).__name__ == kind else layer for layer in stack)
    return Spec(Data(first=80, divisor=255.0, channel=image), (*(() if image else (Flatten(),)), *layers, Dense(10)),
                MeanSquaredError(), SGD(), Training(1, 32))


SPECS = {kind: spec_of(kind) for kind in LAYERS}
LAYER = {type(layer).__name__: layer for kind in LAYERS for stack in part_of(kind).examples() for layer in stack}
"""A layer of every kind, with all fields set."""
VALUES = {field.name: list(dict.fromkeys(rule.value for rule in field.rules if not rule.packages))
          for field in FIELDS if field.name.split(".")[0] in LAYERS}
SHOWN_BY = {name: (name.split(".")[0], *values[:2]) for name, values in VALUES.items() if len(values) > 1}
"""By field: a spec on which two values of it differ, and two values."""
