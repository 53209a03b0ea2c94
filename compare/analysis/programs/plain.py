"""A program as plain values: what its layers, its loss and its optimizer are, and their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from compare.analysis.programs.description import Run
from compare.analysis.programs.settings_table import loss_of

Plain = Any
"""Values of YAML."""


SUMMED_UP = ("parameters", "groups", "penalties")
"""What follows from the rest, or is too long to be read."""


def settings_of(run: Run) -> dict[str, Plain]:
    """What a program consists of; a part has its class under `is`, and settings that are None are left out."""
    loss, optimizer = loss_of(run), run.optimizer
    return {"layers": [part(layer.kind, {"name": layer.path, **layer.settings}) for layer in run.layers.values()],
            "operations": [operation.kind for operation in run.operations],
            **({"loss": part(loss[0], loss[1])} if loss else {}),
            **({"optimizer": part(optimizer.name, optimizer.settings)} if optimizer else {}),
            **({"clipping": plain(run.clipping)} if run.clipping else {}),
            **({"accumulate": run.accumulate} if run.accumulate > 1 else {}),
            "parameters": {name: [*parameter.shape, parameter.trainable] for name, parameter in run.parameters.items()},
            "groups": plain(optimizer.groups) if optimizer else [],
            "penalties": plain([run.penalties, run.activity_penalties])}


def part(kind: str, settings: Mapping[str, Any]) -> dict[str, Plain]:
    """A part with its class."""
    return {"is": kind, **{name: plain(value) for name, value in settings.items() if value is not None}}


def plain(value: Any) -> Plain:
    """A value as YAML and JSON have it."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    if value is None or isinstance(value, (bool, int)) or isinstance(value, float) and isfinite(value):
        return value
    return str(value)
