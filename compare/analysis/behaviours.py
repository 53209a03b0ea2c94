"""Evaluates behaviours on traces: does a behaviour hold, does it not hold, or can it not be evaluated?"""

from __future__ import annotations

import contextlib
import math
import os
import re
import sysconfig
import traceback
from dataclasses import dataclass, replace
from enum import Enum
from statistics import median
from typing import Mapping, Sequence

from compare import HOME
from compare.analysis.reasons import Reason, ReasonKind
from compare.analysis.trace_views import ByRule, Copies, Reading
from compare.execution.facts import spec_of
from frameworks.runtime.trace import Outcome, Trace
from scenarios.scenario import Behaviour, Claim
from scenarios.user_code import FAILURES, error_text, limited

Traces = Mapping[tuple[str, int], Trace]
"""The traces of one framework by variant and seed."""

INSTALLED = tuple(f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "purelib", "platlib"))
"""The folders of installed packages, such as NumPy: a scenario calls their code but does not contain it."""
SECONDS = 60.0
"""How long a scenario's measure may take on one set of trainings."""
LATE = f"it did not end within {SECONDS:g} s"
CHANGING = "The behaviour {} cannot be measured: its measure returned two numbers for the same training; seed what " \
    "it draws, and keep nothing from one call to the next."
NO_EVIDENCE = (Outcome.WORKER_DIED, Outcome.UNSUPPORTED)
"""Outcomes that are no evidence about a framework: its worker crashed, or our realization does not support the spec."""


@dataclass(frozen=True)
class Answer:
    """The answer of one framework's traces to one behaviour."""

    holds: bool | None
    """None: it cannot be evaluated."""
    number: float
    """The median over the seeds; nan where there is none."""
    numbers: tuple[float, ...]
    reason: Reason | None = None
    """Why it cannot be evaluated, or why it does not hold in spite of the number."""
    measure_error: str = ""
    """An error in the scenario's own measure, in one sentence."""
    left_out: tuple[int, ...] = ()
    """The seeds without a number because a worker crashed."""

    @property
    def note(self) -> str:
        """The reason in words, and how many initializations were left out; empty without either."""
        total = len(self.numbers) + len(self.left_out)
        left_out = f"{len(self.left_out)} of {total} initializations left out: {ReasonKind.WORKER_ENDED.value}"
        return "; ".join([str(self.reason)] * bool(self.reason) + [left_out] * bool(self.left_out))


class ClaimOutcome(str, Enum):
    """What trainings show about a claim."""

    CURES = "cures it"
    DOES_NOT = "does not cure it"
    NOT_ITS_CAUSE = "cures it but is not its cause"
    UNDECIDED = "cannot be judged"

    __str__ = str.__str__


@dataclass(frozen=True)
class ClaimResult:
    """A claim and what one framework's traces show about it."""

    claim: Claim
    framework: str
    outcome: ClaimOutcome
    cured_too: tuple[str, ...] = ()
    """Variants without the change that the claim proposes that are cured as well."""
    measure_errors: tuple[str, ...] = ()
    """Why the behaviour cannot be measured, as `Answer.measure_error` says it."""


def read_by(behaviour: Behaviour, traces: Traces) -> set[str]:
    """Returns the names of the arrays that a behaviour's measure and condition read in one framework's traces."""
    names: set[str] = set()
    for seed in {seed for _, seed in traces}:
        chosen = [traces[variant, seed] for variant in behaviour.variants if (variant, seed) in traces]
        if len(chosen) == len(behaviour.variants) and all(trace.arrays for trace in chosen):
            # `answer_of` reports errors in a measure
            with contextlib.suppress(*FAILURES), limited(SECONDS, LATE):
                curves = [Reading(trace, names) for trace in chosen]
                behaviour.measure(*curves)
                _ = behaviour.condition is not None and behaviour.condition(*curves)
    return names


def answer_of(behaviour: Behaviour, traces: Traces, rule: str = "", repeat: bool = True) -> Answer:
    """Evaluates a behaviour on one framework's traces.

    With `rule`, the reported accuracy is replaced by that of the evaluated weights under this rule. With `repeat`, the
    scenario's measure is called twice, and must give the same number. Errors in it do not raise: they are described in
    `Answer.measure_error`.
    """
    numbers, unmet, left_out = [], 0, []
    seeds = sorted({seed for _, seed in traces})
    for seed in seeds:
        chosen = [traces.get((variant, seed)) for variant in behaviour.variants]
        present = [trace for trace in chosen if trace is not None]
        if any(trace.outcome["kind"] == Outcome.WORKER_DIED for trace in present):
            left_out.append(seed)
            continue
        unfit = Reason(ReasonKind.NOT_TRAINED) if len(present) < len(chosen) else _unfit(behaviour, present)
        if unfit is not None:
            return cannot(unfit)
        curves = [ByRule(trace, rule) if rule else trace for trace in present]
        try:
            with limited(SECONDS, LATE):
                number = float(behaviour.measure(*curves))
                again = float(behaviour.measure(*curves)) if repeat else number
                unmet += behaviour.condition is not None and not behaviour.condition(*curves)
            if number != again and not (math.isnan(number) and math.isnan(again)):
                return replace(cannot(Reason(ReasonKind.MEASURE_FAILED)), measure_error=CHANGING.format(behaviour.name))
            numbers.append(number)
        except FAILURES as error:  # in a user's code, which must not lose the trainings
            writes = _writes(behaviour, curves, error)
            short = [_trained(trace) for trace in present if trace.outcome["kind"] == Outcome.STOPPED and
                     _trained(trace) < _needed(behaviour, trace)]
            if short and not writes:
                return cannot(Reason(ReasonKind.STOPPED, min(short)))
            return replace(cannot(Reason(ReasonKind.MEASURE_FAILED)),
                           measure_error=_measure_error(behaviour, error, writes))
    if not numbers:
        return cannot(Reason(ReasonKind.WORKER_ENDED if left_out else ReasonKind.NOT_TRAINED))
    return replace(_decided(behaviour, numbers, unmet > len(numbers) / 2), left_out=tuple(left_out))


def cannot(reason: Reason) -> Answer:
    """Returns the answer without a number."""
    return Answer(None, float("nan"), (), reason)


def claim_result(claim: Claim, framework: str, traces: Traces) -> ClaimResult:
    """Returns whether a given answer cures the behaviour, and whether variants without its change are cured too."""
    errors: list[str] = []

    def shown(variant: str) -> bool | None:
        answer = answer_of(replace(claim.cures, variants=(variant,)), traces)
        errors.extend([answer.measure_error] if answer.measure_error else [])
        return answer.holds

    cured: tuple[str, ...] = ()
    if shown(claim.reported_variant) is not True or (after := shown(claim.variant)) is None:
        outcome = ClaimOutcome.UNDECIDED
    elif after:
        outcome = ClaimOutcome.DOES_NOT
    else:
        cured = tuple(variant for variant in claim.controls if shown(variant) is False)
        outcome = ClaimOutcome.NOT_ITS_CAUSE if cured else ClaimOutcome.CURES
    return ClaimResult(claim, framework, outcome, cured, tuple(errors))


def in_unit(behaviour: Behaviour, number: float) -> str:
    """Returns a number formatted in the behaviour's unit; one that is rounded to zero has no sign."""
    return re.sub(r"-(0(?:\.0+)?(?![\d.]))", r"\1", behaviour.unit.format(number))


def _decided(behaviour: Behaviour, numbers: list[float], unmet: bool) -> Answer:
    """The answer that the numbers of all seeds give; `unmet` where the condition fails for most of them."""
    known = [number for number in numbers if not math.isnan(number)]
    number = median(known) if len(known) > len(numbers) / 2 else float("nan")
    if unmet:
        return Answer(False, number, tuple(numbers), Reason(ReasonKind.CONDITION, text=behaviour.condition_title))
    if math.isnan(number):
        return Answer(None, number, tuple(numbers), Reason(ReasonKind.NO_VALUE, text=behaviour.nan_title))
    if any(abs(number - bound) < behaviour.margin for bound in (behaviour.low, behaviour.high)):
        return Answer(None, number, tuple(numbers), Reason(ReasonKind.TOO_CLOSE))
    return Answer(behaviour.low <= number <= behaviour.high, number, tuple(numbers))


def _unfit(behaviour: Behaviour, traces: Sequence[Trace]) -> Reason | None:
    """Why trainings cannot decide a behaviour, or None.

    A training is unsupported, ended before the needed epochs, or was too short.
    """
    for trace in traces:
        kind, step, needed = trace.outcome["kind"], trace.outcome["step"], _needed(behaviour, trace)
        if kind == Outcome.UNSUPPORTED:
            return Reason(ReasonKind.UNSUPPORTED, text=str(trace.outcome["message"]))
        if _trained(trace) < needed and not behaviour.any_outcome:
            if kind == Outcome.REFUSED:
                return Reason(ReasonKind.REFUSED)
            if kind == Outcome.UNDEFINED:
                return Reason(ReasonKind.UNDEFINED, step + 1)
        if spec_of(trace).training.epochs < needed:
            return Reason(ReasonKind.TOO_SHORT, needed)
    return None


def _needed(behaviour: Behaviour, trace: Trace) -> int:
    """The number of epochs that decides a behaviour: `Behaviour.epochs`, or else the whole training."""
    return int(behaviour.epochs or spec_of(trace).training.epochs)


def _trained(trace: Trace) -> int:
    """The number of completed epochs."""
    return len(trace["reported/train/loss"]) if "reported/train/loss" in trace else 0


def _writes(behaviour: Behaviour, curves: Sequence[Trace | ByRule], error: BaseException) -> bool:
    """Whether an exception is NumPy's for writing into a read-only array: tried with arrays that can be written."""
    if not isinstance(error, ValueError):
        return False
    copies = [Copies(curve) for curve in curves]
    with contextlib.suppress(*FAILURES), limited(SECONDS, LATE):
        behaviour.measure(*copies)
        _ = behaviour.condition is not None and behaviour.condition(*copies)
    return any(copy.changed for copy in copies)


def _measure_error(behaviour: Behaviour, error: BaseException, writes: bool) -> str:
    """One sentence on an exception in a scenario's measure or condition: which behaviour, which line, what error."""
    internal = tuple(f"{HOME / package}{os.sep}" for package in ("compare", "frameworks"))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(internal)]
    user_frames = [frame for frame in frames if not frame.filename.startswith(INSTALLED)] or frames
    place = f" ({user_frames[-1].filename}, line {user_frames[-1].lineno})" if user_frames else ""
    description = ("it writes into an array of the training, which is evidence and can only be read; change a copy "
                   "instead, as in array.copy()" if writes else
                   f"there is no array {error}" if isinstance(error, KeyError) else error_text(error))
    return f"The behaviour {behaviour.name} cannot be measured{place}: {description}."
