"""The answer in words: a verdict, the facts behind it, why and what to change, for somebody with no glossary."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from proven import proven, raised

import scenarios
from compare.analysis.attribution import belongs
from compare.analysis.behaviours import Answer, Judged
from compare.analysis.first_divergence import UnexplainedDifference
from compare.analysis.result import Result
from compare.analysis.stages import StageResult
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from compare.reporting.answer import CHANGE, NUMBERS, OPEN, WHY, sentence, summary
from compare.reporting.cause_text import listed
from compare.reporting.console import console, print_result, reported_rows
from compare.reporting.open_questions import unexplained
from compare.reporting.record import record
from compare.reporting.tensorboard.text import markdown
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
CLOSED = changed(SIGMOID, {"loss": MeanSquaredError(), "optimizer": SGD(0.1, 0.0, False)})
GLOSSARY = {"stage", "stages", "quirk", "quirks", "fill", "fills", "filled", "spec", "specs", "trial",
            "trace", "field", "environment", "variant", "variants", "behaviour", "verdict", "prefix",
            "noise", "universal", "hyperparameter", "argmax_outputs", "argmax_logits", "sigmoid_first"}


def answered(behaviour, holds, reason):
    """An answer with the asked number where it holds, and one beyond the bounds where it does not."""
    inside = behaviour.reported if behaviour.reported is not None else max(behaviour.low, min(behaviour.high, 0.5))
    number = inside if holds else behaviour.high + 1 if behaviour.high < 1e9 else behaviour.low - 1
    return Answer(None, NAN, (), reason) if holds is None else Answer(holds, number, (number,))


def found(scenario, holds, reason="needs 3 epochs", init="shared", numbers=None, **facts):
    """A result in which every behaviour is shown, or not, or cannot be asked, by each framework as `holds` says."""
    answers = {behaviour.name: {name: answered(behaviour, shown, reason) for name, shown in holds.items()}
               for behaviour in scenario.behaviours}
    for name, several in (numbers or {}).items():
        first = answers[scenario.behaviours[0].name]
        first[name] = replace(first[name], number=float(np.median(several)), numbers=tuple(several))
    causes = [proven(one, answers={True: Answer(True, 0.5, (0.5,)), False: Answer(False, 2.0, (2.0,))})
              for one in raised(scenario, answers, ENVIRONMENTS, init)]
    verdicts = {behaviour.name: belongs(behaviour, scenario.variant(behaviour.variants[0]).spec,
                                        answers[behaviour.name], ENVIRONMENTS,
                                        [cause for cause in causes if cause.question.behaviour is behaviour])
                for behaviour in scenario.behaviours}
    return Result(scenario, Dataset("mnist", Path("."), "", "", ""), Path("."), init,
                  {name: ENVIRONMENTS[name] for name in holds}, facts.pop("traces", {name: {} for name in holds}),
                  answers, facts.pop("old_rules", {}), verdicts, causes=tuple(causes), **facts)


def simple(spec=SIGMOID, **facts):
    behaviour = Behaviour("it_rains", "it rains", ("a",), lambda trace: float(trace["reported/train/loss"][-1]),
                          high=1.0, **facts)
    variants = (Variant("a", "as asked", spec), Variant("b", "under a roof", changed(spec, {"training.epochs": 3})),
                Variant("c", "at home", changed(spec, {"training.epochs": 2, "training.batch_size": 3})))
    return Scenario("rain", "Rain", "Does it rain?", variants, (behaviour,))


def holding(keras, lightning, reference):
    return {"keras": keras, "lightning": lightning, "reference": reference}


KERAS, LIGHTNING, BOTH = "Keras on TensorFlow", "PyTorch Lightning", "PyTorch Lightning and the NumPy reference"
ALL = f"{KERAS}, {BOTH}"
SAME = "from the same initial weights and the same batches"


@pytest.mark.parametrize("spec, holds, verdict, detail", [
    (SIGMOID, holding(True, False, False), "This is Keras on TensorFlow, not your model.",
     f"It rains with {KERAS}, and not with {BOTH}, {SAME}."),
    (SIGMOID, holding(False, True, True), "Keras on TensorFlow departs from the textbook definition.",
     f"It rains with {BOTH}, and not with {KERAS}, {SAME}."),
    (SIGMOID, holding(True, True, True), "This is neither Keras nor PyTorch: the reason is in the model.",
     f"It rains with {ALL} alike, {SAME}."),
    (SIGMOID, {"keras": True, "reference": True}, "This is not Keras: the reason is in the model.",
     f"It rains with {KERAS} and the NumPy reference alike, {SAME}."),
    (SIGMOID, {"reference": True, "lightning": True}, "This is not PyTorch: the reason is in the model.",
     f"It rains with the NumPy reference and {LIGHTNING} alike, {SAME}."),
    (SIGMOID, holding(False, False, False), "We could not reproduce it.",
     f"It rains: this is not seen with {ALL}. The cause is something that this scenario does not contain: your data, "
     "your versions, or code around the model."),
    (SIGMOID, holding(True, None, None), "This run cannot tell which framework is responsible.",
     f"It rains with {KERAS}; of the others there is no answer (needs 3 epochs)."),
    (SIGMOID, {"keras": True}, "This run cannot tell which framework is responsible.",
     f"It rains with {KERAS}; no other framework was run."),
    (SIGMOID, holding(None, None, None), "This run cannot answer the question.",
     "Whether it rains: no answer (needs 3 epochs)."),
    (CLOSED, holding(True, False, False), "The frameworks differ, and we do not know why.",
     f"It rains with {KERAS}, and not with {BOTH}, {SAME}."),
    (ONE_OUTPUT, holding(False, False, None), "This was Keras, and it is fixed in the current version.",
     f"It rains: this is known of Keras up to 2.3.1, and not seen with {KERAS} and {LIGHTNING}."),
])
def test_every_kind_of_verdict_has_its_line(spec, holds, verdict, detail):
    scenario = simple(spec, old_rules=("round",) if spec is ONE_OUTPUT else (), quantity="rain")
    told = summary(found(scenario, holds))
    assert (told.verdict, told.detail) == (verdict, detail)


def test_who_was_not_asked_is_no_witness_and_who_refuses_is_one():
    for reason, witness in (("needs 3 epochs", False), ("refused", True), ("undefined at step 3", True)):
        told = summary(found(simple(), holding(True, None, False), reason)).detail
        assert (f"and not with {LIGHTNING} and the NumPy reference," in told) is witness
        assert (LIGHTNING in told) is witness


def test_a_framework_that_could_not_be_asked_is_named_beside_those_that_could():
    told = summary(found(simple(), holding(None, True, True), "not supported: it cannot be told"))
    assert told.verdict.startswith("This is not PyTorch")
    assert f"No answer from {KERAS} (not supported: it cannot be told)." in told.items(OPEN)
    assert "not supported" not in summary(found(simple(), holding(True, True, True))).text


def test_what_is_newer_than_the_checked_versions_is_said_beside_what_nothing_explains():
    stage = StageResult("loss", True, "loss", values=(1.5, 1.25), noise=1e-7)
    result = found(simple(), holding(True, True, True),
                   unexplained_differences=(UnexplainedDifference("a", "lightning", stage),))
    told, = unexplained(result)
    assert told.endswith("and nothing that is known explains it")
    ran = {**ENVIRONMENTS["lightning"], "versions": {"torch": "2.99.0"}}
    told, = unexplained(replace(result, environments={**result.environments, "lightning": ran}))
    assert re.search(r"explains it \(the rules were checked with torch [\d.]+, and this is 2\.99\.0\)$", told)


def test_a_further_behaviour_without_a_cause_is_said_since_it_ends_the_run_as_unexplained():
    first = simple()
    pours = replace(first.behaviours[0], name="it_pours", title="it pours")
    scenario = replace(first, behaviours=(*first.behaviours, pours))
    result = found(scenario, holding(True, False, False))
    failed = replace(result.verdicts["it_pours"], unexplained=result.verdicts["it_pours"].causes[:1])
    result = replace(result, verdicts={**result.verdicts, "it_pours": failed})
    assert result.unexplained and \
        f"Not explained: why it pours with {KERAS} and not with {LIGHTNING}." in summary(result).items(OPEN)


def test_an_own_start_is_named():
    told = summary(found(simple(), holding(True, True, True), init="native")).detail
    assert "each from its own initial weights" in told and "the same initial weights" not in told


@pytest.mark.parametrize("name", scenarios.names())
@pytest.mark.parametrize("reason", ["refused", "needs 10 epochs", "is too close to call"])
def test_plain_sentences_whoever_shows_what(name, reason):
    for holds in itertools.product((True, False, None), repeat=3):
        told = summary(found(scenarios.load(name), holding(*holds), reason))
        assert len(told.verdict.split()) <= 15, told.verdict
        for said in [told.verdict, told.detail, *(item for section in told.sections for item in section.items)]:
            assert said.endswith(".") and not said.endswith(".."), said
            assert said[0].isupper() or not said.partition(" ")[0].isalpha(), said
            assert not set(re.findall(r"\w+", re.sub("`.*?`", "", said.lower()))) & GLOSSARY, said
            assert "{" not in said and "nobody and" not in said and "  " not in said


@pytest.mark.parametrize("name", scenarios.names())
def test_words_follow_the_sides_when_they_are_swapped(name):
    scenario = scenarios.load(name)
    sides = holding(True, False, False), holding(False, True, True)
    one, other = (summary(found(scenario, holds)) for holds in sides)
    if "do not know" not in one.verdict:
        assert re.search(rf"with {KERAS}, and not with {BOTH}", one.detail)
    if scenario.behaviours[0].reported is not None:  # reported of Keras: it is not another framework's to explain
        assert other.verdict == "We could not reproduce it."
        assert f"seen with {BOTH}, and not with {KERAS}, which the question is about" in other.detail
    elif "do not know" not in other.verdict:
        assert re.search(rf"with {BOTH}, and not with", other.detail)
    assert one != other and KERAS in one.detail and KERAS in other.detail


@pytest.mark.parametrize("name, asked", [
    ("lr_scaling", ["0.99", "315", "0.843"]), ("accuracy_below_chance", ["0.258"]),
    ("missing_activations", ["0.0987"])])
def test_the_asked_numbers_stand_beside_ours(name, asked):
    result = found(scenarios.load(name), holding(True, False, None))
    numbers = " ".join(summary(result).items(NUMBERS))
    for number in asked:
        assert f"yours {number}, {KERAS} {number}, PyTorch Lightning " in numbers
    assert "the NumPy reference" not in numbers, "it has none"


def test_why_and_what_to_change_come_from_the_table():
    told = summary(found(simple(), holding(True, False, False)))
    first, second, *shown = told.items(WHY)
    keras, torch = (value_of("CategoricalCrossentropy.of", SIGMOID, ENVIRONMENTS[name])
                    for name in ("keras", "lightning"))
    assert (first, second) == tuple(sentence(explanation_of(row, SIGMOID)) for row in (keras, torch))
    assert shown == [
        f"We tried it: with {KERAS}'s loss.of, {LIGHTNING} (0.5) and the NumPy reference (0.5) show it too.",
        f"We tried it: with PyTorch's loss.of (2) or the textbook's loss.of (2), {KERAS} no longer does."]
    assert told.items(CHANGE) == (sentence(keras.fix),)
    assert told.items(OPEN) == ("Keras on JAX and Keras on PyTorch were not run; `frameworks=keras-jax,keras-torch` "
                                "runs them.",)
    own = summary(found(simple(), {"keras": True, "lightning": False}, init="native"))
    assert any("DataLoader" in item for item in own.items(WHY)), "no start and no order is shared"
    assert any("init=shared" in item for item in own.items(OPEN))


def test_where_the_reference_shows_it_what_to_change_is_told_of_who_departs():
    told = summary(found(simple(), holding(False, True, True)))
    keras = value_of("CategoricalCrossentropy.of", SIGMOID, ENVIRONMENTS["keras"])
    assert told.items(CHANGE) == (sentence(keras.fix),), "Keras's fix, not PyTorch's"
    assert summary(found(simple(), holding(False, False, True))).verdict.startswith(
        "Keras on TensorFlow and PyTorch depart from the textbook definition")


def test_an_activation_that_is_not_there_is_not_named():
    spec = changed(SIGMOID, {"layers": SIGMOID.layers[:1]})
    told = summary(found(simple(spec), holding(False, True, False))).text
    assert "nn.CrossEntropyLoss" in told and "linear" not in told and "twice" not in told


def test_an_answer_that_was_given_is_judged_in_words():
    scenario = simple()
    claim = Claim("Stay at home.", "c", "a", scenario.behaviours[0])

    def told(*claims):
        return summary(found(scenario, holding(True, True, True), claims=claims))
    for words in ("cures it", "does not cure it"):
        assert told(Judged(claim, "keras", words), Judged(claim, "keras", words)).items(CHANGE) == \
            (f'The answer you got, "Stay at home", {words}.',)
    assert told(Judged(claim, "keras", "cures it but is not its cause", ("b",))).items(CHANGE) == \
        ('The answer you got, "Stay at home", cures it but is not its cause (it is gone as well in the training under '
         'a roof).',)
    assert "Stay" not in told(Judged(claim, "keras", "cannot be judged")).text


def test_an_answer_on_which_frameworks_or_behaviours_do_not_agree_is_told_with_their_names():
    scenario = simple()
    rain, wind = scenario.behaviours[0], replace(scenario.behaviours[0], name="it_blows", title="it blows")
    claim = Claim("Stay at home.", "c", "a", rain)
    divided = (Judged(claim, "keras", "cures it"), Judged(claim, "lightning", "does not cure it"),
               Judged(claim, "reference", "cures it"))
    mine = 'The answer you got, "Stay at home", '

    def told(*claims):
        return summary(found(scenario, holding(True, True, True), claims=claims)).items(CHANGE)

    assert told(*divided) == (f"{mine}cures it with {KERAS} and the NumPy reference.", f"{mine}does not cure it with "
                                                                               f"{LIGHTNING}.")
    of_wind = replace(claim, cures=wind)
    both = Judged(claim, "keras", "cures it"), Judged(of_wind, "keras", "cures it")
    assert told(*both) == (f"{mine}cures it (it rains and it blows).",)
    one = Judged(claim, "keras", "cures it"), Judged(of_wind, "keras", "does not cure it")
    assert told(*one) == (f"{mine}cures it (it rains).", f"{mine}does not cure it (it blows).")


def told_of_another(kind, holds, others):
    """The answer where a second behaviour is shown as `others` says, and is to be told as a `kind`."""
    scenario = simple()
    wind = Behaviour("it_blows", "it blows", ("a",), lambda trace: 0.0, high=1.0, role=kind)
    result = found(replace(scenario, behaviours=(*scenario.behaviours, wind)), holds)
    answers = {**result.answers, "it_blows": {name: answered(wind, shown, "") for name, shown in others.items()}}
    return summary(replace(result, answers=answers))


@pytest.mark.parametrize("kind, heading", [("reason", WHY), ("cure", CHANGE), ("warning", CHANGE)])
def test_what_explains_or_cures_is_told_with_who_shows_it(kind, heading):
    mine = holding(True, False, False)
    for others, told in ((holding(True, True, None), f"It blows (with {KERAS} and {LIGHTNING})."),
                         (holding(None, True, False), f"It blows (with {LIGHTNING})."),
                         (holding(True, False, False), f"It blows (with {KERAS})."),
                         (holding(True, True, True), "It blows (with all of them).")):
        answer = told_of_another(kind, mine, others)
        assert told in answer.items(heading)
        assert (", and partly your own model." in answer.verdict) is (kind == "cure") is not (
            ", not your model." in answer.verdict)
        assert "It blows (with" not in told_of_another("", mine, others).text, "in the table only"
    assert "It blows (with" not in told_of_another(kind, holding(None, None, None), holding(True, True, True)).text
    for others in (holding(False, True, True), holding(None, False, False)):
        assert "It blows (with" not in told_of_another(kind, mine, others).text, "who shows one must not deny the other"


def ending(number, spec):
    arrays = {"reported/train/loss": np.array([number])}
    return Trace({"spec": to_json(spec), "outcome": {"kind": "finished", "step": 1, "message": ""}}, arrays)


def test_what_is_the_models_own_is_told_by_the_nearest_trainings_without_it():
    scenario = simple()
    losses = {"a": 0.5, "b": 2.0, "c": 2.0}
    traces = {name: {(one.name, 0): ending(losses[one.name], one.spec) for one in scenario.variants}
              for name in ENVIRONMENTS}
    told = summary(found(scenario, holding(True, True, True), traces=traces))
    assert told.items(WHY) == ("It is gone in the training under a roof and at home.",)
    traces["keras"]["b", 0] = ending(0.5, SIGMOID)
    told = summary(found(scenario, holding(True, True, True), traces=traces))
    assert told.items(WHY) == ("It is gone in the training at home.",)


def test_what_an_old_version_counted_is_told_with_todays_weights():
    scenario = simple(ONE_OUTPUT, reported=0.25, quantity="rain", old_rules=("round",), unit="{:.2f}")
    old = {"it_rains": {"round": {"keras": Answer(True, 0.125, (0.125,)), "lightning": Answer(False, 7.0, (7.0,))}}}
    told = summary(found(scenario, holding(False, False, None), old_rules=old))
    assert "today's weights of Keras on TensorFlow give 0.12 so, and 2.00 as reported now" in told.items(WHY)[0]
    assert "7.00" not in told.text


def test_a_reported_number_that_one_more_start_would_not_give_stays_open():
    scenario = simple(reported=0.9, quantity="rain", unit="{:.2f}")
    told = summary(found(scenario, holding(True, False, False), numbers={"keras": (0.1, 0.2, 0.3)}))
    assert "Your 0.90 lies outside the -0.30 to 0.70 that one more start would give with Keras on TensorFlow." in \
        told.items(OPEN)
    near = summary(found(scenario, holding(True, False, False), numbers={"keras": (0.1, 0.5, 0.9)}))
    assert "lies outside" not in near.text


@pytest.mark.parametrize("images", ["sample", "custom"])
def test_reported_numbers_are_compared_on_full_mnist_only(images):
    result = found(scenarios.load("lr_scaling"), holding(True, False, False), numbers={"keras": (0.1, 0.2, 0.3)})
    full, other = summary(result), summary(replace(result, dataset=replace(result.dataset, name=images)))
    assert len(full.items(NUMBERS)) > 1 and "lies outside" in full.text and "full MNIST" not in full.text
    assert not other.items(NUMBERS)
    assert other.items(OPEN)[0] == "The comparison with the reported numbers needs full MNIST (data=mnist)."
    assert "lies outside" not in other.text
    assert (full.verdict, full.detail) == (other.verdict, other.detail), "judged on whatever images there are"


@pytest.mark.parametrize("numbers, images, beside", [
    ({"reported/train/loss": (0.25,)}, "mnist", True), ({"reported/train/loss": (0.25,)}, "sample", False),
    ({}, "mnist", False)])
def test_ones_own_numbers_have_a_column_where_there_are_some_and_on_mnist_only(capsys, numbers, images, beside):
    variant = Variant("a", "as asked", SIGMOID, "reported", numbers)
    scenario = replace(simple(), variants=(variant,))
    trial = Trial("rain", "a", "keras", 0, "shared", SIGMOID, True)
    dataset = Dataset(images, Path("."), "", "", "")
    reported_rows(scenario, dataset, console(), {trial: ending(0.5, SIGMOID)})
    told = capsys.readouterr().out
    assert ("┃ you" in told) is beside and KERAS in told and ("on a sample of MNIST" in told) is (images == "sample")


def test_the_same_sentences_are_printed_and_written_and_the_answer_comes_first(capsys):
    result = found(scenarios.load("accuracy_below_chance"), holding(True, False, None))
    print_result(record(result), console())
    printed, written, told = capsys.readouterr().out, markdown(result), summary(result)
    assert printed.lstrip().startswith(f"{told.verdict}\n{told.detail}\n")
    for section in told.sections:
        assert f"\n{section.title}\n" in printed and f"\n## {section.title}\n" in written
        for item in section.items:
            assert f"\n  - {item}\n" in printed and f"\n- {item}\n" in written
    assert "outputs outside [0, 1]" in written, "brackets are no markup"


def test_names_are_listed_as_one_says_them():
    assert [listed("abc"[:n]) for n in range(4)] == ["nobody", "a", "a and b", "a, b and c"]
