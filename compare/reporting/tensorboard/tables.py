"""The fields that the frameworks resolve differently, as a Markdown table. Other fields are omitted."""

from __future__ import annotations

from compare.analysis.attribution import title
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.result import Result
from compare.reporting.cause_text import listed
from frameworks.quirks.resolution import explanation_of, resolved
from scenarios.scenario import Variant
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import value_at


def differences(result: Result) -> str:
    """The tables of all reported variants as Markdown; variants with identical tables share one."""
    by_table: dict[str, list[str]] = {}
    for variant in result.scenario.variants:
        if variant.role == "reported" and any(name == variant.name for traces in result.traces.values()
                                              for name, _ in traces):
            by_table.setdefault(_table(result, variant), []).append(variant.name)
    return "\n\n".join(f"## {listed(names)}: defaults that differ between frameworks\n\n{table}"
                       for table, names in by_table.items())


def _table(result: Result, variant: Variant) -> str:
    """One row per field that two frameworks resolve differently, and the explanations of the values below the table."""
    specs, rules = {}, {}
    for name, environment in result.environments.items():
        try:
            specs[name] = resolved_spec(variant.spec, environment, result.init)
            rules[name] = resolved(variant.spec, environment)
        except SpecError:  # the default rules have no value for a field
            continue
    paths = [path for path in next(iter(rules.values()), {})
             if len({repr(value_at(spec, path)) for spec in specs.values()}) > 1]
    if not paths:
        return "Nothing: they resolve every field alike."
    lines = [f"| field | {' | '.join(map(title, specs))} |", "|" + "---|" * (len(specs) + 1)]
    lines += ["| " + " | ".join([f"`{path}`", *(f"{value_at(specs[name], path)} ({rules[name][path].origin})"
                                                for name in specs)]) + " |" for path in paths]
    explanations = dict.fromkeys(f"- `{path}`, {rule.origin}: {explanation_of(rule, variant.spec)}."
                                 for path in paths for rule in (rules[name][path] for name in specs)
                                 if rule.explanation)
    return "\n".join([*lines, "", *explanations])
