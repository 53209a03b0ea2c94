"""The schema of `result.json`, which `report.html` and `report.md` are made from too.

Schema 2. Each class below is one JSON object, and says what its keys hold. A number that JSON has no word for is the
string "nan", "inf" or "-inf"; null stands where there is none. Frameworks, variants and behaviours go by their names,
and paths are those of a spec's fields, as in `loss.of`. A key is never taken away or given another meaning without a
new schema number; new keys may come.
"""

from __future__ import annotations

from typing import Any, TypedDict

from compare.reporting.step_schema import (
    CoverageRecord,
    DifferenceRecord,
    DivergenceRecord,
    ExplanationRecord,
    Number,
    UnexplainedRecord,
)

SCHEMA = 2
Curve = list[Number]


class Side(TypedDict):
    """One framework of the run."""

    name: str
    title: str
    environment: dict[str, Any]
    """As its worker read it back: framework, backend, device, dtype, execution, threads, versions by package, …; empty
    where no worker could start."""


class SectionRecord(TypedDict):
    """A heading of the answer and its sentences, each of which stands alone."""

    title: str
    items: list[str]


class AnswerRecord(TypedDict):
    """The answer."""

    verdict: str
    """In at most fifteen words."""
    detail: str
    sections: list[SectionRecord]
    """Of these: what the question was, what differs, your numbers beside ours, why, what to change, what is open."""


class FrameworkAnswerRecord(TypedDict):
    """What one framework answers to one behaviour."""

    holds: bool | None
    """Null: it cannot be asked; `text` says why."""
    number: Number
    """The median over seeds."""
    numbers: list[Number]
    """One for each seed."""
    number_text: str
    """The number as people read it; nothing where there is none."""
    notes: list[str]
    """Of how many starts it is the median, and why it decides nothing or is not there."""
    text: str


class ByOldRule(TypedDict):
    """A behaviour with the accuracy counted as older versions did."""

    rule: str
    title: str
    answers: dict[str, FrameworkAnswerRecord]


class BehaviourRecord(TypedDict):
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
    reported: Number
    """The question's own number; null where there is none, or where these images are not full MNIST."""
    reported_text: str
    answers: dict[str, FrameworkAnswerRecord]
    """By framework."""
    old_rules: list[ByOldRule]
    belongs_to: str
    """Layers, yours, defaults differ, universal, not in these versions, nobody here, unexplained, …"""
    belongs_text: str


class Training(TypedDict):
    """One training of an asked variant."""

    framework: str
    seed: int
    outcome: dict[str, Any]
    """{"kind": finished | stopped | refused | undefined | nan | died, "step": counted from 0, "message": …}"""
    seconds: float | None
    reported: dict[str, Curve]
    """train/loss, train/accuracy, test/loss and test/accuracy by epoch, as the framework itself reports them."""


class ProgramRecord(TypedDict):
    """A variant as one would write it for one framework."""

    framework: str
    text: str
    """The program; nothing where there is none."""
    refusal: str
    """Why there is none, or nothing."""
    epochs: int | None
    """So many as were trained, where these are fewer than the variant has; else null."""


class VariantRecord(TypedDict):
    """One variant of the scenario; what was asked about has its trainings and programs."""

    name: str
    title: str
    role: str
    """asked, answer or control"""
    spec: dict[str, Any]
    """Null stands for what the framework decides."""
    reported: dict[str, Curve]
    """The question's own numbers, by epoch."""
    trainings: list[Training]
    programs: list[ProgramRecord]
    files: list[str]
    """Below the run's folder: weights and order of seed 0, which a program takes to start as this run did."""


class SuspectRecord(TypedDict):
    """A field in which the two sides of a cause differ."""

    path: str
    values: list[str]
    """On the side with the behaviour, on the side without."""
    origins: list[str]
    """Whose value that is; `own_setting` where the user has set it."""
    stage: str
    explanations: list[str]
    """What the table says of the values."""
    fixes: list[str]
    evidence: list[str]
    inactive: str
    """Why it cannot act, or nothing."""


class ConfirmationRecord(TypedDict):
    """One switch on a real framework, or a sham, which says only what is done anyway."""

    framework: str
    kind: str
    """adding, removing or sham"""
    changed: list[str]
    text: str
    expected: bool
    """Whether the behaviour should be there."""
    holds: bool | None
    """Whether the framework did as the search says; null where that could not be seen."""
    number_text: str


class CauseRecord(TypedDict):
    """Why one framework shows a behaviour and another does not, or one variant and another."""

    behaviour: str
    with_behaviour: str
    without: str
    contrast: str
    """The variant without the behaviour; nothing where both sides have the behaviour's own."""
    engine: str
    """What the search trained on; nothing where nothing could answer."""
    sufficient: list[list[str]]
    necessary: list[list[str]]
    """The smallest sets of fields that add it to the side without, and that remove it from the side with it."""
    suspects: list[SuspectRecord]
    shares: dict[str, list[float]]
    """Each field's part of the gap, one for each seed; empty where there is none or where the phase is chaotic."""
    chaotic: bool
    """Whether rounding alone moves losses by more than 1 %."""
    untestable: list[str]
    confirmed: list[ConfirmationRecord]


class ClaimRecord(TypedDict):
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
    """name, sha256, notice, which says what it is if it is not full MNIST, place, which says so in a few words, and
    images: the folder below the run's that
    holds them then, for programs to read as MNIST_DIR"""
    init: str
    """shared or own"""
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
    """Of the first seed."""
    claims: list[ClaimRecord]
    statistics: list[str]
    """What several starts, and two trained models, tell."""
    unexplained: bool
    unexplained_sentences: list[str]
    """Every difference without an explanation, in a sentence."""
    cost: dict[str, float] | None
    """`compare.analysis.result.Cost`: seconds of imports, training and everything; then of the search for causes."""
    problems: list[str]
    """What is told of workers that died and of measures that failed."""
