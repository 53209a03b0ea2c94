"""Causes as a search would return them, with requested sets: for tests of what uses causes."""

from dataclasses import replace

from compare.analysis.causes.cause import SEARCH_FRAMEWORK, Cause, Confirmation
from compare.analysis.causes.questions import questions
from compare.analysis.causes.search import interventions
from frameworks.quirks.rule import STAGES

READ = {"reported/train/loss", "reported/train/accuracy"}


def raised(scenario, answers, environments, init="shared", read=frozenset(READ)):
    """The questions that answers raise, if every behaviour reads loss and accuracy."""
    return questions(scenario, answers, environments, init,
                     {behaviour.name: set(read) for behaviour in scenario.behaviours})


def proven(question, sufficient=None, necessary=None, answers=None):
    """A cause: the active suspects of the earliest stage, or other sets; confirmed by `answers`, by expectation."""
    earliest = min((question.suspect(path).stage for path in question.active), key=STAGES.index, default=None)
    suspects = frozenset(path for path in question.active if question.suspect(path).stage == earliest)
    sets = (suspects,) if suspects else ()
    cause = Cause(question, SEARCH_FRAMEWORK if sets else "", sufficient or sets, necessary or sets)
    if answers is None:
        return cause
    return replace(cause, confirmed=tuple(Confirmation(framework, kind, change, expected, answers[expected])
                                          for framework, kind, change, _, expected in interventions(cause)))
