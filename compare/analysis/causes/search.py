"""Cause analysis: which fields cause a behaviour, searched on the reference and confirmed on the real frameworks.

A cause consists of sufficient sets and necessary sets of fields. A search starts by running both ends of a question: a
framework is searched only if the end with the behaviour shows it there and the end without does not. It is the
reference, or else one of the two real frameworks; if none of them can be used, the behaviour stays unexplained.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Collection, Iterable, Mapping

import numpy as np

from compare.analysis.behaviours import NO_EVIDENCE, Answer, cannot
from compare.analysis.causes import minimal_sets
from compare.analysis.causes.cause import REFERENCE_NAME, SEARCH_FRAMEWORK, Cause, Confirmation, Kind
from compare.analysis.causes.minimal_sets import Chosen
from compare.analysis.causes.questions import Question, is_without
from compare.analysis.reasons import Reason, ReasonKind
from compare.analysis.training_cache import Request, TrainingCache, apart
from compare.execution.threads import in_threads
from frameworks.runtime.trace import Outcome, Trace
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed

UNSEEN = 1e-4
"""A relative change: a suspect that changes no step's loss and no reported number by more than this has no visible
effect."""
DIVERGED = 0.01
"""A relative distance: a training is chaotic if a step's loss in float32 and in float64 are farther apart than this."""
SLACK = 0.01
"""A share that is below 0 or above 1 by more than this shows that the effects of fields oppose each other, so that
shares do not measure how much each field contributes."""
MOST_CONFIRMED = 3
"""The largest number of minimal sets of each kind that are confirmed on the real frameworks."""

Intervention = tuple[str, Kind, Chosen, Chosen, bool]
"""(framework, kind, the suspects that are changed, the suspects that then have the value of the side with the
behaviour, whether the behaviour is expected)."""


def find(questions: Collection[Question], cache: TrainingCache) -> list[Cause]:
    """Returns the causes of all questions, searched but not yet confirmed.

    The negative controls of a confirmation are both ends on the real frameworks. They are known before the search, and
    so they are trained while the reference searches.
    """
    causes: dict[int, Cause] = {}
    controls = [(question, name, [end]) for question in questions
                for name, end in zip((question.without, question.with_behaviour), _ends(question))]
    reference_controls = [control for control in controls if control[1] in (SEARCH_FRAMEWORK, REFERENCE_NAME)]
    real_controls = [control for control in controls if control not in reference_controls]
    with in_threads(1) as executor:
        trained = executor.submit(_train, cache, real_controls)
        _find(list(questions), 0, cache, causes)
    trained.result()  # the real frameworks are now free to be searched
    _train(cache, reference_controls)
    for choice in (1, 2):
        _find([question for question in questions if id(question) not in causes], choice, cache, causes)
    return [causes.get(id(question), Cause(question)) for question in questions]


def _find(waiting: list[Question], choice: int, cache: TrainingCache, causes: dict[int, Cause]) -> None:
    """Adds the causes of the questions that a framework can search, by the question's id.

    Choice 0 is the reference, 1 the framework of the side without the behaviour, 2 that of the side with it.
    """
    searchable = [(question, (SEARCH_FRAMEWORK, question.without, question.with_behaviour)[choice])
                  for question in waiting]
    _train(cache, [(question, name, _ends(question)) for question, name in searchable])
    able = [(question, name) for question, name in searchable if _both_ends(cache, question, name)]
    _train(cache, [(question, name, minimal_sets.tried_by_every_search(question.active)) for question, name in able],
           [(name, _shown_first(question)[0], question.looked_at) for question, _ in able if _can_share(question)
            for name in (SEARCH_FRAMEWORK, REFERENCE_NAME)])
    causes.update({id(question): _searched(cache, question, name) for question, name in able})


def confirm(causes: Iterable[Cause], cache: TrainingCache, epochs: Mapping[str, int]) -> list[Cause]:
    """Returns the causes with the confirmations on the real frameworks.

    `epochs` has the length of the trainings for every variant that is not confirmed on the prefix that was searched.
    """
    causes = list(causes)
    cache.train([(framework, spec, cause.question.looked_at) for cause in causes
                 for framework, _, _, chosen, _ in interventions(cause)
                 for spec in lengthened(cause.question, framework, chosen, epochs)])
    return [replace(cause, confirmed=tuple(_confirmation(cause.question, cache, epochs, *intervention)
                                           for intervention in interventions(cause))) for cause in causes]


def _confirmation(question: Question, cache: TrainingCache, epochs: Mapping[str, int], framework: str, kind: Kind,
                  change: Chosen, chosen: Chosen, expected: bool) -> Confirmation:
    """The confirmation of one intervention, which has been trained."""
    specs = lengthened(question, framework, chosen, epochs)
    outcomes = [cache.trace((framework, spec, question.looked_at), seed).outcome
                for spec in specs for seed in cache.seeds]
    unsupported = [str(outcome["message"]) for outcome in outcomes if outcome["kind"] == Outcome.UNSUPPORTED]
    answer = cache.answer(question.behaviour, framework, specs, question.looked_at)
    undecided = answer.note if is_without(answer) and question.shown(answer) is None else ""
    return Confirmation(framework, kind, change, expected, answer, unsupported[0] if unsupported else undecided)


def interventions(cause: Cause) -> list[Intervention]:
    """Returns the interventions that confirm a cause: its sets on both sides, and a negative control of each side."""
    if not cause.known:
        return []
    question, everything = cause.question, frozenset(cause.question.active)
    return [(question.without, "negative_control", frozenset(), frozenset(), False),
            *((question.without, "sufficient", chosen, chosen, True) for chosen in cause.sufficient[:MOST_CONFIRMED]),
            (question.with_behaviour, "negative_control", frozenset(), everything, True),
            *((question.with_behaviour, "necessary", chosen, everything - chosen, False)
              for chosen in cause.necessary[:MOST_CONFIRMED])]


def lengthened(question: Question, framework: str, chosen: Collection[str],
               epochs: Mapping[str, int]) -> tuple[Spec, ...]:
    """Returns the specs of an intervention on a framework; variants in `epochs` are trained for so many epochs."""
    return tuple(changed(spec, {"training.epochs": epochs[variant]}) if variant in epochs else spec
                 for variant, spec in zip(question.behaviour.variants, question.specs(chosen, framework)))


def _train(cache: TrainingCache, requested: Iterable[tuple[Question, str, list[Chosen]]],
           additional: Iterable[Request] = ()) -> None:
    """Runs the trainings of (question, framework, subsets), and other trainings at the same time."""
    cache.train([*((framework, spec, question.looked_at) for question, framework, subsets in requested
                   for chosen in subsets for spec in _specs(question, framework, chosen)), *additional])


def _specs(question: Question, framework: str, chosen: Chosen) -> tuple[Spec, ...]:
    """The specs of a subset for a framework; empty where the values of its fields exclude each other."""
    try:
        return question.specs(chosen, framework)
    except SpecError:
        return ()


def _ends(question: Question) -> list[Chosen]:
    """The ends of a question: the side without the behaviour, the side with it."""
    return [frozenset(), frozenset(question.active)]


def _can_share(question: Question) -> bool:
    """Whether the number of suspects allows shares."""
    return 1 < len(question.active) <= minimal_sets.MOST_SHARED


def _both_ends(cache: TrainingCache, question: Question, framework: str) -> bool:
    """Whether a framework shows the behaviour at the end with it, and does not show it at the end without it."""
    without, shown = (question.shown(_answer(cache, question, framework, chosen)) for chosen in _ends(question))
    return without is False and shown is True


def _answer(cache: TrainingCache, question: Question, framework: str, chosen: Chosen) -> Answer:
    """The answer of a framework to a subset, which is trained if it is not in the cache."""
    specs = _specs(question, framework, chosen)
    if not specs:
        return cannot(Reason(ReasonKind.IMPOSSIBLE))
    cache.train([(framework, spec, question.looked_at) for spec in specs])
    return cache.answer(question.behaviour, framework, specs, question.looked_at)


def _searched(cache: TrainingCache, question: Question, framework: str) -> Cause:
    """The cause that a search on a framework finds."""
    answers: dict[Chosen, Answer] = {}

    def shown(chosen: Chosen) -> bool | None:
        if chosen not in answers:
            answers[chosen] = _answer(cache, question, framework, chosen)
        return question.shown(answers[chosen])

    names = question.active
    sufficient, necessary = minimal_sets.sufficient(names, shown), minimal_sets.necessary(names, shown)
    crossed = len(names) <= minimal_sets.MOST_CROSSED
    for chosen in minimal_sets.tried_by_every_search(names):
        shown(chosen)
    untestable = tuple(name for name in names if crossed and not _has_an_effect(cache, question, framework, name))
    chaotic = _can_share(question) and _chaotic(cache, question)
    shares = {} if chaotic or not _can_share(question) else _shares(cache, names, answers)
    return Cause(question, framework, tuple(sufficient), tuple(necessary), answers, untestable, shares, chaotic)


def _has_an_effect(cache: TrainingCache, question: Question, framework: str, name: str) -> bool:
    """Whether the change of one suspect has a visible effect on a recording, for any values of the other suspects."""
    rest = frozenset(question.active) - {name}
    for chosen in minimal_sets.subsets(rest):
        for pair in zip(*(_specs(question, framework, each) for each in (chosen, chosen | {name}))):
            for seed in cache.seeds:
                if _moved(*(cache.trace((framework, spec, question.looked_at), seed) for spec in pair)):
                    return True
    return False


def _moved(left: Trace, right: Trace) -> bool:
    """Whether the outcomes, step losses or reported metrics of two trainings differ by more than `UNSEEN`.

    False where the outcome of one of them is no evidence.
    """
    if {left.outcome["kind"], right.outcome["kind"]} & set(NO_EVIDENCE):
        return False
    if left.outcome["kind"] != right.outcome["kind"] or apart(left, right) > UNSEEN:
        return True
    left_reports, right_reports = left.below("reported"), right.below("reported")
    return any(left_reports[name].shape != right_reports[name].shape or
               not np.allclose(left_reports[name], right_reports[name], UNSEEN, 1e-12, equal_nan=True)
               for name in left_reports)


def _shown_first(question: Question) -> list[Spec]:
    """The specs of both ends; those with the behaviour come first, because extreme trainings are chaotic more often."""
    return [spec for chosen in reversed(_ends(question)) for spec in question.specs(chosen)]


def _chaotic(cache: TrainingCache, question: Question) -> bool:
    """Whether a step's loss of either end differs by more than `DIVERGED` between float32 and float64.

    The specs are trained one after the other, until one differs.
    """
    for spec in _shown_first(question):
        precisions = [(name, spec, question.looked_at) for name in (SEARCH_FRAMEWORK, REFERENCE_NAME)]
        cache.train(precisions)
        if any(apart(*(cache.trace(training, seed) for training in precisions)) > DIVERGED for seed in cache.seeds):
            return True
    return False


def _shares(cache: TrainingCache, names: Collection[str],
            answers: Mapping[Chosen, Answer]) -> dict[str, tuple[float, ...]]:
    """Each suspect's share for every seed.

    Empty where a subset has no number for some seed, or where the shares of some seed are undefined or beyond `SLACK`.
    """
    if any(len(answer.numbers) < len(cache.seeds) for answer in answers.values()):
        return {}
    by_seed = [minimal_sets.shares(names, {chosen: answer.numbers[seed] for chosen, answer in answers.items()})
               for seed in cache.seeds]
    valid = [shares for shares in by_seed
             if shares is not None and all(-SLACK <= share <= 1 + SLACK for share in shares.values())]
    return {name: tuple(shares[name] for shares in valid) for name in names} if len(valid) == len(by_seed) else {}
