"""The arguments of `check`: how a user's own programs, their data and weights are named."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Any, Mapping, Sequence

from compare.execution.errors import UsageError
from compare.execution.installed import load_registered, refuse_missing
from compare.execution.programs import AS_THEY_ARE, Program, Question
from frameworks import FRAMEWORKS
from frameworks.job import Function
from scenarios.spec.checks import nearest

SAVED = (".keras", ".h5")
SEEDS = 2 ** 32
KERAS_WEIGHTS, TORCH_WEIGHTS = (".weights.h5", ".keras", ".h5"), (".pt", ".pth", ".ckpt")
KEYS = {
    "keras=, lightning=": "the programs, as FILE.py:NAME or FILE.py:NAME(argument=value); keras-3.3= and so on too, "
                         "and NAME= of `environments add NAME`",
    "data": "an npz with x and y, or FILE.py:FUNCTION that returns them; default: MNIST where its shapes fit, else "
            "drawn from the shapes",
    "weights": "FILE.py:FUNCTION(model, keras_weights), your own code that copies the weights; or files of trained "
               "weights, port.pt or [mine.weights.h5,port.pt]; default: paired here",
    "inputs": "FILE.py:FUNCTION(array), your own conversion of inputs for PyTorch, or as_they_are; default: images "
              "with the channels first",
    "targets": "FILE.py:FUNCTION(array), your own conversion of targets; default: as they are",
    "map": "a YAML file of pairs, left parameter: right parameter, where the pairing is wrong",
    "steps": "how many steps are trained; default 20",
    "batch": "samples in a step; default 16",
    "seed": "default 0",
    "threads": "threads of each framework; default 1",
    "limit": "minutes that one run may take; default 10",
    "out": "folder of the results; default runs/DATE_TIME",
}
FUNCTION_KEYS = {"weights": "load", "inputs": "inputs", "targets": "targets"}
NUMBERS = ("steps", "batch", "seed", "threads")


def read(arguments: Sequence[str]) -> Question:
    """Parses the arguments of `check`. Raises UsageError."""
    load_registered()
    programs: list[Program] = []
    given: dict[str, Any] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals or not value:
            raise UsageError(f"{argument!r} is no key=value; {nearest(key, [*FRAMEWORKS, *given_keys()])}.")
        if key in FRAMEWORKS:
            programs += [program(key, item) for item in split(value)]
        elif key == "inputs" and value == AS_THEY_ARE:
            given[key] = value
        elif key == "weights" and not re.search(r"\.py:\w+(\(.*\))?$", value):
            given["weights"] = [str(existing(key, item)) for item in split(value)]
        elif key in FUNCTION_KEYS:
            given[FUNCTION_KEYS[key]] = function(key, value)
        elif key == "data":
            given["data"] = existing("data", value) if value.endswith(".npz") else function("data", value)
        elif key == "map":
            given["map"] = existing("map", value)
        elif key == "out":
            given["out"] = value
        elif key in NUMBERS or key == "limit":
            given[key] = number(key, value)
        else:
            raise UsageError(f"There is no key {key!r}; {nearest(key, [*FRAMEWORKS, *given_keys()])}.")
    return question(programs, given)


def read_keywords(given: Mapping[str, str | int | float | Sequence[str]], folder: Path = Path()) -> Question:
    """The question of a call in Python; files are relative to `folder`. Raises UsageError."""
    def text(value: str | int | float) -> str:
        names_a_file = re.search(r"\.(py:\w|npz$|yaml$|keras$|h5$)", str(value))
        return str(folder / str(value)) if names_a_file else str(value)
    return read([f"{key}={text(value)}" if isinstance(value, (str, int, float)) else
                 f"{key}=[{','.join(map(text, value))}]" for key, value in given.items()])


def question(programs: Sequence[Program], given: Mapping[str, Any]) -> Question:
    """The question of two programs. Raises UsageError where there are not two, or one's framework cannot be checked."""
    if len(programs) != 2:
        raise UsageError(f"`check` compares two programs, and {len(programs)} {'is' if len(programs) == 1 else 'are'} "
                         "named: give two, as in keras=mine.py:build lightning=port.py:Net.")
    for program in programs:
        if program.realization == "reference":
            raise UsageError("The NumPy reference has no programs; allowed are Keras and lightning.")
        framework = FRAMEWORKS[program.framework]
        if framework.series[1].startswith("2.") or framework.module == "tf_keras":
            raise UsageError(f"{program.framework} is {framework.title}, and `check` reads programs of "
                             "Keras 3; allowed are keras, keras-jax, keras-torch, keras-3.3 and lightning.")
        refuse_missing(program.framework, False)
    left, right = sorted(programs, key=lambda program: program.realization == "lightning")
    given = dict(given)
    return Question(left, right, trained=trained(left, right, given.pop("weights", ())), **given)


def trained(left: Program, right: Program, files: Sequence[str]) -> tuple[str | None, str | None]:
    """Which program gets the weights of which file: by the end of its name, else in order. Raises UsageError."""
    result: list[str | None] = [None, None]
    for file in files:
        fitting = [i for i, program in enumerate((left, right)) if result[i] is None and
                   file.endswith(TORCH_WEIGHTS if program.realization == "lightning" else KERAS_WEIGHTS)]
        if not fitting:
            raise UsageError(f"weights names the file {Path(file).name}; allowed: one file a program, for a Keras one "
                             f"{', '.join(KERAS_WEIGHTS)}, for a PyTorch one {', '.join(TORCH_WEIGHTS)}.")
        result[fitting[0]] = file
    return result[0], result[1]


def given_keys() -> list[str]:
    """The keys beside the frameworks."""
    return [key for key in KEYS if key.isalpha()]


def split(value: str) -> list[str]:
    """The items of [one,other]; commas inside of parentheses do not separate."""
    if not value.startswith("["):
        return [value]
    return [item.strip() for item in re.split(r",(?![^(]*\))", value.strip("[]")) if item.strip()]


def program(framework: str, text: str) -> Program:
    """A program as FILE.py:NAME, or a saved Keras model."""
    if framework == "lightning" and text.endswith((*TORCH_WEIGHTS, *SAVED)):
        raise UsageError(f"lightning is {text!r}; a file of weights is no program: give the class too, as in "
                         f"lightning=port.py:Net weights={text if text.endswith(TORCH_WEIGHTS) else 'port.pt'}.")
    if text.endswith(SAVED):
        return Program(framework, {"file": str(existing(framework, text)), "name": "", "arguments": {}})
    return Program(framework, function(framework, text))


def function(key: str, text: str) -> Function:
    """FILE.py:NAME or FILE.py:NAME(argument=value, …). Raises UsageError."""
    match = re.fullmatch(r"(?P<file>.+\.py):(?P<name>\w+)(?P<arguments>\(.*\))?", text)
    if not match:
        raise UsageError(f"{key} is {text!r}; allowed: FILE.py:NAME, as in mine.py:build, or "
                         "mine.py:build(units=10).")
    file = existing(key, match["file"])
    return {"file": str(file), "name": match["name"], "arguments": read_arguments(key, match["arguments"] or "()")}


def read_arguments(key: str, text: str) -> dict[str, Any]:
    """The keyword arguments in parentheses, which are plain values. Raises UsageError."""
    try:
        call = ast.parse(f"f{text}", mode="eval").body
        assert isinstance(call, ast.Call) and not call.args
        return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, AssertionError):
        raise UsageError(f"{key} has the arguments {text}; allowed are keywords with plain values, as in "
                         "(units=10).") from None


def existing(key: str, text: str) -> Path:
    """The absolute path of a file. Raises UsageError where there is none."""
    path = Path(text).expanduser().resolve()
    if not os.path.isfile(path):  # also where a name is too long to ask for it
        raise UsageError(f"{key} names the file {text}, which does not exist.")
    return path


def number(key: str, text: str) -> float | int:
    """A positive number; a seed may be 0, and NumPy's has 32 bits. Raises UsageError."""
    kind = float if key == "limit" else int
    try:
        value = kind(text)
    except ValueError:
        value = kind(-1)
    if key == "seed" and not 0 <= value < SEEDS:
        raise UsageError(f"seed is {text!r}; allowed: a whole number from 0 to {SEEDS - 1}.")
    if key != "seed" and not value > 0:
        raise UsageError(f"{key} is {text!r}; allowed: a {'number' if key == 'limit' else 'whole number'} above 0.")
    return value
