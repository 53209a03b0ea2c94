"""For mypy alone: every framework's module `model` is a `Realization`. Importing this file imports no framework."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frameworks.keras import model as keras
    from frameworks.lightning import model as lightning
    from frameworks.protocol import Realization
    from frameworks.reference import model as reference

    REALIZATIONS: dict[str, Realization] = {"keras": keras, "lightning": lightning, "reference": reference}
