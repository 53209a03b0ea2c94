"""The catalogue of known differences and agreements between frameworks: one file per family, a few lines per row.

A row is a small scenario: a spec, a measure of its training, and the interval in which the behaviour holds. It also has
the expected verdict. The actual verdict is computed as for any scenario, and any deviation is reported. To add a row,
add a `Row` to the file of its family. To add a family, add a file that defines `FAMILY`; its docstring is printed.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Literal

from scenarios.scenario import Behaviour, Curves, Scenario, Variant
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError, nearest

UNIVERSAL = "universal"
INFINITY = float("inf")


@dataclass(frozen=True)
class Row:
    """A known difference or agreement, with the expected verdict."""

    name: str
    """A Python identifier, unique in the family."""
    title: str
    """What a training does if the behaviour holds."""
    spec: Spec
    measure: Callable[[Curves], float]
    """A function of a trace; the behaviour holds if its value is from `low` to `high`."""
    low: float = -INFINITY
    high: float = INFINITY
    belongs_to: str = UNIVERSAL
    """The expected attribution; `universal` if the frameworks agree."""
    stage: str = ""
    """The stage of the expected first divergence of the family's first two frameworks; empty if they agree."""
    fields: tuple[str, ...] = ()
    """The fields that are expected to cause it."""
    unit: str = "{:.3g}"
    any_outcome: bool = False
    """As in `Behaviour`: whether it is also measured on a training that was refused."""

    @property
    def agrees(self) -> bool:
        """Whether it is a null case, in which no stage may differ."""
        return not self.stage and self.belongs_to == UNIVERSAL


@dataclass(frozen=True)
class Family:
    """Rows that are trained and analysed together."""

    name: str
    """The name of its file."""
    title: str
    """What the rows are about, in a sentence, as printed."""
    rows: tuple[Row, ...]
    frameworks: tuple[str, ...] = ("keras", "lightning", "reference")
    """The frameworks that train every row."""
    init: Literal["shared", "native"] = "shared"
    """Whether all frameworks get the same initial weights, or each draws its own."""

    @property
    def scenario(self) -> Scenario:
        """The family as a scenario, with a variant and a behaviour for each row."""
        variants = tuple(Variant(row.name, row.title, row.spec, "reported") for row in self.rows)
        behaviours = tuple(Behaviour(row.name, row.title, (row.name,), row.measure, row.low, row.high, unit=row.unit,
                                     epochs=row.spec.training.epochs, any_outcome=row.any_outcome)
                           for row in self.rows)
        return Scenario(self.name, self.title, self.title, variants, behaviours)


def names() -> list[str]:
    """The names of the families in this folder."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py")
                  if path.stem not in ("__init__", "measures", "unexpressed"))


def load(name: str) -> Family:
    """Loads a family by its name. Raises SpecError if there is none."""
    if name not in names():
        raise SpecError(f"The catalogue has no family {name!r}; {nearest(name, names())}.")
    family: Family = importlib.import_module(f"scenarios.catalogue.{name}").FAMILY
    return family
