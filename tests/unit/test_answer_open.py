"""What is still open: unexplained differences, and numbers that were or were not compared, in the printed answer."""

import re
from dataclasses import replace

import pytest
from made_results import (
    ACCURACY,
    ENVIRONMENTS,
    KERAS,
    LIGHTNING,
    LOSS,
    REFUSED,
    STEP_UNEXPLAINED,
    TEST_LOSS,
    by_framework,
    make_result,
    make_scenario,
    number_of,
)

from compare.analysis.attribution import Attribution, concluded
from compare.analysis.quantities import Difference
from compare.analysis.reasons import Reason, ReasonKind
from compare.analysis.stages import StageResult
from compare.analysis.unexplained import UnexplainedDifference
from compare.reporting.answer import OPEN, summary
from compare.reporting.open_questions import unexplained
from scenarios.spec import SGD, Adam


def test_unexplained_difference_mentions_versions_newer_than_those_checked():
    stage = StageResult("loss", True, "loss", values=(1.5, 1.25), noise=1e-7)
    result = make_result(make_scenario(), by_framework(True, True, True),
                         unexplained_differences=(UnexplainedDifference("a", "lightning", stage),))
    text, = unexplained(result)
    assert text.startswith("unexplained: in a, step 1, ") and "checked" not in text
    environment = {**ENVIRONMENTS["lightning"], "versions": {"torch": "2.99.0"}}
    text, = unexplained(replace(result, environments={**result.environments, "lightning": environment}))
    assert re.search(r"\(the rules were checked with torch [\d.]+, and this is 2\.99\.0\)$", text)


@pytest.mark.parametrize("optimizer, version, stage, known", [
    (Adam(), "2.3.1", "update", True), (Adam(), "2.3.1", "loss", False), (SGD(), "2.3.1", "update", False),
    (Adam(), "3.15.1", "update", False)])
def test_what_a_framework_does_at_random_is_said_of_an_unexplained_update(optimizer, version, stage, known):
    scenario = make_scenario()
    variants = tuple(replace(variant, spec=replace(variant.spec, optimizer=optimizer)) for variant in scenario.variants)
    result = make_result(replace(scenario, variants=variants), by_framework(True, True, True), unexplained_differences=(
        UnexplainedDifference("a", "keras", StageResult(stage, True, stage, values=(1.5, 1.25), noise=1e-7)),))
    environment = {**ENVIRONMENTS["keras"], "series": ("Keras", version)}
    text, = unexplained(replace(result, environments={**result.environments, "keras": environment}))
    assert ("(known, and not examined in this run: Keras up to 2.3 increases" in text) is known


def test_unexplained_second_behaviour_is_reported():
    first = make_scenario()
    pours = replace(first.behaviours[0], name="it_pours", title="it pours")
    scenario = replace(first, behaviours=(*first.behaviours, pours))
    result = make_result(scenario, by_framework(True, False, False))
    verdict = replace(result.verdicts["it_pours"], unexplained=result.verdicts["it_pours"].causes[:1])
    result = replace(result, verdicts={**result.verdicts, "it_pours": verdict})
    assert result.unexplained and \
        f"Not explained: why it pours with {KERAS} and not with {LIGHTNING}." in summary(result).items(OPEN)


@pytest.mark.parametrize("differences, facts, verdict, parts", [
    ([number_of(LOSS, False), number_of(ACCURACY, False, rounding=0.002)], {},
     "No difference was found in the losses and accuracies.",
     ["the same training loss of a after epoch 2 (to within 2e-06) and test accuracy of a after epoch 2 (to within"]),
    ([number_of(LOSS, False), number_of(ACCURACY, None, reason="rounding alone could move it by 1")], {},
     "No difference was found in the numbers that could be compared.",
     ["the test accuracy of a after epoch 2 is not decided: rounding alone could move it by 1."]),
    ([number_of(LOSS, None, reason="it is hot"), number_of(TEST_LOSS, None, reason="it is hot")], {},
     "No number could be compared.",
     ["The training loss of a after epoch 2 and test loss of a after epoch 2 are not decided: it is hot."]),
    ([], {}, "No number could be compared.", ["Nothing was compared"]),
    ([number_of(LOSS, False), number_of(LOSS, None, ("keras", "reference"), "it is hot")], {},
     "No difference was found in the numbers that could be compared.",
     [f"{KERAS} and {LIGHTNING} have the same training loss of a after epoch 2 (to within 2e-06); the"]),
    ([number_of(LOSS, False)], STEP_UNEXPLAINED,
     "No difference was found in the losses and accuracies, but a step is unexplained.", [])])
def test_answer_without_a_difference_says_what_was_compared_and_what_was_not(differences, facts, verdict, parts):
    scenario = replace(make_scenario(), behaviours=())
    answer = summary(make_result(scenario, by_framework(True, True, True), differences=tuple(differences), **facts))
    assert answer.verdict == verdict and all(part in answer.detail for part in parts), answer


def test_behaviour_that_all_show_beside_something_unexplained_is_no_difference():
    result = make_result(make_scenario(), by_framework(True, True, True), **STEP_UNEXPLAINED)
    verdicts = {name: concluded(verdict, ("a",), result.unexplained_in) for name, verdict in result.verdicts.items()}
    answer = summary(replace(result, verdicts=verdicts))
    assert answer.verdict == "All frameworks show it, but something else in them is unexplained."
    assert answer.detail.startswith("It rains with Keras") and result.unexplained


def test_second_behaviour_that_all_show_is_not_said_to_be_shown_by_some_only():
    first = make_scenario()
    scenario = replace(first, behaviours=(*first.behaviours, replace(first.behaviours[0], name="it_pours",
                                                                     title="it pours")))
    result = make_result(scenario, by_framework(True, True, True), **STEP_UNEXPLAINED)
    verdicts = {name: concluded(verdict, ("a",), result.unexplained_in) for name, verdict in result.verdicts.items()}
    items = summary(replace(result, verdicts=verdicts)).items(OPEN)
    names = f"{KERAS}, {LIGHTNING} and the NumPy reference"
    assert f"It pours with {names}, in which something else is unexplained." in items
    assert not [text for text in items if text.endswith(" only.")]


def test_reason_of_a_framework_that_does_not_show_it_is_not_given_for_another():
    """The reference refuses the training, so that it does not show it: that is no reason of Lightning's."""
    result = make_result(make_scenario(), by_framework(False, None, None), REFUSED)
    answers = result.answers["it_rains"]
    answers = {**answers, "lightning": replace(answers["lightning"], reason=Reason(ReasonKind.TOO_CLOSE))}
    verdict = replace(result.verdicts["it_rains"], belongs_to=Attribution.CANNOT_BE_ASKED,
                      without=("keras", "reference"), unanswered=("lightning",))
    result = replace(result, answers={"it_rains": answers}, verdicts={"it_rains": verdict})
    assert summary(result).detail.endswith(f"from {LIGHTNING} there is no answer (is too close to call).")


@pytest.mark.parametrize("numbers, said", [((0.5, 0.7), True), ((0.5, 0.5), False), ((0.7, 0.8), False)])
def test_number_that_is_exactly_a_bound_is_mentioned(numbers, said):
    scenario = make_scenario()
    behaviour = replace(scenario.behaviours[0], low=0.5)
    result = make_result(replace(scenario, behaviours=(behaviour,)), by_framework(True, True, True))
    answers = {name: replace(answer, number=number) for (name, answer), number in zip(
        result.answers[behaviour.name].items(), (*numbers, numbers[1]))}
    items = summary(replace(result, answers={behaviour.name: answers})).items(OPEN)
    text = f"It rains: with {KERAS}, the number is exactly the bound (0.5), which counts as yes."
    assert (text in items) is said


@pytest.mark.parametrize("others, facts, besides", [
    ((), {}, ""), ((), STEP_UNEXPLAINED, "; besides, something in Keras on TensorFlow is unexplained"),
    ((Difference("a", ACCURACY, ("keras", "lightning"), 1, {"keras": 0.5, "lightning": 0.9}, 1e-6, True),), {},
     "; besides, another difference between the two is unexplained")])
def test_reason_of_a_difference_does_not_hide_what_is_unexplained_beside_it(others, facts, besides):
    scenario = make_scenario()
    result = make_result(scenario, by_framework(True, False, False))
    numbers = {"keras": 2.0, "lightning": 1.0, "reference": 1.0}
    difference = Difference("a", TEST_LOSS, ("keras", "lightning"), 1, numbers, 1e-6, True, causes=result.causes[:1])
    result = replace(result, scenario=replace(scenario, behaviours=()), differences=(difference, *others), **facts)
    answer = summary(result)
    assert answer.detail.partition("; besides")[2] == besides.partition("; besides")[2] + "." * bool(besides)
