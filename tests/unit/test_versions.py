"""Since when: the versions that are evaluated until every boundary is found, and the sentence if there is none."""

import pytest

from compare.analysis.behaviours import Answer, cannot
from compare.analysis.reasons import Reason, ReasonKind
from compare.analysis.version_history import MOST_RUN, walked
from compare.reporting.versions import sentences
from scenarios.scenario import Behaviour

YES, NO, NONE = Answer(True, 1.0, (1.0,)), Answer(False, 0.0, (0.0,)), cannot(Reason(ReasonKind.REFUSED))
RAIN = Behaviour("it_rains", "it rains", ("a",), lambda trace: 0.0)


NONE_BETWEEN = "No boundary between Keras 2.2 and Keras 3.3, assuming at most one change: it rains in "


@pytest.mark.parametrize("answers, bisected, sentence", [
    ((YES, YES, YES), False, "No boundary: it rains in all of them."),
    ((NO, NO, NO), False, "No boundary: it rains in none of them."),
    ((NO, NONE, NO), False, "No boundary: it rains in none of the 2 that have an answer; no answer from Keras 2.3."),
    ((NONE, YES, NONE), False, "No boundary can be found: only Keras 2.3 has an answer."),
    ((NONE, NONE, NONE), False, "No answer: whether it rains could not be measured in any of them."),
    ((YES, NONE, YES), True, NONE_BETWEEN + "both; no answer from Keras 2.3."),
    ((NO, NO, NO), True, NONE_BETWEEN + "neither.")])
def test_a_version_without_an_answer_counts_neither_way(answers, bisected, sentence):
    by_name = dict(zip(("keras-2.2", "keras-2.3", "keras-3.3"), answers))
    assert sentences(RAIN, None, [], by_name, {}, bisected) == [sentence]


def make_versions(n, since):
    """(versions, function that evaluates some of them, those it has evaluated): the behaviour holds from `since` on."""
    names, evaluated = [f"era {place}" for place in range(n)], []

    def evaluate(versions):
        evaluated.extend(versions)
        return {name: int(name.split()[1]) >= since for name in versions}
    return names, evaluate, evaluated


def test_few_versions_are_all_evaluated_and_every_boundary_is_found():
    names = [f"era {place}" for place in range(MOST_RUN)]
    holds = dict.fromkeys(names[:3] + names[5:7], True)
    boundaries = walked(names, lambda versions: {name: holds.get(name, False) for name in versions})
    assert boundaries == [("era 2", "era 3"), ("era 4", "era 5"), ("era 6", "era 7")]


def test_version_without_an_answer_is_skipped():
    answers = {"a": False, "b": None, "c": True}
    assert walked(list(answers), lambda versions: {name: answers[name] for name in versions}) == [("a", "c")]


@pytest.mark.parametrize("since", [1, 7, 19])
def test_many_versions_are_bisected(since):
    names, evaluate, evaluated = make_versions(20, since)
    assert walked(names, evaluate) == [(f"era {since - 1}", f"era {since}")]
    assert len(evaluated) <= 8
