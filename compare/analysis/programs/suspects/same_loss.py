"""Suspects where the losses of two programs of one framework differ, although their outputs are the same."""

from __future__ import annotations

from typing import Any, Iterator, Sequence

from compare.analysis.programs.description import Operation, Run
from compare.analysis.programs.suspects.keras_loss import SETTINGS, class_name
from compare.analysis.programs.suspects.same_framework import called_otherwise, named
from compare.analysis.programs.suspects.suspect import Suspect, shown
from compare.analysis.programs.torch_losses import ARGUMENTS


def of_torch(ours: Sequence[Operation], theirs: Sequence[Operation]) -> Iterator[Suspect]:
    """The losses of two PyTorch programs: other arguments of the same function, or another function."""
    lefts, rights = ([each for each in computed if each.kind in ARGUMENTS] for computed in (ours, theirs))
    for expected, actual in zip(lefts, rights):
        if expected.kind == actual.kind:
            yield from called_otherwise(expected, actual)
        else:
            settings = {name: value for name, value in named(expected).items() if name in ARGUMENTS[expected.kind]}
            yield Suspect(({"kind": "other_function", "operation": actual.key, "name": expected.kind,
                            "settings": settings},),
                          f"The left program's loss is `{called(expected.kind, settings)}`, the right one's "
                          f"`{actual.kind}`.", f"F.{called(expected.kind, settings)}", actual.place)


def of_keras(left: Run, right: Run) -> Iterator[Suspect]:
    """The compiled losses of two Keras programs: another class, or other settings."""
    names = [class_name(str(run.loss.get("name", ""))) for run in (left, right)]
    settings, actual = (settings_of(run) for run in (left, right))
    if names[0] not in SETTINGS or (names[0], settings) == (names[1], actual):
        return
    yield Suspect(({"kind": "loss", "name": names[0], "settings": settings},),
                  f"The left program's loss is `{called(names[0], settings)}`, the right one's "
                  f"`{called(names[1], actual)}`.", f"keras.losses.{called(names[0], settings)}", right.loss_place)


def settings_of(run: Run) -> dict[str, Any]:
    """The settings of a Keras loss that change what it computes."""
    name = class_name(str(run.loss.get("name", "")))
    return {key: value for key, value in (run.loss.get("settings") or {}).items()
            if key in SETTINGS.get(name, ()) and value is not None}


def called(name: str, settings: dict[str, Any]) -> str:
    """A loss as code."""
    return f"{name}({', '.join(f'{key}={shown(value)}' for key, value in settings.items())})"
