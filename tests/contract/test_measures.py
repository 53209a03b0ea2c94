"""Why `fit` and `evaluate` report different losses, measured on trainings with one cause or the other."""

import pytest

from compare.analysis.behaviours import answer_of
from scenarios.measures import evaluated_difference, fit_against_evaluate, moving_part, training_part
from scenarios.scenario import Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Dropout, Flatten, Spec, Training
from scenarios.spec.fields import changed

MOVES = Spec(Data(divisor=255.0), (Flatten(), Dense(10), Activation("softmax")), CategoricalCrossentropy(), SGD(0.1),
             Training(1, 10))
DROPS = changed(MOVES, {"layers": (Flatten(), Dropout(0.95), Dense(10), Activation("softmax")),
                        "optimizer": SGD(1e-6), "training.epochs": 2})
NEITHER = changed(MOVES, {"optimizer": SGD(1e-6)})


@pytest.mark.parametrize("spec, holds", [(MOVES, (True, True, False, True)), (DROPS, (True, False, True, False))],
                         ids=["weights move", "dropout"])
def test_cause_is_identified_and_the_parts_sum_to_the_difference(train, spec, holds):
    scenario = Scenario("mine", "Mine", "Why?", (Variant("a", "A", spec, "reported"),), fit_against_evaluate("a"))
    trace = train("reference", spec, init="native")
    answers = [answer_of(behaviour, {("a", 0): trace}) for behaviour in scenario.behaviours]
    assert tuple(answer.holds for answer in answers) == holds, answers
    assert moving_part(trace) + training_part(trace) == pytest.approx(evaluated_difference(trace), rel=1e-6)
    difference, moves, mode, _ = (answer.number for answer in answers)
    assert moves + mode == pytest.approx(difference, rel=1e-6), "in one unit: a share could be negative or above one"


def test_no_difference_has_no_cause(train):
    trace = train("reference", NEITHER, init="native")
    difference, *reasons, accuracies = (answer_of(behaviour, {("a", 0): trace})
                                        for behaviour in fit_against_evaluate("a"))
    assert difference.holds is accuracies.holds is False and [(answer.holds, answer.note) for answer in reasons] == [
        (None, "the losses of single steps vary too much, or both reasons make about half")] * 2
