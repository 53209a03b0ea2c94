"""The schema of `result.json`, from which `report.html` and `report.md` are rendered too.

Schema 2. Each class below is one JSON object and documents its keys. Numbers that JSON cannot represent are the strings
"nan", "inf" and "-inf"; a missing number is null. Frameworks, variants and behaviours are identified by their names,
fields by their path in the spec, as in `loss.of`. Keys are removed or change their meaning only with a new schema
number; new keys can be added at any time.
"""

from __future__ import annotations

from typing import Any, TypedDict

from compare.reporting.cause_schema import CauseRecord, ClaimRecord
from compare.reporting.run_schema import CostRecord, DataRecord, MadeBy, QuestionRecord, Side
from compare.reporting.step_schema import (
    CoverageRecord,
    Curve,
    DifferenceRecord,
    DivergenceRecord,
    ExplanationRecord,
    Number,
    UnexplainedRecord,
)

SCHEMA = 2


class SectionRecord(TypedDict):
    """A heading of the answer and its sentences; each sentence can be read alone."""

    title: str
    items: list[str]


class NumbersRecord(TypedDict):
    """A number that the question reports, beside ours; formatted."""

    quantity: str
    reported: str
    ours: dict[str, str]
    """By framework; only those that have a number."""


class AnswerRecord(TypedDict):
    """The answer of the run, or of a check."""

    verdict: str
    """At most fifteen words."""
    detail: str
    numbers: list[NumbersRecord]
    """Empty if the question reports none, or if the run did not use full MNIST."""
    sections: list[SectionRecord]
    """Those that have content: your question, what differs, why (at most three sentences), what to change, what is
    open, more on the reasons."""


class ReasonRecord(TypedDict):
    """Why a behaviour has no answer, or does not hold in spite of its number."""

    kind: str
    """A name of `compare.analysis.reasons.ReasonKind` in lower case: too_short, unsupported, refused, undefined, …"""
    number: int
    """undefined: the step, counted from 1. too_short: the epochs that are needed. stopped: those that were trained.
    Otherwise 0."""
    text: str
    """unsupported: what is not supported. no_value, condition: the scenario's own words. Otherwise empty."""


class FrameworkAnswerRecord(TypedDict):
    """The answer of one framework for one behaviour."""

    holds: bool | None
    """Whether the behaviour holds; null if that could not be evaluated or is inconclusive (`text` says why)."""
    number: Number
    """The median over seeds."""
    numbers: list[Number]
    """One per seed."""
    number_text: str
    """The formatted number; empty if there is none."""
    notes: list[str]
    """The reason in words, and how many initializations were left out."""
    reason: ReasonRecord | None
    """Null if there is none."""
    left_out: list[int]
    """The seeds without a number because a worker crashed."""
    text: str
    """The cell of the table."""


class ByOldRule(TypedDict):
    """A behaviour evaluated with the accuracy rule of older versions."""

    rule: str
    title: str
    answers: dict[str, FrameworkAnswerRecord]


class BehaviourRecord(TypedDict):
    """One behaviour and its attribution."""

    name: str
    title: str
    variants: list[str]
    quantity: str
    low: Number
    high: Number
    """The behaviour holds if low <= number <= high."""
    margin: float
    """A number within this distance of a bound is inconclusive."""
    reported: Number
    """The number that the question reports; null if there is none or if the run did not use full MNIST."""
    reported_text: str
    answers: dict[str, FrameworkAnswerRecord]
    """By framework."""
    old_rules: list[ByOldRule]
    belongs_to: str
    """An `Attribution` (universal, defaults differ, your model, not in these versions, unexplained, …), or the origins
    of the causes, as in `Keras on TensorFlow and Keras`."""
    belongs_text: str


class OutcomeRecord(TypedDict):
    """How a training ended; see `frameworks.facts.OutcomeFacts`."""

    kind: str
    """finished, stopped, refused, unsupported, undefined, nan or died; died means that the worker crashed."""
    step: int
    """Counted from 0."""
    message: str


class Training(TypedDict):
    """One training of a reported variant."""

    framework: str
    seed: int
    outcome: OutcomeRecord
    seconds: float | None
    """Duration of the training; null if it was not recorded."""
    reported: dict[str, Curve]
    """train/loss, train/accuracy, test/loss and test/accuracy by epoch, as reported by the framework itself."""


class ProgramRecord(TypedDict):
    """A variant as a program for one framework."""

    framework: str
    text: str
    """The source code; empty if there is none."""
    refusal: str
    """Why there is no program; empty if there is one."""
    epochs: int | None
    """The number of trained epochs if it is smaller than in the variant's spec; else null."""


class VariantRecord(TypedDict):
    """One variant of the scenario; only reported variants have trainings and programs."""

    name: str
    title: str
    role: str
    """reported, answer or control"""
    spec: dict[str, Any]
    """Null marks an unset field, for which the framework's default applies."""
    reported: dict[str, Curve]
    """The numbers that the question reports, by epoch; empty if the run did not use full MNIST."""
    trainings: list[Training]
    programs: list[ProgramRecord]
    files: list[str]
    """Paths relative to the run's folder: initial weights and sample order of seed 0. A program that loads them
    reproduces this run."""


class Record(TypedDict):
    """The complete record of a run."""

    schema: int
    program: MadeBy
    scenario: QuestionRecord
    data: DataRecord
    init: str
    """shared or native"""
    seeds: list[int]
    frameworks: list[Side]
    summary: AnswerRecord
    behaviours: list[BehaviourRecord]
    variants: list[VariantRecord]
    causes: list[CauseRecord]
    divergences: list[DivergenceRecord]
    explanations: list[ExplanationRecord]
    differences: list[DifferenceRecord]
    unexplained_differences: list[UnexplainedRecord]
    coverage: list[CoverageRecord]
    """Of seed 0."""
    claims: list[ClaimRecord]
    statistics: list[str]
    """Results of the tests over several seeds and of McNemar's test, one line each."""
    unexplained: bool
    """Whether any difference or behaviour has no explanation."""
    unexplained_sentences: list[str]
    """One sentence per unexplained difference."""
    cost: CostRecord | None
    problems: list[str]
    """Messages from crashed workers and failed measures."""
