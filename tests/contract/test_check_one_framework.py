"""`check` on two programs of one framework: a refactoring, in which something else changed too."""
import pytest

from compare.analysis.programs import check, runs
from compare.execution.program_arguments import read_keywords
from compare.execution.programs import Setup
from compare.reporting.programs.facts import Verdict, facts

TORCH = """
import torch
from torch import nn
from torch.nn import functional as F
class Old(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(2, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.Linear(4, 1)
    def forward(self, x):
        return self.fc(F.leaky_relu(self.norm(self.conv(x)), 0.1).mean((2, 3)))
class New(nn.Module):
    def __init__(self, slope, groups):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 4, 3, padding="same"), nn.GroupNorm(groups, 4), nn.LeakyReLU(slope))
        self.head = nn.Linear(4, 1)
    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))
def old():
    net = Old()
    return net, nn.SmoothL1Loss(beta=0.5), torch.optim.AdamW(net.parameters(), 1e-3)
def new(slope=0.1, groups=2, beta=0.5):
    net = New(slope, groups)
    return net, nn.SmoothL1Loss(beta=beta), torch.optim.AdamW(net.parameters(), 1e-3)
"""
DATA = """
import numpy as np
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(128, 2, 6, 6)), rng.normal(size=(128, 1))
"""
KERAS = """
import keras
def build(activation="relu", loss="mse"):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, activation=activation), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), loss)
    return model
"""


@pytest.fixture(scope="module")
def refactored(worker, tmp_path_factory):
    """A function: what `check` finds about `old` and `new` of TORCH with other arguments."""
    place = tmp_path_factory.mktemp("refactored")
    (place / "net.py").write_text(TORCH)
    (place / "arrays.py").write_text(DATA)

    def question(new):
        return read_keywords({"lightning": ["net.py:old", new], "data": "arrays.py:data", "steps": 8}, place)
    pair = runs.started(question("net.py:new"), place, worker("lightning"))
    yield lambda new: facts(check.check(runs.Pair(question(new), place, pair.workers, Setup(), Setup())))
    runs.close(pair, keep_left=True)


def test_a_right_refactoring_is_the_same(refactored):
    assert refactored("net.py:new").verdict is Verdict.SAME


def test_changed_arguments_of_two_pytorch_programs_are_found_in_order(refactored):
    found = refactored("net.py:new(slope=0.2, groups=4, beta=1.0)")
    assert found.verdict is Verdict.DIFFERENT
    assert [(item.stage, [cause.code for cause in item.causes]) for item in found.items] == [
        ("forward", ["`num_groups=2` in `group_norm`"]), ("forward", ["`negative_slope=0.1` in `leaky_relu`"]),
        ("loss", ["`beta=0.5` in `smooth_l1_loss`"])]


def test_activation_and_loss_of_two_keras_programs_are_found(compared, tmp_path):
    (tmp_path / "mine.py").write_text(KERAS)
    found = compared(tmp_path, **{"keras": "mine.py:build",
                                  "keras-torch": "mine.py:build(activation='elu', loss='mae')"})
    assert [(item.stage, [cause.code for cause in item.causes]) for item in found.items] == [
        ("forward", ["`relu` in place of `elu`"]), ("loss", ["keras.losses.MeanSquaredError()"])]
