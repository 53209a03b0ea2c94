"""A default rule: what one framework does where a spec leaves a field unset; and a field with all its rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Callable, Mapping

from scenarios.spec import Spec

STAGES = ("data", "initialization", "forward", "loss", "gradient", "update", "metric", "evaluation", "outcome")
"""The stages of a training step at which a difference can appear first, in their order. A metric depends on the forward
pass, not on the update; an evaluation depends on no step."""


@dataclass(frozen=True)
class DefaultRule:
    """The value that one framework uses where a field is unset."""

    framework: str
    value: Any
    origin: str
    """Where the value comes from: textbook, Keras, Keras on TensorFlow, TensorFlow, PyTorch, Lightning, …"""
    evidence: str
    """A source file and line at the versions of `rules.VERSIONS`, a paper, or documentation."""
    when: Callable[[Spec], bool] = lambda spec: True
    """The specs to which the rule applies; the fields before this one are already resolved."""
    backend: str = ""
    """The required backend; empty for any."""
    device: str = ""
    """The required device, cpu or cuda; empty for any."""
    packages: tuple[tuple[str, str, str], ...] = ()
    """(package, first version, last version) for which the rule holds; () for all to which no rule above applies."""
    convention: bool = False
    """Whether this is not a default but what the documentation recommends for porting a model."""
    explanation: str = ""
    """What the framework does, without a full stop; required where the value departs from the textbook."""
    fix: str = ""
    """How to get the textbook's value, or the other framework's, in one's code; required with `explanation`."""

    field: str = ""
    """Class.field, as in `scenarios.spec`; set by `field`."""


@dataclass(frozen=True)
class Field:
    """A field that a spec can leave unset, and what every framework does then."""

    name: str
    """Class.field, as in `scenarios.spec`."""
    stage: str
    """The first of `STAGES` at which two values of it can differ."""
    rules: tuple[DefaultRule, ...]
    """Of all frameworks; the first that holds is taken."""
    in_textbooks: bool = True
    """Whether a textbook has a value. Where none has, the reference takes over that of a framework."""


def field(name: str, stage: str, rules: tuple[DefaultRule, ...], in_textbooks: bool = True) -> Field:
    """A field, whose rules get its name."""
    return Field(name, stage, tuple(replace(rule, field=name) for rule in rules), in_textbooks)


keras = partial(DefaultRule, framework="keras", origin="Keras")
on_tensorflow = partial(DefaultRule, framework="keras", origin="Keras on TensorFlow", backend="tensorflow")
torch = partial(DefaultRule, framework="lightning", origin="PyTorch")
lightning = partial(DefaultRule, framework="lightning", origin="Lightning")
torchmetrics = partial(DefaultRule, framework="lightning", origin="torchmetrics")
port = partial(DefaultRule, framework="lightning", origin="PyTorch", convention=True)
reference = partial(DefaultRule, framework="reference", origin="textbook")


def holds_in(row: DefaultRule, environment: Mapping[str, Any]) -> bool:
    """Whether a rule holds for the package and version that the worker of an environment has reported."""
    package, version = environment.get("series") or ("", "")
    return not row.packages or any(package == name and _between(version, since, until)
                                   for name, since, until in row.packages)


def _between(version: str, since: str, until: str) -> bool:
    """Whether a version lies between two, both included; a short one stands for its series: 2.15 has 2.15.1."""
    own, low, high = (tuple(int(part) for part in text.split(".") if part.isdigit())
                      for text in (version, since, until))
    return (not low or own[:len(low)] >= low) and (not high or own[:len(high)] <= high)
