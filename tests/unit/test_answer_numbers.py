"""Numbers in the printed answer: reported ones beside ours, differences over seeds, and the accuracy of guessing."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_results import (
    ENVIRONMENTS,
    KERAS,
    LIGHTNING,
    NAN,
    SIGMOID,
    by_framework,
    make_result,
    make_scenario,
    make_trace,
)

import scenarios
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from compare.reporting.answer import OPEN, summary
from compare.reporting.console import console, reported_rows
from compare.reporting.statistics_text import paired_text
from compare.reporting.training_notes import chance_note
from scenarios.scenario import Variant


@pytest.mark.parametrize("name, reported", [
    ("lr_scaling", ["0.99", "315", "0.843"]), ("accuracy_below_chance", ["0.258"]),
    ("missing_activations", ["0.0987"])])
def test_reported_numbers_are_listed_next_to_measured_ones(name, reported):
    result = make_result(scenarios.load(name), by_framework(True, False, None))
    rows = summary(result).numbers
    assert [row.reported for row in rows] == reported == [row.ours["keras"] for row in rows]
    assert all(set(row.ours) == {"keras", "lightning"} for row in rows), "the reference has no answer"


@pytest.mark.parametrize("numbers, conclusion", [
    ((2.0000001, 2.00000011, 2.00000012), "They differ by rounding only."), ((2.1, 2.11, 2.12), "They differ."),
    ((2.0, 2.0, 2.0), "No difference")])
def test_a_difference_of_rounding_over_seeds_is_called_that(numbers, conclusion):
    result = make_result(make_scenario(), by_framework(True, True, None),
                         numbers={"keras": numbers, "lightning": (2.0, 2.0, 2.0)})
    traces = {name: {("a", seed): None for seed in range(3)} for name in ENVIRONMENTS}
    line, = paired_text(replace(result, traces=traces))
    assert conclusion in line and line.startswith(f"the number of “it rains”, {KERAS} minus {LIGHTNING}")


def test_reported_number_outside_the_prediction_interval_is_an_open_question():
    scenario = make_scenario(reported=0.9, quantity="rain", unit="{:.2f}")
    answer = summary(make_result(scenario, by_framework(True, False, False), numbers={"keras": (0.1, 0.2, 0.3)}))
    assert any("0.90 lies outside" in item and "Keras on TensorFlow, -0.30 to 0.70" in item
               for item in answer.items(OPEN))
    inside = summary(make_result(scenario, by_framework(True, False, False), numbers={"keras": (0.1, 0.5, 0.9)}))
    assert "lies outside" not in inside.text


@pytest.mark.parametrize("images", ["sample", "custom"])
def test_reported_numbers_are_compared_on_full_mnist_only(images):
    result = make_result(scenarios.load("lr_scaling"), by_framework(True, False, False),
                         numbers={"keras": (0.1, 0.2, 0.3)})
    full, partial = summary(result), summary(replace(result, dataset=replace(result.dataset, name=images)))
    assert len(full.numbers) > 1 and "lies outside" in full.text and "full MNIST" not in full.text
    assert not partial.numbers
    assert partial.items(OPEN)[0] == "The comparison with the reported numbers needs full MNIST (`data=mnist`)."
    assert "lies outside" not in partial.text
    assert (full.verdict, full.detail) == (partial.verdict, partial.detail), "the verdict is the same on any data"


@pytest.mark.parametrize("numbers, images, shown", [
    ({"reported/train/loss": (0.25,)}, "mnist", True), ({"reported/train/loss": (0.25,)}, "sample", False),
    ({}, "mnist", False)])
def test_reported_column_is_shown_only_with_numbers_and_on_full_mnist(capsys, numbers, images, shown):
    variant = Variant("a", "as reported", SIGMOID, "reported", numbers)
    scenario = replace(make_scenario(), variants=(variant,))
    trial = Trial("rain", "a", "keras", 0, "shared", SIGMOID, True)
    dataset = Dataset(images, Path("."), "", "", "")
    reported_rows(scenario, dataset, console(), {trial: make_trace(0.5, SIGMOID)})
    output = capsys.readouterr().out
    assert ("reported" in output.splitlines()[2]) is shown and KERAS in output
    assert ("on a sample of MNIST" in output) is (images == "sample")


@pytest.mark.parametrize("losses, accuracies, classes, expected", [
    ((2.3, 1e-21), (0.2, 0.1), 10, "although its loss falls"), ((2.3, 2.4), (0.1, 0.1), 10, "no better than"),
    ((2.3,), (0.5,), 2, "no better than that of guessing one of 2"), ((2.3, 1.0), (0.1, 0.0), 10, "no better than"),
    ((2.3, 1.0), (0.1, 0.3), 10, ""), ((2.3, NAN), (0.1, 0.1), 10, ""),
    ((), (), 10, "")])
def test_accuracy_of_guessing_is_explained_where_it_stands(losses, accuracies, classes, expected):
    note = chance_note(losses, accuracies, classes)
    assert expected in note and bool(note) is bool(expected)
