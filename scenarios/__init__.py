"""What is trained: the vocabulary of a spec, and one file a scenario. Plain values, standard library only.

To add a scenario: a file here, or anywhere, that defines `SCENARIO`; its name is found by the file's name.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.scenario import Scenario

FOLDER = Path(__file__).parent
VOCABULARY = ("__init__", "spec", "layers", "activations", "losses", "optimizers", "schedules", "checks", "fields",
              "scenario", "measures")


def names() -> list[str]:
    """The scenarios in this folder."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in VOCABULARY)


def question(name: str) -> str:
    """The first line of a scenario's docstring, read without importing it."""
    return (ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or "").split("\n")[0]


def load(name_or_file: str) -> Scenario:
    """The scenario of a name in this folder, or of a file's path. Raises SpecError in one sentence."""
    from scenarios.scenario import Scenario
    from scenarios.spec.checks import SpecError, nearest

    if name_or_file in names():
        path = FOLDER / f"{name_or_file}.py"
    else:
        path = Path(os.path.expanduser(name_or_file))
        if path.suffix != ".py":
            raise SpecError(f"There is no scenario {name_or_file!r}; {nearest(name_or_file, names())}, or a "
                            "file's path.")
        if not path.is_file():
            raise SpecError(f"There is no scenario file {name_or_file}.")
    ours = "scenarios" if path.parent == FOLDER else "scenario_files"  # a user's spec.py must not pass for our own
    specification = importlib.util.spec_from_file_location(f"{ours}.{path.stem}", path)
    assert specification is not None and specification.loader is not None
    module = sys.modules[specification.name] = importlib.util.module_from_spec(specification)  # dataclasses look there
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == module.__file__]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        place = f", line {line}," if line else ""
        words = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split()).rstrip(".")
        kind = "" if isinstance(error, SpecError) else f"{type(error).__name__}: "
        raise SpecError(f"The scenario file {path}{place} cannot be read: {kind}{words}.") from error
    scenario = getattr(module, "SCENARIO", None)
    if not isinstance(scenario, Scenario):
        raise SpecError(f"The scenario file {path} defines no SCENARIO of the class scenarios.scenario.Scenario.")
    return scenario
