"""What the frameworks resolve differently, as a table in Markdown; what they resolve alike is left out."""

from __future__ import annotations

from compare.analysis.attribution import title
from compare.analysis.causes.questions import closed
from compare.analysis.result import Result
from compare.reporting.cause_text import listed
from frameworks.quirks.resolution import explanation_of, resolved
from scenarios.scenario import Variant
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import value_at


def differences(result: Result) -> str:
    """One table for all asked variants in which frameworks differ alike."""
    by_table: dict[str, list[str]] = {}
    for variant in result.scenario.variants:
        if variant.role == "reported" and any(name == variant.name for traces in result.traces.values()
                                           for name, _ in traces):
            by_table.setdefault(_table(result, variant), []).append(variant.name)
    return "\n\n".join(f"## {listed(names)}: what frameworks do differently where nobody says anything\n\n{table}"
                       for table, names in by_table.items())


def _table(result: Result, variant: Variant) -> str:
    """One row a field that two frameworks resolve differently, and below it what that means."""
    specs, rows = {}, {}
    for name, environment in result.environments.items():
        try:
            specs[name] = closed(variant.spec, environment, result.init)
            rows[name] = resolved(variant.spec, environment)
        except SpecError:  # the table has no value for it
            continue
    paths = [path for path in next(iter(rows.values()), {})
             if len({repr(value_at(spec, path)) for spec in specs.values()}) > 1]
    if not paths:
        return "Nothing: they resolve every field alike."
    lines = [f"| field | {' | '.join(map(title, specs))} |", "|" + "---|" * (len(specs) + 1)]
    lines += ["| " + " | ".join([f"`{path}`", *(f"{value_at(specs[name], path)} ({rows[name][path].origin})"
                                                for name in specs)]) + " |" for path in paths]
    told = dict.fromkeys(f"- `{path}`, {row.origin}: {explanation_of(row, variant.spec)}."
                         for path in paths for row in (rows[name][path] for name in specs) if row.explanation)
    return "\n".join([*lines, "", *told])

