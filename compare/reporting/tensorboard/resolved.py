"""The spec as every framework resolves it, once for all dashboards."""

from __future__ import annotations

from collections.abc import Mapping

from compare.analysis.causes.questions import closed
from compare.analysis.result import Result
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError

Specs = Mapping[tuple[str, str], Spec]
"""By framework and variant: the specs that were trained, their unset fields resolved."""


def specs(result: Result) -> Specs:
    """The resolved specs of all trainings; one stays as it was asked where the table has no value for a field of it."""
    found = {}
    for framework, environment in result.environments.items():
        for name in dict.fromkeys(variant for variant, _ in result.traces.get(framework, {})):
            spec = result.scenario.variant(name).spec
            try:
                found[framework, name] = closed(spec, environment, result.init)
            except SpecError:
                found[framework, name] = spec
    return found
