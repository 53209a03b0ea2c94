"""The printed answer: its verdict and detail for every combination of answers, without internal terms."""

import itertools
import re

import fixed_answer
import pytest
from made_results import (
    BOTH,
    KERAS,
    LIGHTNING,
    OLD_RULES,
    ONE_OUTPUT,
    REFUSED,
    RESOLVED,
    SHORT,
    SIGMOID,
    by_framework,
    make_result,
    make_scenario,
)

import scenarios
from compare.analysis.reasons import Reason, ReasonKind
from compare.reporting.answer import CHANGE, MORE, OPEN, WHY, summary
from compare.reporting.cause_text import listed
from compare.reporting.console import console, print_result
from compare.reporting.record import record
from compare.reporting.tensorboard.text import markdown

INTERNAL_TERMS = {"stage", "stages", "quirk", "quirks", "fill", "fills", "filled", "spec", "specs", "trial",
                  "trace", "field", "environment", "variant", "variants", "behaviour", "verdict", "prefix",
                  "noise", "universal", "hyperparameter", "argmax_outputs", "argmax_logits", "sigmoid_first"}


@pytest.mark.parametrize("spec, holds, verdict, names", [
    (SIGMOID, by_framework(True, False, False), "This is Keras on TensorFlow, not your model.",
     [f"with {KERAS}, but not with {BOTH}", "from the same initial weights"]),
    (SIGMOID, by_framework(False, True, True), "Keras on TensorFlow departs from the published definition.",
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
    (SIGMOID, by_framework(False, None, False), "This run answers the question only in part.",
     [f"we did not see this with {KERAS} or the NumPy reference; from PyTorch Lightning there is no answer (needs 3"]),
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
