"""Behaviours evaluated on hand-made traces: holds, does not hold, or no answer and its reason."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from compare.analysis.behaviours import Answer, answer_of, claim_result, in_unit, read_by
from compare.analysis.reasons import Reason, ReasonKind
from compare.execution import trials
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Claim, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, MeanSquaredError, Spec, Training
from scenarios.spec.fields import from_json, to_json

NAN, INF = math.nan, math.inf
MESSAGES = {"unsupported": "Keras does not support it."}


def make_trace(number=0.0, epochs=10, outcome="finished", rule=None, reported=None):
    """A training with a loss that ended at `number`; without a number it has no curve."""
    spec = Spec(Data(flatten=True), (Dense(10),), MeanSquaredError(), SGD(), Training(epochs))
    curves = {"reported/train/loss": [9.0, number], "reported/train/accuracy": [0.5, reported],
              "accuracy_by_rule/train/round": [0.5, rule]}
    facts = {"spec": to_json(spec), "outcome": {"kind": outcome, "step": 41, "message": MESSAGES.get(outcome, "")}}
    return Trace(facts, {} if number is None else {name: np.array(values, float) for name, values in curves.items()})


def last_loss(*traces):
    return sum(float(trace["reported/train/loss"][-1]) for trace in traces)


def between(low=-INF, high=INF, **facts):
    return Behaviour("it", "it is so", ("a",), last_loss, low=low, high=high, **facts)


def evaluate(behaviour, *numbers):
    return answer_of(behaviour, {("a", seed): make_trace(number) for seed, number in enumerate(numbers)})


@pytest.mark.parametrize("number, holds", [
    (0.9, False), (1.0, True), (1.5, True), (2.0, True), (2.1, False), (INF, False)])
def test_behaviour_holds_within_its_bounds(number, holds):
    assert evaluate(between(1, 2), number) == Answer(holds, number, (number,))


@pytest.mark.parametrize("low, high, number, holds", [
    (1, INF, INF, True), (-INF, 1, -INF, True), (1, INF, -INF, False), (-INF, 1, INF, False), (-INF, INF, INF, True)])
def test_infinite_bound_excludes_nothing(low, high, number, holds):
    assert evaluate(between(low, high, margin=0.1), number).holds is holds


@pytest.mark.parametrize("number, holds", [
    (0.85, False), (0.95, None), (1.0, None), (1.05, None), (1.15, True), (1.95, None), (2.05, None), (2.15, False)])
def test_number_within_the_margin_of_a_bound_has_no_answer(number, holds):
    answer = evaluate(between(1, 2, margin=0.1), number)
    assert answer.holds is holds and answer.number == number
    assert answer.note == ("is too close to call" if holds is None else "")


def test_median_over_seeds_decides():
    behaviour = between(high=1)
    assert evaluate(behaviour, 0, 0.5, 100) == Answer(True, 0.5, (0, 0.5, 100))
    assert evaluate(behaviour, 0, 3) == Answer(False, 1.5, (0, 3))


@pytest.mark.parametrize("numbers, holds, number", [
    ((NAN,), None, NAN), ((NAN, 0.0), None, NAN), ((NAN, 0.0, 0.5), True, 0.25), ((3.0, NAN, 5.0), False, 4.0),
    ((NAN, NAN, 0.0), None, NAN)])
def test_median_ignores_a_minority_of_nan(numbers, holds, number):
    for order in (numbers, numbers[::-1]):
        answer = evaluate(between(high=1), *order)
        assert answer.holds is holds and answer.number == pytest.approx(number, nan_ok=True)
        assert answer.note == ("has no value" if holds is None else "")


def test_behaviour_does_not_hold_without_its_condition():
    behaviour = between(high=1, condition=lambda trace: trace["reported/train/loss"][0] > 9,
                        condition_title="it is high")
    assert evaluate(behaviour, 0.5) == Answer(False, 0.5, (0.5,), Reason(ReasonKind.CONDITION, text="it is high"))
    met = {("a", seed): make_trace(0.5) for seed in range(3)}
    for seed in (0, 1):
        met["a", seed].arrays["reported/train/loss"][0] = 10.0
    assert answer_of(behaviour, met).holds is True, "two of three seeds meet it"


def test_variants_are_measured_in_order_and_per_seed():
    behaviour = Behaviour("it", "it", ("b", "a"), lambda b, a: last_loss(b) - last_loss(a))
    traces = {(name, seed): make_trace(number + seed ** 2)
              for name, number in (("a", 1.0), ("b", 5.0)) for seed in range(3)}
    assert answer_of(behaviour, traces).numbers == (4.0, 4.0, 4.0)


def test_too_short_training_is_not_evaluated():
    behaviour = between(high=1, epochs=10)
    assert answer_of(behaviour, {("a", 0): make_trace(0.5, epochs=9)}).reason == Reason(ReasonKind.TOO_SHORT, 10)
    assert answer_of(behaviour, {("a", 0): make_trace(0.5, epochs=10)}).holds is True


@pytest.mark.parametrize("traces, reason", [
    ({}, "not trained in this run"), ({("b", 0): make_trace()}, "not trained in this run"),
    ({("a", 0): make_trace(outcome="died")}, "worker ended"),
    ({("a", 0): make_trace(outcome="died"), ("a", 1): make_trace(outcome="died")}, "worker ended"),
    ({("a", 0): make_trace(None, outcome="unsupported")}, "not supported: Keras does not support it"),
    ({("a", 0): make_trace(None, outcome="refused")}, "refused"),
    ({("a", 0): make_trace(None, outcome="undefined")}, "undefined at step 42"),
    ({("a", 0): make_trace(None, outcome="stopped")}, "stopped after 0 epochs"),
    ({("a", 0): make_trace(None)}, "its measure failed")])
def test_reason_for_a_missing_answer(traces, reason):
    answer = answer_of(between(high=1), traces)
    assert (answer.holds, answer.numbers, answer.note) == (None, (), reason) and math.isnan(answer.number)


@pytest.mark.parametrize("outcome, reason", [("refused", "refused"), ("undefined", "undefined at step 42")])
def test_aborted_training_is_evaluated_only_for_its_completed_epochs(outcome, reason):
    aborted = {("a", 0): make_trace(0.5, outcome=outcome)}  # after two epochs
    assert answer_of(between(high=1, epochs=3), aborted).note == reason
    assert answer_of(between(high=1, epochs=2), aborted).holds is True
    assert answer_of(between(high=1, epochs=3, any_outcome=True), aborted).holds is True
    stopped = {("a", 0): make_trace(0.5, outcome="stopped")}
    assert answer_of(between(high=1, epochs=3), stopped).holds is True, "early stopping is a regular end"


def test_unsupported_training_has_no_answer_even_with_any_outcome():
    traces = {("a", 0): make_trace(0.5, outcome="unsupported")}
    assert answer_of(between(high=1, any_outcome=True), traces).note == "not supported: Keras does not support it"


@pytest.mark.parametrize("number, holds, reason", [
    (0.5, True, None), (3.0, False, None), (1.0, None, Reason(ReasonKind.TOO_CLOSE))])
def test_seed_with_a_worker_error_is_left_out_and_reported(number, holds, reason):
    traces = {("a", seed): make_trace(number, outcome="died" if seed == 1 else "finished") for seed in range(4)}
    answer = answer_of(between(high=1, margin=0.1), traces)
    assert answer == Answer(holds, number, (number,) * 3, reason, left_out=(1,))
    assert answer.note == ("is too close to call; " if reason else "") + "1 of 4 initializations left out: worker ended"


def test_worker_error_leaves_out_its_seed_for_all_variants():
    behaviour = Behaviour("it", "it", ("a", "b"), lambda a, b: last_loss(a) - last_loss(b))
    traces = {(name, seed): make_trace(number + seed) for name, number in (("a", 5.0), ("b", 1.0)) for seed in range(3)}
    traces["b", 2] = make_trace(outcome="died")
    answer = answer_of(behaviour, traces)
    assert answer.numbers == (4.0, 4.0) and answer.left_out == (2,)


@pytest.mark.parametrize("write", [
    lambda loss: loss.__itruediv__(loss[0]), lambda loss: loss.__setitem__(0, 1.0), lambda loss: loss.sort(),
    lambda loss: np.clip(loss, 0, 1, out=loss), lambda loss: loss[1:].fill(0.0)])
@pytest.mark.parametrize("rule", ["", "round"])
@pytest.mark.parametrize("function", ["measure", "condition"])
def test_measure_cannot_modify_recorded_arrays(write, rule, function):
    """The measure error names the line and the fix; the recorded arrays stay unchanged."""
    functions = {"measure": last_loss, "condition": lambda trace: True, "condition_title": "so",
                 function: lambda trace: (write(trace["reported/train/loss"]), 1.0)[1]}
    for traces in ({("a", 0): make_trace(0.5, rule=0.5)},
                   {("a", 0): make_trace(0.5, rule=0.5, epochs=10, outcome="stopped")}):
        answer = answer_of(Behaviour("it", "it is so", ("a",), **functions), traces, rule=rule)
        assert (answer.holds, answer.note) == (None, "its measure failed")
        assert re.fullmatch(r"The behaviour it cannot be measured \(.*test_behaviours.py, line \d+\): it writes into "
                            r"an array of the training, which is evidence and can only be read; change a copy instead, "
                            r"as in array.copy\(\).", answer.measure_error)
        assert traces["a", 0]["reported/train/loss"].tolist() == [9.0, 0.5]
        read_by(Behaviour("it", "it is so", ("a",), **functions), traces)
        assert traces["a", 0]["reported/train/loss"].tolist() == [9.0, 0.5]


def test_default_epochs_of_a_behaviour_are_the_whole_training():
    spec, longer = (from_json(make_trace(epochs=n).facts["spec"]) for n in (10, 20))
    variants = Variant("a", "A", spec, "reported"), Variant("b", "B", longer)
    both = replace(between(high=1), name="both", variants=("a", "b"))
    scenario = Scenario("mine", "Mine", "Is it?", variants, (between(high=1), both), (Claim("Do so.", "b", "a", both),))
    assert [behaviour.epochs for behaviour in scenario.behaviours] == [10, None]
    assert scenario.claims[0].cures.epochs == 10
    short, long = (answer_of(scenario.behaviours[0], {("a", 0): make_trace(0.5, epochs=epochs)}) for epochs in (1, 10))
    assert short.reason == Reason(ReasonKind.TOO_SHORT, 10) and long.holds is True
    plan = trials.plan(scenario, ["keras"], ("reported",), None, 1, "shared")
    assert {trial.variant: trial.spec.training.epochs for trial in plan} == {"a": 10, "b": 20}


def test_measure_error_names_behaviour_and_line():
    def misspelled(trace):
        return trace.reported

    for measure, words in ((misspelled, "AttributeError: 'Trace' object has no attribute 'reported'"),
                           (lambda trace: trace["evaluated/tst/loss"], "there is no array 'evaluated/tst/loss'")):
        answer = answer_of(Behaviour("it", "it is so", ("a",), measure), {("a", 0): make_trace()})
        assert (answer.holds, answer.note) == (None, "its measure failed")
        assert re.fullmatch(rf"The behaviour it cannot be measured \(.*, line \d+\): {words}.", answer.measure_error)
        assert answer.measure_error.count(__file__) == 1
    assert answer_of(between(high=1), {("a", 0): make_trace(0.5)}).measure_error == ""


def test_measure_that_returns_another_number_each_time_is_an_error():
    calls = iter(range(10))
    answer = evaluate(Behaviour("drawn", "it is drawn", ("a",), lambda trace: float(next(calls))), 1.0)
    assert answer.holds is None and answer.reason.kind is ReasonKind.MEASURE_FAILED
    assert "drawn cannot be measured: its measure returned two numbers for the same training" in answer.measure_error
    assert evaluate(Behaviour("nan", "it is nan", ("a",), lambda trace: NAN), 1.0).measure_error == ""


def test_reason_for_nan_is_set_by_the_behaviour():
    assert evaluate(between(high=1, nan_title="is too small to see"), NAN).note == "is too small to see"


def test_old_rule_replaces_only_the_reported_accuracy():
    def measure(trace):
        return float(trace["reported/train/accuracy"][-1]) + last_loss(trace)

    behaviour = Behaviour("it", "it", ("a",), measure, high=0.5, old_rules=("round", "argmax_logits"), quantity="sum")
    traces = {("a", 0): make_trace(0.0, reported=0.9, rule=0.1)}
    assert answer_of(behaviour, traces).number == pytest.approx(0.9)
    assert answer_of(behaviour, traces, rule="round").number == pytest.approx(0.1)
    error = answer_of(behaviour, traces, rule="argmax_logits").measure_error
    assert "there is no array 'accuracy_by_rule/train/argmax_logits'" in error


def judge_claim(proposed, alternative, before=5.0):
    """The judgement of a claim, given the final losses without it, with it, and in an alternative variant."""
    claim = Claim("Do so.", "b", "a", between(low=1, margin=0.1), ("c", "d"))
    numbers = {"a": before, "b": proposed, "c": alternative, "d": 5.0}
    return claim_result(claim, "keras", {(name, 0): make_trace(number) for name, number in numbers.items()})


@pytest.mark.parametrize("proposed, alternative, words, cured_too", [
    (0.0, 5.0, "cures it", ()), (5.0, 0.0, "does not cure it", ()),
    (0.0, 0.0, "cures it but is not its cause", ("c",)), (0.0, 1.05, "cures it", ()),
    (1.05, 5.0, "cannot be judged", ()), (None, 5.0, "cannot be judged", ())])
def test_judgement_of_a_claim(proposed, alternative, words, cured_too):
    judged = judge_claim(proposed, alternative)
    assert (judged.outcome, judged.cured_too, judged.framework) == (words, cured_too, "keras")


@pytest.mark.parametrize("before", [0.0, 1.0, None])
def test_claim_is_not_judged_without_the_behaviour(before):
    assert judge_claim(0.0, 5.0, before).outcome == "cannot be judged"


def test_number_is_formatted_with_the_unit_of_the_behaviour():
    assert in_unit(between(unit="growth {:.2f}"), 2 / 3) == "growth 0.67" and in_unit(between(), 315.4696) == "315"


@pytest.mark.parametrize("unit, number, text", [
    ("{:.2f}", -0.001, "0.00"), ("{:.0f}", -0.2, "0"), ("{:.3f} of them", -1e-9, "0.000 of them"),
    ("{:.2f}", -0.01, "-0.01"), ("{:.3g}", -0.001, "-0.001"), ("growth {:.2f}", -10.0, "growth -10.00")])
def test_a_number_that_is_rounded_to_zero_has_no_sign(unit, number, text):
    assert in_unit(between(high=1, unit=unit), number) == text
