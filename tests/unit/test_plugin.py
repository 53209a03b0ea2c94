"""The pytest plugin in suites as users write them: what passes, what fails with which message, and what is shared."""

import re
from pathlib import Path

from suites import PLACE, RUN, WITHOUT_THE_QUIRK

from frameworks.quirks.rules import RULES

pytest_plugins = "pytester", "stand_ins"


def test_assertions_that_hold_pass(suite):
    result = suite(text=RUN + """
    result.assert_holds("learns", "keras")
    result.assert_holds("learns", "lightning", holds=False)
    result.assert_same("keras", "lightning", up_to="forward")
    result.assert_same("lightning", "keras", up_to="metric", variant="sigmoid")
    result.assert_cause("learns", {"loss.of"})
    result.assert_cause("learns", "loss.of", with_behaviour="keras", without="lightning")
""")
    result.assert_outcomes(passed=1)
    assert result.ret == 0


def test_failed_assertions_are_explained(suite):
    result = suite("-W", "error", "-W", "ignore::pytest.PytestAssertRewriteWarning", text="""
import pytest

@pytest.fixture
def result(compare):
    return compare("mine.py", frameworks=["keras", "lightning"], data="sample")

def test_holds(result):
    result.assert_holds("learns")

def test_holds_not(result):
    result.assert_holds("learns", "keras", holds=False)

def test_same(result):
    result.assert_same("keras", "lightning")

def test_cause(result):
    result.assert_cause("learns", {"data.divisor", "loss.of"})
""")
    result.assert_outcomes(failed=4)
    assert result.ret == 11
    outputs = dict(re.findall(r"_ (test_\w+) _+\n(.*?)(?=\n_____|\n=====)", result.output, re.S))
    difference = r"E +(sigmoid: )?Keras on TensorFlow and PyTorch Lightning first differ in the loss \([\d.]+ and " \
        r"[\d.]+; rounding explains [\d.e-]+\), because of the input of the loss"
    explanation = next(rule.explanation for rule in RULES if rule.value == "softmax_of_logits" and
                       "{activation}" in rule.explanation).format(activation="sigmoid")
    assert all(re.search(difference, text) and explanation in text for text in outputs.values())
    assert re.search(r"E +compare\.pytest_plugin\.BehaviourChanged: learns \(the loss falls below 2\) should hold with "
                     r"PyTorch Lightning, .*: no, 2\.\d+ \(it holds to 2\)\.\n"
                     r"E +.*: Keras on TensorFlow yes, 0\.\d+; the NumPy reference yes, 0\.\d+\.\n"
                     r"E +Belongs to: PyTorch departs from the published definition\.\n", outputs["test_holds"])
    assert re.search(r"should not hold with Keras on TensorFlow, .*: yes, 0\.", outputs["test_holds_not"])
    assert "sigmoid: Keras on TensorFlow and PyTorch Lightning are not the same up to the update of the weights.\n" in \
        outputs["test_same"]
    assert "(loss.of) is softmax_of_logits with Keras on TensorFlow and softmax_of_outputs with PyTorch Lightning. " + \
        explanation in outputs["test_same"]
    assert "training.shuffle" not in outputs["test_same"], "init=shared also fixes the order of the samples"
    assert "the cause is loss.of, not data.divisor and loss.of (sufficient: loss.of; necessary: loss.of)." in \
        outputs["test_cause"]
    assert "fixture.py" not in result.output and "outcome.py" not in result.output, "no traceback of ours"


USAGE_ERRORS = {
    'compare("mine.py", frameworks="kears")': "frameworks is 'kears'; did you mean keras? Allowed: keras, ",
    'compare("mine.py", epoch=1)': "There is no setting 'epoch'; did you mean epochs? Allowed: frameworks, ",
    'compare("other.py")': "There is no scenario file ",
    'compare("lr_scalin")': "There is no scenario 'lr_scalin'; did you mean lr_scaling?",
    'compare("mine.py", variants="tanh", frameworks="keras")': "mine has no variant 'tanh'; allowed: sigmoid, ",
    'result.assert_holds("learn")': "This run has no behaviour 'learn'; did you mean learns? Allowed: learns.",
    'result.assert_holds("learns", "keras-jax")': "This run has no framework 'keras-jax'; did you mean keras?",
    'result.assert_same("keras", "lightning", "los")': "This run has no stage 'los'; did you mean loss?",
    'result.assert_same("keras", "lightning", variant="tanh")': "This run has no trained variant 'tanh'; allowed: "}


def test_a_usage_error_is_reported_in_one_sentence(suite):
    result = suite(text="".join(RUN.replace("test_ours", f"test_{n}") + f"    {call}\n"
                                for n, call in enumerate(USAGE_ERRORS)))
    assert result.ret == 1, "a usage error is not a changed behaviour"
    messages = re.findall("E +Failed: (.*)", result.output)
    matches = [message.startswith(beginning) for message, beginning in zip(messages, USAGE_ERRORS.values())]
    assert matches == [True] * len(USAGE_ERRORS)
    assert "fixture.py" not in result.output and "outcome.py" not in result.output, "no traceback of ours"


def test_an_unexplained_difference_fails_whatever_is_asserted(suite, recorded, planted):
    planted.done["keras"] = WITHOUT_THE_QUIRK
    golden = suite()
    assert golden.ret == 13
    assert re.search(r"E +unexplained, sigmoid, keras +\(none\) +loss\n", golden.output)
    unexplained = r"E +Unexplained: in sigmoid, step 1, the loss of Keras on TensorFlow is [\d.]+; .* [\d.]+, and " \
        r"rounding explains only \S+"
    assert re.search(unexplained, golden.output)
    holds = suite(text=RUN + "    result.assert_same('keras', 'lightning', 'forward')\n")
    assert holds.ret == 13 and re.search(unexplained.removeprefix("E +"), holds.output)
    assert re.search(r"\nmine: .* unexplained difference\.\n", holds.output)
    ignored = suite("--compare-fail-on", "changed,died")
    assert ignored.ret == 0
    assert re.search(r"/test_it\.py:\d+: LeftOut: mine: .* \(a warning, since --compare-fail-on=changed,died leaves "
                     r"out unexplained\)\n", ignored.output)
    Path("pytest.ini").write_text("[pytest]\ncompare_golden = golden\ncompare_fail_on = changed\n")
    ignored = suite()
    assert ignored.ret == 0
    assert re.search(r"/pytest\.ini:3: LeftOut: mine: .* \(a warning, since compare_fail_on = changed leaves out "
                     r"unexplained\)\n +compare_fail_on = changed\n", ignored.output)
    assert "fixture.py" not in ignored.output


def test_a_crashed_worker_fails_its_test_and_is_replaced_for_the_next(suite, planted):
    planted.dies = "lightning"
    result = suite("--compare-update", text="""
import pytest

@pytest.fixture
def result(compare):
    return compare("mine.py", frameworks=["keras", "lightning"], data="sample")

def test_ours(result):
    result.assert_golden()

def test_next(compare, request):
    import gc, stand_ins
    company, = [each for each in gc.get_objects() if isinstance(each, stand_ins.Company) and each.planted.dies]
    company.planted.dies = ""
    compare("mine.py", frameworks=["keras", "lightning"], data="sample", epochs=1).assert_holds("learns", "keras")
""")
    result.assert_outcomes(passed=1, errors=1)
    assert result.ret == 14
    assert re.search(r"E +compare\.pytest_plugin\.WorkerDied: mine: a worker process died, so that a "
                     r"part of the answer is missing\.\n"
                     r"E +The reference-float32 worker ended \(signal 9\)\. The end of its log, ", result.output)
    assert not PLACE.exists(), "an incomplete run writes no golden verdict"


def test_any_other_failure_keeps_the_exit_code_of_pytest(suite):
    result = suite(text=RUN + "    result.assert_holds('learns')\n\ndef test_other():\n    assert 1 == 2\n")
    result.assert_outcomes(failed=2)
    assert result.ret == 1 and "exit code" not in result.output


def test_a_missing_framework_skips_the_test_and_names_the_install_command(suite, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    result = suite("-rs", text='def test_ours(compare):\n    compare("mine.py", frameworks="tf-keras-2.4,reference")\n')
    result.assert_outcomes(skipped=1)
    assert "tf-keras-2.4 needs an interpreter of its own, not built yet: python -m compare environments " \
        "install=tf-keras-2.4" in " ".join(result.output.split())
    assert "test_it.py:2" in result.output


def test_workers_and_runs_are_shared_by_all_tests(suite, company):
    for name in list(company._workers):
        for worker in company._workers.pop(name):
            worker.close()
    company.started.clear()
    company.runs.clear()
    result = suite("-v", "-k", "ours or longer", "-o", "compare_fixture=frameworks_of", text="""
from mine import SCENARIO

def test_ours(frameworks_of):
    first = frameworks_of("mine.py", frameworks="keras,lightning", data="sample")
    assert frameworks_of("mine.py", frameworks=["keras", "lightning"], data="sample").result is first.result

def test_longer(frameworks_of):
    result = frameworks_of(SCENARIO, frameworks="keras,lightning", data="sample", seeds=2)
    assert len(result.result.answers["learns"]["keras"].numbers) == 2

def test_never(frameworks_of):
    assert False
""")
    result.assert_outcomes(passed=2, deselected=1)
    assert [company.started.count(name) for name in ("keras", "lightning")] == [1, 1]
