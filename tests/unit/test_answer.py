"""The printed answer: verdict, facts, explanation and fix, without internal terms."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import fixed_answer
import numpy as np
import pytest
from proven import proven, raised

import scenarios
from compare.analysis.attribution import belongs, concluded
from compare.analysis.behaviours import Answer, ClaimResult
from compare.analysis.causes.cause import Cause
from compare.analysis.causes.questions import Suspect
from compare.analysis.quantities import QUANTITIES, Difference
from compare.analysis.reasons import Reason, ReasonKind
from compare.analysis.result import Result
from compare.analysis.stages import StageResult
from compare.analysis.unexplained import UnexplainedDifference
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from compare.reporting.answer import CHANGE, MORE, OPEN, WHY, sentence, summary
from compare.reporting.cause_text import fields_text, listed, shares_text
from compare.reporting.console import console, print_result, reported_rows
from compare.reporting.open_questions import unexplained
from compare.reporting.record import record
from compare.reporting.statistics_text import paired_text
from compare.reporting.tensorboard.text import markdown
from compare.reporting.training_notes import chance_note
from frameworks.quirks.resolution import explanation_of, value_of
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Claim, Scenario, Variant
from scenarios.spec import (
    SGD,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Data,
    Dense,
    MeanSquaredError,
    Spec,
    Training,
)
from scenarios.spec.fields import changed, to_json

NAN = float("nan")
ENVIRONMENTS = {name: {"framework": name, "backend": backend, "versions": {name: "1.0"}} for name, backend in (
    ("keras", "tensorflow"), ("lightning", "torch"), ("reference", "numpy"))}
SIGMOID = Spec(Data(flatten=True), (Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.1),
               Training(1, 32))
ONE_OUTPUT = Spec(Data((0, 1), flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy(), SGD(0.1), Training(1))
RESOLVED = changed(SIGMOID, {"loss": MeanSquaredError(), "optimizer": SGD(0.1, 0.0, False)})
REFUSED, SHORT = Reason(ReasonKind.REFUSED), Reason(ReasonKind.TOO_SHORT, 3)
INTERNAL_TERMS = {"stage", "stages", "quirk", "quirks", "fill", "fills", "filled", "spec", "specs", "trial",
                  "trace", "field", "environment", "variant", "variants", "behaviour", "verdict", "prefix",
                  "noise", "universal", "hyperparameter", "argmax_outputs", "argmax_logits", "sigmoid_first"}

OLD_RULES = {"it_rains": {"round": {"keras": Answer(True, 0.125, (0.125,)), "lightning": Answer(False, 7.0, (7.0,))}}}


def make_answer(behaviour, holds, reason):
    """An answer with the reported number where it holds, one outside the bounds where not, none for None."""
    inside = behaviour.reported if behaviour.reported is not None else max(behaviour.low, min(behaviour.high, 0.5))
    number = inside if holds else behaviour.high + 1 if behaviour.high < 1e9 else behaviour.low - 1
    return Answer(None, NAN, (), reason) if holds is None else Answer(holds, number, (number,))


def make_result(scenario, holds, reason=SHORT, init="shared", numbers=None, **facts):
    """A result where `holds` gives by framework whether it shows every behaviour; None for no answer."""
    answers = {behaviour.name: {name: make_answer(behaviour, shown, reason) for name, shown in holds.items()}
               for behaviour in scenario.behaviours}
    for name, values in (numbers or {}).items():
        first = answers[scenario.behaviours[0].name]
        first[name] = replace(first[name], number=float(np.median(values)), numbers=tuple(values))
    causes = [proven(question, answers={True: Answer(True, 0.5, (0.5,)), False: Answer(False, 2.0, (2.0,))})
              for question in raised(scenario, answers, ENVIRONMENTS, init)]
    verdicts = {behaviour.name: belongs(behaviour, scenario.variant(behaviour.variants[0]).spec,
                                        answers[behaviour.name], ENVIRONMENTS,
                                        [cause for cause in causes if cause.question.behaviour is behaviour],
                                        facts.get("old_rules", {}).get(behaviour.name, {}))
                for behaviour in scenario.behaviours}
    return Result(scenario, Dataset("mnist", Path("."), "", "", ""), Path("."), init,
                  {name: ENVIRONMENTS[name] for name in holds}, facts.pop("traces", {name: {} for name in holds}),
                  answers, facts.pop("old_rules", {}), verdicts, causes=tuple(causes), **facts)


def make_scenario(spec=SIGMOID, **facts):
    behaviour = Behaviour("it_rains", "it rains", ("a",), lambda trace: float(trace["reported/train/loss"][-1]),
                          high=1.0, **facts)
    variants = (Variant("a", "as reported", spec), Variant("b", "under a roof", changed(spec, {"training.epochs": 3})),
                Variant("c", "at home", changed(spec, {"training.epochs": 2, "training.batch_size": 3})))
    return Scenario("rain", "Rain", "Does it rain?", variants, (behaviour,))


def by_framework(keras, lightning, reference):
    return {"keras": keras, "lightning": lightning, "reference": reference}


KERAS, LIGHTNING, BOTH = "Keras on TensorFlow", "PyTorch Lightning", "PyTorch Lightning or the NumPy reference"


@pytest.mark.parametrize("spec, holds, verdict, names", [
    (SIGMOID, by_framework(True, False, False), "This is Keras on TensorFlow, not your model.",
     [f"with {KERAS}, but not with {BOTH}", "from the same initial weights"]),
    (SIGMOID, by_framework(False, True, True), "Keras on TensorFlow departs from the textbook definition.",
     ["with PyTorch Lightning and the NumPy reference, but", f"not with {KERAS}"]),
    (SIGMOID, by_framework(True, True, True), "This is neither Keras nor PyTorch: the reason is in the model.",
     [f"with {KERAS}, PyTorch Lightning and the NumPy reference alike"]),
    (SIGMOID, {"keras": True, "reference": True}, "This is not Keras: the reason is in the model.", ["alike"]),
    (SIGMOID, {"reference": True, "lightning": True}, "This is not PyTorch: the reason is in the model.", ["alike"]),
    (SIGMOID, by_framework(False, False, False), "We could not reproduce it.",
     [f"with {KERAS}, {BOTH}", "something that this scenario does not contain"]),
    (SIGMOID, by_framework(True, None, None), "This run cannot tell which framework is responsible.",
     [f"with {KERAS}", "(needs 3 epochs)"]),
    (SIGMOID, {"keras": True}, "This run cannot tell which framework is responsible.",
     [f"with {KERAS}", "no other framework was run"]),
    (SIGMOID, by_framework(None, None, None), "This run cannot answer the question.",
     ["Whether it rains", "(needs 3 epochs)"]),
    (RESOLVED, by_framework(True, False, False), "The frameworks differ, and we do not know why.",
     [f"with {KERAS}, but not with {BOTH}"]),
    (ONE_OUTPUT, by_framework(False, False, None), "This is how other versions of Keras count the accuracy.",
     ["by the accuracy rule of Keras up to 2.3.1, but not with Keras on TensorFlow or PyTorch Lightning"]),
])
def test_verdict_and_detail_for_every_attribution(spec, holds, verdict, names):
    scenario = make_scenario(spec, old_rules=("round",) if spec is ONE_OUTPUT else (), quantity="rain")
    answer = summary(make_result(scenario, holds, old_rules=OLD_RULES if spec is ONE_OUTPUT else {}))
    assert answer.verdict == verdict and answer.detail.startswith(("It rains", "Whether it rains"))
    assert all(name in answer.detail for name in names), answer.detail


def test_refused_training_counts_as_evidence_and_missing_answer_does_not():
    for reason, note in ((SHORT, ""), (REFUSED, "refused"), (Reason(ReasonKind.UNDEFINED, 3), "undefined at step 3")):
        detail = summary(make_result(make_scenario(), by_framework(True, None, False), reason)).detail
        counted = bool(note)
        assert (f"but not with {LIGHTNING} ({note}) or the NumPy reference," in detail) is counted
        assert (LIGHTNING in detail) is counted


def test_framework_without_an_answer_is_listed_with_its_reason():
    unsupported = Reason(ReasonKind.UNSUPPORTED, text="no such setting")
    answer = summary(make_result(make_scenario(), by_framework(None, True, True), unsupported))
    assert answer.verdict.startswith("This is not PyTorch")
    assert f"No answer from {KERAS} (not supported: no such setting)." in answer.items(OPEN)
    assert "not supported" not in summary(make_result(make_scenario(), by_framework(True, True, True))).text


def test_unexplained_difference_mentions_versions_newer_than_those_checked():
    stage = StageResult("loss", True, "loss", values=(1.5, 1.25), noise=1e-7)
    result = make_result(make_scenario(), by_framework(True, True, True),
                         unexplained_differences=(UnexplainedDifference("a", "lightning", stage),))
    text, = unexplained(result)
    assert text.startswith("unexplained: in a, step 1, ") and "checked" not in text
    environment = {**ENVIRONMENTS["lightning"], "versions": {"torch": "2.99.0"}}
    text, = unexplained(replace(result, environments={**result.environments, "lightning": environment}))
    assert re.search(r"\(the rules were checked with torch [\d.]+, and this is 2\.99\.0\)$", text)


def test_unexplained_second_behaviour_is_reported():
    first = make_scenario()
    pours = replace(first.behaviours[0], name="it_pours", title="it pours")
    scenario = replace(first, behaviours=(*first.behaviours, pours))
    result = make_result(scenario, by_framework(True, False, False))
    verdict = replace(result.verdicts["it_pours"], unexplained=result.verdicts["it_pours"].causes[:1])
    result = replace(result, verdicts={**result.verdicts, "it_pours": verdict})
    assert result.unexplained and \
        f"Not explained: why it pours with {KERAS} and not with {LIGHTNING}." in summary(result).items(OPEN)


def test_native_initialization_is_mentioned():
    detail = summary(make_result(make_scenario(), by_framework(True, True, True), init="native")).detail
    assert "each from its own initial weights" in detail and "the same initial weights" not in detail


@pytest.mark.parametrize("name", scenarios.names())
@pytest.mark.parametrize("reason", [REFUSED, SHORT, Reason(ReasonKind.TOO_CLOSE)], ids=str)
def test_sentences_are_well_formed_for_every_combination_of_answers(name, reason):
    for holds in itertools.product((True, False, None), repeat=3):
        answer = summary(make_result(scenarios.load(name), by_framework(*holds), reason))
        for text in [answer.verdict, answer.detail, *(item for section in answer.sections for item in section.items)]:
            assert text.endswith(".") and not text.endswith(".."), text
            assert text[0].isupper() or not text.partition(" ")[0].isalpha(), text
            assert not set(re.findall(r"\w+", re.sub("`.*?`", "", text.lower()))) & INTERNAL_TERMS, text
            assert "{" not in text and "nobody and" not in text and "  " not in text
        check_brevity(answer)


def check_brevity(answer):
    """A verdict of at most fifteen words, and at most three sentences why; the others stand at the end."""
    assert len(answer.verdict.split()) <= 15, answer.verdict
    reasons, more = answer.items(WHY), answer.items(MORE)
    assert all(len(re.findall(r"[.?!](?= |$)", re.sub("`.*?`", "", text))) == 1 for text in reasons), reasons
    assert len(reasons) <= 3 and (len(reasons) == 3 or not more) and not set(reasons) & set(more)


def test_answer_of_a_real_run_is_brief_and_keeps_every_reason():
    answer = summary(fixed_answer.result())
    check_brevity(answer)
    assert [section.title for section in answer.sections] == [WHY, CHANGE, OPEN, MORE]
    tried = [item for item in answer.items(WHY) + answer.items(MORE) if item.startswith("We tried it")]
    assert len(tried) == 2 and tried[0] in answer.items(WHY), "the evidence stands with the reason"


@pytest.mark.parametrize("name", scenarios.names())
def test_swapping_the_frameworks_swaps_the_text(name):
    scenario = scenarios.load(name)
    outcomes = by_framework(True, False, False), by_framework(False, True, True)
    only_keras, all_but_keras = (summary(make_result(scenario, holds)) for holds in outcomes)
    if "do not know" not in only_keras.verdict:
        assert f"with {KERAS}, but not with {BOTH}" in only_keras.detail
    if scenario.behaviours[0].reported is not None:  # reported of Keras: others cannot explain it
        assert all_but_keras.verdict == "We could not reproduce it."
        assert f"not with {KERAS}, which the question is about" in all_but_keras.detail
    elif "do not know" not in all_but_keras.verdict:
        assert "with PyTorch Lightning and the NumPy reference, but not with" in all_but_keras.detail
    assert only_keras != all_but_keras and KERAS in only_keras.detail and KERAS in all_but_keras.detail


@pytest.mark.parametrize("name, reported", [
    ("lr_scaling", ["0.99", "315", "0.843"]), ("accuracy_below_chance", ["0.258"]),
    ("missing_activations", ["0.0987"])])
def test_reported_numbers_are_listed_next_to_measured_ones(name, reported):
    result = make_result(scenarios.load(name), by_framework(True, False, None))
    rows = summary(result).numbers
    assert [row.reported for row in rows] == reported == [row.ours["keras"] for row in rows]
    assert all(set(row.ours) == {"keras", "lightning"} for row in rows), "the reference has no answer"


def test_explanation_and_fix_come_from_the_rules():
    answer = summary(make_result(make_scenario(), by_framework(True, False, False)))
    first, second, sufficient = answer.items(WHY)
    keras, torch = (value_of("CategoricalCrossentropy.of", SIGMOID, ENVIRONMENTS[name])
                    for name in ("keras", "lightning"))
    assert (first, second) == tuple(sentence(explanation_of(rule, SIGMOID)) for rule in (keras, torch))
    necessary, = answer.items(MORE)
    assert f": {LIGHTNING} (0.5) and the NumPy reference (0.5) show it too with the input of the loss as in {KERAS}." \
        in sufficient
    assert f": {KERAS} no longer shows it with the input of the loss as in PyTorch (2) or the " in necessary
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
        "Keras on TensorFlow and PyTorch depart from the textbook definition")


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


def make_trace(loss, spec):
    arrays = {"reported/train/loss": np.array([loss])}
    return Trace({"spec": to_json(spec), "outcome": {"kind": "finished", "step": 1, "message": ""}}, arrays)


def test_cause_in_the_model_is_described_by_trainings_without_it():
    scenario = make_scenario()
    losses = {"a": 0.5, "b": 2.0, "c": 2.0}
    traces = {name: {(variant.name, 0): make_trace(losses[variant.name], variant.spec) for variant in scenario.variants}
              for name in ENVIRONMENTS}
    answer = summary(make_result(scenario, by_framework(True, True, True), traces=traces))
    assert answer.items(WHY) == ("It is gone in the training “under a roof” and “at home”.",)
    traces["keras"]["b", 0] = make_trace(0.5, SIGMOID)
    answer = summary(make_result(scenario, by_framework(True, True, True), traces=traces))
    assert answer.items(WHY) == ("It is gone in the training “at home”.",)


def number_of(quantity, differs, sides=("keras", "lightning"), reason="", rounding=2e-6):
    return Difference("a", quantity, sides, 2, dict.fromkeys(ENVIRONMENTS, 0.5), rounding, differs, reason)


LOSS, TEST_LOSS, ACCURACY = QUANTITIES
STEP_UNEXPLAINED = {"unexplained_differences": (UnexplainedDifference("a", "keras", StageResult(
    "gradient", True, "gradient/0.kernel", (), (0.5, 0.25), 0.25, 1e-6)),)}


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


def test_a_setting_that_adds_the_behaviour_to_a_contrast_variant_names_it():
    scenario = make_scenario(contrast_variants=("c",))
    reasons = summary(make_result(scenario, by_framework(True, True, True))).items(WHY)
    assert "We tried it: Keras on TensorFlow (0.5) shows it too with `batch_size=32` in c." in reasons
    assert "We tried it: Keras on TensorFlow no longer shows it with `batch_size=3` (2)." in reasons


@pytest.mark.parametrize("shares, text", [
    ({"loss.of": (1.0,), "optimizer.momentum": (0.001,)}, "the input of the loss explains the whole difference"),
    ({"loss.of": (0.6,), "optimizer.momentum": (0.4,)}, "60% come from the input of the loss and 40% come from the"),
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


def test_behaviour_that_all_show_beside_something_unexplained_is_no_difference():
    result = make_result(make_scenario(), by_framework(True, True, True), **STEP_UNEXPLAINED)
    verdicts = {name: concluded(verdict, ("a",), result.unexplained_in) for name, verdict in result.verdicts.items()}
    answer = summary(replace(result, verdicts=verdicts))
    assert answer.verdict == "All frameworks show it, but something else in them is unexplained."
    assert answer.detail.startswith("It rains with Keras") and result.unexplained


@pytest.mark.parametrize("facts, besides", [({}, False), (STEP_UNEXPLAINED, True)])
def test_reason_of_a_difference_does_not_hide_what_is_unexplained_beside_it(facts, besides):
    scenario = make_scenario()
    result = make_result(scenario, by_framework(True, False, False))
    numbers = {"keras": 2.0, "lightning": 1.0, "reference": 1.0}
    difference = Difference("a", TEST_LOSS, ("keras", "lightning"), 1, numbers, 1e-6, True, causes=result.causes[:1])
    answer = summary(replace(result, scenario=replace(scenario, behaviours=()), differences=(difference,), **facts))
    assert answer.detail.endswith("; besides, something in Keras on TensorFlow is unexplained.") is besides


def test_a_contrast_variant_that_shows_it_too_is_an_open_question():
    result = make_result(make_scenario(contrast_variants=("c",)), by_framework(True, True, True))
    text = "The scenario names c as a variant without it, but no framework trained it without it"
    assert text not in summary(result).text
    causes = tuple(Cause(cause.question) for cause in result.causes)
    assert any(item.startswith(text) for item in summary(replace(result, causes=causes)).items(OPEN))


@pytest.mark.parametrize("numbers, conclusion", [
    ((2.0000001, 2.00000011, 2.00000012), "They differ by rounding only."), ((2.1, 2.11, 2.12), "They differ."),
    ((2.0, 2.0, 2.0), "No difference")])
def test_a_difference_of_rounding_over_seeds_is_called_that(numbers, conclusion):
    result = make_result(make_scenario(), by_framework(True, True, None),
                         numbers={"keras": numbers, "lightning": (2.0, 2.0, 2.0)})
    traces = {name: {("a", seed): None for seed in range(3)} for name in ENVIRONMENTS}
    line, = paired_text(replace(result, traces=traces))
    assert conclusion in line and line.startswith(f"the number of “it rains”, {KERAS} minus {LIGHTNING}")


def test_forgotten_from_logits_is_part_of_the_users_model_and_called_by_its_argument():
    rule = value_of("CategoricalCrossentropy.of", SIGMOID, ENVIRONMENTS["keras"])
    suspect = Suspect("loss.of", ("outputs", "softmax_of_logits"), "loss", (rule, None))
    assert suspect.own_setting and fields_text(suspect) == "`from_logits=False` instead of `from_logits=True`"


def test_old_accuracy_rule_is_applied_to_current_weights():
    scenario = make_scenario(ONE_OUTPUT, reported=0.25, quantity="rain", old_rules=("round",), unit="{:.2f}")
    answer = summary(make_result(scenario, by_framework(False, False, None), old_rules=OLD_RULES))
    assert re.search(r"today's weights of Keras on TensorFlow give 0\.12; .* 2\.00", answer.items(WHY)[0])
    assert "7.00" not in answer.text


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
    assert partial.items(OPEN)[0] == "The comparison with the reported numbers needs full MNIST (data=mnist)."
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


def test_console_starts_with_the_answer_and_markdown_has_the_same_sentences(capsys):
    result = make_result(scenarios.load("accuracy_below_chance"), by_framework(True, False, None))
    print_result(record(result), console())
    printed, report, answer = capsys.readouterr().out, markdown(result), summary(result)
    assert printed.lstrip().startswith(f"{answer.verdict}\n{answer.detail}\n")
    for section in answer.sections:
        assert f"\n{section.title}\n" in printed and f"\n## {section.title}\n" in report
        for item in section.items:
            assert f"\n  - {item}\n" in printed and f"\n- {item}\n" in report
    assert "outputs outside [0, 1]" in report, "brackets are not parsed as markup"


def test_names_are_joined_with_commas_and_a_final_and():
    assert [listed("abc"[:n]) for n in range(4)] == ["nobody", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize("losses, accuracies, classes, expected", [
    ((2.3, 1e-21), (0.2, 0.1), 10, "although its loss falls"), ((2.3, 2.4), (0.1, 0.1), 10, "no better than"),
    ((2.3,), (0.5,), 2, "no better than that of guessing one of 2"), ((2.3, 1.0), (0.1, 0.0), 10, "no better than"),
    ((2.3, 1.0), (0.1, 0.3), 10, ""), ((2.3, NAN), (0.1, 0.1), 10, ""),
    ((), (), 10, "")])
def test_accuracy_of_guessing_is_explained_where_it_stands(losses, accuracies, classes, expected):
    note = chance_note(losses, accuracies, classes)
    assert expected in note and bool(note) is bool(expected)
