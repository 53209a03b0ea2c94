"""Converts a result to the plain JSON data that `schema` describes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from compare.analysis.attribution import title
from compare.analysis.behaviours import Answer, told
from compare.analysis.causes.cause import Cause
from compare.analysis.causes.questions import Suspect
from compare.analysis.differences import Difference
from compare.analysis.explanation import Explanation
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.noise import FACTOR
from compare.analysis.replay import Coverage
from compare.analysis.result import Result
from compare.analysis.stages import NAMES, StageResult
from compare.execution import initialization
from compare.reporting.answer import summary
from compare.reporting.cause_text import number_text, switched_text, value_text
from compare.reporting.cells import because, cell, coverage_text, first_difference, notes_of, number_of, seen_where
from compare.reporting.cells import number as number_text_of
from compare.reporting.open_questions import unexplained, unexplained_text
from compare.reporting.schema import (
    SCHEMA,
    AnswerRecord,
    BehaviourRecord,
    CauseRecord,
    Curve,
    FrameworkAnswerRecord,
    ProgramRecord,
    Record,
    SuspectRecord,
    Training,
    VariantRecord,
)
from compare.reporting.statistics_text import mcnemar_text, paired_text
from compare.reporting.step_schema import (
    CoverageRecord,
    DifferenceRecord,
    DivergenceRecord,
    ExplanationRecord,
    Number,
    StageRecord,
)
from frameworks import FRAMEWORKS
from frameworks.codegen.program import PROGRAMS, about, program
from frameworks.quirks.resolution import explanation_of
from frameworks.runtime.accuracy import TITLES
from frameworks.runtime.errors import Refused
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Variant
from scenarios.spec import Spec
from scenarios.spec.fields import changed, to_json

IMAGES = "images"  # subfolder with the images as idx files, for runs that did not use full MNIST


def record(result: Result) -> Record:
    """Returns a result as plain JSON data."""
    cost = result.cost
    return {
        "schema": SCHEMA, "program": {
            "name": "keras-or-me", "version": version("keras-or-me"), "command": result.command,
            "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")},
        "scenario": {name: getattr(result.scenario, name) for name in ("name", "title", "question")},
        "data": {**{name: getattr(result.dataset, name) for name in ("name", "sha256", "notice", "place")},
                 "images": "" if result.mnist else IMAGES},
        "init": result.init, "seeds": sorted({seed for traces in result.traces.values() for _, seed in traces}),
        "frameworks": [{"name": name, "title": title(name), "environment": {
            key: value for key, value in result.environments.get(name, {}).items() if key != "file"}}  # a local path
            for name in result.traces],
        "summary": _summary(result),
        "behaviours": [_behaviour(result, behaviour) for behaviour in result.scenario.behaviours],
        "variants": [_variant(result, variant) for variant in result.scenario.variants],
        "causes": [_cause(result, cause) for cause in result.causes],
        "divergences": [_divergence(result, divergence) for divergence in result.divergences.values()],
        "explanations": [_explanation(explanation) for explanation in result.explanations],
        "differences": [_difference(result, difference) for difference in result.differences],
        "unexplained_differences": [
            {"variant": difference.variant, "framework": difference.framework,
             "stage": _stage_record(difference.stage), "first": difference.first, "text": unexplained_text(difference)}
            for difference in result.unexplained_differences],
        "coverage": [_coverage(coverage) for coverage in result.coverage],
        "claims": [{"text": judged.claim.text, "about": judged.claim.cures.title, "framework": judged.framework,
                    "words": judged.words, "cured_too": list(judged.cured_too)} for judged in result.claims],
        "statistics": paired_text(result) + mcnemar_text(result), "unexplained": result.unexplained,
        "unexplained_sentences": unexplained(result),
        "cost": None if cost is None else asdict(cost),
        "problems": [*result.worker_errors, *result.measure_errors]}


def _summary(result: Result) -> AnswerRecord:
    answer = summary(result)
    return {"verdict": answer.verdict, "detail": answer.detail,
            "sections": [{"title": section.title, "items": list(section.items)} for section in answer.sections]}


def number(value: Any) -> Number:
    """Returns a number as JSON data: nan and infinity become strings, None stays None."""
    if value is None:
        return None
    value = float(value)
    return value if math.isfinite(value) else str(value)


def _behaviour(result: Result, behaviour: Behaviour) -> BehaviourRecord:
    name = behaviour.name
    return {
        "name": name, "title": behaviour.title, "variants": list(behaviour.variants), "quantity": behaviour.quantity,
        "low": number(behaviour.low), "high": number(behaviour.high), "margin": behaviour.margin,
        "reported": number(behaviour.reported) if result.mnist else None,
        "reported_text": told(behaviour, behaviour.reported) if behaviour.reported is not None and result.mnist else "",
        "answers": _answers(result, name, result.answers[name]),
        "old_rules": [{"rule": rule, "title": TITLES[rule], "answers": _answers(result, name, answers)}
                      for rule, answers in result.old_rules.get(name, {}).items()],
        "belongs_to": result.verdicts[name].belongs_to, "belongs_text": seen_where(result, name)}


def _answers(result: Result, name: str, answers: Mapping[str, Answer]) -> dict[str, FrameworkAnswerRecord]:
    return {framework: {"holds": answer.holds, "number": number(answer.number), "numbers": _curve(answer.numbers),
                        "number_text": number_of(result, name, answer), "notes": notes_of(answer),
                        "text": cell(result, name, answer)} for framework, answer in answers.items()}


def _variant(result: Result, variant: Variant) -> VariantRecord:
    is_reported = variant.role == "reported"
    traces = {(framework, seed): trace for framework, by_trial in result.traces.items()
              for (name, seed), trace in by_trial.items() if name == variant.name and is_reported}
    variant_record: VariantRecord = {
        "name": variant.name, "title": variant.title, "role": variant.role, "spec": to_json(variant.spec),
        "reported": {name: _curve(values) for name, values in variant.reported.items()} if result.mnist else {},
        "trainings": [_training(framework, seed, trace) for (framework, seed), trace in traces.items()],
        "programs": [], "files": []}
    first = next(iter(traces.values()), None)
    spec = variant.spec if first is None or "spec" not in first.facts else \
        changed(variant.spec, {"training.epochs": first.facts["spec"]["training"]["epochs"]})
    if is_reported:
        variant_record["programs"] = [_program(result, variant, spec, framework)
                                      for framework in _program_frameworks(result)]
    if result.init == "shared" and first is not None:
        variant_record["files"] = _files(spec, first.facts.get("samples", 0), result.folder)
    return variant_record


def _training(framework: str, seed: int, trace: Trace) -> Training:
    return {"framework": framework, "seed": seed, "outcome": dict(trace.outcome),
            "seconds": trace.facts.get("seconds", {}).get("all"),
            "reported": {name: _curve(values) for name, values in trace.below("reported").items()}}


def _files(spec: Spec, n: int, folder: Path) -> list[str]:
    """The files with the shared initial weights and the sample order of seed 0, if the run's folder has them."""
    names = [initialization.weights_name(spec, 0), initialization.order_name(spec, n, 0)]
    return [f"traces/{name}" for name in names if name and (folder / "traces" / name).is_file()]


def _program_frameworks(result: Result) -> list[str]:
    """The frameworks for which programs are generated: those of the run, and in any case Keras and Lightning."""
    names = [name for name in result.environments if name in PROGRAMS]
    realizations = {FRAMEWORKS[name].realization for name in names}
    return names + [name for name in ("keras", "lightning") if FRAMEWORKS[name].realization not in realizations]


def _program(result: Result, variant: Variant, spec: Spec, framework: str) -> ProgramRecord:
    epochs = None if spec == variant.spec else spec.training.epochs
    try:
        text = program(spec, framework, about(result.scenario, variant))
        return {"framework": framework, "text": text, "refusal": "", "epochs": epochs}
    except Refused as refusal:
        return {"framework": framework, "text": "", "refusal": str(refusal), "epochs": epochs}
    except Exception as error:  # an error in code generation must not lose the answer
        return {"framework": framework, "text": "", "epochs": epochs,
                "refusal": f"This program could not be written ({type(error).__name__}: {error}): a fault of this "
                           "program, please report it."}


def _divergence(result: Result, divergence: FirstDivergence) -> DivergenceRecord:
    return {"variant": divergence.variant, "sides": list(divergence.sides), "states": divergence.states,
            "first": divergence.first, "stages": [_stage_record(stage) for stage in divergence.stages],
            "text": first_difference(divergence, result.explanations, result.unexplained_in)}


def _explanation(explanation: Explanation) -> ExplanationRecord:
    return {"variant": explanation.variant, "sides": list(explanation.sides), "stage": explanation.stage.name,
            "tensor": explanation.stage.tensor, "fields": [suspect.path for suspect in explanation.fields],
            "sufficient": [sorted(chosen) for chosen in explanation.sufficient],
            "necessary": [sorted(chosen) for chosen in explanation.necessary], "explained": explanation.explained,
            "switched": [{"framework": switch.framework, "changed": sorted(switch.changed),
                          "expected": number(switch.expected), "value": number(switch.value),
                          "holds": switch.holds} for switch in explanation.switched]}


def _difference(result: Result, difference: Difference) -> DifferenceRecord:
    return {"variant": difference.variant, "quantity": difference.quantity.name, "title": difference.quantity.title,
            "numbers_text": {name: number_text_of(difference, name) for name in result.traces},
            "sides": list(difference.sides), "epoch": difference.epoch,
            "numbers": {name: number(value) for name, value in difference.numbers.items()},
            "rounding": number(difference.rounding), "differs": difference.differs, "reason": difference.reason,
            "explained": bool(difference.differs) and difference.explained,
            "fields": list(dict.fromkeys(suspect.path for suspect in difference.fields)),
            "origins": list(difference.origins), "text": because(difference)}


def _coverage(coverage: Coverage) -> CoverageRecord:
    return {"variant": coverage.variant, "framework": coverage.framework, "compared": coverage.compared,
            "steps": coverage.steps, "size": number(coverage.size), "reason": coverage.reason,
            "states": coverage.states, "samples": coverage.samples, "last": coverage.last,
            "text": coverage_text(coverage)}


def _stage_record(stage: StageResult) -> StageRecord:
    values = [number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else
              None if value is None else str(value) for value in stage.values]
    return {"name": stage.name, "title": NAMES[stage.name], "differs": stage.differs, "step": stage.step,
            "tensor": stage.tensor, "index": [int(position) for position in stage.index], "values": values,
            "size": number(stage.size), "noise": number(stage.noise), "factor": FACTOR,
            "control": number(stage.control)}


def _cause(result: Result, cause: Cause) -> CauseRecord:
    question = cause.question
    spec = result.scenario.variant(question.behaviour.variants[0]).spec
    return {
        "behaviour": question.behaviour.name, "with_behaviour": question.with_behaviour, "without": question.without,
        "contrast": question.contrast, "engine": cause.engine,
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
    return {"path": suspect.path, "values": [value_text(value) for value in suspect.values],
            "origins": [rule.origin if rule else "your model" for rule in suspect.sources], "stage": suspect.stage,
            "explanations": [explanation_of(rule, spec) for rule in rules if rule.explanation],
            "fixes": [rule.fix for rule in rules if rule.fix],
            "evidence": [rule.evidence for rule in rules], "inactive": suspect.inactive}


def _sets(names: Sequence[str], sets: Iterable[frozenset[str]]) -> list[list[str]]:
    """The sets as lists, in the order of `names`."""
    return [[name for name in names if name in chosen] for chosen in sets]


def _curve(values: Iterable[Any]) -> Curve:
    return [number(value) for value in values]
