"""Causes: which fields make a behaviour, searched on the reference and confirmed on the real frameworks.

A cause is an adding set and a removing set of fields. Both ends of a question are run first: an engine on which the
side with the behaviour does not show it, or the side without does, cannot answer; then the real frameworks are the
engines, and where none of them can, the behaviour stays unexplained.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Collection, Iterable, Literal, Mapping

import numpy as np

from compare.analysis.behaviours import NO_EVIDENCE, Answer
from compare.analysis.causes import minimal_sets
from compare.analysis.causes.minimal_sets import Chosen
from compare.analysis.causes.questions import Question, is_without
from compare.analysis.training_cache import TrainingCache, Wanted, apart
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed

SEARCH_FRAMEWORK, REFERENCE_NAME = "reference-float32", "reference"
UNSEEN = 1e-4
"""A suspect whose change moves no step's loss and no reported number by more than this part of it was not seen."""
DIVERGED = 0.01
"""Where float32 and float64 of one closed spec are farther apart in a step's loss, the phase is chaotic."""
SLACK = 0.01
"""A share below 0 or above 1 by more says that fields work against each other, and not how much each does."""
MOST_CONFIRMED = 3
"""Minimal sets of either kind that are confirmed on the real frameworks."""
NOT_TOLD = "Unsupported: "
"""What the outcome's message begins with where a framework has no way to be told a field."""

Kind = Literal["sufficient", "necessary", "negative_control"]
Intervention = tuple[str, Kind, Chosen, Chosen, bool]
"""Framework, kind, the suspects that are changed, those that are then as on the side with the behaviour, expected."""


@dataclass(frozen=True)
class Confirmation:
    """One intervention on a real framework, or its sham: the same operation where it must change nothing."""

    framework: str
    kind: Kind
    changed: Chosen
    """The suspects that were changed; none in a sham, which only closes the fields that were open."""
    expected: bool
    answer: Answer
    reason: str = ""
    """Why it is not applicable, or nothing."""

    @property
    def holds(self) -> bool | None:
        """Whether the framework did what the search says; None where that could not be seen."""
        if self.reason:
            return None
        seen = False if is_without(self.answer) else self.answer.holds
        return None if seen is None else seen is self.expected


@dataclass(frozen=True)
class Cause:
    """What a search found."""

    question: Question
    engine: str = ""
    """The framework on which both ends were as they should be; nothing where there is none."""
    sufficient: tuple[Chosen, ...] = ()
    necessary: tuple[Chosen, ...] = ()
    answers: Mapping[Chosen, Answer] = field(default_factory=dict)
    untestable: tuple[str, ...] = ()
    """Suspects whose change could not be seen in anything that was recorded."""
    shares: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Each suspect's share of the gap, for every seed; none where there is no gap or the phase is chaotic."""
    chaotic: bool = False
    confirmed: tuple[Confirmation, ...] = ()

    @property
    def found(self) -> bool:
        """Whether there are sets both ways."""
        return bool(self.sufficient and self.necessary)

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields of all sets, earliest gate first."""
        chosen = frozenset().union(*self.sufficient, *self.necessary)
        return tuple(path for path in self.question.active if path in chosen)

    @property
    def shown(self) -> bool | None:
        """Whether every confirmation that could be asked held, sham and both ways; None where none could be asked."""
        known = [one.holds for one in self.confirmed if one.holds is not None]
        return all(known) if known else None


def find(questions: Collection[Question], cache: TrainingCache) -> list[Cause]:
    """The causes of all questions, searched but not yet confirmed.

    The shams of a confirmation are both ends on the real frameworks, known before anything is found: these train while
    the reference searches.
    """
    found: dict[int, Cause] = {}
    controls = [(question, name, [end]) for question in questions
             for name, end in zip((question.without, question.with_behaviour), _ends(question))]
    of_the_reference = [control for control in controls if control[1] in (SEARCH_FRAMEWORK, REFERENCE_NAME)]
    with ThreadPoolExecutor(1) as beside:
        trained = beside.submit(_train, cache, [control for control in controls if control not in of_the_reference])
        _find(list(questions), 0, cache, found)
    trained.result()  # and now the real frameworks are free to be engines
    _train(cache, of_the_reference)
    for engine in (1, 2):
        _find([question for question in questions if id(question) not in found], engine, cache, found)
    return [found.get(id(question), Cause(question)) for question in questions]


def _find(waiting: list[Question], engine: int, cache: TrainingCache, found: dict[int, Cause]) -> None:
    """Adds the causes of what this engine can answer: 0 is the reference, 1 the side without, 2 the side with."""
    asked = [(question, (SEARCH_FRAMEWORK, question.without, question.with_behaviour)[engine]) for question in waiting]
    ends = [(question, name, _ends(question)) for question, name in asked]
    _train(cache, ends)
    able = [(question, name) for question, name, _ in ends if _both_ends(cache, question, name)]
    _train(cache, [(question, name, minimal_sets.asked_of(question.active)) for question, name in able],
           [(name, _shown_first(question)[0], question.looked_at) for question, _ in able if _can_share(question)
            for name in (SEARCH_FRAMEWORK, REFERENCE_NAME)])
    found.update({id(question): _searched(cache, question, name) for question, name in able})


def confirm(causes: Iterable[Cause], cache: TrainingCache, epochs: Mapping[str, int]) -> list[Cause]:
    """The causes with what the real frameworks do under their interventions; `epochs` by variant that is lengthened."""
    causes = list(causes)
    cache.train([(framework, spec, cause.question.looked_at) for cause in causes
                 for framework, _, _, chosen, _ in interventions(cause)
                 for spec in lengthened(cause.question, chosen, epochs)])
    return [replace(cause, confirmed=tuple(_confirmation(cause.question, cache, epochs, *each)
                                           for each in interventions(cause))) for cause in causes]


def _confirmation(question: Question, cache: TrainingCache, epochs: Mapping[str, int], framework: str, kind: Kind,
                  change: Chosen, chosen: Chosen, expected: bool) -> Confirmation:
    specs = lengthened(question, chosen, epochs)
    messages = [str(cache.trace((framework, spec, question.looked_at), seed).outcome["message"])
                for spec in specs for seed in cache.seeds]
    told_not = [message.removeprefix(NOT_TOLD) for message in messages if message.startswith(NOT_TOLD)]
    answer = cache.answer(question.behaviour, framework, specs, question.looked_at)
    undecided = answer.reason if is_without(answer) and question.shown(answer) is None else ""
    return Confirmation(framework, kind, change, expected, answer, told_not[0] if told_not else undecided)


def interventions(cause: Cause) -> list[Intervention]:
    """What confirms a cause: its sets on both sides, and a sham of each side."""
    if not cause.found:
        return []
    question, everything = cause.question, frozenset(cause.question.active)
    wanted: list[Intervention] = [(question.without, "negative_control", frozenset(), frozenset(), False)]
    wanted += [(question.without, "sufficient", chosen, chosen, True) for chosen in cause.sufficient[:MOST_CONFIRMED]]
    wanted += [(question.with_behaviour, "negative_control", frozenset(), everything, True)]
    wanted += [(question.with_behaviour, "necessary", chosen, everything - chosen, False)
               for chosen in cause.necessary[:MOST_CONFIRMED]]
    return wanted


def lengthened(question: Question, chosen: Collection[str], epochs: Mapping[str, int]) -> tuple[Spec, ...]:
    """The specs of an intervention, trained for so many epochs where `epochs` names the variant."""
    return tuple(changed(spec, {"training.epochs": epochs[variant]}) if variant in epochs else spec
                 for variant, spec in zip(question.behaviour.variants, question.specs(chosen)))


def _train(cache: TrainingCache, wanted: Iterable[tuple[Question, str, list[Chosen]]],
           others: Iterable[Wanted] = ()) -> None:
    """Trains what the subsets of questions need, on an engine each, and others beside them."""
    cache.train([*((engine, spec, question.looked_at) for question, engine, subsets in wanted for chosen in subsets
                   for spec in _specs(question, chosen)), *others])


def _specs(question: Question, chosen: Chosen) -> tuple[Spec, ...]:
    """The specs of a subset; none where a mixture of two possible ones is impossible."""
    try:
        return question.specs(chosen)
    except SpecError:
        return ()


def _ends(question: Question) -> list[Chosen]:
    return [frozenset(), frozenset(question.active)]


def _can_share(question: Question) -> bool:
    """Whether there are suspects among which a gap can be shared."""
    return 1 < len(question.active) <= minimal_sets.MOST_SHARED


def _both_ends(cache: TrainingCache, question: Question, engine: str) -> bool:
    without, shown = (question.shown(_answer(cache, question, engine, chosen)) for chosen in _ends(question))
    return without is False and shown is True


def _answer(cache: TrainingCache, question: Question, engine: str, chosen: Chosen) -> Answer:
    specs = _specs(question, chosen)
    if not specs:
        return Answer(None, float("nan"), (), "cannot be: its fields exclude each other")
    cache.train([(engine, spec, question.looked_at) for spec in specs])
    return cache.answer(question.behaviour, engine, specs, question.looked_at)


def _searched(cache: TrainingCache, question: Question, engine: str) -> Cause:
    answers: dict[Chosen, Answer] = {}

    def shown(chosen: Chosen) -> bool | None:
        if chosen not in answers:
            answers[chosen] = _answer(cache, question, engine, chosen)
        return question.shown(answers[chosen])

    names = question.active
    sufficient, necessary = minimal_sets.sufficient(names, shown), minimal_sets.necessary(names, shown)
    crossed = len(names) <= minimal_sets.MOST_CROSSED
    for chosen in minimal_sets.asked_of(names):
        shown(chosen)
    untestable = tuple(name for name in names if not _seen(cache, question, engine, name)) if crossed else ()
    chaotic = _can_share(question) and _chaotic(cache, question)
    shares = {} if chaotic or not _can_share(question) else _shares(cache, names, answers)
    return Cause(question, engine, tuple(sufficient), tuple(necessary), answers, untestable, shares, chaotic)


def _seen(cache: TrainingCache, question: Question, engine: str, name: str) -> bool:
    """Whether the change of one suspect moves anything that was recorded, whatever the others are."""
    others = frozenset(question.active) - {name}
    for chosen in minimal_sets.subsets(others):
        for pair in zip(_specs(question, chosen), _specs(question, chosen | {name})):
            for seed in cache.seeds:
                if _moved(*(cache.trace((engine, spec, question.looked_at), seed) for spec in pair)):
                    return True
    return False


def _moved(one: Trace, other: Trace) -> bool:
    """Whether outcome, steps or reports of two trainings differ by more than `UNSEEN`; not where one is no evidence."""
    if {one.outcome["kind"], other.outcome["kind"]} & set(NO_EVIDENCE):
        return False
    if one.outcome["kind"] != other.outcome["kind"] or apart(one, other) > UNSEEN:
        return True
    mine, theirs = one.below("reported"), other.below("reported")
    return any(mine[name].shape != theirs[name].shape or
               not np.allclose(mine[name], theirs[name], UNSEEN, 1e-12, equal_nan=True) for name in mine)


def _shown_first(question: Question) -> list[Spec]:
    """The specs of both ends, those with the behaviour first: what is far out more often is chaotic."""
    return [spec for chosen in reversed(_ends(question)) for spec in question.specs(chosen)]


def _chaotic(cache: TrainingCache, question: Question) -> bool:
    """Whether rounding alone moves a step's loss of either end by more than `DIVERGED`: float32 against float64.

    One spec after the other is trained, until it does.
    """
    for spec in _shown_first(question):
        sides = [(name, spec, question.looked_at) for name in (SEARCH_FRAMEWORK, REFERENCE_NAME)]
        cache.train(sides)
        if any(apart(*(cache.trace(side, seed) for side in sides)) > DIVERGED for seed in cache.seeds):
            return True
    return False


def _shares(cache: TrainingCache, names: Collection[str],
            answers: Mapping[Chosen, Answer]) -> dict[str, tuple[float, ...]]:
    """The shares of every seed, by suspect; none where a subset has no number for every seed."""
    if any(len(answer.numbers) < len(cache.seeds) for answer in answers.values()):
        return {}
    each = [minimal_sets.shares(names, {chosen: answer.numbers[seed] for chosen, answer in answers.items()})
            for seed in cache.seeds]
    known = [one for one in each if one is not None and all(-SLACK <= share <= 1 + SLACK for share in one.values())]
    return {name: tuple(one[name] for one in known) for name in names} if len(known) == len(each) else {}
