"""The spec of every variant as each framework resolves it, computed once for all dashboards."""

from __future__ import annotations

from collections.abc import Mapping

from compare.analysis.causes.questions import resolved_spec
from compare.analysis.result import Result
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError

Specs = Mapping[tuple[str, str], Spec]
"""The trained specs with their unset fields resolved, by framework and variant."""


def specs(result: Result) -> Specs:
    """The resolved specs of all trainings. A spec with a field that no default rule resolves is returned as written."""
    by_training = {}
    for framework, environment in result.environments.items():
        for name in dict.fromkeys(variant for variant, _ in result.traces.get(framework, {})):
            spec = result.scenario.variant(name).spec
            try:
                by_training[framework, name] = resolved_spec(spec, environment, result.init)
            except SpecError:
                by_training[framework, name] = spec
    return by_training
