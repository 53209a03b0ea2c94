"""Computations without a fixed order: their results vary from run to run, so that no default rule can state them."""

from __future__ import annotations

from dataclasses import dataclass

from frameworks.environment import Environment
from frameworks.quirks.rule import in_versions
from frameworks.quirks.versions import BEFORE_TF_KERAS
from scenarios.spec import Spec


@dataclass(frozen=True)
class Concurrent:
    """A computation of some optimizers with a result that depends on the order in which operations happen to run."""

    optimizers: tuple[str, ...]
    """Names of classes of the spec."""
    packages: tuple[tuple[str, str, str], ...]
    """As in `DefaultRule.packages`."""
    explanation: str
    """What happens, without a full stop."""
    evidence: str
    """As in `DefaultRule.evidence`."""


CONCURRENT = (
    Concurrent(("Adam", "Nadam"), BEFORE_TF_KERAS,
               "Keras up to 2.3 increases the number of the step while its Adam and Nadam read it, so that a step is "
               "corrected by its own number or by the next one, at random",
               "keras/optimizers.py:505, :512 (2.3.1)"),
)


def explanation(spec: Spec, environment: Environment) -> str:
    """Return what varies in the updates of a spec in this environment, without a full stop; empty if nothing does."""
    return next((entry.explanation for entry in CONCURRENT if type(spec.optimizer).__name__ in entry.optimizers and
                 in_versions(entry.packages, environment)), "")
