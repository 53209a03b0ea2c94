"""Resolves the unset fields of a spec with the default rules of an environment (`rules.py` and `frameworks/parts`).

`resolve(spec, environment) -> spec` sets every unset field to the value that this environment really uses. A field that
two environments resolve differently is a quirk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Iterator

from frameworks import FRAMEWORKS
from frameworks.environment import Environment
from frameworks.quirks import rules
from frameworks.quirks.rule import STAGES, DefaultRule, holds_in
from scenarios.spec import Spec, last_activation
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed, unset_fields


@dataclass(frozen=True)
class Difference:
    """One field that two environments, or two variants, resolve differently."""

    path: str
    """Of the field in a spec, as in `loss.of`."""
    stage: str
    """The first of `STAGES` at which the two values can make a difference."""
    values: tuple[Any, Any]
    """On the left side and on the right side."""
    sources: tuple[DefaultRule | None, DefaultRule | None]
    """The default rule of each value; None for a value that a variant sets."""


def value_of(field: str, spec: Spec, environment: Environment) -> DefaultRule:
    """Return the default rule for an unset field of a spec in an environment. Raises SpecError if there is none."""
    for rule in _of(field, environment, rules.RULES):
        if rule.when(spec):
            return rule
    raise SpecError(f"No default rule is known for {field} in {environment['framework']} on {environment['backend']}; "
                    "set it in the spec, or add a rule to frameworks/quirks.")


def resolved(spec: Spec, environment: Environment) -> dict[str, DefaultRule]:
    """Return the default rule of every unset field, by path.

    Fields are resolved in order: the rule of a later field can depend on the values of the earlier ones. Raises
    SpecError if a field has no rule.
    """
    return dict(_resolved(spec, rules.RULES, environment["framework"], environment["backend"],
                          environment.get("device", ""), tuple(environment.get("series") or ())))


@lru_cache(maxsize=1024)  # a run resolves the same few specs again for each behaviour, cause and sentence
def _resolved(spec: Spec, known_rules: tuple[DefaultRule, ...], framework: str, backend: str, device: str,
              series: tuple[str, ...]) -> dict[str, DefaultRule]:
    environment: Environment = {"framework": framework, "backend": backend, "device": device, "series": series}
    result: dict[str, DefaultRule] = {}
    not_yet_set: dict[str, Any] = {}
    for path, field in unset_fields(spec):
        if not_yet_set and any(rule.when is not DefaultRule.when for rule in _of(field, environment, known_rules)):
            spec, not_yet_set = changed(spec, not_yet_set), {}  # what a condition reads; every change is validated
        result[path] = value_of(field, spec, environment)
        not_yet_set[path] = result[path].value
    return result


def _of(field: str, environment: Environment, known_rules: tuple[DefaultRule, ...]) -> Iterator[DefaultRule]:
    """Yield the rules of a field for the framework, backend, device and versions of an environment."""
    framework, backends = environment["framework"], ("", environment["backend"])
    devices = ("", environment.get("device", ""))
    for rule in known_rules:
        if rule.field == field and rule.framework == framework and rule.backend in backends \
                and rule.device in devices and holds_in(rule, environment):
            yield rule


def checked(package: str) -> list[str]:
    """Return the versions of a Keras package with which the rules were checked, oldest first."""
    known = {framework.series[1] for framework in FRAMEWORKS.values() if framework.series[0] == package}
    return sorted(known | ({_latest()["keras"]} if package == "Keras" else set()), key=_parts)


def newer(environment: Environment) -> dict[str, tuple[str, str]]:
    """Return (installed version, version with which the rules were checked) of the packages where the first is newer.

    The result is by package. Only major and minor version numbers are compared.
    """
    installed, latest = environment.get("versions", {}), _latest()
    return {package: (version, latest[package]) for package, version in installed.items()
            if package in latest and _parts(version)[:2] > _parts(latest[package])[:2]}


def _latest() -> dict[str, str]:
    """Return the latest versions with which the rules were checked, by package."""
    return dict(entry.split() for entry in rules.VERSIONS.split(", "))


def not_known(spec: Spec, environment: Environment) -> dict[str, tuple[DefaultRule, DefaultRule]]:
    """Return the unset fields without a known value in the Keras version of an environment, with both candidate rules.

    A value is not known if the version lies between two versions with which the rules were checked, and these two
    resolve the field differently. The result is by path; the rule of the older version comes first.
    """
    package, version = environment.get("series") or ("", "")
    versions = checked(package)
    below = [candidate for candidate in versions if _parts(candidate) <= _parts(version)]
    above = [candidate for candidate in versions if _parts(candidate) >= _parts(version)]
    if not below or not above or below[-1] == above[0]:
        return {}
    lower, upper = (resolved(spec, {**environment, "series": (package, bound)}) for bound in (below[-1], above[0]))
    return {path: (rule, upper[path]) for path, rule in lower.items() if rule.value != upper[path].value}


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def resolve(spec: Spec, environment: Environment) -> Spec:
    """Return the spec with every unset field set to the value that the environment uses."""
    return changed(spec, {path: rule.value for path, rule in resolved(spec, environment).items()})


def quirks(spec: Spec, left: Environment, right: Environment) -> list[Difference]:
    """Return the unset fields that two environments resolve differently, earliest stage first."""
    of_left, of_right = resolved(spec, left), resolved(spec, right)
    differences = [Difference(path, rules.STAGE_OF[rule.field], (rule.value, of_right[path].value),
                              (rule, of_right[path]))
                   for path, rule in of_left.items() if rule.value != of_right[path].value]
    return sorted(differences, key=lambda difference: STAGES.index(difference.stage))


def known(field: str, value: Any) -> list[DefaultRule]:
    """Return the rules by which an unset field (Class.field) has this value in particular versions."""
    return [rule for rule in rules.RULES if rule.field == field and rule.value == value and rule.packages]


def versions_text(rule: DefaultRule) -> str:
    """Return the versions of `rule.packages`, which is not empty, as text: `tf.keras 2.4 to 2.15 and Keras 3.3`."""
    ranges = [f"{package} {since}" + (f" to {until}" if until not in ("", since) else "") if since else
              f"{package} up to {until}" if until else package for package, since, until in rule.packages]
    return ", ".join(ranges[:-1]) + (" and " if ranges[1:] else "") + ranges[-1]


def explanation_of(rule: DefaultRule, spec: Spec) -> str:
    """Return the explanation of a rule, with the last activation of the spec inserted."""
    text = rule.explanation.replace("{activation}", last_activation(spec))
    return f"In a typical PyTorch port, {text}" if rule.convention else text
