"""The answer in words: five plain sentences at most, computed from who shows what, for somebody with no glossary."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from proven import proven, raised

import scenarios
from compare.behaviours import Answer, Judged
from compare.data import Dataset
from compare.gates import Gate
from compare.outputs.answer import markdown, section
from compare.outputs.console import asked_rows, console, print_result
from compare.parting import Leftover
from compare.result import Result
from compare.trials import Trial
from compare.verdict import belongs
from compare.words import listed, sentences, unexplained
from frameworks.trace import Trace
from scenarios.fields import changed, to_json
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

NAN = float("nan")
ENVIRONMENTS = {name: {"framework": name, "backend": backend, "versions": {name: "1.0"}} for name, backend in (
    ("keras", "tensorflow"), ("lightning", "torch"), ("reference", "numpy"))}
SIGMOID = Spec(Data(flatten=True), (Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.1),
               Training(1, 32))
ONE_OUTPUT = Spec(Data((0, 1), flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy(), SGD(0.1), Training(1))
CLOSED = changed(SIGMOID, {"loss": MeanSquaredError(), "optimizer": SGD(0.1, 0.0, False)})
GLOSSARY = {"logit", "logits", "gate", "gates", "quirk", "quirks", "fill", "fills", "filled", "spec", "specs", "trial",
            "trace", "field", "environment", "variant", "variants", "behaviour", "verdict", "prefix",
            "noise", "universal", "hyperparameter", "argmax_outputs", "argmax_logits", "sigmoid_first"}


def answered(behaviour, holds, reason):
    """An answer with the asked number where it holds, and one beyond the bounds where it does not."""
    inside = behaviour.asked if behaviour.asked is not None else max(behaviour.low, min(behaviour.high, 0.5))
    number = inside if holds else behaviour.high + 1 if behaviour.high < 1e9 else behaviour.low - 1
    return Answer(None, NAN, (), reason) if holds is None else Answer(holds, number, (number,))


def found(scenario, holds, reason="needs 3 epochs", start="shared", numbers=None, **facts):
    """A result in which every behaviour is shown, or not, or cannot be asked, by each framework as `holds` says."""
    answers = {behaviour.name: {name: answered(behaviour, shown, reason) for name, shown in holds.items()}
               for behaviour in scenario.behaviours}
    for name, several in (numbers or {}).items():
        first = answers[scenario.behaviours[0].name]
        first[name] = replace(first[name], number=float(np.median(several)), numbers=tuple(several))
    causes = [proven(one, answers={True: Answer(True, 0.5, (0.5,)), False: Answer(False, 2.0, (2.0,))})
              for one in raised(scenario, answers, ENVIRONMENTS, start)]
    verdicts = {behaviour.name: belongs(behaviour, scenario.variant(behaviour.variants[0]).spec,
                                        answers[behaviour.name], ENVIRONMENTS,
                                        [cause for cause in causes if cause.question.behaviour is behaviour])
                for behaviour in scenario.behaviours}
    return Result(scenario, Dataset("mnist", Path("."), "", "", ""), Path("."), start,
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


KERAS, LIGHTNING, BOTH = "Keras on TensorFlow", "PyTorch Lightning", "PyTorch Lightning and the textbook"
ALL = f"{KERAS}, {BOTH}"
SAME = "from the same start and the same batches"


@pytest.mark.parametrize("spec, holds, first", [
    (SIGMOID, holding(True, False, False),
     f"It is Keras on TensorFlow, not you: it rains with {KERAS}, and not with {BOTH}, {SAME}."),
    (SIGMOID, holding(False, True, True),
     f"It is as the textbook has it, and Keras on TensorFlow departs: it rains with {BOTH}, and not with {KERAS}, "
     f"{SAME}."),
    (SIGMOID, holding(True, True, True),
     f"It is neither Keras nor PyTorch: it rains with {ALL} alike, {SAME}; the reason is in the model."),
    (SIGMOID, {"keras": True, "reference": True},
     f"It is not Keras: it rains with {KERAS} and the textbook alike, {SAME}; the reason is in the model."),
    (SIGMOID, {"reference": True, "lightning": True},
     f"It is not PyTorch: it rains with the textbook and {LIGHTNING} alike, {SAME}; the reason is in the model."),
    (SIGMOID, holding(False, False, False),
     f"We could not reproduce it: that it rains is not seen with {ALL}. The cause is something that this scenario does "
     "not contain: your data, your versions, or code around the model."),
    (SIGMOID, holding(True, None, None),
     f"This run cannot tell whose it is: it rains with {KERAS}, and of the others there is no answer (needs 3 "
     "epochs)."),
    (SIGMOID, {"keras": True}, f"This run cannot tell whose it is: it rains with {KERAS}, and nobody else was asked."),
    (SIGMOID, holding(None, None, None), "This run cannot tell whether it rains (needs 3 epochs)."),
    (CLOSED, holding(True, False, False),
     f"{KERAS} and {BOTH} differ, and no known difference between them explains it: it rains with {KERAS} only."),
    (ONE_OUTPUT, holding(False, False, None),
     "It was Keras, and is no longer: that it rains is known of Keras up to 2.3.1, and not seen with "
     f"{KERAS} and {LIGHTNING}."),
])
def test_every_kind_of_verdict_has_its_sentence(spec, holds, first):
    scenario = simple(spec, old_rules=("round",) if spec is ONE_OUTPUT else (), quantity="rain")
    assert sentences(found(scenario, holds))[0] == first


def test_who_was_not_asked_is_no_witness_and_who_refuses_is_one():
    for reason, witness in (("needs 3 epochs", False), ("refused", True), ("undefined at step 3", True)):
        told = sentences(found(simple(), holding(True, None, False), reason))[0]
        assert (f"and not with {LIGHTNING} and the textbook," in told) is witness
        assert (LIGHTNING in told) is witness


def test_a_framework_that_could_not_be_asked_is_named_beside_those_that_could():
    told = sentences(found(simple(), holding(None, True, True), "not supported: it cannot be told"))
    assert told[0].startswith("It is not PyTorch: it rains with ")
    assert f"what {KERAS} does (not supported: it cannot be told)" in told[-1]
    assert "not supported" not in " ".join(sentences(found(simple(), holding(True, True, True))))


def test_what_is_newer_than_the_checked_versions_is_said_beside_what_nothing_explains():
    gate = Gate("loss", True, "loss", values=(1.5, 1.25), noise=1e-7)
    result = found(simple(), holding(True, True, True), leftovers=(Leftover("a", "lightning", gate),))
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
    assert result.unexplained and f"why it pours with {KERAS} and not with {LIGHTNING}" in sentences(result)[-1]


def test_an_own_start_is_named():
    told = sentences(found(simple(), holding(True, True, True), start="own"))[0]
    assert "each from its own start" in told and "the same start" not in told


@pytest.mark.parametrize("name", scenarios.names())
@pytest.mark.parametrize("reason", ["refused", "needs 10 epochs", "is too close to call"])
def test_at_most_five_plain_sentences_whoever_shows_what(name, reason):
    for holds in itertools.product((True, False, None), repeat=3):
        told = sentences(found(scenarios.load(name), holding(*holds), reason))
        assert 1 <= len(told) <= 5
        for sentence in told:
            assert re.fullmatch(r"[A-Z].*[^.]\.", sentence), sentence
            assert not set(re.findall(r"\w+", re.sub("`.*?`", "", sentence.lower()))) & GLOSSARY, sentence
            assert "{" not in sentence and "nobody and" not in sentence and "  " not in sentence


@pytest.mark.parametrize("name", scenarios.names())
def test_words_follow_the_sides_when_they_are_swapped(name):
    scenario = scenarios.load(name)
    sides = holding(True, False, False), holding(False, True, True)
    one, other = (sentences(found(scenario, holds))[0] for holds in sides)
    if "explains" not in one:
        assert re.search(rf"with {KERAS}, and not with {BOTH}", one)
    if scenario.behaviours[0].asked is not None:  # reported of Keras: it is not another framework's to explain
        assert re.match(f"We could not reproduce it: .* with {KERAS}, which is what was asked about, but with {BOTH}",
                        other)
    elif "explains" not in other:
        assert re.search(rf"with {BOTH}, and not with", other)
    assert one != other and KERAS in one and KERAS in other


@pytest.mark.parametrize("name, asked", [
    ("lr_scaling", ["0.99", "315", "0.843"]), ("accuracy_below_chance", ["0.258"]),
    ("missing_activations", ["0.0987"])])
def test_the_asked_numbers_stand_beside_ours(name, asked):
    result = found(scenarios.load(name), holding(True, False, None))
    numbers = next(told for told in sentences(result) if told.startswith("Your numbers beside ours: "))
    for number in asked:
        assert f"yours {number}, {KERAS} {number}, PyTorch Lightning " in numbers
    assert "the textbook" not in numbers, "it has none"


def test_why_and_what_to_change_come_from_the_table():
    told = sentences(found(simple(), holding(True, False, False)))
    assert told[1].startswith("Why: Keras on TensorFlow passes your sigmoid by: ")
    assert "; in a usual port nn.CrossEntropyLoss puts a softmax on what it gets" in told[1]
    assert told[2].startswith('In your code: write activation="softmax", or ')
    assert f"; shown by switching: with {KERAS}'s loss.of {LIGHTNING} (0.5) and the textbook (0.5) show it; with " \
        f"PyTorch's loss.of (2) or the textbook's loss.of (2) {KERAS} no longer does" in told[1]
    assert told[-1] == (
        "What stays open: not run: what Keras on JAX and Keras on PyTorch do, which `frameworks=keras-jax,keras-torch` "
        "asks.")
    own = sentences(found(simple(), {"keras": True, "lightning": False}, start="own"))
    assert "a DataLoader does not shuffle" in own[1], "no start and no order is shared"
    assert "each had its own start, which start=shared would leave out" in own[-1]


def test_where_the_textbook_shows_it_what_to_change_is_told_of_who_departs():
    told = sentences(found(simple(), holding(False, True, True)))
    assert told[2].startswith('In your code: write activation="softmax", or '), "Keras's remedy, not PyTorch's"
    assert sentences(found(simple(), holding(False, False, True)))[0].startswith(
        "It is as the textbook has it, and Keras on TensorFlow and PyTorch depart: ")


def test_an_activation_that_is_not_there_is_not_named():
    spec = changed(SIGMOID, {"layers": SIGMOID.layers[:1]})
    told = " ".join(sentences(found(simple(spec), holding(False, True, False))))
    assert "nn.CrossEntropyLoss puts a softmax on what it gets" in told
    assert "linear" not in told and "twice" not in told


def test_an_answer_that_was_given_is_judged_in_words():
    scenario = simple()
    claim = Claim("Stay at home.", "c", "a", scenario.behaviours[0])
    for words in ("cures it", "does not cure it"):
        told = sentences(found(scenario, holding(True, True, True), claims=(Judged(claim, "keras", words),) * 2))
        assert told[-1] == f'In your code: the answer you got, "Stay at home", {words}.'
    but = Judged(claim, "keras", "cures it but is not its cause", ("b",))
    assert sentences(found(scenario, holding(True, True, True), claims=(but,)))[-1] == \
        'In your code: the answer you got, "Stay at home", cures it but is not its cause (it is gone as well where ' \
        "one trains under a roof)."
    unjudged = Judged(claim, "keras", "cannot be judged")
    assert "Stay" not in " ".join(sentences(found(scenario, holding(True, True, True), claims=(unjudged,))))


def test_an_answer_on_which_frameworks_or_behaviours_do_not_agree_is_told_with_their_names():
    scenario = simple()
    rain, wind = scenario.behaviours[0], replace(scenario.behaviours[0], name="it_blows", title="it blows")
    claim = Claim("Stay at home.", "c", "a", rain)
    divided = (Judged(claim, "keras", "cures it"), Judged(claim, "lightning", "does not cure it"),
               Judged(claim, "reference", "cures it"))
    mine = 'the answer you got, "Stay at home", '

    def told(*claims):
        return sentences(found(scenario, holding(True, True, True), claims=claims))[-1]

    assert told(*divided) == f"In your code: {mine}cures it with {KERAS} and the textbook; {mine}does not cure it " \
                             f"with {LIGHTNING}."
    of_wind = replace(claim, cures=wind)
    both = Judged(claim, "keras", "cures it"), Judged(of_wind, "keras", "cures it")
    assert told(*both) == f"In your code: {mine}cures it (it rains and it blows)."
    one = Judged(claim, "keras", "cures it"), Judged(of_wind, "keras", "does not cure it")
    assert told(*one) == f"In your code: {mine}cures it (it rains); {mine}does not cure it (it blows)."


def told_of_another(kind, holds, others):
    """The sentences where a second behaviour is shown as `others` says, and is to be told as a `kind`."""
    scenario = simple()
    wind = Behaviour("it_blows", "it blows", ("a",), lambda trace: 0.0, high=1.0, told_as=kind)
    result = found(replace(scenario, behaviours=(*scenario.behaviours, wind)), holds)
    answers = {**result.answers, "it_blows": {name: answered(wind, shown, "") for name, shown in others.items()}}
    return " ".join(sentences(replace(result, answers=answers)))


@pytest.mark.parametrize("kind, start", [
    ("reason", "Why: "), ("cure", "In your code: "), ("warning", "In your code: ")])
def test_what_explains_or_cures_is_told_with_who_shows_it(kind, start):
    mine = holding(True, False, False)
    for others, told in ((holding(True, True, None), f"it blows (with {KERAS} and {LIGHTNING})"),
                         (holding(None, True, False), f"it blows (with {LIGHTNING})"),
                         (holding(True, False, False), f"it blows (with {KERAS})"),
                         (holding(True, True, True), "it blows (with all of them)")):
        words = told_of_another(kind, mine, others)
        assert told in words and words.index(start) < words.index(told)
        assert ("and partly your own model: " in words) is (kind == "cure") is not (", not you: " in words)
        assert "it blows (with" not in told_of_another("", mine, others), "in the table only"
    assert "it blows (with" not in told_of_another(kind, holding(None, None, None), holding(True, True, True))
    for others in (holding(False, True, True), holding(None, False, False)):
        assert "it blows (with" not in told_of_another(kind, mine, others), "who shows the one must not deny the other"


def ending(number, spec):
    arrays = {"reported/train/loss": np.array([number])}
    return Trace({"spec": to_json(spec), "outcome": {"kind": "finished", "step": 1, "message": ""}}, arrays)


def test_what_is_the_models_own_is_told_by_the_nearest_trainings_without_it():
    scenario = simple()
    losses = {"a": 0.5, "b": 2.0, "c": 2.0}
    traces = {name: {(one.name, 0): ending(losses[one.name], one.spec) for one in scenario.variants}
              for name in ENVIRONMENTS}
    told = sentences(found(scenario, holding(True, True, True), traces=traces))
    assert told[1] == "Why: it is gone where one trains under a roof and at home."
    traces["keras"]["b", 0] = ending(0.5, SIGMOID)
    told = sentences(found(scenario, holding(True, True, True), traces=traces))
    assert told[1] == "Why: it is gone where one trains at home."


def test_what_an_old_version_counted_is_told_with_todays_weights():
    scenario = simple(ONE_OUTPUT, asked=0.25, quantity="rain", old_rules=("round",), unit="{:.2f}")
    old = {"it_rains": {"round": {"keras": Answer(True, 0.125, (0.125,)), "lightning": Answer(False, 7.0, (7.0,))}}}
    told = sentences(found(scenario, holding(False, False, None), old_rules=old))
    assert "today's weights of Keras on TensorFlow give 0.12 so, and 2.00 as reported now" in told[2]
    assert "7.00" not in " ".join(told)


def test_an_asked_number_that_one_more_start_would_not_give_stays_open():
    scenario = simple(asked=0.9, quantity="rain", unit="{:.2f}")
    told = sentences(found(scenario, holding(True, False, False), numbers={"keras": (0.1, 0.2, 0.3)}))[-1]
    assert "your 0.90 lies outside the -0.30 to 0.70 that one more start would give with Keras on TensorFlow" in told
    near = sentences(found(scenario, holding(True, False, False), numbers={"keras": (0.1, 0.5, 0.9)}))
    assert "lies outside" not in " ".join(near)


@pytest.mark.parametrize("images", ["sample", "custom"])
def test_reported_numbers_are_compared_on_full_mnist_only(images):
    result = found(scenarios.load("lr_scaling"), holding(True, False, False), numbers={"keras": (0.1, 0.2, 0.3)})
    other = replace(result, dataset=replace(result.dataset, name=images))
    full, told = " ".join(sentences(result)), " ".join(sentences(other))
    assert "Your numbers beside ours" in full and "lies outside" in full and "full MNIST" not in full
    assert "Your numbers" not in told and "lies outside" not in told
    assert told.count("The comparison with the reported numbers needs full MNIST (data=mnist).") == 1
    assert sentences(result)[0] == sentences(other)[0], "whose it is, is judged on whatever images there are"


@pytest.mark.parametrize("numbers, images, beside", [
    ({"reported/train/loss": (0.25,)}, "mnist", True), ({"reported/train/loss": (0.25,)}, "sample", False),
    ({}, "mnist", False)])
def test_ones_own_numbers_have_a_column_where_there_are_some_and_on_mnist_only(capsys, numbers, images, beside):
    variant = Variant("a", "as asked", SIGMOID, "asked", numbers)
    scenario = replace(simple(), variants=(variant,))
    trial = Trial("rain", "a", "keras", 0, "shared", SIGMOID, True)
    dataset = Dataset(images, Path("."), "", "", "")
    asked_rows(scenario, dataset, console(), {trial: ending(0.5, SIGMOID)})
    told = capsys.readouterr().out
    assert ("┃ you" in told) is beside and KERAS in told and ("on a sample of MNIST" in told) is (images == "sample")


def test_the_same_sentences_are_printed_and_written(capsys):
    result = found(scenarios.load("accuracy_below_chance"), holding(True, False, None))
    print_result(result, console())
    printed, written = capsys.readouterr().out, markdown(result)
    for number, sentence in enumerate(sentences(result), 1):
        assert f"{number}. {sentence}\n" in printed
        words = [word for line in section(sentence) for word in re.findall(r"\w+", line)]
        assert words == re.findall(r"\w+", sentence), "nothing is added, and nothing left out"
        assert all(f"{line}\n" in written for line in section(sentence))
    assert "outputs outside [0, 1] without a word" in written, "brackets are no markup"


def test_names_are_listed_as_one_says_them():
    assert [listed("abc"[:n]) for n in range(4)] == ["nobody", "a", "a and b", "a, b and c"]
