"""Renders a spec as the complete, runnable program that a user of Keras or Lightning would write by hand.

`frameworks/<realization>/codegen.py` renders the parts that are specific to a framework: the functions `imports` and
`training`, and the constants `SEED`, `DOWNLOAD`, `ONE_HOT`, `INDEX` (labels of a model with one output), `NUMBER`
(labels of a model with one output per class), `TENSOR` and `CHANNEL` (the channel axis of an image).

This module renders the common parts: the docstring, the code that reads MNIST, and the comments. Where a line leaves a
field unset and the default rule has an explanation, a comment above the line says what the framework does (`QUIRK`) and
what to write instead (`INSTEAD`). No framework is imported.
"""

from __future__ import annotations

import textwrap
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Mapping

from frameworks import FRAMEWORKS
from frameworks.codegen.source import ordered
from frameworks.environment import Environment
from frameworks.quirks.resolution import explanation_of, resolved
from frameworks.quirks.rule import DefaultRule
from frameworks.runtime.errors import Unsupported
from scenarios.scenario import Scenario, Variant
from scenarios.spec import CLASSES, Spec, shapes, width
from scenarios.spec.checks import nearest
from scenarios.spec.fields import from_json, to_json

WIDTH = 74  # columns of comments
QUIRK, INSTEAD = "# Quirk: ", "# Instead: "
PROGRAMS = tuple(name for name, framework in FRAMEWORKS.items() if not framework.environment and
                 Path(__file__).parents[1].joinpath(framework.realization, "codegen.py").exists())
"""The frameworks for which a program can be generated."""

READ = '''
def mnist(name):
    """One of MNIST's four files in the folder MNIST_DIR, plain or .gz, as an array."""
    path = Path(os.environ["MNIST_DIR"], name)
    with path.open("rb") if path.exists() else gzip.open(f"{path}.gz") as file:
        content = file.read()
    shape = np.frombuffer(content, ">i4", content[3], 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)


if "MNIST_DIR" in os.environ:
    x_train, x_test = (mnist(f"{part}-images-idx3-ubyte") for part in ("train", "t10k"))
    y_train, y_test = (mnist(f"{part}-labels-idx1-ubyte") for part in ("train", "t10k"))
else:'''.splitlines()


def program(spec: Spec | Mapping[str, Any], framework: str, title: str = "") -> str:
    """Return the program of a spec, which can be given as plain JSON, in one of the frameworks `PROGRAMS`.

    `title` describes in words what the program trains. Raises Unsupported, with a one-sentence message, if there are no
    programs of the framework, or if it cannot be configured with the value of a field.
    """
    if framework not in PROGRAMS:
        raise Unsupported(f"There is no program for {framework!r}; {nearest(framework, PROGRAMS)}.")
    spec = spec if isinstance(spec, Spec) else from_json(dict(spec))
    target, config = FRAMEWORKS[framework], to_json(spec)
    writer = import_module(f"frameworks.{target.realization}.codegen")
    environment: Environment = {"framework": target.realization, "backend": target.backend or target.realization,
                                "series": ()}
    lines = [*_docstring(spec, writer, target.title, title), "import gzip", "import os", "import sys",
             "from pathlib import Path", "", *writer.imports(config, target.backend), "", *writer.SEED, "", *READ,
             *("    " + line for line in writer.DOWNLOAD), *_samples(spec, writer),
             *writer.training(config, shapes(spec))]
    return "\n".join(_spaced(_commented(lines, resolved(spec, environment), spec))) + "\n"


def about(scenario: Scenario, variant: Variant) -> str:
    """Return the description of what the program of a variant trains."""
    return f"{variant.name} of {scenario.name}: {variant.title}"


def _docstring(spec: Spec, writer: ModuleType, framework: str, title: str) -> list[str]:
    files = "WEIGHTS ORDER" if ordered(to_json(spec)) else "WEIGHTS"
    usage = f"Without arguments it starts as {writer.TITLE} does by itself, from seed 0. With {files}, files of a " \
            "run's folder traces, it starts as that run did and, on the images and with the number of threads of " \
            "that run, gives its numbers. MNIST is read from the folder MNIST_DIR, or else downloaded by " \
            f"{'Keras' if writer.TITLE == 'Keras' else 'torchvision'}."
    first = f"{title or 'One training'}, with {framework}."
    return ['"""' + "\n".join(textwrap.wrap(first, WIDTH - 3)), "", f"    python PROGRAM.py [{files}]", "",
            *textwrap.wrap(usage, WIDTH), '"""']


def _samples(spec: Spec, writer: ModuleType) -> list[str]:
    """Return the lines that convert the images and labels of MNIST to the samples that the model is fed."""
    data = spec.data
    lines = [""]
    if data.first:
        lines.append(f"x_train, y_train = x_train[:{data.first}], y_train[:{data.first}]")
    if data.classes != CLASSES:
        for part in ("train", "test"):
            lines += [f"kept = np.isin(y_{part}, {list(data.classes)})",
                      f"x_{part}, y_{part} = x_{part}[kept], y_{part}[kept]"]
            if data.classes != tuple(range(len(data.classes))):
                lines.append(f"y_{part} = np.array([{list(data.classes)}.index(digit) for digit in y_{part}])")
    for part in ("train", "test"):
        x = f'x_{part}.astype("float32")' + (f" / {data.divisor:g}" if data.divisor != 1 else "")
        shaped = ".reshape(-1, 784)" if data.flatten else writer.CHANNEL if data.channel else ""
        x = f"({x}){shaped}" if shaped and data.divisor != 1 else x + shaped
        label = writer.ONE_HOT if spec.data.labels == "one_hot" else writer.INDEX if width(spec) == 1 else writer.NUMBER
        lines += [f"x_{part} = {writer.TENSOR.format(x=x)}",
                  f"y_{part} = {label.format(y=f'y_{part}', classes=len(data.classes))}"]
    return [*lines, ""]


def _commented(lines: list[Any], rules: Mapping[str, DefaultRule], spec: Spec) -> list[str]:
    """Return the lines as text, with comments on the unset fields that each line decides, and each explanation once.

    A line is a string, or a tuple of a string and the paths of the fields that the line decides; `rules` are by path.
    """
    result: list[str] = []
    explained: set[str] = set()
    for line in lines:
        text, *paths = (line,) if isinstance(line, str) else line
        indent = text[:len(text) - len(text.lstrip())]
        quirks = [rules[path] for path in paths if path in rules and rules[path].explanation]
        fixes = {explanation_of(rule, spec): rule.fix for rule in quirks}
        new = {explanation: fix for explanation, fix in fixes.items() if explanation not in explained}
        for index, (explanation, fix) in enumerate(new.items()):
            result += _comment(indent, QUIRK, explanation)
            if fix not in list(new.values())[index + 1:]:  # several explanations can share one fix
                result += _comment(indent, INSTEAD, fix)
        explained |= new.keys()
        result.append(text)
    return result


def _comment(indent: str, prefix: str, text: str) -> list[str]:
    return textwrap.wrap(f"{text}.", WIDTH, initial_indent=indent + prefix, subsequent_indent=f"{indent}#   ",
                         break_long_words=False, break_on_hyphens=False)


def _spaced(lines: list[str]) -> list[str]:
    """Return the lines with at most two consecutive empty lines."""
    result: list[str] = []
    for line in lines:
        if line or result[-2:] != ["", ""]:
            result.append(line)
    return result
