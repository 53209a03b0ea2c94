"""A spec as the program that a user of Keras or Lightning would write by hand: complete, runnable, quirks marked.

`frameworks/<realization>/program.py` writes what is the framework's own: `imports`, `training`, and the words in which
it says `SEED`, `DOWNLOAD`, `ONE_HOT`, `INDEX` (for one output), `NUMBER` (for an output of each class), `TENSOR` and
`CHANNEL` (an axis of images).
Here stand what both have in common, the reading of MNIST and the marks: above a line that leaves something open stands
what the framework then does (`Quirk`), where the table has a word on it, and what to write instead. Nothing here
imports a framework.
"""

from __future__ import annotations

import textwrap
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Mapping

from frameworks import FRAMEWORKS
from frameworks.codegen.source import ordered
from frameworks.quirks.resolution import explanation_of, resolved
from frameworks.quirks.rule import DefaultRule
from frameworks.runtime.errors import Unsupported
from scenarios.scenario import Scenario, Variant
from scenarios.spec import CLASSES, Spec, shapes, width
from scenarios.spec.checks import nearest
from scenarios.spec.fields import from_json, to_json

WORDS = 74  # columns of comments
QUIRK, INSTEAD = "# Quirk: ", "# Instead: "
PROGRAMS = tuple(name for name, one in FRAMEWORKS.items() if not one.environment and
                 Path(__file__).parents[1].joinpath(one.realization, "codegen.py").exists())
"""The frameworks that have a program."""

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
    """The program of a spec, or of its plain JSON; `title` says in words what it trains.

    Raises Unsupported, in one sentence, where there is none: the framework has no programs, or a field cannot be told.
    """
    if framework not in PROGRAMS:
        raise Unsupported(f"There is no program for {framework!r}; {nearest(framework, PROGRAMS)}.")
    spec = spec if isinstance(spec, Spec) else from_json(dict(spec))
    chosen, plain = FRAMEWORKS[framework], to_json(spec)
    writer = import_module(f"frameworks.{chosen.realization}.codegen")
    environment = {"framework": chosen.realization, "backend": chosen.backend or chosen.realization, "series": ()}
    lines = [*_docstring(spec, writer, chosen.title, title), "import gzip", "import os", "import sys",
             "from pathlib import Path", "", *writer.imports(plain, chosen.backend), "", *writer.SEED, "", *READ,
             *("    " + line for line in writer.DOWNLOAD), *_samples(spec, writer),
             *writer.training(plain, shapes(spec))]
    return "\n".join(_spaced(_marked(lines, resolved(spec, environment), spec))) + "\n"


def about(scenario: Scenario, variant: Variant) -> str:
    """What a program of a variant trains, in words."""
    return f"{variant.name} of {scenario.name}: {variant.title}"


def _docstring(spec: Spec, writer: ModuleType, framework: str, title: str) -> list[str]:
    files = "WEIGHTS ORDER" if ordered(to_json(spec)) else "WEIGHTS"
    words = f"Without arguments it starts as {writer.TITLE} does by itself, from seed 0. With {files}, files of a " \
            "run's folder traces, it starts as that run did and, on the images of that run, gives its numbers. MNIST " \
            "is read from the folder MNIST_DIR, or else downloaded by " \
            f"{'Keras' if writer.TITLE == 'Keras' else 'torchvision'}."
    first = f"{title or 'One training'}, with {framework}."
    return ['"""' + "\n".join(textwrap.wrap(first, WORDS - 3)), "", f"    python PROGRAM.py [{files}]", "",
            *textwrap.wrap(words, WORDS), '"""']


def _samples(spec: Spec, writer: ModuleType) -> list[str]:
    """From the images as they are to what the model is fed."""
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


def _marked(lines: list[Any], rows: Mapping[str, DefaultRule], spec: Spec) -> list[str]:
    """The lines, and above each one the rules of the unset fields that it decides; each explanation once only."""
    found: list[str] = []
    said: set[str] = set()
    for line in lines:
        text, *paths = (line,) if isinstance(line, str) else line
        indent = text[:len(text) - len(text.lstrip())]
        departs = [rows[path] for path in paths if path in rows and rows[path].explanation]
        marks = {explanation_of(row, spec): row.fix for row in departs}
        new = {explanation: fix for explanation, fix in marks.items() if explanation not in said}
        for place, (explanation, fix) in enumerate(new.items()):
            found += _comment(indent, QUIRK, explanation)
            if fix not in list(new.values())[place + 1:]:
                found += _comment(indent, INSTEAD, fix)
        said |= new.keys()
        found.append(text)
    return found


def _comment(indent: str, head: str, words: str) -> list[str]:
    return textwrap.wrap(f"{words}.", WORDS, initial_indent=indent + head, subsequent_indent=f"{indent}#   ",
                         break_long_words=False, break_on_hyphens=False)


def _spaced(lines: list[str]) -> list[str]:
    """No more than two empty lines in a row."""
    found: list[str] = []
    for line in lines:
        if line or found[-2:] != ["", ""]:
            found.append(line)
    return found
