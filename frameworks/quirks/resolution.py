"""Resolves the unset fields of a spec with the default rules of an environment (`rules.py` and `frameworks/parts`).

`resolve(spec, environment) -> spec` sets every unset field to the value that this environment really uses. A field that
two environments resolve differently is a quirk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from frameworks import FRAMEWORKS
from frameworks.quirks import rules
from frameworks.quirks.rule import STAGES, DefaultRule, holds_in
from scenarios.spec import Spec, last_activation
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed, unset_fields


@dataclass(frozen=True)
class Difference:
    """One field that two environments resolve differently."""

    path: str
    stage: str
    values: tuple[Any, Any]
    sources: tuple[DefaultRule | None, DefaultRule | None]


def value_of(field: str, spec: Spec, environment: Mapping[str, Any]) -> DefaultRule:
    """The default rule for an unset field of a spec in an environment. Raises SpecError if there is none."""
    for row in rules.RULES:
        if row.field == field and row.framework == environment["framework"] and holds_in(row, environment) \
                and row.backend in ("", environment["backend"]) and row.when(spec) \
                and row.device in ("", environment.get("device", "")):
            return row
    raise SpecError(f"No default rule is known for {field} in {environment['framework']} on {environment['backend']}; "
                    "set it in the spec, or add a rule to frameworks/quirks.")


def resolved(spec: Spec, environment: Mapping[str, Any]) -> dict[str, DefaultRule]:
    """The default rule of every unset field, by path; rules of later fields see the earlier fields resolved."""
    rows: dict[str, DefaultRule] = {}
    for path, field in unset_fields(spec):
        rows[path] = value_of(field, spec, environment)
        spec = changed(spec, {path: rows[path].value})
    return rows


def checked(package: str) -> list[str]:
    """The versions of a Keras package in which the rules were checked, oldest first."""
    known = {framework.series[1] for framework in FRAMEWORKS.values() if framework.series[0] == package}
    return sorted(known | ({_today()["keras"]} if package == "Keras" else set()), key=_parts)


def newer(environment: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """By package, the version that runs and the one in which the rules were checked, where the first is newer."""
    own, today = environment.get("versions", {}), _today()
    return {package: (version, today[package]) for package, version in own.items()
            if package in today and _parts(version)[:2] > _parts(today[package])[:2]}


def _today() -> dict[str, str]:
    """The versions of today's packages in which the rules were checked."""
    return dict(entry.split() for entry in rules.VERSIONS.split(", "))


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
    rows, others = resolved(spec, one), resolved(spec, other)
    found = [Difference(path, rules.STAGE_OF[rows[path].field], (rows[path].value, others[path].value),
                        (rows[path], others[path])) for path in rows if rows[path].value != others[path].value]
    return sorted(found, key=lambda difference: STAGES.index(difference.stage))


def known(field: str, value: Any) -> list[DefaultRule]:
    """The rules of other versions by which an unset field has this value."""
    return [row for row in rules.RULES if row.field == field and row.value == value and row.packages]


def versions_text(row: DefaultRule) -> str:
    """The versions for which a rule holds, as text: `tf.keras 2.4 to 2.15 and Keras 3.3`."""
    told = [f"{package} {since}" + (f" to {until}" if until not in ("", since) else "") if since else
            f"{package} up to {until}" if until else package for package, since, until in row.packages]
    return ", ".join(told[:-1]) + (" and " if told[1:] else "") + told[-1]


def explanation_of(row: DefaultRule, spec: Spec) -> str:
    """The explanation of a rule, with the names of this spec."""
    told = row.explanation.replace("{activation}", last_activation(spec))
    return f"In a typical PyTorch port, {told}" if row.convention else told
