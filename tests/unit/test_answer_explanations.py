"""Why and what to change: rules, causes and fixes in the printed answer, judged claims and behaviours with a role."""

import re
from dataclasses import replace

import pytest
from made_results import (
    ENVIRONMENTS,
    KERAS,
    LIGHTNING,
    OLD_RULES,
    ONE_OUTPUT,
    SHORT,
    SIGMOID,
    by_framework,
    make_answer,
    make_result,
    make_scenario,
    make_trace,
)
from proven import raised

from compare.analysis.behaviours import ClaimResult
from compare.analysis.causes.cause import Cause
from compare.analysis.causes.questions import Suspect
from compare.reporting.answer import CHANGE, MORE, OPEN, WHY, sentence, summary
from compare.reporting.cause_text import fields_text, shares_text
from frameworks.quirks.resolution import explanation_of, value_of
from scenarios.scenario import Behaviour, Claim
from scenarios.spec import Activation, Dense
from scenarios.spec.fields import changed


def test_explanation_and_fix_come_from_the_rules():
    answer = summary(make_result(make_scenario(), by_framework(True, False, False)))
    first, second, sufficient = answer.items(WHY)
    keras, torch = (value_of("CategoricalCrossentropy.of", SIGMOID, ENVIRONMENTS[name])
                    for name in ("keras", "lightning"))
    assert (first, second) == tuple(sentence(explanation_of(rule, SIGMOID)) for rule in (keras, torch))
    necessary, = answer.items(MORE)
    assert f": with the input of the loss as in {KERAS}, {LIGHTNING} (0.5) and the NumPy reference (0.5) show it too." \
        in sufficient
    assert ": with the input of the loss as in PyTorch (2) or the " in necessary
    assert necessary.endswith(f", {KERAS} no longer shows it.")
    assert answer.items(CHANGE) == (sentence(keras.fix),)
    assert len(answer.items(OPEN)) == 1 and "`frameworks=keras-jax,keras-torch`" in answer.items(OPEN)[0]
    native = summary(make_result(make_scenario(), {"keras": True, "lightning": False}, init="native"))
    assert any("DataLoader" in item for item in native.items(WHY)), "neither initial weights nor order are shared"
    assert any("init=shared" in item for item in native.items(OPEN))


def test_fix_is_for_the_framework_that_departs_from_the_reference():
    answer = summary(make_result(make_scenario(), by_framework(False, True, True)))
    keras = value_of("CategoricalCrossentropy.of", SIGMOID, ENVIRONMENTS["keras"])
    assert answer.items(CHANGE) == (sentence(keras.fix),), "the fix for Keras, not for PyTorch"
    assert summary(make_result(make_scenario(), by_framework(False, False, True))).verdict.startswith(
        "Keras on TensorFlow and PyTorch depart from the published definition")


def test_absent_activation_is_not_mentioned():
    spec = changed(SIGMOID, {"layers": SIGMOID.layers[:1]})
    text = summary(make_result(make_scenario(spec), by_framework(False, True, False))).text
    assert "nn.CrossEntropyLoss" in text and "linear" not in text and "twice" not in text


def test_claim_is_judged_in_text():
    scenario = make_scenario()
    claim = Claim("Stay at home.", "c", "a", scenario.behaviours[0])

    def summary_of(*claims):
        return summary(make_result(scenario, by_framework(True, True, True), claims=claims))
    for words in ("cures it", "does not cure it"):
        text, = summary_of(ClaimResult(claim, "keras", words), ClaimResult(claim, "keras", words)).items(CHANGE)
        assert f"“Stay at home”) {words}." in text
    text, = summary_of(ClaimResult(claim, "keras", "cures it but is not its cause", ("b",))).items(CHANGE)
    assert "“Stay at home”) cures it but is not its cause: “under a roof” " in text
    assert "Stay" not in summary_of(ClaimResult(claim, "keras", "cannot be judged")).text


def test_claim_with_mixed_judgements_names_frameworks_and_behaviours():
    scenario = make_scenario()
    rain, wind = scenario.behaviours[0], replace(scenario.behaviours[0], name="it_blows", title="it blows")
    claim = Claim("Stay at home.", "c", "a", rain)
    divided = (ClaimResult(claim, "keras", "cures it"), ClaimResult(claim, "lightning", "does not cure it"),
               ClaimResult(claim, "reference", "cures it"))

    def changes(*claims):
        return summary(make_result(scenario, by_framework(True, True, True), claims=claims)).items(CHANGE)

    cured, not_cured = changes(*divided)
    assert f"ith {KERAS} and the NumPy reference, " in cured and cured.endswith(") cures it.")
    assert f"ith {LIGHTNING}, " in not_cured and not_cured.endswith(") does not cure it.")
    of_wind = replace(claim, cures=wind)
    both, = changes(ClaimResult(claim, "keras", "cures it"), ClaimResult(of_wind, "keras", "cures it"))
    assert both.endswith(" cures it (it rains and it blows).")
    of_rain, of_blowing = changes(ClaimResult(claim, "keras", "cures it"),
                                  ClaimResult(of_wind, "keras", "does not cure it"))
    assert of_rain.endswith(" cures it (it rains).") and of_blowing.endswith(" does not cure it (it blows).")


def summary_with_second_behaviour(role, holds, second):
    """The summary with a second behaviour of this role, which holds as `second` says."""
    scenario = make_scenario()
    wind = Behaviour("it_blows", "it blows", ("a",), lambda trace: 0.0, high=1.0, role=role)
    result = make_result(replace(scenario, behaviours=(*scenario.behaviours, wind)), holds)
    answers = {**result.answers, "it_blows": {name: make_answer(wind, shown, "") for name, shown in second.items()}}
    return summary(replace(result, answers=answers))


@pytest.mark.parametrize("role, heading", [("reason", WHY), ("cure", CHANGE), ("warning", CHANGE)])
def test_behaviour_with_a_role_is_reported_with_its_frameworks(role, heading):
    first = by_framework(True, False, False)
    for second, text in ((by_framework(True, True, None), f"It blows (with {KERAS} and {LIGHTNING})."),
                         (by_framework(True, False, False), f"It blows (with {KERAS})."),
                         (by_framework(True, True, True), "It blows (with every framework).")):
        answer = summary_with_second_behaviour(role, first, second)
        assert text in answer.items(heading)
        assert (", and partly your own model." in answer.verdict) is (role == "cure") is not (
            ", not your model." in answer.verdict)
        without_role = summary_with_second_behaviour("", first, second)
        assert "It blows (with" not in without_role.text, "without a role it is only in the table"
    unanswered = summary_with_second_behaviour(role, by_framework(None, None, None), by_framework(True, True, True))
    assert "It blows (with" not in unanswered.text
    for second in (by_framework(False, True, True), by_framework(None, False, False), by_framework(None, True, True)):
        answer = summary_with_second_behaviour(role, first, second)
        assert "It blows (with" not in answer.text, "a framework that shows the first has to show the second"
        assert ", not your model." in answer.verdict


def test_cause_in_the_model_is_described_by_trainings_without_it():
    scenario = make_scenario()
    losses = {"a": 0.5, "b": 2.0, "c": 2.0}
    traces = {name: {(variant.name, 0): make_trace(losses[variant.name], variant.spec) for variant in scenario.variants}
              for name in ENVIRONMENTS}
    answer = summary(make_result(scenario, by_framework(True, True, True), traces=traces))
    assert answer.items(WHY) == ("It does not occur in the trainings “under a roof” and “at home”.",)
    traces["keras"]["b", 0] = make_trace(0.5, SIGMOID)
    answer = summary(make_result(scenario, by_framework(True, True, True), traces=traces))
    assert answer.items(WHY) == ("It does not occur in the training “at home”.",)


def test_a_setting_that_adds_the_behaviour_to_a_contrast_variant_names_it():
    scenario = make_scenario(contrast_variants=("c",))
    reasons = summary(make_result(scenario, by_framework(True, True, True))).items(WHY)
    assert "We tried it: in the training c, with `batch_size=32`, Keras on TensorFlow (0.5) shows it too." in reasons
    assert "We tried it: with `batch_size=3` (2), Keras on TensorFlow no longer shows it." in reasons


@pytest.mark.parametrize("shares, text", [
    ({"loss.of": (1.0,), "optimizer.momentum": (0.001,)}, "the input of the loss explains the whole difference"),
    ({"loss.of": (0.6,), "optimizer.momentum": (0.4,)}, "60% comes from the input of the loss and 40% comes from the"),
    ({"layers.0.kernel": (0.5,), "layers.2.kernel": (0.5,)}, "the initial kernel of Dense (layer 0) and 50% come")])
def test_shares_name_what_contributes_and_where(shares, text):
    deep = changed(SIGMOID, {"layers": (Dense(10), Activation("relu"), Dense(10), Activation("sigmoid"))})
    answers = {name: make_answer(make_scenario().behaviours[0], shown, SHORT)
               for name, shown in by_framework(True, False, False).items()}
    question, *_ = raised(make_scenario(deep), {"it_rains": answers}, ENVIRONMENTS, "native")
    rules = question.suspect("loss.of").sources
    suspects = tuple(Suspect(path, (1, 2), "update", rules if path == "loss.of" else tuple(
        value_of(f"{'Dense' if 'kernel' in path else 'SGD'}.{path.rpartition('.')[2]}", deep, ENVIRONMENTS[name])
        for name in ("keras", "lightning"))) for path in shares)
    assert text in shares_text(Cause(replace(question, suspects=suspects), shares=shares))


def test_a_contrast_variant_that_shows_it_too_is_an_open_question():
    result = make_result(make_scenario(contrast_variants=("c",)), by_framework(True, True, True))
    text = "The scenario names c as a training without this behaviour, which no framework confirms"
    assert text not in summary(result).text
    causes = tuple(Cause(cause.question) for cause in result.causes)
    assert any(item.startswith(text) for item in summary(replace(result, causes=causes)).items(OPEN))


def test_forgotten_from_logits_is_part_of_the_users_model_and_called_by_its_argument():
    rule = value_of("CategoricalCrossentropy.of", SIGMOID, ENVIRONMENTS["keras"])
    suspect = Suspect("loss.of", ("outputs", "softmax_of_logits"), "loss", (rule, None))
    assert suspect.own_setting
    assert fields_text(suspect) == "`from_logits=False` instead of `from_logits=True` on the logits"


def test_old_accuracy_rule_is_applied_to_current_weights():
    scenario = make_scenario(ONE_OUTPUT, reported=0.25, quantity="rain", old_rules=("round",), unit="{:.2f}")
    answer = summary(make_result(scenario, by_framework(False, False, None), old_rules=OLD_RULES))
    assert re.search(r"the weights of Keras on TensorFlow give 0\.12; .* 2\.00", answer.items(WHY)[0])
    assert "7.00" not in answer.text
