"""What a framework does in no fixed order: it does not repeat itself, and no default rule can say what it does."""

from __future__ import annotations

from dataclasses import dataclass

from frameworks.environment import Environment
from frameworks.quirks.rule import in_versions
from frameworks.quirks.versions import BEFORE_TF_KERAS
from scenarios.spec import Spec


@dataclass(frozen=True)
class Concurrent:
    """A computation of some optimizers that depends on the order in which a framework happens to run its operations."""

    optimizers: tuple[str, ...]
    packages: tuple[tuple[str, str, str], ...]
    """As those of a default rule."""
    explanation: str
    """What happens, without a full stop."""
    evidence: str


CONCURRENT = (
    Concurrent(("Adam", "Nadam"), BEFORE_TF_KERAS,
               "Keras up to 2.3 increases the number of the step while its Adam and Nadam read it, so that a step is "
               "corrected by its own number or by the next one, at random",
               "keras/optimizers.py:505, :512 (2.3.1)"),
)


def explanation(spec: Spec, environment: Environment) -> str:
    """What this environment does in no fixed order in the updates of a spec; empty if nothing is known."""
    return next((entry.explanation for entry in CONCURRENT if type(spec.optimizer).__name__ in entry.optimizers and
                 in_versions(entry.packages, environment)), "")
