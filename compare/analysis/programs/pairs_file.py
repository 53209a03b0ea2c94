"""Reads the user's own pairs of parameters: a YAML file with one line LEFT: RIGHT per pair."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

from compare.analysis.programs.description import Run
from compare.execution.errors import UsageError


def read(path: Path) -> dict[str, str | None]:
    """The pairs of a file; None for a parameter that has no partner. Raises UsageError."""
    import yaml
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not all(isinstance(name, str) and isinstance(partner, str | None)
                                              for name, partner in given.items()):
        raise UsageError(f"{path.name} cannot be read; needed: a line LEFT: RIGHT for every pair.")
    return given


def mapped(path: Path | None, left: Run, right: Run, pairs: Mapping[str, str]) -> dict[str, str]:
    """The pairs with the user's own in place of those that concern the same parameters; one that the user pairs with
    nothing has no partner. Raises UsageError for a parameter that there is not."""
    if path is None:
        return dict(pairs)
    given = read(path)
    for name, partner in given.items():
        for parameter, run in ((name, left), (partner, right)):
            if parameter is not None and parameter not in run.parameters:
                raise UsageError(f"{path.name} names the parameter {parameter!r}, which the program does not "
                                 f"have; it has {', '.join(run.parameters)}.")
        if partner is not None and left.parameters[name].shape != right.parameters[partner].shape:
            raise UsageError(f"{path.name} pairs {name} with {partner}, but their shapes in Keras's layout are "
                             f"{left.parameters[name].shape} and {right.parameters[partner].shape}.")
    kept = {name: partner for name, partner in pairs.items() if name not in given and partner not in given.values()}
    return {**kept, **{name: partner for name, partner in given.items() if partner is not None}}
