"""What is trained: the classes that describe a training, and one file per scenario. Standard library only.

To add a scenario, write a file that defines `SCENARIO`. A file in this folder is loaded by its name, any other file by
its path.
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
VOCABULARY = ("__init__", "scenario", "measures", "user_code")
"""The files of this folder that are no scenarios."""
SECONDS = 60.0
"""How long the code of a scenario file may run when it is loaded."""


def names() -> list[str]:
    """The names of the scenarios in this folder."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in VOCABULARY)


def question(name: str) -> str:
    """The first line of a scenario's docstring; the file is not imported."""
    return (ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or "").split("\n")[0]


def load(name_or_file: str) -> Scenario:
    """Loads a scenario by its name in this folder, or by the path of a file, which is run as code. Raises SpecError if
    there is none, if its code fails or does not end in time, or if it defines no scenario."""
    from scenarios.scenario import Scenario
    from scenarios.spec.checks import SpecError, nearest
    from scenarios.user_code import FAILURES, error_text, limited

    if name_or_file in names():
        path = FOLDER / f"{name_or_file}.py"
    else:
        path = Path(os.path.expanduser(name_or_file))
        if path.suffix != ".py":
            raise SpecError(f"There is no scenario {name_or_file!r}; {nearest(name_or_file, names())}, or a "
                            "file's path.")
        if not os.path.isfile(path):  # Path.is_file raises OSError for a name that is too long
            raise SpecError(f"There is no scenario file {name_or_file}.")
    package = "scenarios" if path.parent == FOLDER else "scenario_files"  # a user's spec.py must not replace ours
    specification = importlib.util.spec_from_file_location(f"{package}.{path.stem}", path)
    assert specification is not None and specification.loader is not None
    module = sys.modules[specification.name] = importlib.util.module_from_spec(specification)  # dataclasses need it
    # Bytecode would be taken for a file of the same size that is written within the same second.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, path.parent != FOLDER
    try:
        with limited(SECONDS, f"it did not end within {SECONDS:g} s"):
            specification.loader.exec_module(module)
    except FAILURES as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == module.__file__]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        place = f", line {line}," if line else ""
        message = str(error).rstrip(".") if isinstance(error, SpecError) else error_text(error)
        raise SpecError(f"The scenario file {path}{place} cannot be read: {message}.") from error
    finally:
        sys.dont_write_bytecode = before
    scenario = getattr(module, "SCENARIO", None)
    if not isinstance(scenario, Scenario):
        raise SpecError(f"The scenario file {path} defines no SCENARIO of the class scenarios.scenario.Scenario.")
    return scenario
