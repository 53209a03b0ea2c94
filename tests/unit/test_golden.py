"""Golden verdicts: writing, review and comparison, and the tolerances of their numbers."""

import re
from pathlib import Path

import numpy as np
import pytest
from suites import GOLDEN, KERAS, MINE, PLACE, TODAY, WITHOUT_THE_QUIRK

from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR
from compare.execution.data import load
from compare.execution.settings import read
from compare.pytest_plugin.session import Session
from compare.pytest_plugin.tolerances import Tolerances
from frameworks.runtime import trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

pytest_plugins = "pytester", "stand_ins"


def test_a_golden_verdict_is_written_on_update_and_then_compared(suite, pytester):
    first = suite(text=GOLDEN)
    assert first.ret == 1 and f"There is no golden verdict yet for {TODAY}: pytest --compare-update writes it into " \
        f"{PLACE}" in first.output and not PLACE.exists()
    second = suite("--compare-update")
    assert second.ret == 0 and f"{PLACE}: new, {TODAY}\n" in second.output
    text = PLACE.read_text()
    assert re.search(r"\n" + TODAY + r""":
  schema: 1
  run: frameworks=keras,lightning,reference variants=reported epochs=all seeds=1 init=shared
  versions: keras 3\.15\.1, tensorflow 2\.21\.0, torch 2\.15\.0, pytorch-lightning 2\.6\.6, numpy .*, python 3\.11\.4.*
  model:
    sigmoid:
      data: {divisor: 255\.0}
      layers:
      - {is: Flatten}
      - {is: Dense, units: 10}
      - {is: Activation, function: sigmoid}
      loss: {is: CategoricalCrossentropy}
      optimizer: {is: SGD, learning_rate: 0\.1}
      training: {epochs: 1, batch_size: 32}
      digest: {keras: [\da-f]{12}, lightning: [\da-f]{12}, reference: [\da-f]{12}}
  losses:
    sigmoid:
      keras:
        first epoch: 0\.90\d+ ± [\de.-]+
      lightning:
        first epoch: 2\.05\d+ ± [\de.-]+
      reference:
        first epoch: 0\.09\d+ ± [\de.-]+
  behaviours:
    learns:
      belongs to: PyTorch departs from the published definition
      keras: yes, 0\.90\d+ ± [\de.-]+
      lightning: no, 2\.05\d+ ± [\de.-]+
      reference: yes, 0\.09\d+ ± [\de.-]+
      cause:
        keras, not lightning: loss\.of
        reference, not lightning: loss\.of
  first difference:
    sigmoid: loss \(keras, lightning\)
  quirks:
    loss\.of: keras softmax_of_logits; lightning softmax_of_outputs; reference outputs
$""", text), text
    assert suite().ret == 0
    again = suite("--compare-update")
    assert again.ret == 0 and PLACE.read_text() == text and "has written" not in again.output


def test_a_changed_verdict_fails_with_old_and_new_values(suite, recorded, planted):
    planted.environments["keras"] = {**WITHOUT_THE_QUIRK}
    result = suite()
    assert result.ret == 11
    for pattern in (
            r"learns, keras +yes, 0\.90\d* ± \S+ +yes, 1\.\d+: 0\.\d+ away, and the rounding tolerance is \S+\n",
            r"quirks, loss\.of +keras softmax_of_logits; lightning softmax_of_outputs; reference outputs +keras, "
            r"reference outputs; lightning ",
            r"quirks, loss\.clip +\(none\) +keras 1e-07; lightning, reference 0"):
        assert re.search("E +" + pattern, result.output), pattern
    assert "first differ in the loss" in result.output


def test_a_number_fails_only_beyond_its_tolerance(suite, recorded, pytester):
    text = recorded.read_text()
    answer, number, tolerance = re.search(r"keras: yes, ((\S+) ± (\S+))", text).groups()
    recorded.write_text(text.replace(answer, f"{float(number) + 0.9 * float(tolerance):.12g} ± {tolerance}"))
    assert suite().ret == 0
    recorded.write_text(text.replace(answer, f"{float(number) + 1.1 * float(tolerance):.12g} ± {tolerance}"))
    result = suite()
    assert result.ret == 11
    match = re.search(r"E +learns, keras +yes, \S+ ± \S+ +yes, \S+: (\S+) away, and the rounding tolerance is (\S+)\n",
                      result.output)
    assert match and float(match[1]) == pytest.approx(1.1 * float(tolerance), rel=0.1)
    assert float(match[2]) == float(tolerance)
    recorded.write_text(text)
    pytester.makepyfile(mine=MINE.replace("SGD(0.1)", "SGD(0.1001)"))
    changed = suite()
    assert changed.ret == 11, "a learning rate that is 0.1 % larger is detected"
    assert "mine: the model itself changed: SGD.learning_rate 0.1 → 0.1001.\n" in changed.output
    assert re.search(r"E +losses, sigmoid, keras, first epoch +0\.90\d+ ± \S+ +0\.\d+: \S+ away", changed.output)
    report, = re.findall(r"E +Report: (\S+)\n", changed.output)
    assert report == "compare-reports/test_it/test_ours/report.html" and Path(report).read_text() == "mine"
    assert suite("--compare-fail-on=unexplained,died").ret == 0


def test_an_entry_of_another_release_series_is_kept_unchanged(suite, recorded, planted):
    reviewed = recorded.read_text() + "  # reviewed: the sigmoid is bypassed\n"
    recorded.write_text(reviewed)
    later = {**KERAS, "versions": {"keras": "3.16.0", "tensorflow": "2.22.1"}}
    planted.environments["keras"] = later
    unchanged = suite()
    assert unchanged.ret == 0 and "NotUpdated: New versions, under which nothing changed: " in unchanged.output
    assert f"{PLACE} has no entry for keras 3.16, tensorflow 2.22, " in unchanged.output
    assert f"nearest entry, {TODAY}. pytest --compare-update adds one" in unchanged.output
    for option in (("-o", "compare_new_versions=fail"), ("--compare-new-versions=fail",)):
        assert suite(*option).ret == 1
    planted.environments["keras"] = {**later, "backend": "jax"}
    changed = suite()
    assert changed.ret == 11 and f"nearest entry, {TODAY}:" in changed.output
    assert re.search(r"E +learns, keras +yes, 0\.90\d* ± \S+ +yes, 1\.\d+: 0\.\d+ away", changed.output)
    updated = suite("--compare-update")
    assert updated.ret == 0
    assert re.search(r"\n +learns, keras +yes, 0\.90\d* ± \S+ +yes, 1\.\d+: 0\.\d+ away", updated.output)
    assert recorded.read_text().startswith(reviewed) and suite().ret == 0
    planted.environments["keras"] = {**KERAS, "versions": {"keras": "3.15.9", "tensorflow": "2.21.3"}}
    assert suite().ret == 0, "the same release series matches the older entry"
    recorded.write_text(recorded.read_text().replace("run: ", "run: [", 1))
    broken = suite()
    assert broken.ret == 1
    assert re.search(rf"Failed: The golden file .*{PLACE} cannot be read \(.*\); mend it, ", broken.output)


def test_an_entry_without_a_model_is_compared_in_what_it_has(suite, recorded, planted):
    """As entries were written before models were kept."""
    text = recorded.read_text()
    recorded.write_text(re.sub(r"(?m)^  (versions|model|losses):.*\n(   .*\n)*", "", text))
    assert "losses" not in recorded.read_text()
    old = suite()
    assert old.ret == 0 and "holds, but it was written before models were kept" in old.output
    assert suite("--compare-update").ret == 0 and recorded.read_text() == text


def test_two_golden_verdicts_in_one_test_need_names(suite):
    both = suite("--compare-update", text=GOLDEN + "    result.assert_golden()\n")
    assert both.ret == 1 and "would both lie in test_ours.yaml; give one a name" in both.output
    named = suite("--compare-update", "-o", "compare_golden=kept", text=GOLDEN + '    result.assert_golden("again")\n')
    assert named.ret == 0
    assert {path.name for path in Path("kept", "test_it").iterdir()} == {"test_ours.yaml", "test_ours.again.yaml"}


def test_a_tolerance_is_measured_on_the_framework_itself(planted, company, monkeypatch, tmp_path):
    monkeypatch.setattr("compare.pytest_plugin.session.WorkerPool", lambda *settings: company)
    spec = Spec(Data(divisor=255.0, first=100), (Flatten(), Dense(10), Activation("sigmoid")),
                CategoricalCrossentropy(), SGD(0.1), Training(2, 32))
    scenario = Scenario("mine", "Mine", "Is it?", (Variant("a", "A", spec, "reported"),), (
        Behaviour("loss", "the loss is", ("a",), lambda trace: trace["reported/train/loss"][-1], low=0.0),
        Behaviour("accuracy", "the accuracy is", ("a",), lambda trace: trace["reported/train/accuracy"][-1], low=0.0),
        Behaviour("sides", "it has no number", ("a",), lambda trace: float("nan"))))
    run = Session(tmp_path).run(scenario, read(["frameworks=keras"], scenario=False), load("sample"))
    submitted = []
    work = company.work
    monkeypatch.setattr(company, "work", lambda jobs, *rest: submitted.append(jobs) or work(jobs, *rest))
    tolerances = Tolerances(run)
    loss, accuracy, undefined = (tolerances.tolerance(behaviour, "keras") for behaviour in scenario.behaviours)
    jobs, = submitted
    jobs = {trial: job for trial, job in jobs.items() if trial.variant.startswith("a.keras.")}
    assert [trial.framework for trial in jobs] == ["keras"] * 3 + ["reference-float32", "reference"]
    kernels = [np.load(job["weights"])["1.kernel"] for job in jobs.values()]
    ulp = np.spacing(np.abs(kernels[-1]).max())
    assert all(0 < np.abs(kernel - kernels[-1]).max() <= ulp for kernel in kernels[:3])
    numbers = [float(trace.read(job["out"])["reported/train/loss"][-1]) for job in jobs.values()]
    answer = run.result.answers["loss"]["keras"].number
    deviation = max(abs(number - answer) for number in numbers)
    assert loss == pytest.approx(FACTOR * max(deviation, UNIT * answer)) and 0 < loss < 1e-4
    assert accuracy == pytest.approx(2 / 100) and np.isnan(undefined)
