"""The first stage of a training step at which a field can make a difference."""

from __future__ import annotations

from functools import lru_cache
from typing import Mapping, TypeVar

from frameworks.quirks.rules import STAGE_OF
from scenarios.spec import Spec
from scenarios.spec.fields import fields

STAGE_OF_PART = {"data": "data", "layers": "forward", "loss": "loss", "optimizer": "update", "accuracy": "metric",
                "metrics": "metric", "training.sample_weight": "loss", "training": "data"}
"""The first stage of a field that the user has set, by the beginning of its path."""
Value = TypeVar("Value")


def of_path(values: Mapping[str, Value], path: str) -> Value | None:
    """Returns the first of the values with a key that the path begins with."""
    return next((value for beginning, value in values.items() if f"{path}.".startswith(f"{beginning}.")), None)


def stage_of(spec: Spec, path: str) -> str:
    """Returns the first stage at which a field can make a difference."""
    return STAGE_OF.get(_names(spec).get(path, ""), str(of_path(STAGE_OF_PART, path)))


@lru_cache(maxsize=64)
def _names(spec: Spec) -> dict[str, str]:
    """Class.field of every field of a spec, by path."""
    return {path: name for path, name, _ in fields(spec)}
