"""The catalogue: what is known to differ between frameworks, or to agree; one file a family, a few lines a row.

A row is a small question: a spec, a number of its training, and the interval in which the behaviour holds. Beside it
stands what is expected of the answer, which is computed as any other: a departure is a finding. To add a row: a `Row`
in its family's file; a family: a file here that defines FAMILY.
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
    """One difference or agreement."""

    name: str
    title: str
    """What a training does where the behaviour holds."""
    spec: Spec
    measure: Callable[[Curves], float]
    """The number; it holds from `low` to `high`."""
    low: float = -INFINITY
    high: float = INFINITY
    belongs_to: str = UNIVERSAL
    """Whose it is expected to be; of a row that agrees, universal."""
    stage: str = ""
    """Where the first two frameworks of the family are expected to part first; nothing where they agree."""
    fields: tuple[str, ...] = ()
    """The fields that are expected to make it."""
    unit: str = "{:.3g}"
    any_outcome: bool = False
    """Whether it is also asked of a training that is refused."""

    @property
    def agrees(self) -> bool:
        """Whether it is a null case: no gate may open."""
        return not self.stage and self.belongs_to == UNIVERSAL


@dataclass(frozen=True)
class Family:
    """Rows that are trained and judged together."""

    name: str
    title: str
    rows: tuple[Row, ...]
    frameworks: tuple[str, ...] = ("keras", "lightning", "reference")
    init: Literal["shared", "native"] = "shared"

    @property
    def scenario(self) -> Scenario:
        """The same as a scenario: every row a variant and a behaviour of its name."""
        return Scenario(self.name, self.title, self.title, tuple(
            Variant(row.name, row.title, row.spec, "reported") for row in self.rows), tuple(
            Behaviour(row.name, row.title, (row.name,), row.measure, row.low, row.high, unit=row.unit,
                      epochs=row.spec.training.epochs, any_outcome=row.any_outcome) for row in self.rows))


def names() -> list[str]:
    """The families in this folder."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py")
                  if path.stem not in ("__init__", "measures", "unexpressed"))


def load(name: str) -> Family:
    """The family of this name. Raises SpecError."""
    if name not in names():
        raise SpecError(f"The catalogue has no family {name!r}; {nearest(name, names())}.")
    family: Family = importlib.import_module(f"scenarios.catalogue.{name}").FAMILY
    return family
