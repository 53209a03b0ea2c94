"""Resolves the unset fields of a spec with the default rules of an environment (the rules: `table.py`).

`resolve(spec, environment) -> spec` sets every unset field to the value that this environment really uses. A field that
two environments resolve differently is a quirk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping

from scenarios.spec import Spec, last_activation
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed, unset_fields

STAGES = ("data", "initialization", "forward", "loss", "gradient", "update", "metric", "evaluation", "outcome")
"""The stages of a training step at which a difference can appear first, in their order. A metric depends on the forward
pass, not on the update; an evaluation depends on no step."""


@dataclass(frozen=True)
class DefaultRule:
    """The value that one framework uses where a field is unset."""

    field: str
    """Class.field, as in `scenarios.spec`."""
    framework: str
    value: Any
    origin: str
    """Where the value comes from: textbook, Keras, Keras on TensorFlow, TensorFlow, PyTorch, Lightning, …"""
    evidence: str
    """A source file and line at the versions of `table.VERSIONS`, a paper, or documentation."""
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


@dataclass(frozen=True)
class Difference:
    """One field that two environments resolve differently."""

    path: str
    stage: str
    values: tuple[Any, Any]
    sources: tuple[DefaultRule | None, DefaultRule | None]


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


def value_of(field: str, spec: Spec, environment: Mapping[str, Any]) -> DefaultRule:
    """The default rule for an unset field of a spec in an environment. Raises SpecError if there is none."""
    from frameworks.quirks.rules import RULES
    for row in RULES:
        if row.field == field and row.framework == environment["framework"] and holds_in(row, environment) \
                and row.backend in ("", environment["backend"]) and row.when(spec) \
                and row.device in ("", environment.get("device", "")):
            return row
    raise SpecError(f"The table has no value for {field} in {environment['framework']} on {environment['backend']}; "
                    "set it in the spec, or add a rule to frameworks/quirks/rules.py.")


def resolved(spec: Spec, environment: Mapping[str, Any]) -> dict[str, DefaultRule]:
    """The default rule of every unset field, by path; rules of later fields see the earlier fields resolved."""
    rows: dict[str, DefaultRule] = {}
    for path, field in unset_fields(spec):
        rows[path] = value_of(field, spec, environment)
        spec = changed(spec, {path: rows[path].value})
    return rows


def checked(package: str) -> list[str]:
    """The versions of a Keras package in which the rules were checked, oldest first."""
    from frameworks import FRAMEWORKS
    known = {framework.series[1] for framework in FRAMEWORKS.values() if framework.series[0] == package}
    return sorted(known | ({_today()["keras"]} if package == "Keras" else set()), key=_parts)


def newer(environment: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """By package, the version that runs and the one in which the rules were checked, where the first is newer."""
    own, today = environment.get("versions", {}), _today()
    return {package: (version, today[package]) for package, version in own.items()
            if package in today and _parts(version)[:2] > _parts(today[package])[:2]}


def _today() -> dict[str, str]:
    """The versions of today's packages in which the rules were checked."""
    from frameworks.quirks.rules import VERSIONS
    return dict(entry.split() for entry in VERSIONS.split(", "))


def not_known(spec: Spec, environment: Mapping[str, Any]) -> dict[str, tuple[DefaultRule, DefaultRule]]:
    """The unset fields, by path, whose value is not known in an environment's version of Keras, and both candidates.

    Such a version lies between two in which the rules were checked, and the two resolve the field differently.
    """
    package, version = environment.get("series") or ("", "")
    versions = checked(package)
    below = [one for one in versions if _parts(one) <= _parts(version)]
    above = [one for one in versions if _parts(one) >= _parts(version)]
    if not below or not above or below[-1] == above[0]:
        return {}
    sides = [resolved(spec, {**environment, "series": (package, one)}) for one in (below[-1], above[0])]
    return {path: (row, sides[1][path]) for path, row in sides[0].items() if row.value != sides[1][path].value}


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def resolve(spec: Spec, environment: Mapping[str, Any]) -> Spec:
    """The spec with every unset field set to the value that the environment uses."""
    return changed(spec, {path: row.value for path, row in resolved(spec, environment).items()})


def quirks(spec: Spec, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Difference]:
    """The unset fields that two environments resolve differently, earliest stage first."""
    from frameworks.quirks.rules import STAGE_OF
    rows, others = resolved(spec, one), resolved(spec, other)
    found = [Difference(path, STAGE_OF[rows[path].field], (rows[path].value, others[path].value),
                        (rows[path], others[path])) for path in rows if rows[path].value != others[path].value]
    return sorted(found, key=lambda difference: STAGES.index(difference.stage))


def known(field: str, value: Any) -> list[DefaultRule]:
    """The rules of other versions by which an unset field has this value."""
    from frameworks.quirks.rules import RULES
    return [row for row in RULES if row.field == field and row.value == value and row.packages]


def versions_text(row: DefaultRule) -> str:
    """The versions for which a rule holds, as text: `tf.keras 2.4 to 2.15 and Keras 3.3`."""
    told = [f"{package} {since}" + (f" to {until}" if until not in ("", since) else "") if since else
            f"{package} up to {until}" if until else package for package, since, until in row.packages]
    return ", ".join(told[:-1]) + (" and " if told[1:] else "") + told[-1]


def explanation_of(row: DefaultRule, spec: Spec) -> str:
    """The explanation of a rule, with the names of this spec."""
    told = row.explanation.replace("{activation}", last_activation(spec))
    return f"In a typical PyTorch port, {told}" if row.convention else told
