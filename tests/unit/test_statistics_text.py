"""The sentences on differences between seeds and between trained models."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compare.analysis.attribution import Attribution, Verdict
from compare.analysis.behaviours import Answer, cannot
from compare.analysis.reasons import Reason, ReasonKind
from compare.analysis.result import Result
from compare.execution.data import Dataset
from compare.reporting.console import console, print_result
from compare.reporting.record import record
from compare.reporting.statistics_text import mcnemar_text, paired_text
from compare.reporting.tensorboard.text import markdown
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, MeanSquaredError, Spec, Training

NAN = float("nan")
SPEC = Spec(Data(flatten=True), (Dense(10),), MeanSquaredError(), SGD(0.1), Training(1, 32))
KERAS, LIGHTNING = "Keras on TensorFlow", "PyTorch Lightning"
ENVIRONMENTS = {name: {"framework": name, "backend": name, "versions": {name: "1.0"}}
                for name in ("keras", "lightning", "reference")}


def rain(name="it_rains", **facts):
    return Behaviour(name, "it rains", ("a",), lambda trace: 0.0, **facts)


def compared(numbers, *behaviours, init="shared", seeds=None, right=None):
    """A result in which each framework has these numbers for all behaviours, and predicts these samples correctly."""
    behaviours = behaviours or (rain(margin=0.5, reported=1.0, quantity="rain in mm"),)
    scenario = Scenario("rain", "Rain", "Does it rain?", (Variant("a", "as reported", SPEC, "reported"),
                                                          Variant("b", "at home", SPEC)), behaviours)
    facts = {"outcome": {"kind": "finished", "step": 1, "message": ""}}
    traces = {name: {(variant, seed): Trace(facts, {"correct/test": np.array(values)} if (
        values := (right or {}).get(name)) else {})
                     for variant in "ab" for seed in (seeds or {}).get(name, range(len(several) or 3))}
              for name, several in numbers.items()}
    answers = {name: Answer(False, several[0], several) if several else cannot(Reason(ReasonKind.REFUSED))
               for name, several in numbers.items()}
    verdicts = {behaviour.name: Verdict(Attribution.NOT_SHOWN, (), tuple(numbers)) for behaviour in behaviours}
    return Result(scenario, Dataset("mnist", Path("."), "", "", ""), Path("."), init,
                  {name: ENVIRONMENTS[name] for name in numbers}, traces,
                  {behaviour.name: answers for behaviour in behaviours}, verdicts=verdicts)


ZEROS = (0.0, 0.0, 0.0)


@pytest.mark.parametrize("numbers, facts", [
    ((1.9, 2.0, 2.1), ["2 on average", "1.75 to 2.25", "They differ.", "not equivalent within 0.5 (p = 1)"]),
    ((1.0, 2.0, 3.0), ["-0.484 to 4.48", "No difference", "2.5 or more", "not shown", "within 0.5 (p = 0.94)"]),
    ((-0.1, 0.0, 0.1), ["0 on average", "0.25 or more", "are equivalent within 0.5 (p = 0.0065)"]),
    ((1.9e-9, 2e-9, 2.1e-9), ["1.75e-09 to 2.25e-09", "They differ.", "are equivalent within 0.5 (p < 0.0001)"]),
    (ZEROS, ["0 with every seed", "No difference", "are equivalent within 0.5."]),
    ((2.0, 2.0, 2.0), ["2 with every seed", "They differ.", "not equivalent within 0.5."]),
])
def test_differences_and_equivalence_are_both_reported(numbers, facts):
    text, = paired_text(compared({"keras": numbers, "lightning": ZEROS}))
    assert text.startswith(f"rain in mm, {KERAS} minus {LIGHTNING}: ") and "3 seeds, paired" in text
    assert all(fact in text for fact in facts), text


def test_seeds_without_a_finite_number_are_reported():
    numbers = (1.0, NAN, 2.0, 3.0)
    text = paired_text(compared({"keras": numbers, "lightning": (0.0,) * 4}))[0]
    assert "-0.484 to 4.48; 3 seeds, paired; 1 left out" in text
    text, = paired_text(compared({"keras": (1.0, NAN, 2.0), "lightning": ZEROS}))
    assert "not compared" in text and "of 3 seeds fewer than 3" in text


def test_numbers_are_paired_by_seed_and_not_by_position():
    result = compared({"keras": (1.0, 2.0, 3.0, 4.0), "lightning": (20.0, 30.0, 40.0)}, seeds={"lightning": (1, 2, 3)})
    text = paired_text(result)[0]
    assert "-27 on average" in text and "-49.4 to -4.64; 3 seeds, paired; 1 left out" in text


def test_a_seed_with_a_worker_error_is_left_out_on_both_sides():
    result = compared({"keras": (1.0, 2.0, 3.0, 4.0), "lightning": (20.0, 30.0, 40.0)},
                      seeds={"lightning": (0, 1, 2, 3)})
    result.answers["it_rains"]["lightning"] = replace(result.answers["it_rains"]["lightning"], left_out=(0,))
    text = paired_text(result)[0]
    assert "-27 on average" in text and "-49.4 to -4.64; 3 seeds, paired; 1 left out" in text


def test_native_initializations_are_not_paired():
    text = paired_text(compared({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS}, init="native"))[0]
    assert "3 seeds, not paired)" in text


def test_without_a_margin_no_equivalence_is_reported():
    lines = paired_text(compared({"keras": (1.9, 2.0, 2.1), "lightning": ZEROS}, rain()))
    assert lines[0].startswith(f"the number of “it rains”, {KERAS} minus {LIGHTNING}: 2 ")
    assert lines[0].endswith(" They differ.")


def test_the_first_framework_with_numbers_is_compared_with_every_other():
    three = compared({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS, "reference": ZEROS})
    assert [line.split(": ")[0] for line in paired_text(three)] == [
        f"rain in mm, {KERAS} minus {LIGHTNING}", f"rain in mm, {KERAS} minus the NumPy reference"]
    partial = compared({"keras": (), "lightning": ZEROS, "reference": ZEROS})
    assert [line.split(": ")[0] for line in paired_text(partial)] == [
        f"rain in mm, {LIGHTNING} minus the NumPy reference"]
    for alone in ({"keras": ZEROS}, {"keras": ZEROS, "lightning": ()}, {"keras": (1.0, 2.0), "lightning": (0.0, 0.0)}):
        assert paired_text(compared(alone)) == []


def test_only_reported_and_first_behaviours_are_compared():
    behaviours = rain("first"), rain("second"), rain("third", reported=0.5, quantity="wind")
    lines = paired_text(compared({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS}, *behaviours))
    assert [line.split(",")[0] for line in lines] == ["the number of “it rains”", "wind"]


def test_two_trained_models_are_compared_for_reported_variants_and_seed_0():
    right = {"keras": [True] * 12 + [False] * 8, "lightning": [True] * 5 + [False] * 7 + [True] + [False] * 7,
             "reference": None}
    result = compared({"keras": ZEROS, "lightning": ZEROS, "reference": ZEROS}, right=right)
    # 7 against 1: 2 * (1 + 8) / 256
    line, = mcnemar_text(result)
    assert re.search(rf"^in a, 7 of 20 .* {KERAS}, .* 1 .* {LIGHTNING} .*McNemar.* p = 0\.07\)", line)
    assert mcnemar_text(compared({"keras": (0.0,), "lightning": (0.0,)}, right=right)) == [line], "one seed is enough"
    assert mcnemar_text(compared({"keras": ZEROS, "lightning": ZEROS}, right=right, seeds={"keras": (1, 2, 3)})) == []
    assert mcnemar_text(compared({"keras": ZEROS, "lightning": ZEROS})) == []


@pytest.mark.parametrize("rules, expected", [
    (("argmax_logits", "argmax_outputs"), "the largest output"),
    (("round", "threshold"), "outputs above the threshold")])
def test_the_accuracy_rule_of_mcnemars_test_is_named(rules, expected):
    result = compared({"keras": ZEROS, "lightning": ZEROS}, right={"keras": [True], "lightning": [False]})
    for traces in result.traces.values():
        traces["a", 0].arrays.update({f"accuracy_by_rule/test/{rule}": np.ones(1) for rule in rules})
    assert f"judged by {expected}." in mcnemar_text(result)[0]


def test_the_statistics_are_printed_and_written(capsys):
    right = {name: [name == "keras", name != "keras"] for name in ENVIRONMENTS}
    result = compared({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS, "reference": ZEROS}, right=right)
    lines = paired_text(result) + mcnemar_text(result)
    assert len(lines) == 3, "two comparisons of numbers, and one of the first two models"
    print_result(record(result), console())
    printed, written = capsys.readouterr().out, markdown(result)
    for line in lines:
        assert f"{line[1:]}\n" in printed and f"{line[1:]}\n" in written, "only its first letter is changed"
