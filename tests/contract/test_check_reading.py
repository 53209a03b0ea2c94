"""What `check` reads and measures beside the stages: settings, initial weights, rounding, randomness, layers alone."""
import json

from user_programs import KERAS, TORCH

from compare.reporting.programs import folder, text
from compare.reporting.programs.facts import Verdict

NORMALIZED = KERAS.replace("keras.layers.Dense(3, activation=\"relu\")", """keras.layers.Dense(80, activation="relu"),
        keras.layers.BatchNormalization(momentum=0.9)""").replace("SGD(0.1)", "Adam(0.001)")
NORMALIZED_TORCH = TORCH.replace("nn.Linear(4, 3), nn.Linear(3, 1)", "nn.Linear(4, 80), nn.Linear(80, 1)").replace(
    "slope\n", "slope\n        self.norm = nn.BatchNorm1d(80)\n", 1).replace(
    "self.two(nn.functional.leaky_relu(self.one(x), self.slope))", "self.two(self.norm(torch.relu(self.one(x))))")
NORMALIZED_TORCH = NORMALIZED_TORCH.replace("SGD(self.parameters(), 0.1)", "Adam(self.parameters())")


def test_settings_initial_weights_and_rounding_are_in_the_answer(compared, tmp_path):
    (tmp_path / "mine.py").write_text(NORMALIZED)
    (tmp_path / "port.py").write_text(NORMALIZED_TORCH)
    result = compared(tmp_path, keras="mine.py:build", lightning="port.py:Net", steps=4)
    rows = {(row.what, row.setting): row for row in result.table}
    norm = next(row for (what, setting), row in rows.items() if setting == "epsilon" and "`norm`" in what)
    assert [norm.left, norm.left_from, norm.right, norm.right_from] == ["0.001", "default", "1e-05", "default"]
    momentum = next(row for (what, setting), row in rows.items() if setting == "momentum" and "`norm`" in what)
    assert [momentum.left_from, momentum.right_from, momentum.differs] == ["given", "default", False]
    rate = rows["optimizer", "learning_rate"]
    assert [rate.left_from, rate.right_from, rate.differs] == ["given", "default", False]
    assert rows["optimizer", "epsilon"].differs and rows["loss", "reduction"].right == "mean"
    initial = {each.role: list(map(str, each.drawn)) for each in reversed(result.initial)}
    assert [each.partition("(")[2] for each in initial["kernel"]] == [
        "`glorot_uniform`)", "`kaiming_uniform_` with `a=5 ** 0.5`, PyTorch's default)"]
    assert initial["bias"][0] == "zeros" and initial["bias"][1].startswith("uniform within ±0.")
    assert not {"gamma", "beta", "moving_mean", "moving_variance"} & set(initial)
    assert 0 < result.rounding < 1e-3 and not result.random
    sentences = text.markdown(text.text(result))
    assert "`epsilon` is `0.001` (default) against `1e-05` (default); the defaults differ." in sentences
    assert "no difference above comes from this" in sentences
    assert "Rounding of float32 alone moves a loss by" in sentences
    assert not folder.write(result, tmp_path, "check") and "Every setting" in (tmp_path / "report.html").read_text()
    record = json.loads((tmp_path / "result.json").read_text())
    assert record["table"] and record["initial"][0]["drawn"][0]["kind"] and record["rounding"] == result.rounding


def test_a_program_that_is_random_by_itself_is_named_with_its_layer(compared, tmp_path):
    (tmp_path / "mine.py").write_text(KERAS)
    (tmp_path / "port.py").write_text(TORCH.replace(
        "self.one(x), self.slope",
        "self.one(x) * (torch.randint(99, (3,)).to(x) if self.training else 1.0), self.slope"))
    result = compared(tmp_path, keras="mine.py:build", lightning="port.py:Net", steps=2)
    assert result.verdict is Verdict.UNEXPLAINED
    assert [(each.side, each.operation.kind, each.operation.place.line) for each in result.random] == [
        ("right", "randint", 10)]
    assert "port.py:Net is random at `randint` (port.py:10) in training mode" in text.markdown(text.text(result))


def test_each_layer_is_run_alone_on_the_input_of_the_other_side(compared, tmp_path):
    deep = KERAS.replace("keras.layers.Dense(1)]", "keras.layers.Dense(3, activation='relu'), keras.layers.Dense(1)]")
    (tmp_path / "mine.py").write_text(deep)
    (tmp_path / "port.py").write_text(TORCH.replace("nn.Linear(3, 1), slope", "nn.Linear(3, 1), slope\n"
                                                    "        self.middle = nn.Linear(3, 3)").replace(
        "self.two(nn.functional.leaky_relu(self.one(x), self.slope))",
        "self.two(torch.relu(self.middle(torch.relu(2 * self.one(x)))) + 1)"))
    result = compared(tmp_path, keras="mine.py:build", lightning="port.py:Net", steps=2)
    assert len(result.alone) == 3 and max(result.alone.values()) < 1e-12  # the functions between the layers differ
    states = {node.text: node for node in result.graphs[0]}
    assert any(node.state == "inherited" and node.alone is not None and node.alone < 1e-12
               for node in states.values())
    (tmp_path / "mine.py").write_text(KERAS.replace("keras.layers.Dense(1)]", "keras.layers.LayerNormalization("
                                                    "epsilon=0.5), keras.layers.Dense(1)]"))
    (tmp_path / "port.py").write_text(TORCH.replace("nn.Linear(3, 1), slope", "nn.Linear(3, 1), slope\n"
                                                    "        self.middle = nn.LayerNorm(3)").replace(
        "self.two(nn.functional.leaky_relu(self.one(x), self.slope))",
        "self.two(self.middle(nn.functional.leaky_relu(self.one(x), self.slope)))"))
    result = compared(tmp_path, keras="mine.py:build", lightning="port.py:Net", steps=2)
    assert result.items[0].left and result.alone[result.items[0].left.key] > 1e-3
    assert "the difference is made here" in text.markdown(text.text(result))


def test_what_a_program_makes_float32_is_float64_in_its_rebuild(compared, tmp_path):
    (tmp_path / "mine.py").write_text(KERAS)
    (tmp_path / "port.py").write_text("import numpy as np\n" + TORCH.replace(
        "slope\n", "slope\n        self.ones = torch.from_numpy(np.ones(3, 'float32'))\n", 1).replace(
        "self.one(x), self.slope", "self.one(x.type(torch.FloatTensor)) * self.ones, self.slope").replace(
        "batch[1])", "batch[1].float() * torch.tensor(np.float32(1)))"))
    result = compared(tmp_path, keras="mine.py:build", lightning="port.py:Net", steps=2)
    assert result.verdict is Verdict.SAME and all(row.size < 1e-12 for row in result.compared)


STATEFUL = '''
import keras


def build():
    model = keras.Sequential([keras.Input(batch_shape=(16, 5, 3)), keras.layers.LSTM(4, stateful=True, name="lstm"),
                              keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
'''
CARRIED = '''
import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, carried=True):
        super().__init__()
        self.lstm, self.out = nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 1)
        nn.init.zeros_(self.lstm.bias_hh_l0).requires_grad_(False)
        self.carried, self.state = carried, None

    def forward(self, x):
        _, (h, c) = self.lstm(x, self.state)
        self.state = (h.detach(), c.detach()) if self.carried else None
        return self.out(h[-1])

    def training_step(self, batch, index):
        return nn.functional.mse_loss(self(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.SGD([p for p in self.parameters() if p.requires_grad], 0.1)
'''


def test_a_state_that_is_carried_from_batch_to_batch_is_no_weight_and_nothing_random(compared, tmp_path):
    (tmp_path / "mine.py").write_text(STATEFUL)
    (tmp_path / "port.py").write_text(CARRIED)
    assert compared(tmp_path, keras="mine.py:build", lightning="port.py:Net", steps=4).verdict is Verdict.SAME
    result = compared(tmp_path, keras="mine.py:build", lightning="port.py:Net(carried=False)", steps=4)
    assert result.verdict is Verdict.DIFFERENT and result.items[0].stage == "update"
    assert "`lstm` has `stateful=True`" in result.items[0].causes[0].cause


def test_a_pass_without_gradients_and_a_hook_that_changes_weights_are_followed(compared, tmp_path):
    """An accuracy by a pass of its own, and weights that are clamped after a batch, as Keras's constraint does."""
    (tmp_path / "mine.py").write_text(KERAS.replace("Dense(1)]", "Dense(1, kernel_constraint='non_neg')]"))
    step = "    def training_step(self, batch, index):\n"
    program = TORCH.replace(step, f"""    def on_train_batch_end(self, *_):
        self.two.weight.data.clamp_(min=0)
{step}        with torch.no_grad():
            self.log("size", self(torch.zeros_like(batch[0])).abs().mean())
""")
    (tmp_path / "port.py").write_text(program)
    assert compared(tmp_path, keras="mine.py:build", lightning="port.py:Net", steps=4).verdict is Verdict.SAME
    (tmp_path / "port.py").write_text(program.replace("clamp_(min=0)", "abs()"))
    result = compared(tmp_path, keras="mine.py:build", lightning="port.py:Net", steps=4)
    assert "NonNeg()" in result.items[0].causes[0].cause
