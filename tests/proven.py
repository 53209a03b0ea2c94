"""Causes as a search would find them that finds what it is told to: for tests of what is made of causes."""

from dataclasses import replace

from compare.analysis.causes.questions import questions
from compare.analysis.causes.search import ENGINE, Cause, Confirmation, interventions
from frameworks.quirks.resolution import GATES

READ = {"reported/train/loss", "reported/train/accuracy"}


def raised(scenario, answers, environments, start="shared", read=frozenset(READ)):
    """The questions that answers raise, where every behaviour looks at loss and accuracy."""
    return questions(scenario, answers, environments, start, {one.name: set(read) for one in scenario.behaviours})


def proven(question, adding=None, removing=None, answers=None):
    """A cause: the active suspects of the earliest gate, or other sets; confirmed by `answers` (expected -> Answer)."""
    earliest = min((question.suspect(path).gate for path in question.active), key=GATES.index, default=None)
    alone = frozenset(path for path in question.active if question.suspect(path).gate == earliest)
    sets = (alone,) if alone else ()
    cause = Cause(question, ENGINE if sets else "", adding or sets, removing or sets)
    if answers is None:
        return cause
    return replace(cause, confirmed=tuple(Confirmation(framework, kind, change, expected, answers[expected])
                                          for framework, kind, change, _, expected in interventions(cause)))
