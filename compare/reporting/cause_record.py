"""The causes of a run as JSON data: fields with their values and rules, minimal sets and confirmations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compare.analysis.causes.cause import Cause
from compare.analysis.causes.questions import Suspect
from compare.analysis.result import Result
from compare.reporting.cause_schema import CauseRecord, SuspectRecord
from compare.reporting.cause_text import number_text, switched_text
from compare.reporting.field_text import suspect_title
from compare.reporting.keras_code import value_text
from frameworks.quirks.resolution import explanation_of
from scenarios.spec import Spec


def cause_record(result: Result, cause: Cause) -> CauseRecord:
    """Returns a cause of a behaviour, or a search without a result, as `cause_schema` describes it."""
    question = cause.question
    spec = result.scenario.variant(question.behaviour.variants[0]).spec
    return {
        "behaviour": question.behaviour.name, "with_behaviour": question.with_behaviour, "without": question.without,
        "contrast": question.contrast, "searched_on": cause.searched_on,
        "sufficient": _sets(question.active, cause.sufficient),
        "necessary": _sets(question.active, cause.necessary),
        "suspects": [_suspect(suspect, spec) for suspect in question.suspects],
        "shares": {path: [float(share) for share in shares] for path, shares in cause.shares.items()},
        "chaotic": bool(cause.chaotic), "untestable": list(cause.untestable),
        "confirmed": [{"framework": intervention.framework, "kind": intervention.kind,
                       "changed": [path for path in question.active if path in intervention.changed],
                       "text": switched_text(cause, intervention), "expected": intervention.expected,
                       "holds": intervention.holds,
                       "number_text": intervention.reason or number_text(cause, intervention)}
                      for intervention in cause.confirmed]}


def _suspect(suspect: Suspect, spec: Spec) -> SuspectRecord:
    rules = [rule for rule in suspect.sources if rule]
    return {"path": suspect.path, "title": suspect_title(suspect),
            "values": [value_text(value) for value in suspect.values],
            "origins": [rule.origin if rule else "your model" for rule in suspect.sources], "stage": suspect.stage,
            "explanations": [explanation_of(rule, spec) for rule in rules if rule.explanation],
            "fixes": [rule.fix for rule in rules if rule.fix],
            "evidence": [rule.evidence for rule in rules], "inactive": suspect.inactive}


def _sets(names: Sequence[str], sets: Iterable[frozenset[str]]) -> list[list[str]]:
    """The sets as lists, in the order of `names`."""
    return [[name for name in names if name in chosen] for chosen in sets]
