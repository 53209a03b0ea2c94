"""The sentence of `when` where no version changes a behaviour: said only of versions that have an answer."""

import pytest

from compare.analysis.behaviours import Answer, cannot
from compare.analysis.reasons import Reason, ReasonKind
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
