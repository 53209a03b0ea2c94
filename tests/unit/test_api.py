"""The public Python API: what `keras_or_me` exports, and a run from Python."""

import subprocess
import sys

import pytest

import keras_or_me
from compare.analysis.attribution import Attribution
from compare.execution.errors import UsageError
from compare.reporting import run_folder
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training

SPEC = Spec(Data(first=200, divisor=255.0), (Flatten(), Dense(10)), MeanSquaredError(), SGD(0.1, 0.0, False),
            Training(1, 32, False))
FALLS = Behaviour("falls", "the loss falls below 1", ("plain",), lambda trace: float(trace["reported/train/loss"][-1]),
                  high=1.0, epochs=1)
SCENARIO = Scenario("mine", "Mine", "Does it fall?", (Variant("plain", "plain", SPEC, "reported"),), (FALLS,))


def test_a_scenario_of_ones_own_is_run_and_answered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = keras_or_me.run(SCENARIO, out="run", frameworks=["reference", "reference-float32"], data="sample")
    assert result.answers["falls"]["reference"].holds and result.verdicts["falls"].belongs_to != Attribution.UNEXPLAINED
    assert keras_or_me.answer(result).verdict.endswith(".")
    assert {"report.html", "report.md", "result.json"} <= {path.name for path in (tmp_path / "run").iterdir()}


def test_an_output_that_fails_is_a_warning_and_the_result_is_returned(tmp_path, monkeypatch):
    def full(result, data):
        raise OSError(28, "No space left on device")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(run_folder.OUTPUTS, "report.md", full)
    with pytest.warns(UserWarning, match="report.md could not be written: No space left on device") as warned:
        result = keras_or_me.run(SCENARIO, out="run", frameworks=["reference"], data="sample")
    assert result.answers["falls"]["reference"].holds and warned[0].filename == __file__


@pytest.mark.parametrize("settings, message", [
    ({"epoch": 1}, "There is no setting 'epoch'; did you mean epochs?"),
    ({"frameworks": "kears"}, "frameworks is 'kears'; did you mean keras?")])
def test_a_mistake_is_one_sentence(settings, message):
    with pytest.raises(UsageError) as refusal:
        keras_or_me.run(SCENARIO, **settings)
    assert str(refusal.value).startswith(message)


def test_what_is_public_is_there_and_the_rest_is_not():
    assert {name for name in keras_or_me.API if getattr(keras_or_me, name)} == set(keras_or_me.API)
    assert keras_or_me.Scenario is Scenario and keras_or_me.spec.Dense is Dense
    with pytest.raises(AttributeError, match="keras_or_me has no 'rum'; it has run, check, answer"):
        _ = keras_or_me.rum


def test_importing_it_imports_nothing_of_ours():
    script = "import keras_or_me, sys; print(*{'compare', 'frameworks', 'scenarios', 'numpy'} & set(sys.modules))"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert child.stdout.split() == []
