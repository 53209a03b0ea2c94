"""The causes of a difference in a loss or an accuracy.

Each difference becomes a behaviour with a bound halfway between the two numbers, so that its causes are searched
and confirmed like those of any other behaviour.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import compress
from math import isfinite
from statistics import median
from typing import Any, Callable, Collection, Sequence

from compare.analysis import attribution
from compare.analysis.causes.cause import REFERENCE_NAME, Cause
from compare.analysis.causes.questions import Question, Suspect, between, is_validated, resolved_spec, shortened
from compare.analysis.differences import EVALUATED
from compare.analysis.quantities import READ, Difference, difference_of
from compare.analysis.training_cache import TrainingCache
from compare.execution.initialization import REFERENCE
from frameworks.environment import Environments
from frameworks.quirks.resolution import resolved
from frameworks.quirks.rule import DefaultRule
from frameworks.quirks.rules import WITHOUT_REFERENCE_VALUE
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Scenario
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed

MIDDLE = 0.25
"""Numbers that are farther from the middle of both sides' numbers, as a share of their difference, are decided."""
NEAR = 0.05
"""A number that is this close to the other side's, as a share of the difference, is as good as equal."""
EVALUATED_ARRAYS = {"evaluated/test/loss"}
"""Added to the arrays that each question reads, so that the questions of all quantities share their trainings."""


def questions(scenario: Scenario, compared: Sequence[Difference], environments: Environments,
              initialization: str) -> list[tuple[Difference, Question]]:
    """Returns each comparison that differs, with its behaviour, and the question of what causes the difference."""
    raised = []
    for difference in compared:
        if not difference.differs:
            continue
        shown_by, without = _sides(difference)
        behaviour = _behaviour(difference, shown_by, without)
        question = between(scenario, behaviour, shown_by, without, environments, initialization,
                           {difference.quantity.array, *EVALUATED_ARRAYS})
        raised.append((replace(difference, behaviour=behaviour, shown_by=shown_by), question))
    return raised


def _sides(difference: Difference) -> tuple[str, str]:
    """(the side farther from the reference, the other side); in their order where the reference has no number."""
    first, second = difference.sides
    reference = difference.numbers.get(REFERENCE_NAME, float("nan"))
    if second == REFERENCE_NAME or not isfinite(reference):
        return first, second
    first_is_nearer = abs(difference_of(difference.numbers[first], reference)) <= \
        abs(difference_of(difference.numbers[second], reference))
    return (second, first) if first_is_nearer else (first, second)


def _behaviour(difference: Difference, shown_by: str, without: str) -> Behaviour:
    """The behaviour that the number is on one side's half; where a side has no number, that there is one or none.

    A number that rounding could move to the other half is undecided.
    """
    shown, hidden = difference.numbers[shown_by], difference.numbers[without]
    quantity, epoch = difference.quantity, difference.epoch
    title = f"the {quantity.title}{difference.after} is as {attribution.title(shown_by)}'s"
    measure: Callable[[Trace], float]
    margin = 0.0
    if isfinite(shown) and isfinite(hidden):
        middle, measure = (shown + hidden) / 2, lambda trace: quantity.at(trace, epoch)
        low, high = (middle, float("inf")) if shown > hidden else (-float("inf"), middle)
        margin = min(difference.rounding, abs(shown - hidden) * MIDDLE)
    else:
        measure = lambda trace: float(isfinite(quantity.at(trace, epoch)))
        low, high = (0.5, 1.5) if isfinite(shown) else (-0.5, 0.5)
    return Behaviour(difference.name, title, (difference.variant,), measure, low=low, high=high, margin=margin,
                     epochs=epoch, quantity=quantity.title, unit=quantity.unit)


def explained(difference: Difference, spec: Spec, causes: Sequence[Cause], environments: Environments,
              initialization: str, cache: TrainingCache) -> Difference:
    """Returns the difference with the fields that cause it, and the rules that depart from the reference.

    `spec` is that of its variant, and `causes` answer its question.
    """
    accepted = [cause for cause in causes if cause.known and cause.shown is not False]
    fields = tuple({suspect.path: suspect for cause in accepted
                    for suspect in attribution.leading(cause, spec, environments)}.values())
    named = replace(difference, causes=tuple(causes), fields=fields,
                    departing=_departing(difference, fields, spec, environments, initialization, cache))
    return _with_remainder(named, accepted[0], spec, environments) if accepted else named


def _with_remainder(difference: Difference, cause: Cause, spec: Spec, environments: Environments) -> Difference:
    """Returns the difference with the number that remains different if the cause is removed, and why.

    A cause moves the number to the other side's half. Where two fields act against each other, it is then still far
    from the other side's number.
    """
    everything = frozenset(cause.question.active)
    ends, without_cause = (frozenset[str](), everything), everything - frozenset(cause.paths)
    numbers = [cause.answers[chosen].number for chosen in (*ends, without_cause) if chosen in cause.answers]
    if len(numbers) < 3 or not all(map(isfinite, numbers)):
        return difference
    hidden, shown, changed = numbers
    if abs(changed - hidden) <= max(difference.rounding, NEAR * abs(shown - hidden)):
        return difference
    others = [cause.question.suspect(path) for path in cause.question.active
              if path in without_cause and path not in cause.untestable]
    sides = environments[cause.question.with_behaviour], environments[cause.question.without]
    also = tuple(suspect for suspect in attribution.without_consequences(others, spec, *sides)
                 if suspect not in difference.fields)
    return replace(difference, remaining=changed, also=also) if also else difference


def _departing(difference: Difference, fields: Sequence[Suspect], spec: Spec, environments: Environments,
               initialization: str, cache: TrainingCache) -> tuple[DefaultRule, ...]:
    """The rules that depart from the reference; none for a field without a reference value.

    Different values of a field can both be correct. A side that has the reference's number does not depart in anything
    that matters here, nor does one with a number that the reference's values of these fields do not move: softmax
    computed in the loss from logits is another definition than a softmax layer, but gives the same loss. Where one side
    has the reference's number, but none of the fields has another value than the reference on the other side, the
    further fields of the same parts of the spec do: of logits, Keras's threshold of 0.5 departs, while torchmetrics'
    rule is another one and gives the number of the reference.
    """
    reference_rules = resolved(spec, REFERENCE)
    reference = difference.numbers.get(REFERENCE_NAME, float("nan"))
    sides = (difference.shown_by, *(side for side in difference.sides if side != difference.shown_by))
    as_reference = [isfinite(reference) and
                    abs(difference_of(difference.numbers[side], reference)) <= difference.rounding for side in sides]
    of_sides = [{suspect.path: rule for suspect in fields if suspect.path in reference_rules
                 if (rule := suspect.sources[place]) is not None and not same
                 and suspect.values[place] != reference_rules[suspect.path].value}
                for place, same in enumerate(as_reference)]
    moving = [_moving(difference, resolved_spec(spec, environments[side], initialization),
                      {path: reference_rules[path].value for path in rules}, cache)
              for side, rules in zip(sides, of_sides)]
    matter = [{path: rules[path] for path in paths} for rules, paths in zip(of_sides, moving)]
    departing = tuple(rules[suspect.path] for suspect in fields for rules in matter if suspect.path in rules)
    if not departing and as_reference == [False, True]:
        parts = {suspect.path.rpartition(".")[0] for suspect in fields}
        departing = tuple(rule for path, rule in resolved(spec, environments[difference.shown_by]).items()
                          if path.rpartition(".")[0] in parts and rule.value != reference_rules[path].value)
    return tuple(rule for rule in departing if rule.field not in WITHOUT_REFERENCE_VALUE)


def _moving(difference: Difference, spec: Spec, values: dict[str, Any], cache: TrainingCache) -> Collection[str]:
    """The fields of `values` that move a framework's number, trained by the reference; `spec` is resolved for it.

    Returns none if all values together do not move it, and all where each alone does not, or has no training.
    """
    if not values:
        return ()
    try:
        changes: list[dict[str, Any]] = [{}, values, *({path: value} for path, value in values.items())]
        specs = [shortened(changed(spec, change), difference.epoch, is_validated((spec,), READ)) for change in changes]
    except SpecError:
        return values
    requests = [(REFERENCE_NAME, each, EVALUATED) for each in specs]
    cache.train(requests)
    before, *after = (median(difference.quantity.at(cache.trace(request, seed), difference.epoch)
                             for seed in cache.seeds) for request in requests)
    together, *alone = (abs(difference_of(number, before)) > difference.rounding for number in after)
    return (set(compress(values, alone)) or values) if together else ()
