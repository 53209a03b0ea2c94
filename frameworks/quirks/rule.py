"""A default rule: the value that one framework uses where a spec leaves a field unset. A field has many rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Callable

from frameworks.environment import Environment
from scenarios.spec import Spec

PUBLISHED = "published definition"
"""The origin of a value of the NumPy reference."""
UNPUBLISHED = "no publication defines it: Keras's value"
"""The evidence of a value of the NumPy reference that no publication defines."""
STAGES = ("data", "initialization", "forward", "loss", "gradient", "update", "metric", "evaluation", "outcome")
"""The stages of a training at which a difference can appear first, in their order. A metric depends on the forward
pass, not on the update; an evaluation depends on no step."""


@dataclass(frozen=True, eq=False)
class DefaultRule:
    """The value that one framework uses where a field is unset. Each rule is equal to itself only."""

    framework: str
    """keras, lightning or reference."""
    value: Any
    """Of the type of the field in `scenarios.spec`."""
    origin: str
    """Where it comes from: published definition, Keras, Keras on TensorFlow, TensorFlow, PyTorch, Lightning, …"""
    evidence: str
    """A source file and line at the versions of `rules.VERSIONS`, a paper, documentation, or what was measured."""
    when: Callable[[Spec], bool] = lambda spec: True
    """Whether the rule applies to a spec. The fields before this one are already resolved in that spec."""
    backend: str = ""
    """The required backend; empty for any."""
    device: str = ""
    """The required device, cpu or cuda; empty for any."""
    packages: tuple[tuple[str, str, str], ...] = ()
    """(package, first version, last version) for which the rule holds; empty for all versions. Since the first matching
    rule wins, an empty tuple means every version that no earlier rule covers."""
    convention: bool = False
    """Whether the value is not a default but what a port to PyTorch usually has, as documentation recommends."""
    explanation: str = ""
    """What the framework does, without a full stop; required where the value differs from the reference's."""
    fix: str = ""
    """How to get the reference's value, or the other framework's, in a program; required with `explanation`."""

    field: str = ""
    """Class.field, as in `scenarios.spec`; set by the function `field`."""


@dataclass(frozen=True)
class Field:
    """A field that a spec can leave unset, with its default rules."""

    name: str
    """Class.field, as in `scenarios.spec`."""
    stage: str
    """The first of `STAGES` at which two values of the field can make a difference."""
    rules: tuple[DefaultRule, ...]
    """The rules of all frameworks. The first one that holds applies."""
    published: bool = True
    """Whether a publication defines a value. If none does, the reference uses the value of a framework."""


def field(name: str, stage: str, rules: tuple[DefaultRule, ...], published: bool = True) -> Field:
    """Return a field; its name is also set in its rules."""
    return Field(name, stage, tuple(replace(rule, field=name) for rule in rules), published)


# One constructor for each pair of framework and origin: a block of rules then reads as a list of departures.
keras = partial(DefaultRule, framework="keras", origin="Keras")
on_tensorflow = partial(DefaultRule, framework="keras", origin="Keras on TensorFlow", backend="tensorflow")
torch = partial(DefaultRule, framework="lightning", origin="PyTorch")
lightning = partial(DefaultRule, framework="lightning", origin="Lightning")
torchmetrics = partial(DefaultRule, framework="lightning", origin="torchmetrics")
port = partial(DefaultRule, framework="lightning", origin="PyTorch", convention=True)
reference = partial(DefaultRule, framework="reference", origin=PUBLISHED)


def holds_in(rule: DefaultRule, environment: Environment) -> bool:
    """Whether a rule holds for the package and version that the worker of an environment has reported."""
    return not rule.packages or in_versions(rule.packages, environment)


def in_versions(packages: tuple[tuple[str, str, str], ...], environment: Environment) -> bool:
    """Whether the package and version of an environment are among (package, first version, last version)."""
    package, version = environment.get("series") or ("", "")
    return any(package == name and _between(version, since, until) for name, since, until in packages)


def _between(version: str, since: str, until: str) -> bool:
    """Whether since <= version <= until. A short bound stands for its whole series: 2.15 includes 2.15.1."""
    number, low, high = (tuple(int(part) for part in text.split(".") if part.isdigit())
                         for text in (version, since, until))
    return (not low or number[:len(low)] >= low) and (not high or number[:len(high)] <= high)
