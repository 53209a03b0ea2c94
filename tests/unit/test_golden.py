"""Golden verdicts: made, reviewed and kept; and the bands of their numbers."""

import re
from pathlib import Path

import numpy as np
import pytest
from suites import GOLDEN, KERAS, MINE, PLACE, TODAY, WITHOUT_THE_QUIRK

from compare.analysis.noise import FACTOR, UNIT
from compare.execution.settings import read
from compare.pytest_plugin.session import Session
from compare.pytest_plugin.tolerances import Tolerances
from frameworks.runtime import trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

pytest_plugins = "pytester", "stand_ins"


def test_a_golden_verdict_is_made_reviewed_and_kept(suite, pytester):
    first = suite(text=GOLDEN)
    assert first.ret == 1 and f"There is no golden verdict yet of {TODAY}: pytest --compare-update writes it into " \
        f"{PLACE}" in first.told and not PLACE.exists()
    second = suite("--compare-update")
    assert second.ret == 0 and f"{PLACE}: new, {TODAY}\n" in second.told
    text = PLACE.read_text()
    assert re.search(r"\n" + TODAY + r""":
  run: frameworks=keras,lightning,reference variants=reported epochs=all seeds=1 init=shared
  behaviours:
    learns:
      belongs to: textbook; PyTorch departs
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
    assert again.ret == 0 and PLACE.read_text() == text and "has written" not in again.told


def test_a_changed_verdict_and_a_vanished_quirk_fail_with_old_and_new_side_by_side(suite, recorded, planted):
    planted.environments["keras"] = {**WITHOUT_THE_QUIRK}
    result = suite()
    assert result.ret == 11
    for row in (r"learns, keras +yes, 0\.90\d* ± \S+ +yes, 1\.\d+: 0\.\d+ away, where \S+ is let pass as rounding\n",
                r"quirks, loss\.of +keras softmax_of_logits; lightning softmax_of_outputs; reference outputs +keras, "
                r"reference outputs; lightning ",
                r"quirks, loss\.clip +\(not there\) +keras 1e-07; lightning, reference 0"):
        assert re.search("E +" + row, result.told), row
    assert "first they differ in the loss" in result.told


def test_a_number_beyond_its_noise_fails_and_one_within_does_not(suite, recorded, pytester):
    text = recorded.read_text()
    told, number, tolerance = re.search(r"keras: yes, ((\S+) ± (\S+))", text).groups()
    recorded.write_text(text.replace(told, f"{float(number) + 0.9 * float(tolerance):.12g} ± {tolerance}"))
    assert suite().ret == 0
    recorded.write_text(text.replace(told, f"{float(number) + 1.1 * float(tolerance):.12g} ± {tolerance}"))
    result = suite()
    assert result.ret == 11
    row = re.search(r"E +learns, keras +yes, \S+ ± \S+ +yes, \S+: (\S+) away, where (\S+) is let pass as rounding\n",
                    result.told)
    assert row and float(row[1]) == pytest.approx(1.1 * float(tolerance), rel=0.1) and float(row[2]) == float(tolerance)
    recorded.write_text(text)
    pytester.makepyfile(mine=MINE.replace("SGD(0.1)", "SGD(0.1001)"))
    assert suite().ret == 11, "a thousandth of the rate is seen"
    assert suite("--compare-fail-on=unexplained,died").ret == 0


def test_another_series_is_neither_matched_nor_rewritten(suite, recorded, planted):
    reviewed = recorded.read_text() + "  # looked through: the sigmoid is passed by\n"
    recorded.write_text(reviewed)
    later = {**KERAS, "versions": {"keras": "3.16.0", "tensorflow": "2.22.1"}}
    planted.environments["keras"] = later
    same = suite()
    assert same.ret == 1 and f"{PLACE} says nothing of keras 3.16, tensorflow 2.22, " in same.told
    assert f"Nothing has changed beside {TODAY}, the nearest. pytest --compare-update adds it" in same.told
    planted.environments["keras"] = {**later, "backend": "jax"}
    changed = suite()
    assert changed.ret == 11 and f"Beside {TODAY}, the nearest:" in changed.told
    assert re.search(r"E +learns, keras +yes, 0\.90\d* ± \S+ +yes, 1\.\d+: 0\.\d+ away", changed.told)
    updated = suite("--compare-update")
    assert updated.ret == 0
    assert re.search(r"\n +learns, keras +yes, 0\.90\d* ± \S+ +yes, 1\.\d+: 0\.\d+ away", updated.told)
    assert recorded.read_text().startswith(reviewed) and suite().ret == 0
    planted.environments["keras"] = {**KERAS, "versions": {"keras": "3.15.9", "tensorflow": "2.21.3"}}
    assert suite().ret == 0, "of one series, and the older entry is what it was"
    recorded.write_text(recorded.read_text().replace("run: ", "run: [", 1))
    broken = suite()
    assert broken.ret == 1
    assert re.search(rf"Failed: The golden file .*{PLACE} cannot be read \(.*\); mend it, ", broken.told)


def test_two_golden_verdicts_of_a_test_have_names(suite):
    both = suite("--compare-update", text=GOLDEN + "    found.assert_golden()\n")
    assert both.ret == 1 and "would both lie in test_ours.yaml; give one a name" in both.told
    named = suite("--compare-update", "-o", "compare_golden=kept", text=GOLDEN + '    found.assert_golden("again")\n')
    assert named.ret == 0
    assert {path.name for path in Path("kept", "test_it").iterdir()} == {"test_ours.yaml", "test_ours.again.yaml"}


def test_a_band_is_measured_on_the_framework_itself(planted, company, monkeypatch, tmp_path):
    monkeypatch.setattr("compare.pytest_plugin.session.WorkerPool", lambda *settings: company)
    spec = Spec(Data(divisor=255.0, first=100), (Flatten(), Dense(10), Activation("sigmoid")),
                CategoricalCrossentropy(), SGD(0.1), Training(2, 32))
    scenario = Scenario("mine", "Mine", "Is it?", (Variant("a", "A", spec, "reported"),), (
        Behaviour("loss", "the loss is", ("a",), lambda trace: trace["reported/train/loss"][-1], low=0.0),
        Behaviour("accuracy", "the accuracy is", ("a",), lambda trace: trace["reported/train/accuracy"][-1], low=0.0),
        Behaviour("sides", "it has no number", ("a",), lambda trace: float("nan"))))
    found = Session(tmp_path).run(scenario, read(["frameworks=keras", "data=sample"], scenario=False))
    own = []
    work = company.work
    monkeypatch.setattr(company, "work", lambda jobs, *rest: own.append(jobs) or work(jobs, *rest))
    tolerances = Tolerances(found)
    loss, accuracy, none = (tolerances.tolerance(one, "keras") for one in scenario.behaviours)
    jobs, = own
    jobs = {trial: job for trial, job in jobs.items() if trial.variant.startswith("a.keras.")}
    assert [trial.framework for trial in jobs] == ["keras"] * 3 + ["reference-float32", "reference"]
    starts = [np.load(job["weights"])["1.kernel"] for job in jobs.values()]
    unit = np.spacing(np.abs(starts[-1]).max())
    assert all(0 < np.abs(start - starts[-1]).max() <= unit for start in starts[:3])
    numbers = [float(trace.read(job["out"])["reported/train/loss"][-1]) for job in jobs.values()]
    answer = found.result.answers["loss"]["keras"].number
    moved = max(abs(number - answer) for number in numbers)
    assert loss == pytest.approx(FACTOR * max(moved, UNIT * answer)) and 0 < loss < 1e-4
    assert accuracy == pytest.approx(2 / 100) and np.isnan(none)
