"""Converts a result to the plain JSON data that `schema` describes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import version

from compare.analysis.attribution import title
from compare.analysis.behaviours import Answer, in_unit
from compare.analysis.result import Result
from compare.reporting.answer import summary
from compare.reporting.cause_record import cause_record
from compare.reporting.cells import attribution_text, cell, notes_of, number_of
from compare.reporting.open_questions import unexplained, unexplained_text
from compare.reporting.schema import SCHEMA, BehaviourRecord, FrameworkAnswerRecord, Record
from compare.reporting.statistics_text import mcnemar_text, paired_text
from compare.reporting.step_record import (
    coverage_record,
    difference_record,
    divergence_record,
    explanation_record,
    stage_record,
)
from compare.reporting.step_schema import curve, number
from compare.reporting.variant_record import variant_record
from frameworks.runtime.accuracy import TITLES
from scenarios.scenario import Behaviour

IMAGES = "images"  # subfolder with the images as idx files, for runs that did not use full MNIST


def record(result: Result) -> Record:
    """Returns a result as plain JSON data."""
    cost = result.cost
    return {
        "schema": SCHEMA, "program": {
            "name": "keras-or-me", "version": version("keras-or-me"), "command": result.command,
            "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")},
        "scenario": {"name": result.scenario.name, "title": result.scenario.title,
                     "question": result.scenario.question},
        "data": {"name": result.dataset.name, "sha256": result.dataset.sha256, "notice": result.dataset.notice,
                 "place": result.dataset.place, "images": "" if result.mnist else IMAGES},
        "init": result.init, "seeds": sorted({seed for traces in result.traces.values() for _, seed in traces}),
        "frameworks": [{"name": name, "title": title(name), "environment": {
            key: value for key, value in result.environments.get(name, {}).items() if key != "file"}}  # a local path
            for name in result.traces],
        "summary": summary(result).record,
        "behaviours": [_behaviour(result, behaviour) for behaviour in result.scenario.behaviours],
        "variants": [variant_record(result, variant) for variant in result.scenario.variants],
        "causes": [cause_record(result, cause) for cause in result.causes],
        "divergences": [divergence_record(result, divergence) for divergence in result.divergences.values()],
        "explanations": [explanation_record(explanation) for explanation in result.explanations],
        "differences": [difference_record(result, difference) for difference in result.differences],
        "unexplained_differences": [
            {"variant": difference.variant, "framework": difference.framework,
             "stage": stage_record(difference.stage), "first": difference.first, "text": unexplained_text(difference)}
            for difference in result.unexplained_differences],
        "coverage": [coverage_record(coverage) for coverage in result.coverage],
        "claims": [{"text": judged.claim.text, "about": judged.claim.cures.title, "framework": judged.framework,
                    "outcome": str(judged.outcome), "cured_too": list(judged.cured_too)} for judged in result.claims],
        "statistics": paired_text(result) + mcnemar_text(result), "unexplained": result.unexplained,
        "unexplained_sentences": unexplained(result),
        "cost": None if cost is None else {
            "imports": cost.imports, "reported": cost.reported, "trained": cost.trained, "causes": cost.causes,
            "trainings": cost.trainings, "questions": cost.questions, "reused": cost.reused},
        "problems": [*result.worker_errors, *result.measure_errors]}


def _behaviour(result: Result, behaviour: Behaviour) -> BehaviourRecord:
    name = behaviour.name
    return {
        "name": name, "title": behaviour.title, "variants": list(behaviour.variants), "quantity": behaviour.quantity,
        "low": number(behaviour.low), "high": number(behaviour.high), "margin": behaviour.margin,
        "reported": number(behaviour.reported) if result.mnist else None,
        "reported_text": "" if behaviour.reported is None or not result.mnist else
                         in_unit(behaviour, behaviour.reported),
        "answers": _answers(result, name, result.answers[name]),
        "old_rules": [{"rule": rule, "title": TITLES[rule], "answers": _answers(result, name, answers)}
                      for rule, answers in result.old_rules.get(name, {}).items()],
        "belongs_to": result.verdicts[name].belongs_to, "belongs_text": attribution_text(result, name)}


def _answers(result: Result, name: str, answers: Mapping[str, Answer]) -> dict[str, FrameworkAnswerRecord]:
    return {framework: {"holds": answer.holds, "number": number(answer.number), "numbers": curve(answer.numbers),
                        "number_text": number_of(result, name, answer), "notes": notes_of(answer),
                        "reason": None if answer.reason is None else {
                            "kind": answer.reason.kind.name.lower(), "number": answer.reason.number,
                            "text": answer.reason.text},
                        "left_out": list(answer.left_out), "text": cell(result, name, answer)}
            for framework, answer in answers.items()}
