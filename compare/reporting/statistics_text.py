"""Text about statistical tests: differences over several seeds, and McNemar's test of two trained models."""

from __future__ import annotations

from math import isfinite, nan

from compare.analysis.attribution import title
from compare.analysis.behaviours import Answer
from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR
from compare.analysis.result import Result
from compare.analysis.statistics import FEWEST, Difference, mcnemar, paired, unpaired
from frameworks.runtime.accuracy import RULES, TITLES

RIGHT = "correct/test"  # the array of a trace


def paired_text(result: Result) -> list[str]:
    """Returns one line per pair of frameworks: the first framework with a number against each other one.

    Covers the first behaviour and all behaviours with a reported number. Empty with fewer than three seeds.

    Numbers are paired if both sides had the same weights and batches (init=shared); a seed without a finite number on
    one side is then left out on both. Differences are written with three significant digits: the unit of the behaviour
    could round a small difference to zero.
    """
    lines = []
    for behaviour in result.scenario.behaviours:
        if behaviour.reported is None and behaviour is not result.scenario.behaviours[0]:
            continue
        by_seed = {name: dict(zip(_seeds(result, name, answer), answer.numbers))
                   for name, answer in result.answers[behaviour.name].items() if answer.numbers}
        for right in list(by_seed)[1:]:
            left = next(iter(by_seed))
            seeds = sorted(by_seed[left].keys() | by_seed[right].keys())
            if len(seeds) >= FEWEST:
                of_left, of_right = ([by_seed[name].get(seed, nan) for seed in seeds] for name in (left, right))
                test = paired if result.init == "shared" else unpaired
                rounding = FACTOR * UNIT * max((abs(number) for number in (*of_left, *of_right) if isfinite(number)),
                                               default=0.0)
                text = _difference_text(test(of_left, of_right, behaviour.margin), len(seeds), result.init, rounding)
                quantity = behaviour.quantity or f"the number of “{behaviour.title}”"
                lines.append(f"{quantity}, {title(left)} minus {title(right)}: {text}")
    return lines


def mcnemar_text(result: Result) -> list[str]:
    """Returns one line per reported variant: McNemar's test of two models trained with seed 0.

    Compares the first two frameworks that have such a model. The trace holds which predictions are correct, by the
    first accuracy rule that applies to the outputs. The line names the rule, since with another rule other predictions
    of the same weights can be correct.
    """
    lines = []
    for variant in (variant for variant in result.scenario.variants if variant.role == "reported"):
        correct = {name: trace[RIGHT] for name, traces in result.traces.items()
                   if (trace := traces.get((variant.name, 0))) is not None and RIGHT in trace}
        for right in list(correct)[1:2]:
            left = next(iter(correct))
            test = mcnemar(correct[left], correct[right])
            if not test.only_left + test.only_right:
                continue
            rules = [TITLES[rule] for rule in RULES
                     if f"accuracy_by_rule/test/{rule}" in result.traces[left][variant.name, 0]]
            rule_text = f" Predictions are judged by {rules[0]}." if rules else ""
            verb = "is" if test.only_left == 1 else "are"
            lines.append(f"in {variant.name}, {test.only_left:,} of {test.n:,} test images {verb} predicted correctly "
                         f"only by the model of {title(left)}, and {test.only_right:,} only by that of {title(right)} "
                         f"(McNemar's exact test, {_p(test.p)}). This compares the two trained models of seed 0, not "
                         f"the frameworks.{rule_text}")
    return lines


def _seeds(result: Result, name: str, answer: Answer) -> list[int]:
    """The seeds of a framework that have a number, in the order of `answer.numbers`."""
    return sorted({seed for _, seed in result.traces[name]} - set(answer.left_out))


def _difference_text(difference: Difference | None, count: int, init: str, rounding: float) -> str:
    """The result of a comparison over `count` seeds; it follows the names of the two frameworks.

    `rounding` is how far rounding to float32 alone can move a number.
    """
    if difference is None:
        return f"not compared, since of {count} seeds fewer than {FEWEST} have a finite number on both sides."
    how = f"{difference.n} seeds, {'paired' if init == 'shared' else 'not paired'}"
    if difference.left_out:
        how += f"; {difference.left_out} left out, without a finite number on both sides"
    if difference.low == difference.high:
        number = f"{difference.difference:.3g} with every seed ({how})"
        sensitivity = ""
    else:
        number = f"{difference.difference:.3g} on average (95 % confidence interval {difference.low:.3g} to " \
                 f"{difference.high:.3g}; {how})"
        sensitivity = f"A difference of {difference.smallest:.2g} or more would have been detected."
    rounded = max(abs(difference.low), abs(difference.high)) <= rounding
    conclusion = f"No difference was observed. {sensitivity}".rstrip() if not difference.differ else \
        "They differ by rounding only." if rounded else "They differ."
    return f"{number}. {conclusion} {_equivalence(difference)}".rstrip()


def _equivalence(difference: Difference) -> str:
    """Whether the difference is smaller than the behaviour's margin; empty if the behaviour has none."""
    if difference.p is None:
        return ""
    p_text = "" if difference.low == difference.high else f" ({_p(difference.p)})"
    conclusion = "They are equivalent" if difference.equivalent else \
        "They are not equivalent" if difference.beyond else "It is not shown that they are equivalent"
    return f"{conclusion} within {difference.margin:g}{p_text}."


def _p(p: float) -> str:
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"
