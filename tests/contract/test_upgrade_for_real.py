"""What an upgrade changes, on real frameworks: from Keras 2.3 to tf.keras 2.4 the loss is computed from the logits."""

import json
import sys
from contextlib import closing

import numpy as np
import pytest
from conftest import skip_unless_installed

import scenarios
from compare.analysis.upgrade import Key, Kind
from compare.analysis.upgrade_programs import OfProgram
from compare.analysis.upgrade_scenarios import OfScenarios
from compare.commands.exit_codes import ExitCode
from compare.commands.upgrade import main
from compare.execution import registered
from compare.execution.environments import OLD_KERAS
from compare.execution.settings import Settings
from compare.reporting import upgrade as reporting
from frameworks import FRAMEWORKS

FILE = '''"""Does an upgrade change the loss of a sigmoid?"""
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

def variant(activation):
    spec = Spec(Data(first=96, divisor=255.0), (Flatten(), Dense(10), Activation(activation)),
                CategoricalCrossentropy(), SGD(0.1), Training(1, 32))
    return Variant(activation, activation, spec, "reported")

SCENARIO = Scenario("mine", "Sigmoid", "Does an upgrade change the loss?", (variant("sigmoid"), variant("softmax")), (
    Behaviour("low", "the loss is below 2.28", ("sigmoid",), lambda trace: float(trace["reported/train/loss"][0]),
              high=2.28, epochs=1),))
'''
OLD, NEW = "keras-2.3", "tf-keras-2.4"
PROGRAM = '''"""A program with a loss that another release doubles."""
import os

import torch
from torch import nn


def build():
    module, factor = nn.Linear(4, 2), 2.0 if os.environ.get("RELEASE") == "2" else 1.0
    return module, lambda outputs, y: factor * nn.functional.mse_loss(outputs, y), torch.optim.SGD(
        module.parameters(), 0.1)
'''


@pytest.fixture(scope="module")
def scenario_file(tmp_path_factory):
    """A file with the same training with a sigmoid and with a softmax."""
    file = tmp_path_factory.mktemp("upgrade") / "mine.py"
    file.write_text(FILE)
    return file


def test_the_changed_loss_is_found_and_switched_and_what_is_the_same_is_not_accused(scenario_file, tmp_path, capsys):
    for name in (OLD, NEW):
        skip_unless_installed(name)
    code = main([f"old={OLD}", f"new={NEW}", f"scenario={scenario_file}", "bisect=false", "data=sample", "reuse=false",
                 f"out={tmp_path / 'run'}"])
    record = json.loads((tmp_path / "run" / "result.json").read_text())
    loss, = (change for change in record["changes"] if change["name"] == "loss")
    assert loss["subject"] == "mine/sigmoid" and loss["explained"]
    assert {path for cause in loss["causes"] for path in cause["settings"]} == {"loss.of"}
    assert {change["subject"] for change in record["changes"]} <= {"mine/sigmoid", "mine"}
    assert code == (ExitCode.DIFFERENT if record["verdict"] == "explained" else ExitCode.UNEXPLAINED)
    assert "input of the loss" in capsys.readouterr().out.replace("\n", " ")


def test_the_same_packages_in_another_place_change_nothing(scenario_file, dataset, tmp_path):
    skip_unless_installed(OLD)
    framework = FRAMEWORKS[OLD]
    registered.use(registered.Registered("copied", str(OLD_KERAS[OLD].python), "keras", "tensorflow", framework.module,
                                         "Keras", {"python": "3.7"}))
    try:
        mine = scenarios.load(str(scenario_file))
        subject = OfScenarios(((mine, "shared"),), dataset, Settings(reuse=False), tmp_path, print)
        comparison, = subject.changes(OLD, "copied", lambda what: None)
        covered = reporting.covered_of(reporting.Measured("keras", (OLD, "copied"), comparison, {}))
        assert not comparison.changes and not comparison.worker_errors
        assert dict(covered.stages)["loss"] == 2 and covered.behaviours == 1 and 0 < covered.smallest < 1e-3
        requested = [Key(Kind.STAGE, "mine/sigmoid", "loss")]
        assert subject.recognized(OLD, "copied", requested) == frozenset()
    finally:
        del FRAMEWORKS["copied"], registered.ENVIRONMENTS["copied"]


@pytest.fixture
def release(tmp_path):
    """A function: registers this interpreter as an environment with another release, until the test ends."""
    names = []

    def made(number):
        interpreter = tmp_path / f"python-{number}"
        interpreter.write_text(f'#!/bin/sh\nRELEASE={number} exec {sys.executable} "$@"\n')
        interpreter.chmod(0o755)
        names.append(f"release-{number}")
        registered.use(registered.Registered(names[-1], str(interpreter), "lightning", "", "", "Lightning", {}))
        return names[-1]
    yield made
    for name in names:
        del FRAMEWORKS[name], registered.ENVIRONMENTS[name]


def test_a_changed_loss_of_a_program_is_found_and_recognized_in_a_third_environment(release, tmp_path):
    skip_unless_installed("lightning")
    (tmp_path / "mine.py").write_text(PROGRAM)
    random = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", x=random.normal(size=(64, 4)).astype("float32"),
             y=random.normal(size=(64, 2)).astype("float32"))
    subject = OfProgram(f"{tmp_path / 'mine.py'}:build", (f"data={tmp_path / 'data.npz'}",), tmp_path)
    with closing(subject):
        (change,), = (comparison.changes for comparison in subject.changes(release(1), release(2), lambda what: None))
        assert change.key == Key(Kind.STAGE, "mine.py:build", "loss") and change.size == pytest.approx(0.5)
        assert float(change.after) == pytest.approx(2 * float(change.before), rel=1e-5)
        assert subject.recognized("release-1", "release-2", [change.key]) == {change.key}
        assert subject.recognized("release-1", release(3), [change.key]) == frozenset()
