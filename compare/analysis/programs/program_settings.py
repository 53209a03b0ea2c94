"""The settings of a program as values that YAML and JSON can hold: those of its layers, its loss and its optimizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from compare.analysis.programs.description import Run
from compare.analysis.programs.settings_table import loss_of

YamlValue = Any
"""A value that YAML can hold."""


SUMMED_UP = ("parameters", "groups", "penalties")
"""Settings that follow from the others, or are too long to be read: a golden verdict has only their digest."""


def settings_of(run: Run) -> dict[str, YamlValue]:
    """The settings of a program; a part has its class under `is`, and settings that are None are left out."""
    loss, optimizer = loss_of(run), run.optimizer
    return {"layers": [part(layer.kind, {"name": layer.path, **layer.settings}) for layer in run.layers.values()],
            "operations": [operation.kind for operation in run.operations],
            **({"loss": part(loss[0], loss[1])} if loss else {}),
            **({"optimizer": part(optimizer.name, optimizer.settings)} if optimizer else {}),
            **({"clipping": as_yaml(run.clipping)} if run.clipping else {}),
            **({"accumulate": run.accumulate} if run.accumulate > 1 else {}),
            "parameters": {name: [*parameter.shape, parameter.trainable] for name, parameter in run.parameters.items()},
            "groups": as_yaml(optimizer.groups) if optimizer else [],
            "penalties": as_yaml([run.penalties, run.activity_penalties])}


def part(kind: str, settings: Mapping[str, Any]) -> dict[str, YamlValue]:
    """The settings of a part, with its class."""
    return {"is": kind, **{name: as_yaml(value) for name, value in settings.items() if value is not None}}


def as_yaml(value: Any) -> YamlValue:
    """Converts a value to one that YAML and JSON can hold."""
    if isinstance(value, Mapping):
        return {str(name): as_yaml(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_yaml(inner) for inner in value]
    if value is None or isinstance(value, (bool, int)) or isinstance(value, float) and isfinite(value):
        return value
    return str(value)
