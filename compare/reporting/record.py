"""Everything that a result says, as the plain JSON of `schema`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from compare.analysis.attribution import title
from compare.analysis.behaviours import Answer, told
from compare.analysis.causes.questions import Suspect
from compare.analysis.causes.search import Cause
from compare.analysis.noise import FACTOR
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
from compare.reporting.step_schema import Number, StageRecord
from frameworks import FRAMEWORKS
from frameworks.codegen.program import PROGRAMS, about, program
from frameworks.quirks.resolution import explanation_of
from frameworks.runtime.accuracy import TITLES
from frameworks.runtime.errors import Refused
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Variant
from scenarios.spec import Spec
from scenarios.spec.fields import changed, to_json

IMAGES = "images"  # in the folder of a run that was not on full MNIST: its images, as idx files


def record(result: Result) -> Record:
    """Everything that a result says, as plain JSON."""
    cost = result.cost
    return {
        "schema": SCHEMA, "program": {"name": "keras-or-me", "version": version("keras-or-me")},
        "scenario": {name: getattr(result.scenario, name) for name in ("name", "title", "question")},
        "data": {**{name: getattr(result.dataset, name) for name in ("name", "sha256", "notice", "place")},
                 "images": "" if result.mnist else IMAGES},
        "init": result.init, "seeds": sorted({seed for traces in result.traces.values() for _, seed in traces}),
        "frameworks": [{"name": name, "title": title(name), "environment": {
            key: value for key, value in result.environments.get(name, {}).items() if key != "file"}}  # a place here
            for name in result.traces],
        "summary": _summary(result),
        "behaviours": [_behaviour(result, behaviour) for behaviour in result.scenario.behaviours],
        "variants": [_variant(result, variant) for variant in result.scenario.variants],
        "causes": [_cause(result, cause) for cause in result.causes],
        "divergences": [{"variant": one.variant, "sides": list(one.sides), "states": one.states, "first": one.first,
                      "stages": [_stage_record(stage) for stage in one.stages],
                      "text": first_difference(one, result.explanations, result.unexplained_in)}
                     for one in result.divergences.values()],
        "explanations": [{"variant": one.variant, "sides": list(one.sides), "stage": one.stage.name,
                          "tensor": one.stage.tensor, "fields": [suspect.path for suspect in one.fields],
                          "sufficient": [sorted(chosen) for chosen in one.sufficient],
                          "necessary": [sorted(chosen) for chosen in one.necessary], "explained": one.explained,
                          "switched": [{"framework": switch.framework, "changed": sorted(switch.changed),
                                        "expected": number(switch.expected), "value": number(switch.value),
                                        "holds": switch.holds} for switch in one.switched]}
                         for one in result.explanations],
        "differences": [{"variant": one.variant, "quantity": one.quantity.name, "title": one.quantity.title,
                         "numbers_text": {name: number_text_of(one, name) for name in result.traces},
                         "sides": list(one.sides),
                         "epoch": one.epoch, "numbers": {name: number(value) for name, value in one.numbers.items()},
                         "rounding": number(one.rounding), "differs": one.differs, "reason": one.reason,
                         "explained": bool(one.differs) and one.explained,
                         "fields": list(dict.fromkeys(suspect.path for suspect in one.fields)),
                         "origins": list(one.origins), "text": because(one)} for one in result.differences],
        "unexplained_differences": [{"variant": one.variant, "framework": one.framework,
                                     "stage": _stage_record(one.stage),
                       "first": one.first, "text": unexplained_text(one)} for one in result.unexplained_differences],
        "coverage": [{"variant": one.variant, "framework": one.framework, "compared": one.compared,
                      "steps": one.steps, "size": number(one.size), "reason": one.reason, "states": one.states,
                      "samples": one.samples, "last": one.last, "text": coverage_text(one)}
                     for one in result.coverage],
        "claims": [{"text": one.claim.text, "about": one.claim.cures.title, "framework": one.framework,
                    "words": one.words, "cured_too": list(one.cured_too)} for one in result.claims],
        "statistics": paired_text(result) + mcnemar_text(result), "unexplained": result.unexplained,
        "unexplained_sentences": unexplained(result),
        "cost": None if cost is None else asdict(cost),
        "problems": [*result.worker_errors, *result.measure_errors]}


def _summary(result: Result) -> AnswerRecord:
    found = summary(result)
    return {"verdict": found.verdict, "detail": found.detail,
            "sections": [{"title": section.title, "items": list(section.items)} for section in found.sections]}


def number(value: Any) -> Number:
    """A number as JSON can say it."""
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
    asked = variant.role == "reported"
    traces = {(framework, seed): trace for framework, some in result.traces.items()
              for (name, seed), trace in some.items() if name == variant.name and asked}
    of_variant: VariantRecord = {
        "name": variant.name, "title": variant.title, "role": variant.role, "spec": to_json(variant.spec),
        "reported": {name: _curve(values) for name, values in variant.reported.items()} if result.mnist else {},
        "trainings": [_training(framework, seed, trace) for (framework, seed), trace in traces.items()],
        "programs": [], "files": []}
    first = next(iter(traces.values()), None)
    spec = variant.spec if first is None or "spec" not in first.facts else \
        changed(variant.spec, {"training.epochs": first.facts["spec"]["training"]["epochs"]})
    if asked:
        of_variant["programs"] = [_program(result, variant, spec, framework) for framework in _programmed(result)]
    if result.init == "shared" and first is not None:
        of_variant["files"] = _files(spec, first.facts.get("samples", 0), result.folder)
    return of_variant


def _training(framework: str, seed: int, trace: Trace) -> Training:
    return {"framework": framework, "seed": seed, "outcome": dict(trace.outcome),
            "seconds": trace.facts.get("seconds", {}).get("all"),
            "reported": {name: _curve(values) for name, values in trace.below("reported").items()}}


def _files(spec: Spec, n: int, folder: Path) -> list[str]:
    """The weights and the order of a shared start, where they lie in the run's folder."""
    names = [initialization.weights_name(spec, 0), initialization.order_name(spec, n, 0)]
    return [f"traces/{name}" for name in names if name and (folder / "traces" / name).is_file()]


def _programmed(result: Result) -> list[str]:
    """The frameworks whose programs are shown: those of the run, or else the two that everybody knows."""
    own = [name for name in result.environments if name in PROGRAMS]
    realizations = {FRAMEWORKS[name].realization for name in own}
    return own + [name for name in ("keras", "lightning") if FRAMEWORKS[name].realization not in realizations]


def _program(result: Result, variant: Variant, spec: Spec, framework: str) -> ProgramRecord:
    epochs = None if spec == variant.spec else spec.training.epochs
    try:
        text = program(spec, framework, about(result.scenario, variant))
        return {"framework": framework, "text": text, "refusal": "", "epochs": epochs}
    except Refused as refusal:
        return {"framework": framework, "text": "", "refusal": str(refusal), "epochs": epochs}
    except Exception as error:  # a program that cannot be written must not cost the answer
        return {"framework": framework, "text": "", "epochs": epochs,
                "refusal": f"This program could not be written ({type(error).__name__}: {error}): a fault of this "
                           "program, please report it."}


def _stage_record(stage: StageResult) -> StageRecord:
    values = [number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else
              None if value is None else str(value) for value in stage.values]
    return {"name": stage.name, "title": NAMES[stage.name], "differs": stage.differs, "step": stage.step,
            "tensor": stage.tensor,
            "index": [int(place) for place in stage.index], "values": values, "size": number(stage.size),
            "noise": number(stage.noise), "factor": FACTOR, "control": number(stage.control)}


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
        "confirmed": [{"framework": one.framework, "kind": one.kind,
                       "changed": [path for path in question.active if path in one.changed],
                       "text": switched_text(cause, one), "expected": one.expected, "holds": one.holds,
                       "number_text": one.reason or number_text(cause, one)} for one in cause.confirmed]}


def _suspect(suspect: Suspect, spec: Spec) -> SuspectRecord:
    rows = [row for row in suspect.sources if row]
    return {"path": suspect.path, "values": [value_text(value) for value in suspect.values],
            "origins": [row.origin if row else "your model" for row in suspect.sources], "stage": suspect.stage,
            "explanations": [explanation_of(row, spec) for row in rows if row.explanation],
            "fixes": [row.fix for row in rows if row.fix],
            "evidence": [row.evidence for row in rows], "inactive": suspect.inactive}


def _sets(names: Sequence[str], sets: Iterable[frozenset[str]]) -> list[list[str]]:
    return [[name for name in names if name in chosen] for chosen in sets]


def _curve(values: Iterable[Any]) -> Curve:
    return [number(value) for value in values]
