"""Scenarios: loaded by name and by file, valid, and consistent with the numbers that the questions report."""

from dataclasses import replace
from math import log

import numpy as np
import pytest
from proven import raised

import scenarios
from compare.analysis.behaviours import answer_of
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Claim, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed, to_json

ENVIRONMENTS = {name: {"framework": name, "backend": backend} for name, backend in (
    ("keras", "tensorflow"), ("lightning", "torch"), ("reference", "numpy"))}
NAMES = ["accuracy_below_chance", "lr_scaling", "missing_activations"]
SPEC = Spec(Data(), (Flatten(), Dense(10)), MeanSquaredError(), SGD(0.1), Training(2, 32))
each_scenario = pytest.mark.parametrize("name", scenarios.names())


def test_the_scenarios_of_the_three_questions_exist():
    assert set(NAMES) <= set(scenarios.names())


@each_scenario
def test_a_scenario_is_loaded_by_name_and_by_file(name, monkeypatch):
    file = scenarios.FOLDER / f"{name}.py"
    monkeypatch.chdir(scenarios.FOLDER)
    loaded = [scenarios.load(location) for location in (name, str(file), f"{name}.py", f"./{name}.py")]
    assert {scenario.name for scenario in loaded} == {name}
    assert all(scenario.variants[0].spec == loaded[0].variants[0].spec for scenario in loaded)


@each_scenario
def test_help_shows_the_first_line_of_the_file(name):
    first = (scenarios.FOLDER / f"{name}.py").read_text(encoding="utf-8").split("\n")[0]
    assert scenarios.question(name) == first.removeprefix('"""') and 20 < len(first) < 100


@each_scenario
def test_a_scenario_and_its_behaviours_are_described(name):
    scenario = scenarios.load(name)
    assert scenario.title and scenario.question.rstrip().endswith("?")
    assert [variant for variant in scenario.variants if variant.role == "reported" and variant.reported]
    for behaviour in scenario.behaviours:
        assert not behaviour.title.endswith(".") and (behaviour.reported is None or behaviour.quantity)
        assert behaviour.condition is None or behaviour.condition_title
        assert behaviour.unit.format(0.5)


@each_scenario
def test_names_titles_and_specs_are_unique(name):
    scenario = scenarios.load(name)
    for items in (scenario.variants, scenario.behaviours):
        assert len({item.name for item in items}) == len(items) == len({item.title for item in items})
    assert len({variant.spec for variant in scenario.variants}) == len(scenario.variants)


@each_scenario
def test_the_reported_number_lies_in_the_interval_of_its_behaviour(name):
    for behaviour in scenarios.load(name).behaviours:
        assert behaviour.low < behaviour.high and 0 <= 2 * behaviour.margin < behaviour.high - behaviour.low
        if behaviour.reported is not None:
            assert behaviour.low + behaviour.margin <= behaviour.reported <= behaviour.high - behaviour.margin


@each_scenario
def test_a_claim_proposes_a_variant_other_than_the_reported_one(name):
    for claim in scenarios.load(name).claims:
        assert claim.variant != claim.reported_variant and not {claim.variant,
                                                                claim.reported_variant} & set(claim.controls)
        assert len(claim.cures.variants) == 1


def curves(spec, arrays):
    """A trace that contains only reported numbers; NaN where none was reported."""
    reported = {name: np.array(values, float) for name, values in arrays.items()}
    return Trace({"spec": to_json(spec), "outcome": {"kind": "finished", "step": 0, "message": ""}}, reported)


def reported_traces(scenario, *names):
    return [curves(scenario.variant(name).spec, scenario.variant(name).reported) for name in names]


def behaviour_of(scenario, name):
    return next(behaviour for behaviour in scenario.behaviours if behaviour.name == name)


@pytest.mark.parametrize("lightning", ["finished", "refused"])
@pytest.mark.parametrize("name", ["accuracy_below_chance", "missing_activations"])
def test_a_behaviour_that_needs_more_epochs_raises_no_question(name, lightning):
    scenario = scenarios.load(name)
    behaviours = tuple(behaviour for behaviour in scenario.behaviours if behaviour.epochs > 1)
    longer = replace(scenario, behaviours=behaviours, claims=())
    assert behaviours

    def traces(kind):
        return {(variant.name, 0): Trace({"spec": to_json(changed(variant.spec, {"training.epochs": 1})),
                                          "outcome": {"kind": kind, "step": 0, "message": ""}},
                                         {} if kind == "refused" else {"reported/train/loss": np.ones(1)})
                for variant in scenario.variants}

    kinds = {"keras": "finished", "lightning": lightning, "reference": "finished"}
    answers = {behaviour.name: {side: answer_of(behaviour, traces(kind)) for side, kind in kinds.items()}
               for behaviour in behaviours}
    for behaviour in behaviours:
        assert answers[behaviour.name]["keras"].note == f"needs {behaviour.epochs} epochs"
    assert raised(longer, answers, ENVIRONMENTS) == []


@pytest.mark.parametrize("name, behaviour", [
    ("lr_scaling", "loss_beyond_bound"), ("lr_scaling", "reported_accuracy_high"),
    ("missing_activations", "does_not_learn")])
def test_the_reported_curve_has_the_behaviour_and_the_reported_number(name, behaviour):
    scenario = scenarios.load(name)
    tested = behaviour_of(scenario, behaviour)
    trace, = reported_traces(scenario, *tested.variants)
    answer = answer_of(tested, {(tested.variants[0], 0): trace})
    assert answer.holds is True and answer.number == pytest.approx(tested.reported, abs=1e-12)


def test_the_reported_losses_grow_in_proportion_to_the_learning_rate():
    scenario = scenarios.load("lr_scaling")
    slope = behaviour_of(scenario, "loss_follows_rate").measure.__globals__["slope_over_two"]
    reported = behaviour_of(scenario, "loss_follows_rate").reported
    assert slope(*reported_traces(scenario, "lr_0_01", "lr_0_03")) == pytest.approx(reported)
    assert reported == pytest.approx(log(931.7540 / 315.4696) / log(3))  # from the question


def test_the_reported_accuracy_is_below_chance():
    scenario = scenarios.load("accuracy_below_chance")
    trace, = reported_traces(scenario, "width_13000")
    assert behaviour_of(scenario, "accuracy_below_chance").measure(trace) == 0.2583  # from the question: epoch 187


def test_a_reported_loss_of_nan_is_recognized():
    scenario = scenarios.load("missing_activations")
    variant = scenario.variant("none_3")
    trace = curves(variant.spec, {"step/loss": variant.reported["reported/train/loss"]})
    assert answer_of(behaviour_of(scenario, "loss_is_nan"), {("none_3", 0): trace}).holds is True


def reported_curve(name, variant, curve):
    """{epoch: value} of a reported curve."""
    values = scenarios.load(name).variant(variant).reported[f"reported/{curve}"]
    return {epoch: value for epoch, value in enumerate(values, 1) if value is not None}


def test_the_reported_numbers_are_those_of_the_questions():
    """Typed once more, from the questions."""
    assert reported_curve("lr_scaling", "lr_0_01", "train/loss")[1] == 315.4696
    assert reported_curve("lr_scaling", "lr_0_01", "train/accuracy")[10] == .8810
    assert reported_curve("lr_scaling", "lr_0_01", "test/loss")[9] == 318.9307
    assert reported_curve("lr_scaling", "lr_0_03", "train/loss")[10] == 696.2348
    assert reported_curve("lr_scaling", "lr_0_03", "test/loss")[3] == 847.1705
    assert reported_curve("lr_scaling", "lr_0_03", "test/accuracy")[5] == .8942
    losses = reported_curve("accuracy_below_chance", "width_13000", "train/loss")
    assert min(losses.items()) == (180, .0107) and max(losses.items()) == (187, .0094)
    assert reported_curve("accuracy_below_chance", "width_13000", "train/accuracy")[184] == .2887
    assert behaviour_of(scenarios.load("accuracy_below_chance"), "accuracy_below_chance").reported == .2583
    assert set(reported_curve("missing_activations", "none_3", "train/accuracy").values()) == {.0987}
    lengths = {variant.name: {len(values) for values in variant.reported.values()} for name in NAMES
               for variant in scenarios.load(name).variants if variant.reported}
    assert lengths == {"lr_0_01": {10}, "lr_0_03": {10}, "width_13000": {187}, "none_3": {30}}


def test_the_reported_specs_are_those_of_the_questions():
    """Parameters and steps, from the questions."""
    specs = {variant.name: variant.spec for name in NAMES for variant in scenarios.load(name).variants
             if variant.role == "reported"}
    assert set(specs) == {"lr_0_01", "lr_0_03", "width_13000", "none_3"}
    assert (specs["lr_0_01"].training.batch_size, specs["lr_0_01"].training.epochs) == (32, 10)
    assert specs["lr_0_01"].data.divisor == 1 and specs["lr_0_03"].optimizer == SGD(0.03)
    hidden, _, output = specs["width_13000"].layers
    assert (hidden.units, hidden.trainable, output.units) == (13000, False, 1)
    assert specs["width_13000"].training.batch_size == "all" and specs["width_13000"].training.stop_below == 1e-5
    assert sum(784 * 30 + 30 if layer.units == 30 else 30 * 10 + 10 for layer in specs["none_3"].layers) == 23_860
    assert specs["none_3"].optimizer == SGD(3.0) and specs["none_3"].training.batch_size == 10


@pytest.mark.parametrize("lines, ending", [
    (["x = ("], "line 1, cannot be read: SyntaxError: '(' was never closed."),
    (["x = 1"], " defines no SCENARIO of the class scenarios.scenario.Scenario."),
    (["SCENARIO = 'x'"], " defines no SCENARIO of the class scenarios.scenario.Scenario."),
    (["", "raise ValueError('two\\nlines.')"], "line 2, cannot be read: ValueError: two lines."),
    (["def far():", "    return {}['x']", "far()"], "line 2, cannot be read: KeyError: 'x'."),
    (["import nothing_such"], "line 1, cannot be read: ModuleNotFoundError: No module named 'nothing_such'."),
    (["from scenarios.spec import SGD", "", "SGD(-1.0)"],
     "line 3, cannot be read: SGD.learning_rate is -1.0; allowed: a number that is positive."),
])
@pytest.mark.parametrize("relative", [True, False])
def test_a_broken_scenario_file_is_reported_with_its_line(tmp_path, monkeypatch, lines, ending, relative):
    (tmp_path / "mine.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    location = "mine.py" if relative else str(tmp_path / "mine.py")
    with pytest.raises(SpecError) as error:
        scenarios.load(location)
    assert str(error.value).startswith(f"The scenario file {location}") and str(error.value).endswith(ending)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("location, beginning", [
    ("lr_scalin", "There is no scenario 'lr_scalin'; did you mean lr_scaling? Allowed: accuracy_below_chance, "),
    ("spec", "There is no scenario 'spec'; allowed: "), ("gone.py", "There is no scenario file gone.py."),
    (".", "There is no scenario '.'; allowed: "), ("", "There is no scenario ''; allowed: ")])
def test_a_missing_scenario_is_an_error(location, beginning):
    with pytest.raises(SpecError) as error:
        scenarios.load(location)
    assert str(error.value).startswith(beginning)


FILE_WITH_A_CLASS = """
from __future__ import annotations
from dataclasses import dataclass
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training

@dataclass
class Above:
    bound: float
    def __call__(self, trace):
        return trace["reported/train/loss"][0] - self.bound

SPEC = Spec(Data(), (Flatten(), Dense(10)), MeanSquaredError(), SGD(0.1), Training(2, 32))
SCENARIO = Scenario("mine", "Mine", "Is it?", (Variant("a", "A", SPEC),),
                    (Behaviour("it_is", "it is so", ("a",), Above(1.0), low=0.0),))
"""


@pytest.mark.parametrize("name", ["mine", "spec", "scenario"])
def test_a_file_may_define_classes_and_share_its_name_with_a_module(tmp_path, name):
    (tmp_path / f"{name}.py").write_text(FILE_WITH_A_CLASS, encoding="utf-8")
    assert scenarios.load(str(tmp_path / f"{name}.py")).behaviours[0].measure.bound == 1.0
    assert scenarios.load(str(scenarios.FOLDER / "lr_scaling.py")).name == "lr_scaling"


def make_scenario(variants=("a", "b"), decided=("a",), epochs=1, name="mine", behaviours=("it_is",), **changes):
    made_variants = tuple(Variant(name, name.upper(), SPEC) for name in variants)
    made_behaviours = tuple(Behaviour(behaviour, "it is so", decided, lambda trace: 1.0, epochs=epochs)
                            for behaviour in behaviours)
    return Scenario(name, "Mine", "Is it?", made_variants, made_behaviours, **changes)


@pytest.mark.parametrize("name", ["lr 0.01", "0_01", "", "class", "a-b", "a"])
def test_names_are_unique_identifiers(name):
    for kind, names in (("variant", {"variants": ("a", name)}), ("behaviour", {"behaviours": ("a", name)})):
        with pytest.raises(SpecError, match=f"^The {kind} name '{name}' of mine is no identifier of its own.$"):
            make_scenario(**names)
    if name != "a":
        with pytest.raises(SpecError, match=f"^The scenario name '{name}' of {name} is no identifier of its own.$"):
            make_scenario(name=name)


@pytest.mark.parametrize("expected, changes", [
    ("names no variant; name at least one that decides it.", {"variants": ()}),
    ("needs a quantity, which says in words what its number is.", {"reported": 1.0}),
    ("needs a quantity, which says in words what its number is.", {"old_rules": ("round",)}),
    ("needs a condition_title, which says its condition in words.", {"condition": bool}),
    ("names the old rule 'rounds'; did you mean round? Allowed: argmax_outputs, argmax_logits, threshold, round, "
     "sigmoid_first.", {"old_rules": ("rounds",), "quantity": "accuracy"})])
def test_a_behaviour_without_a_needed_description_is_rejected(expected, changes):
    with pytest.raises(SpecError) as error:
        Behaviour(**{"name": "it_is", "title": "it is so", "variants": ("a",), "measure": float, **changes})
    assert str(error.value) == f"The behaviour it_is {expected}"


def test_a_scenario_needs_a_variant_but_no_behaviour():
    with pytest.raises(SpecError, match="^The scenario mine has no variant; give it at least one.$"):
        make_scenario(variants=())
    assert make_scenario(behaviours=()).behaviours == ()


def test_behaviours_and_claims_need_existing_variants_and_enough_epochs():
    with pytest.raises(SpecError, match="^mine: it_is names 'c', which is no variant of it.$"):
        make_scenario(decided=("a", "c"))
    with pytest.raises(SpecError, match="^mine.it_is needs 3 epochs, and a has 2.$"):
        make_scenario(epochs=3)
    for names in (("c", "a", ()), ("a", "c", ()), ("b", "a", ("c",))):
        claim = Claim("So.", names[0], names[1], make_scenario().behaviours[0], names[2])
        with pytest.raises(SpecError, match="^mine: a claim names 'c', which is no variant of it.$"):
            make_scenario(claims=(claim,))
