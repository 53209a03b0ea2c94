"""The generic fill, and what is known of the values that environments give to open fields (the table: `table.py`).

`fill(spec, environment) -> spec` closes every open field with what that environment really does. A field that two
environments fill differently is a quirk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping

from scenarios.checks import SpecError
from scenarios.fields import changed, open_fields
from scenarios.spec import Spec, last_activation

GATES = ("data", "start", "forward", "loss", "gradient", "update", "metric", "evaluation", "outcome")
"""Where a difference can open first, in the order of a step; a metric follows the forward pass, not the update, and an
evaluation no step at all."""


@dataclass(frozen=True)
class Value:
    """What one framework does where a field is open."""

    field: str
    """Class.field of the vocabulary."""
    framework: str
    value: Any
    layer: str
    """Whose doing it is: textbook, Keras, Keras on TensorFlow, TensorFlow, PyTorch, Lightning, torchmetrics."""
    evidence: str
    """Package path and line at the versions of `table.VERSIONS`, a paper, or documentation."""
    when: Callable[[Spec], bool] = lambda spec: True
    """For which specs; fields before this one are filled already."""
    backend: str = ""
    """The backend that is needed, or any."""
    device: str = ""
    """The device that is needed, cpu or cuda, or any."""
    packages: tuple[tuple[str, str, str], ...] = ()
    """(package, since, until), both included, under which it holds; () means wherever no row above says otherwise."""
    convention: bool = False
    """Whether it is no default but what the documentation names: a usual port."""
    plain: str = ""
    """What it does, in a sentence for somebody with no glossary; needed where the value departs from the textbook."""
    remedy: str = ""
    """What to write in one's own code to get the textbook's value, or the other side's; goes with `plain`."""


@dataclass(frozen=True)
class Difference:
    """One field that two closed specs fill differently."""

    path: str
    gate: str
    values: tuple[Any, Any]
    sources: tuple[Value | None, Value | None]


def holds_in(row: Value, environment: Mapping[str, Any]) -> bool:
    """Whether a row is one of an environment's, by the package and version that its worker has read back."""
    package, version = environment.get("series") or ("", "")
    return not row.packages or any(package == name and _between(version, since, until)
                                   for name, since, until in row.packages)


def _between(version: str, since: str, until: str) -> bool:
    """Whether a version lies between two, of which a shorter one means the whole series: 2.15 holds 2.15.1."""
    own, low, high = (tuple(int(part) for part in text.split(".") if part.isdigit())
                      for text in (version, since, until))
    return (not low or own[:len(low)] >= low) and (not high or own[:len(high)] <= high)


def value_of(field: str, spec: Spec, environment: Mapping[str, Any]) -> Value:
    """The row of the table for an open field of a spec in an environment. Raises SpecError where there is none."""
    from frameworks.table import TABLE
    for row in TABLE:
        if row.field == field and row.framework == environment["framework"] and holds_in(row, environment) \
                and row.backend in ("", environment["backend"]) and row.when(spec) \
                and row.device in ("", environment.get("device", "")):
            return row
    raise SpecError(f"The table has no value for {field} in {environment['framework']} on {environment['backend']}; "
                    "say it in the spec, or add it to frameworks/table.py.")


def filled(spec: Spec, environment: Mapping[str, Any]) -> dict[str, Value]:
    """The table's row of every open field, by path; later fields see the earlier ones filled."""
    rows: dict[str, Value] = {}
    for path, field in open_fields(spec):
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
    from frameworks.table import VERSIONS
    return dict(entry.split() for entry in VERSIONS.split(", "))


def not_known(spec: Spec, environment: Mapping[str, Any]) -> dict[str, tuple[Value, Value]]:
    """The unset fields, by path, whose value is not known in an environment's version of Keras, and both candidates.

    Such a version lies between two in which the rules were checked, and the two resolve the field differently.
    """
    package, version = environment.get("series") or ("", "")
    versions = checked(package)
    below = [one for one in versions if _parts(one) <= _parts(version)]
    above = [one for one in versions if _parts(one) >= _parts(version)]
    if not below or not above or below[-1] == above[0]:
        return {}
    sides = [filled(spec, {**environment, "series": (package, one)}) for one in (below[-1], above[0])]
    return {path: (row, sides[1][path]) for path, row in sides[0].items() if row.value != sides[1][path].value}


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def fill(spec: Spec, environment: Mapping[str, Any]) -> Spec:
    """The spec with every open field closed by what the environment does."""
    return changed(spec, {path: row.value for path, row in filled(spec, environment).items()})


def quirks(spec: Spec, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Difference]:
    """The open fields that two environments fill differently, earliest gate first."""
    from frameworks.table import GATE_OF
    rows, others = filled(spec, one), filled(spec, other)
    found = [Difference(path, GATE_OF[rows[path].field], (rows[path].value, others[path].value),
                        (rows[path], others[path])) for path in rows if rows[path].value != others[path].value]
    return sorted(found, key=lambda difference: GATES.index(difference.gate))


def known(field: str, value: Any) -> list[Value]:
    """The rows of other versions in which an open field is known to have a value."""
    from frameworks.table import TABLE
    return [row for row in TABLE if row.field == field and row.value == value and row.packages]


def versions_told(row: Value) -> str:
    """Where a row of other versions is known, in words: `tf.keras 2.4 to 2.15 and Keras 3.3`."""
    told = [f"{package} {since}" + (f" to {until}" if until not in ("", since) else "") if since else
            f"{package} up to {until}" if until else package for package, since, until in row.packages]
    return ", ".join(told[:-1]) + (" and " if told[1:] else "") + told[-1]


def in_plain_words(row: Value, spec: Spec) -> str:
    """What a row says of a spec, for somebody with no glossary."""
    return ("in a usual port " if row.convention else "") + row.plain.replace("{activation}", last_activation(spec))
