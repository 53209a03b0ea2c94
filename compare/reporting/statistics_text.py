"""What several starts, and two trained models, tell of a difference, in plain lines; `statistics` has the numbers."""

from __future__ import annotations

from math import nan

from compare.analysis.attribution import title
from compare.analysis.behaviours import Answer
from compare.analysis.result import Result
from compare.analysis.statistics import FEWEST, Difference, mcnemar, paired, unpaired
from frameworks.runtime.accuracy import RULES, TITLES

RIGHT = "correct/test"  # the array of a trace


def paired_text(result: Result) -> list[str]:
    """One line for each asked number, and for the first behaviour's: the first framework that has it and each other.

    Nothing where there are fewer than three starts. Numbers are paired where both sides had the same weights and
    batches; an initialization that has no number on one side is then left out on the other. Differences are told with
    three digits and not as the behaviour writes its number, which would round a small one to nothing.
    """
    lines = []
    for behaviour in result.scenario.behaviours:
        if behaviour.reported is None and behaviour is not result.scenario.behaviours[0]:
            continue
        by_seed = {name: dict(zip(_seeds(result, name, answer), answer.numbers))
                    for name, answer in result.answers[behaviour.name].items() if answer.numbers}
        for other in list(by_seed)[1:]:
            one = next(iter(by_seed))
            starts = sorted(by_seed[one].keys() | by_seed[other].keys())
            if len(starts) >= FEWEST:
                ones, others = ([by_seed[name].get(start, nan) for start in starts] for name in (one, other))
                compared = paired if result.init == "shared" else unpaired
                told = _told(compared(ones, others, behaviour.margin), len(starts), result.init)
                lines.append(f"{behaviour.quantity or behaviour.title}: {title(one)} - {title(other)}{told}")
    return lines


def mcnemar_text(result: Result) -> list[str]:
    """One line for each asked variant: the models of seed 0, of the first two frameworks that have one.

    Whether a model is right is what its trace says, by the first rule that can be asked of its outputs; it is named,
    since another rule can call the same weights right elsewhere.
    """
    lines = []
    for variant in (variant for variant in result.scenario.variants if variant.role == "reported"):
        right = {name: trace[RIGHT] for name, traces in result.traces.items()
                 if (trace := traces.get((variant.name, 0))) is not None and RIGHT in trace}
        for other in list(right)[1:2]:
            one = next(iter(right))
            found = mcnemar(right[one], right[other])
            if not found.only_one + found.only_other:
                continue
            rules = [TITLES[rule] for rule in RULES
                     if f"accuracy_by_rule/test/{rule}" in result.traces[one][variant.name, 0]]
            counted = f"; right is counted by {rules[0]}" if rules else ""
            lines.append(f"these two trained models ({variant.name}, seed 0): of {found.n} test images {title(one)} "
                         f"alone is right about {found.only_one} and {title(other)} alone about {found.only_other} "
                         f"(McNemar's exact {_p(found.p)}{counted}); it judges these two models only")
    return lines


def _seeds(result: Result, name: str, answer: Answer) -> list[int]:
    """The seeds of a framework that have a number, in the order of its answer's numbers."""
    return sorted({seed for _, seed in result.traces[name]} - set(answer.left_out))


def _told(found: Difference | None, starts: int, init: str) -> str:
    """What was found of two sides' numbers, after their names."""
    if found is None:
        return f" is not compared: of {starts} starts fewer than {FEWEST} have a finite number on both sides"
    how = f"{found.n} starts, " + ("paired" if init == "shared" else "each side from its own")
    if found.left_out:
        how += f"; {found.left_out} left out, without a finite number on both sides"
    if found.low == found.high:
        seen = "they differ" if found.differ else "no difference seen; any in these starts would have been seen"
        return f" = {found.difference:.3g} in every start ({how}): {seen}; {_equivalence(found)}"
    seen = "they differ" if found.differ else \
        f"no difference seen; one of {found.smallest:.2g} or more would have been seen"
    return f" = {found.difference:.3g} (mean, 95 % interval {found.low:.3g} to {found.high:.3g}, {how}): {seen}; " \
           f"{_equivalence(found)}"


def _equivalence(found: Difference) -> str:
    if found.p is None:
        return "no margin is stated within which they would be equivalent"
    answer = "yes" if found.equivalent else "no" if found.beyond else "not shown"
    tested = "" if found.low == found.high else f" ({_p(found.p)})"
    return f"equivalent within {found.margin:g}: {answer}{tested}"


def _p(p: float) -> str:
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"
