"""Asking traces: does a behaviour hold, does it not, or can it not be asked?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median
from typing import Mapping, Sequence

from frameworks.trace import Trace
from scenarios.scenario import Behaviour, Claim

Traces = Mapping[tuple[str, int], Trace]
"""The traces of one framework by variant and seed."""

REPORTED = "reported/train/accuracy"


@dataclass(frozen=True)
class Answer:
    """What one framework answers to one behaviour."""

    holds: bool | None
    """None: it cannot be asked."""
    number: float
    """The median over seeds; nan where there is none."""
    numbers: tuple[float, ...]
    reason: str = ""
    """Why it cannot be asked, or does not hold in spite of the number."""


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
        return self.trace[f"rule/train/{self.rule}" if name == REPORTED else name]

    def __contains__(self, name: str) -> bool:
        return name in self.trace


def ask(behaviour: Behaviour, traces: Traces, mnist: bool = True, rule: str = "") -> Answer:
    """The answer of one framework's traces; with `rule`, accuracy is counted by that rule instead of as reported."""
    if behaviour.asked is not None and not mnist:
        return _cannot("needs MNIST")
    seeds = sorted({seed for _, seed in traces})
    numbers, unmet = [], 0
    for seed in seeds:
        chosen = [traces.get((variant, seed)) for variant in behaviour.variants]
        present = [trace for trace in chosen if trace is not None and trace.outcome["kind"] != "died"]
        if len(present) < len(chosen):
            return _cannot("was not trained to the end")
        short = min(trace.facts["spec"]["training"]["epochs"] for trace in present)
        if short < behaviour.epochs:
            return _cannot(f"needs {behaviour.epochs} epochs")
        seen = [ByRule(trace, rule) if rule else trace for trace in present]
        try:
            number = float(behaviour.measure(*seen))
            unmet += behaviour.condition is not None and not behaviour.condition(*seen)
        except (KeyError, IndexError, ValueError, ZeroDivisionError):
            return _cannot(_outcome(present))
        numbers.append(number)
    return _decided(behaviour, numbers, unmet > len(numbers) / 2) if numbers else _cannot("was not trained")


def judge(claim: Claim, framework: str, traces: Traces, mnist: bool = True) -> Judged:
    """Whether a given answer cures what it is about, and whether something without it does so too."""
    def shown(variant: str) -> bool | None:
        return ask(replace(claim.cures, variants=(variant,)), traces, mnist).holds

    if shown(claim.asked_variant) is not True or shown(claim.variant) is None:
        return Judged(claim, framework, "cannot be judged")
    if shown(claim.variant):
        return Judged(claim, framework, "does not cure it")
    cured = tuple(variant for variant in claim.others if shown(variant) is False)
    return Judged(claim, framework, "cures it but is not its cause" if cured else "cures it", cured)


def told(behaviour: Behaviour, number: float) -> str:
    """A number as the behaviour writes it."""
    return str(behaviour.unit.format(number))


def prediction_interval(numbers: Sequence[float], level: float = 0.95) -> tuple[float, float] | None:
    """Where one more start would fall with this probability, by Student's t; None for fewer than three starts."""
    if len(numbers) < 3 or not all(map(math.isfinite, numbers)):
        return None
    from scipy import stats
    n = len(numbers)
    mean = sum(numbers) / n
    spread = math.sqrt(sum((x - mean) ** 2 for x in numbers) / (n - 1) * (1 + 1 / n))
    low, high = stats.t.interval(level, n - 1, mean, spread) if spread else (mean, mean)
    return float(low), float(high)


def _decided(behaviour: Behaviour, numbers: list[float], unmet: bool) -> Answer:
    known = [number for number in numbers if not math.isnan(number)]
    number = median(known) if len(known) > len(numbers) / 2 else float("nan")
    if unmet:
        return Answer(False, number, tuple(numbers), f"not while {behaviour.condition_title}")
    if math.isnan(number):
        return Answer(None, number, tuple(numbers), "is below what float32 resolves")
    if any(abs(number - bound) < behaviour.margin for bound in (behaviour.low, behaviour.high)):
        return Answer(None, number, tuple(numbers), "is too close to call")
    return Answer(behaviour.low <= number <= behaviour.high, number, tuple(numbers))


def _cannot(reason: str) -> Answer:
    return Answer(None, float("nan"), (), reason)


def _outcome(traces: Sequence[Trace]) -> str:
    for trace in traces:
        if trace.outcome["kind"] in ("refused", "undefined"):
            return trace.outcome["kind"] + ("" if trace.outcome["kind"] == "refused" else
                                            f" at step {trace.outcome['step'] + 1}")
    return "has no such number"
