"""Asking traces: does a behaviour hold, does it not, or can it not be asked?"""

from __future__ import annotations

import contextlib
import math
import os
import sysconfig
import traceback
from dataclasses import dataclass, replace
from statistics import median
from typing import Mapping, Sequence

from compare import HOME
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Claim

Traces = Mapping[tuple[str, int], Trace]
"""The traces of one framework by variant and seed."""

INSTALLED = tuple(f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "purelib", "platlib"))
"""Where lines stand that a scenario only calls, as NumPy's."""
REPORTED = "reported/train/accuracy"
WITHOUT_A_VALUE = ("refused", "undefined")
"""Outcomes of a training that a framework does not carry through, and so does not show what others do."""
NO_EVIDENCE = ("died", "unsupported")
"""Outcomes that say nothing about a framework: its worker ended, or our realization cannot do what the spec says."""
NOT_TRAINED, ENDED, UNSUPPORTED = "not trained in this run", "worker ended", "not supported"


@dataclass(frozen=True)
class Answer:
    """What one framework answers to one behaviour."""

    holds: bool | None
    """None: it cannot be asked."""
    number: float
    """The median over seeds; nan where there is none."""
    numbers: tuple[float, ...]
    reason: str = ""
    """Why it cannot be asked, or does not hold in spite of the number; and how many initializations were left out."""
    measure_error: str = ""
    """What is wrong with the scenario's own measure, in one sentence."""
    left_out: tuple[int, ...] = ()
    """Seeds that have no number since a worker ended."""


@dataclass(frozen=True)
class Judged:
    """What traces say of a claim."""

    claim: Claim
    framework: str
    words: str
    """cures it | does not cure it | cures it but is not its cause | cannot be judged."""
    cured_too: tuple[str, ...] = ()
    """Variants that leave the answer's change out and are cured as well."""


class ByRule:
    """A trace in which the reported accuracy is what another rule says of the frozen weights."""

    def __init__(self, trace: Trace, rule: str) -> None:
        self.trace, self.rule = trace, rule

    def __getitem__(self, name: str) -> Sequence[float]:
        return self.trace[f"accuracy_by_rule/train/{self.rule}" if name == REPORTED else name]

    def __contains__(self, name: str) -> bool:
        return name in self.trace


class Reading:
    """A trace that notes which of its arrays are looked at."""

    def __init__(self, trace: Trace, names: set[str]) -> None:
        self.trace, self.names = trace, names

    def __getitem__(self, name: str) -> Sequence[float]:
        self.names.add(name)
        values: Sequence[float] = self.trace[name]
        return values

    def __contains__(self, name: str) -> bool:
        self.names.add(name)
        return name in self.trace


def read_by(behaviour: Behaviour, traces: Traces) -> set[str]:
    """The names of the arrays that a behaviour's measure and condition look at, in one framework's traces."""
    names: set[str] = set()
    for seed in {seed for _, seed in traces}:
        chosen = [traces[variant, seed] for variant in behaviour.variants if (variant, seed) in traces]
        if len(chosen) == len(behaviour.variants) and all(trace.arrays for trace in chosen):
            with contextlib.suppress(Exception):  # a measure's own mistake is told by `ask`
                seen = [Reading(trace, names) for trace in chosen]
                behaviour.measure(*seen)
                _ = behaviour.condition is not None and behaviour.condition(*seen)
    return names


def ask(behaviour: Behaviour, traces: Traces, rule: str = "") -> Answer:
    """The answer of one framework's traces; with `rule`, accuracy is counted by that rule instead of as reported."""
    numbers, unmet, left_out = [], 0, []
    seeds = sorted({seed for _, seed in traces})
    for seed in seeds:
        chosen = [traces.get((variant, seed)) for variant in behaviour.variants]
        present = [trace for trace in chosen if trace is not None]
        if any(trace.outcome["kind"] == "died" for trace in present):
            left_out.append(seed)
            continue
        unfit = NOT_TRAINED if len(present) < len(chosen) else _unfit(behaviour, present)
        if unfit:
            return _cannot(unfit)
        seen = [ByRule(trace, rule) if rule else trace for trace in present]
        try:
            numbers.append(float(behaviour.measure(*seen)))
            unmet += behaviour.condition is not None and not behaviour.condition(*seen)
        except Exception as error:  # a scenario's measure is anybody's code, and what was trained must not be lost
            short = [_trained(one) for one in present if one.outcome["kind"] == "stopped" and
                     _trained(one) < _needed(behaviour, one)]
            if short and not _writes(error):
                return _cannot(f"stopped after {min(short)} epochs")
            return replace(_cannot("its measure failed"), measure_error=_measure_error(behaviour, error))
    if not numbers:
        return _cannot(ENDED if left_out else NOT_TRAINED)
    decided = _decided(behaviour, numbers, unmet > len(numbers) / 2)
    if not left_out:
        return decided
    words = f"{len(left_out)} of {len(seeds)} initializations left out: {ENDED}"
    return replace(decided, reason="; ".join(filter(None, [decided.reason, words])), left_out=tuple(left_out))


def judge(claim: Claim, framework: str, traces: Traces) -> Judged:
    """Whether a given answer cures what it is about, and whether something without it does so too."""
    def shown(variant: str) -> bool | None:
        return ask(replace(claim.cures, variants=(variant,)), traces).holds

    if shown(claim.reported_variant) is not True or shown(claim.variant) is None:
        return Judged(claim, framework, "cannot be judged")
    if shown(claim.variant):
        return Judged(claim, framework, "does not cure it")
    cured = tuple(variant for variant in claim.others if shown(variant) is False)
    return Judged(claim, framework, "cures it but is not its cause" if cured else "cures it", cured)


def told(behaviour: Behaviour, number: float) -> str:
    """A number as the behaviour writes it."""
    return str(behaviour.unit.format(number))


def _decided(behaviour: Behaviour, numbers: list[float], unmet: bool) -> Answer:
    known = [number for number in numbers if not math.isnan(number)]
    number = median(known) if len(known) > len(numbers) / 2 else float("nan")
    if unmet:
        return Answer(False, number, tuple(numbers), f"not while {behaviour.condition_title}")
    if math.isnan(number):
        return Answer(None, number, tuple(numbers), behaviour.nan_title)
    if any(abs(number - bound) < behaviour.margin for bound in (behaviour.low, behaviour.high)):
        return Answer(None, number, tuple(numbers), "is too close to call")
    return Answer(behaviour.low <= number <= behaviour.high, number, tuple(numbers))


def _cannot(reason: str) -> Answer:
    return Answer(None, float("nan"), (), reason)


def _unfit(behaviour: Behaviour, traces: Sequence[Trace]) -> str:
    """Why trainings cannot decide a behaviour, or nothing: we have no way to do one, one ended before its epochs, or
    was too short."""
    for trace in traces:
        kind, step, needed = trace.outcome["kind"], trace.outcome["step"], _needed(behaviour, trace)
        if kind == "unsupported":
            return f"{UNSUPPORTED}: {trace.outcome['message'].partition(': ')[2].rstrip('.')}"
        if kind in WITHOUT_A_VALUE and _trained(trace) < needed and not behaviour.any_outcome:
            return kind if kind == "refused" else f"{kind} at step {step + 1}"
        if trace.facts["spec"]["training"]["epochs"] < needed:
            return f"needs {needed} epochs"
    return ""


def _needed(behaviour: Behaviour, trace: Trace) -> int:
    """The epochs that decide a behaviour: those that it names, or else all of the training."""
    return int(behaviour.epochs or trace.facts["spec"]["training"]["epochs"])


def _trained(trace: Trace) -> int:
    """Epochs that were trained to their end."""
    return len(trace["reported/train/loss"]) if "reported/train/loss" in trace else 0


def _writes(error: Exception) -> bool:
    """Whether an exception is NumPy's about an array that cannot be written."""
    return isinstance(error, ValueError) and "read-only" in str(error)


def _measure_error(behaviour: Behaviour, error: Exception) -> str:
    """One sentence on an exception in a scenario's measure or condition: which, where, what."""
    ours = tuple(f"{HOME / package}{os.sep}" for package in ("compare", "frameworks"))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(ours)]
    own = [frame for frame in frames if not frame.filename.startswith(INSTALLED)] or frames
    place = f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""
    words = ("it writes into an array of the training, which is evidence and can only be read; change a copy instead, "
             "as in array.copy()" if _writes(error) else f"there is no array {error}" if isinstance(error, KeyError)
             else f"{type(error).__name__}: {error}")
    return f"The behaviour {behaviour.name} cannot be measured{place}: {' '.join(words.split()).rstrip('.')}."
