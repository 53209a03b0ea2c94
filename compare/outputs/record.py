"""What a run found as plain JSON: `result.json`, and what `report.html` and `report.md` are made from.

Schema 1. The classes below are the schema: each is one JSON object, and says what its keys hold. A number that JSON has
no word for is the string "nan", "inf" or "-inf"; null stands where there is none. Frameworks, variants and behaviours
go by their names, and paths are those of a spec's fields, as in `loss.of`. A key is never taken away or given another
meaning without a new schema number; new keys may come.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypedDict

from compare import start
from compare.behaviours import Answer, told
from compare.causes import Cause
from compare.evidence import mcnemar_told, paired_told
from compare.gates import NAMES, Gate
from compare.noise import FACTOR
from compare.outputs.console import cell, first_difference, seen_where
from compare.proofs import number_told, switched_told, value_told
from compare.questions import Suspect
from compare.result import Result
from compare.verdict import title
from compare.words import in_plain_words, leftover_told, sentences
from frameworks import FRAMEWORKS
from frameworks.accuracy import TITLES
from frameworks.programs import PROGRAMS, about, program
from frameworks.refusals import Refused
from frameworks.trace import Trace
from scenarios.fields import changed, to_json
from scenarios.scenario import Behaviour, Variant
from scenarios.spec import Spec

SCHEMA = 1
Number = float | str | None
Curve = list[Number]


class Side(TypedDict):
    """One framework of the run."""

    name: str
    title: str
    environment: dict[str, Any]
    """As its worker read it back: framework, backend, device, dtype, execution, threads, versions by package, …"""


class AnswerTold(TypedDict):
    """What one framework answers to one behaviour."""

    holds: bool | None
    """Null: it cannot be asked; `told` says why."""
    number: Number
    """The median over seeds."""
    numbers: list[Number]
    """One for each seed."""
    told: str


class ByOldRule(TypedDict):
    """A behaviour with the accuracy counted as older versions did."""

    rule: str
    title: str
    answers: dict[str, AnswerTold]


class BehaviourTold(TypedDict):
    """One behaviour, and whose it is."""

    name: str
    title: str
    variants: list[str]
    quantity: str
    low: Number
    high: Number
    """It holds from low to high."""
    margin: float
    """Within this distance of a bound the number decides nothing."""
    asked: Number
    """The question's own number."""
    asked_told: str
    answers: dict[str, AnswerTold]
    """By framework."""
    old_rules: list[ByOldRule]
    belongs_to: str
    """Layers, yours, defaults differ, universal, not in these versions, nobody here, unexplained, …"""
    belongs_told: str


class Training(TypedDict):
    """One training of an asked variant."""

    framework: str
    seed: int
    outcome: dict[str, Any]
    """{"kind": finished | stopped | refused | undefined | nan | died, "step": counted from 0, "message": …}"""
    seconds: float | None
    reported: dict[str, Curve]
    """train/loss, train/accuracy, test/loss and test/accuracy by epoch, as the framework itself reports them."""


class ProgramTold(TypedDict):
    """A variant as one would write it for one framework."""

    framework: str
    text: str
    """The program; nothing where there is none."""
    refusal: str
    """Why there is none, or nothing."""
    epochs: int | None
    """So many as were trained, where these are fewer than the variant has; else null."""


class VariantTold(TypedDict):
    """One variant of the scenario; what was asked about has its trainings and programs."""

    name: str
    title: str
    role: str
    """asked, answer or control"""
    spec: dict[str, Any]
    """Null stands for what the framework decides."""
    asked: dict[str, Curve]
    """The question's own numbers, by epoch."""
    trainings: list[Training]
    programs: list[ProgramTold]
    files: list[str]
    """Below the run's folder: weights and order of seed 0, which a program takes to start as this run did."""


class GateTold(TypedDict):
    """One comparison of a step of two sides."""

    name: str
    title: str
    open: bool | None
    """Null: not asked, since an earlier gate is open, or not measurable."""
    step: int
    """Counted from 0."""
    tensor: str
    index: list[int]
    """Where the difference is largest."""
    values: list[Number]
    size: Number
    """The difference there."""
    noise: Number
    """How far rounding alone moves it; a gate opens at `factor` times this."""
    factor: float
    control: Number
    """The same difference in float64, of what the table knows that both do; null where it was not measured."""


class PartingTold(TypedDict):
    """Where two frameworks first part in one variant."""

    variant: str
    sides: list[str]
    states: int
    """How many recorded states were compared."""
    gates: list[GateTold]
    told: str


class LeftoverTold(TypedDict):
    """What a framework does that neither the table nor rounding explains."""

    variant: str
    framework: str
    gate: GateTold
    """Values: the framework's, and what the table says."""
    told: str


class SuspectTold(TypedDict):
    """A field in which the two sides of a cause differ."""

    path: str
    values: list[str]
    """On the side with the behaviour, on the side without."""
    layers: list[str]
    """Whose value that is; `yours` where the user has set it."""
    gate: str
    plain: list[str]
    """What the table says of the values."""
    remedies: list[str]
    evidence: list[str]
    inactive: str
    """Why it cannot act, or nothing."""


class ConfirmationTold(TypedDict):
    """One switch on a real framework, or a sham, which says only what is done anyway."""

    framework: str
    kind: str
    """adding, removing or sham"""
    changed: list[str]
    told: str
    expected: bool
    """Whether the behaviour should be there."""
    holds: bool | None
    """Whether the framework did as the search says; null where that could not be seen."""
    number_told: str


class CauseTold(TypedDict):
    """Why one framework shows a behaviour and another does not, or one variant and another."""

    behaviour: str
    showing: str
    missing: str
    against: str
    """The variant without the behaviour; nothing where both sides have the behaviour's own."""
    engine: str
    """What the search trained on; nothing where nothing could answer."""
    adding: list[list[str]]
    removing: list[list[str]]
    """The smallest sets of fields that add it to the side without, and that remove it from the side with it."""
    suspects: list[SuspectTold]
    shares: dict[str, list[float]]
    """Each field's part of the gap, one for each seed; empty where there is none or where the phase is chaotic."""
    chaotic: bool
    """Whether rounding alone moves losses by more than 1 %."""
    untestable: list[str]
    confirmed: list[ConfirmationTold]


class ClaimTold(TypedDict):
    """What was found of a given answer."""

    text: str
    about: str
    framework: str
    words: str
    cured_too: list[str]


class Record(TypedDict):
    """The whole."""

    schema: int
    program: dict[str, str]
    """name and version"""
    scenario: dict[str, str]
    """name, title and question"""
    data: dict[str, str]
    """name, sha256 and notice, which says why it is not MNIST"""
    start: str
    """shared or own"""
    seeds: list[int]
    frameworks: list[Side]
    answer: list[str]
    """At most five sentences: whose it is, the numbers, why, what to change, what stays open."""
    behaviours: list[BehaviourTold]
    variants: list[VariantTold]
    causes: list[CauseTold]
    partings: list[PartingTold]
    leftovers: list[LeftoverTold]
    claims: list[ClaimTold]
    statistics: list[str]
    """What several starts, and two trained models, tell."""
    unexplained: bool
    cost: dict[str, float] | None
    """seconds, asked (seconds of what was asked), trainings and questions of the search of causes"""
    problems: list[str]
    """What is told of workers that died and of measures that failed."""


def record(result: Result) -> Record:
    """Everything that a result says, as plain JSON."""
    cost = result.cost
    return {
        "schema": SCHEMA, "program": {"name": "keras-or-me", "version": version("keras-or-me")},
        "scenario": {name: getattr(result.scenario, name) for name in ("name", "title", "question")},
        "data": {name: getattr(result.dataset, name) for name in ("name", "sha256", "notice")},
        "start": result.start, "seeds": sorted({seed for traces in result.traces.values() for _, seed in traces}),
        "frameworks": [{"name": name, "title": title(name), "environment": {
            key: value for key, value in environment.items() if key != "file"}}  # a place on this machine
            for name, environment in result.environments.items()],
        "answer": sentences(result),
        "behaviours": [_behaviour(result, behaviour) for behaviour in result.scenario.behaviours],
        "variants": [_variant(result, variant) for variant in result.scenario.variants],
        "causes": [_cause(result, cause) for cause in result.causes],
        "partings": [{"variant": one.variant, "sides": list(one.sides), "states": one.states,
                      "gates": [_gate(gate) for gate in one.gates], "told": first_difference(one)}
                     for one in result.partings.values()],
        "leftovers": [{"variant": one.variant, "framework": one.framework, "gate": _gate(one.gate),
                       "told": leftover_told(one)} for one in result.leftovers],
        "claims": [{"text": one.claim.text, "about": one.claim.cures.title, "framework": one.framework,
                    "words": one.words, "cured_too": list(one.cured_too)} for one in result.claims],
        "statistics": paired_told(result) + mcnemar_told(result), "unexplained": result.unexplained,
        "cost": None if cost is None else {"seconds": cost.seconds, "asked": cost.asked, "trainings": cost.trainings,
                                           "questions": cost.questions},
        "problems": [*result.died, *result.mistakes]}


def number(value: Any) -> Number:
    """A number as JSON can say it."""
    if value is None:
        return None
    value = float(value)
    return value if math.isfinite(value) else str(value)


def _behaviour(result: Result, behaviour: Behaviour) -> BehaviourTold:
    name = behaviour.name
    return {
        "name": name, "title": behaviour.title, "variants": list(behaviour.variants), "quantity": behaviour.quantity,
        "low": number(behaviour.low), "high": number(behaviour.high), "margin": behaviour.margin,
        "asked": number(behaviour.asked),
        "asked_told": "" if behaviour.asked is None else told(behaviour, behaviour.asked),
        "answers": _answers(result, name, result.answers[name]),
        "old_rules": [{"rule": rule, "title": TITLES[rule], "answers": _answers(result, name, answers)}
                      for rule, answers in result.old_rules.get(name, {}).items()],
        "belongs_to": result.verdicts[name].belongs_to, "belongs_told": seen_where(result, name)}


def _answers(result: Result, name: str, answers: Mapping[str, Answer]) -> dict[str, AnswerTold]:
    return {framework: {"holds": answer.holds, "number": number(answer.number), "numbers": _curve(answer.numbers),
                        "told": cell(result, name, answer)} for framework, answer in answers.items()}


def _variant(result: Result, variant: Variant) -> VariantTold:
    asked = variant.role == "asked"
    traces = {(framework, seed): trace for framework, some in result.traces.items()
              for (name, seed), trace in some.items() if name == variant.name and asked}
    told: VariantTold = {
        "name": variant.name, "title": variant.title, "role": variant.role, "spec": to_json(variant.spec),
        "asked": {name: _curve(values) for name, values in variant.asked.items()} if result.mnist else {},
        "trainings": [_training(framework, seed, trace) for (framework, seed), trace in traces.items()],
        "programs": [], "files": []}
    first = next(iter(traces.values()), None)
    spec = variant.spec if first is None or "spec" not in first.facts else \
        changed(variant.spec, {"training.epochs": first.facts["spec"]["training"]["epochs"]})
    if asked:
        told["programs"] = [_program(result, variant, spec, framework) for framework in _programmed(result)]
    if result.start == "shared" and first is not None:
        told["files"] = _files(spec, first.facts.get("samples", 0), result.folder)
    return told


def _training(framework: str, seed: int, trace: Trace) -> Training:
    return {"framework": framework, "seed": seed, "outcome": dict(trace.outcome),
            "seconds": trace.facts.get("seconds", {}).get("all"),
            "reported": {name: _curve(values) for name, values in trace.below("reported").items()}}


def _files(spec: Spec, n: int, folder: Path) -> list[str]:
    """The weights and the order of a shared start, where they lie in the run's folder."""
    names = [start.weights_name(spec, 0), start.order_name(spec, n, 0)]
    return [f"traces/{name}" for name in names if name and (folder / "traces" / name).is_file()]


def _programmed(result: Result) -> list[str]:
    """The frameworks whose programs are shown: those of the run, or else the two that everybody knows."""
    own = [name for name in result.environments if name in PROGRAMS]
    realizations = {FRAMEWORKS[name].realization for name in own}
    return own + [name for name in ("keras", "lightning") if FRAMEWORKS[name].realization not in realizations]


def _program(result: Result, variant: Variant, spec: Spec, framework: str) -> ProgramTold:
    epochs = None if spec == variant.spec else spec.training.epochs
    try:
        text = program(spec, framework, about(result.scenario, variant))
        return {"framework": framework, "text": text, "refusal": "", "epochs": epochs}
    except Refused as refusal:
        return {"framework": framework, "text": "", "refusal": str(refusal), "epochs": epochs}


def _gate(gate: Gate) -> GateTold:
    values = [number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else
              None if value is None else str(value) for value in gate.values]
    return {"name": gate.name, "title": NAMES[gate.name], "open": gate.open, "step": gate.step, "tensor": gate.tensor,
            "index": [int(place) for place in gate.index], "values": values, "size": number(gate.size),
            "noise": number(gate.noise), "factor": FACTOR, "control": number(gate.control)}


def _cause(result: Result, cause: Cause) -> CauseTold:
    question = cause.question
    spec = result.scenario.variant(question.behaviour.variants[0]).spec
    return {
        "behaviour": question.behaviour.name, "showing": question.showing, "missing": question.missing,
        "against": question.against, "engine": cause.engine, "adding": _sets(question.active, cause.adding),
        "removing": _sets(question.active, cause.removing),
        "suspects": [_suspect(suspect, spec) for suspect in question.suspects],
        "shares": {path: [float(share) for share in shares] for path, shares in cause.shares.items()},
        "chaotic": bool(cause.chaotic), "untestable": list(cause.untestable),
        "confirmed": [{"framework": one.framework, "kind": one.kind,
                       "changed": [path for path in question.active if path in one.changed],
                       "told": switched_told(cause, one), "expected": one.expected, "holds": one.holds,
                       "number_told": one.reason or number_told(cause, one)} for one in cause.confirmed]}


def _suspect(suspect: Suspect, spec: Spec) -> SuspectTold:
    rows = [row for row in suspect.sources if row]
    return {"path": suspect.path, "values": [value_told(value) for value in suspect.values],
            "layers": [row.layer if row else "yours" for row in suspect.sources], "gate": suspect.gate,
            "plain": [in_plain_words(row, spec) for row in rows if row.plain],
            "remedies": [row.remedy for row in rows if row.remedy],
            "evidence": [row.evidence for row in rows], "inactive": suspect.inactive}


def _sets(names: Sequence[str], sets: Iterable[frozenset[str]]) -> list[list[str]]:
    return [[name for name in names if name in chosen] for chosen in sets]


def _curve(values: Iterable[Any]) -> Curve:
    return [number(value) for value in values]
