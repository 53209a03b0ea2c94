"""Close calls: frameworks disagree on a behaviour, but their numbers are so near to its bound that rounding decides.

The NumPy reference, resolved as each of two frameworks that disagree, trains in float32 and in float64. The tolerance
of a framework's number is `FACTOR` times the difference of these two, and at least the effect of two samples that are
counted differently. If both numbers are within their tolerance of the same bound, neither framework has an answer.
Where numbers become infinite or nan in float32 only, as in the frameworks, the reference has the answer of float32.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from math import isfinite
from typing import Collection, Mapping

import numpy as np

from compare.analysis.behaviours import Answer, Traces
from compare.analysis.causes.cause import REFERENCE_NAME, SEARCH_FRAMEWORK
from compare.analysis.causes.questions import Question
from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR
from compare.analysis.reasons import Reason, ReasonKind
from compare.analysis.trace_views import Recounted
from compare.analysis.training_cache import Request, TrainingCache
from scenarios.scenario import Behaviour
from scenarios.spec import Spec
from scenarios.user_code import FAILURES

SAMPLES = 2
"""So many samples can have outputs that tie, so that rounding decides how they are counted."""
FEWEST_COUNTED = 200
"""Of fewer samples none is expected to have such outputs."""


def without_close_calls(answers: Mapping[str, Mapping[str, Answer]], questions: Collection[Question],
                        traces: Mapping[str, Traces], cache: TrainingCache) -> dict[str, dict[str, Answer]]:
    """Returns the answers, by behaviour and framework; those that rounding alone decides have none.

    `questions` are those that the answers raise, and `traces` are by framework.
    """
    disagreeing = [question for question in questions if not question.contrast and
                   all(isfinite(answers[question.behaviour.name][side].number) and
                       answers[question.behaviour.name][side].reason is None
                       for side in (question.with_behaviour, question.without))]
    cache.train([request for question in disagreeing for specs in _specs(question)
                 for request in _both_precisions(question, specs)])
    result = {name: dict(by_framework) for name, by_framework in answers.items()}
    for question in disagreeing:
        behaviour, sides = question.behaviour, (question.without, question.with_behaviour)
        numbers = [answers[behaviour.name][side].number for side in sides]
        tolerances = [max(FACTOR * max(_effect(question, specs, cache), UNIT * abs(number)),
                          counting_tolerance(behaviour, traces[side], FEWEST_COUNTED))
                      for side, specs, number in zip(sides, _specs(question), numbers)]
        if any(all(abs(number - bound) <= tolerance for number, tolerance in zip(numbers, tolerances))
               for bound in (behaviour.low, behaviour.high) if isfinite(bound)):
            result[behaviour.name].update(_undecided(question, answers[behaviour.name], cache))
    return result


def counting_tolerance(behaviour: Behaviour, traces: Traces, fewest: int = 0) -> float:
    """Returns the largest change of a behaviour's number if `SAMPLES` samples of one training are counted differently.

    Accuracies of fewer than `fewest` samples are left as they are.
    """
    changes = [0.0]
    for seed in {seed for _, seed in traces}:
        arguments = [traces[variant, seed] for variant in behaviour.variants if (variant, seed) in traces]
        with contextlib.suppress(*FAILURES):  # of a training that was left out
            number = float(behaviour.measure(*arguments))
            for index in range(len(arguments)):
                for samples in (SAMPLES, -SAMPLES):
                    recounted = [Recounted(trace, samples, fewest) if i == index else trace
                                 for i, trace in enumerate(arguments)]
                    changes.append(abs(float(behaviour.measure(*recounted)) - number))
    return max(change for change in changes if isfinite(change))


def _specs(question: Question) -> list[tuple[Spec, ...]]:
    """The resolved specs of the side without the behaviour, and of the side with it."""
    return [tuple(end[side] for end in question.ends) for side in (0, 1)]


def _both_precisions(question: Question, specs: Collection[Spec]) -> list[Request]:
    return [(name, spec, question.looked_at) for spec in specs for name in (SEARCH_FRAMEWORK, REFERENCE_NAME)]


def _undecided(question: Question, answers: Mapping[str, Answer], cache: TrainingCache) -> dict[str, Answer]:
    """The answers of both sides of a question that rounding or the range of float32 decides.

    If only the range of float32 separates the NumPy reference from a framework, the reference answers in float32.
    """
    sides, specs = (question.without, question.with_behaviour), _specs(question)
    overflows = _overflows(question, cache)
    if overflows and REFERENCE_NAME in sides:
        place = sides.index(REFERENCE_NAME)
        single = cache.answer(question.behaviour, SEARCH_FRAMEWORK, specs[place], question.looked_at)
        if single.holds is answers[sides[1 - place]].holds:
            return {REFERENCE_NAME: replace(single, reason=Reason(ReasonKind.IN_FLOAT32))}
    reason = Reason(ReasonKind.OVERFLOW if overflows else ReasonKind.ROUNDING)
    return {side: replace(answers[side], holds=None, reason=reason) for side in sides}


def _overflows(question: Question, cache: TrainingCache) -> bool:
    """Whether training losses of the reference are finite in float64, and not in float32."""
    def finite(framework: str, spec: Spec, seed: int) -> bool:
        trace = cache.trace((framework, spec, question.looked_at), seed)
        return bool(np.isfinite(trace.arrays.get("reported/train/loss", np.zeros(0))).all())
    return any(finite(REFERENCE_NAME, spec, seed) and not finite(SEARCH_FRAMEWORK, spec, seed)
               for specs in _specs(question) for spec in specs for seed in cache.seeds)


def _effect(question: Question, specs: Collection[Spec], cache: TrainingCache) -> float:
    """How far the number of one side is apart in float32 and in float64; infinite where only one has a number."""
    single, double = (cache.answer(question.behaviour, name, specs, question.looked_at).number
                      for name in (SEARCH_FRAMEWORK, REFERENCE_NAME))
    return abs(single - double) if isfinite(single) and isfinite(double) else \
        0.0 if isfinite(single) == isfinite(double) else float("inf")
