"""`check` with real Keras and Lightning: ports of the corpus, and every output of the command."""
import json
import shutil
from pathlib import Path

import pytest
from user_programs import KERAS, TORCH

import keras_or_me
from compare.__main__ import main
from compare.analysis.programs import runs
from compare.execution.programs import Setup
from compare.reporting.programs import text
from compare.reporting.programs.facts import Verdict

BACKENDS = """
import keras
from keras import layers
def build(momentum=0.99, last="softmax", optimizer="adam"):
    model = keras.Sequential([
        keras.Input((6,)), layers.Dense(8), layers.BatchNormalization(momentum=momentum), layers.ReLU(),
        layers.Dense(3, activation=last)])
    model.compile(optimizer, "categorical_crossentropy")
    return model
"""
PORTS = Path(__file__).parents[1] / "ports"


def of_port(compared, name, **given):
    port = json.loads((PORTS / name / "expected.json").read_text())
    keras, torch = port["programs"]
    return compared(PORTS / name, keras=keras, lightning=torch, **given)


@pytest.mark.parametrize("name, stage, sentence", [
    ("01_flatten_two_convolutions", "forward", "channels first"),
    ("27_softmax_before_cross_entropy", "loss", "applies `softmax` itself"),
    ("41_default_learning_rate", "update", "has `learning_rate=0.01`, yours has `lr=0.001`"),
    ("17_batch_norm_momentum", "update", "keeps 90% of the old statistics")])
def test_a_difference_is_located_explained_and_removed(compared, name, stage, sentence):
    result = of_port(compared, name)
    assert result.verdict is Verdict.DIFFERENT
    first = result.items[0]
    assert first.stage == stage and sentence in first.causes[0].cause and first.causes[0].code
    assert first.place.file == "torch_program.py" and first.place.line > 0
    assert not any(each.differs for each in result.compared)
    assert "evaluation" in [each.stage for each in result.compared]


def test_a_right_port_is_the_same_up_to_the_end(compared):
    result = of_port(compared, "10_mlp_logits_same")
    assert result.verdict is Verdict.SAME and not result.items
    stages = ["parameters", "forward", "forward in training mode", "loss", "gradient", "update", "training",
              "evaluation"]
    assert [stage.stage for stage in result.compared][:len(stages)] == stages
    assert max(stage.size for stage in result.compared) < 1e-9 and result.convention == "softmax"


def test_what_is_planted_is_found_with_its_value(compared, tmp_path):
    (tmp_path / "mine.py").write_text(KERAS)
    (tmp_path / "port.py").write_text(TORCH)
    same = compared(tmp_path, keras="mine.py:build", lightning="port.py:Net")
    assert same.verdict is Verdict.SAME
    planted = compared(tmp_path, keras="mine.py:build", lightning="port.py:Net(slope=0.2)")
    assert planted.verdict is Verdict.DIFFERENT and planted.items[0].place.line == 10
    assert planted.items[0].causes[0].code == "`F.relu(x)` in place of `leaky_relu`"


def test_one_keras_program_on_two_backends(compared, tmp_path):
    (tmp_path / "mine.py").write_text(BACKENDS)
    same = compared(tmp_path, **{"keras": "mine.py:build", "keras-torch": "mine.py:build"})
    assert same.verdict is Verdict.SAME and not same.items
    assert max(stage.size for stage in same.compared if stage.stage != "gradient") < 1e-10
    planted = compared(tmp_path, **{"keras": "mine.py:build(optimizer='lion')",
                                    "keras-torch": "mine.py:build(momentum=0.9,optimizer='lion')"})
    assert any("dense.bias is nothing but rounding" in warning for warning in planted.warnings)  # Lion moves it
    assert [item.stage for item in planted.items] == ["update"]
    assert planted.items[0].causes[0].code == "`momentum=0.99` in `BatchNormalization`"
    shortcut = compared(tmp_path, **{"keras": "mine.py:build(last='sigmoid')",
                                     "keras-torch": "mine.py:build(last='sigmoid')"})
    assert [(item.stage, item.by_design) for item in shortcut.items] == [("loss", True)]
    assert "before the `sigmoid`" in shortcut.items[0].causes[0].cause


def test_a_model_without_a_loss_is_compared_as_far_as_its_outputs(compared, tmp_path):
    (tmp_path / "mine.py").write_text(KERAS.replace('model.compile(keras.optimizers.SGD(0.1), "mse")', "pass"))
    (tmp_path / "port.py").write_text(TORCH)
    result = compared(tmp_path, keras="mine.py:build", lightning="port.py:Net")
    assert [stage.stage for stage in result.compared][:2] == ["parameters", "forward"]
    assert result.verdict is Verdict.SAME
    assert "training was not compared" in text.text(result).verdict


def test_the_command_writes_every_output_and_show_prints_the_answer_again(tmp_path, capsys, monkeypatch, worker,
                                                                          folder):
    pair = [worker(framework) for framework in ("keras", "lightning")]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(KERAS)
    (tmp_path / "port.py").write_text(TORCH)
    code = main(["check", "keras=mine.py:build", "lightning=port.py:Net(slope=0.2)", "out=run", "steps=4"])
    out = capsys.readouterr().out
    assert code == 1 and "The programs differ in one place." in out and "port.py:10" in out
    assert {"report.html", "report.md", "result.json", "result.sarif"} <= {path.name for path in Path("run").iterdir()}
    sarif = json.loads(Path("run/result.sarif").read_text())["runs"][0]["results"]
    assert sarif[0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 10
    assert "<svg" in Path("run/report.html").read_text()
    assert not list(Path("run/runs").glob("*.npz"))
    assert main(["show", "out=run"]) == 0 and "The programs differ in one place." in capsys.readouterr().out
    shutil.rmtree("run")
    monkeypatch.setattr(runs, "started", lambda question, place: runs.Pair(question, folder, pair, Setup(), Setup()))
    monkeypatch.setattr(runs, "close", lambda pair: None)
    result = keras_or_me.check(keras="mine.py:build", lightning="port.py:Net", out="run", steps=4)
    assert result.verdict is Verdict.SAME
