"""Faults at stages of `check`, of `upgrade`, and of a run of two real frameworks.

`tests/unit/test_faults_at_stages.py` has them for the reference alone.
"""

import json
import sys

import at_a_stage
import numpy as np
import pytest
from processes import compare
from rounding import skip_unless_installed
from test_upgrade_for_real import PROGRAM
from user_programs import KERAS, TORCH

FILE = """
from scenarios.scenario import Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

SCENARIO = Scenario("mine", "Mine", "Is it?", (Variant("sigmoid", "sigmoid", Spec(
    Data(first=96, divisor=255.0), (Flatten(), Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.1),
    Training(1, 32)), "reported"),), ())
"""
CHECK = ("check", "keras=mine.py:build", "lightning=port.py:Net(slope=0.2)", "steps=4", "out=run")
UPGRADE = ("upgrade", "old=first", "new=second", "lightning=program.py:build", "data=data.npz", "bisect=false",
           "out=run")
STAGES = {"check": {"importing": "/right/lightning.log", "running": "/data-", "searching": "/right-",
                    "writing the answer": "/result.json."},
          "upgrade": {"importing": "/right/second.log", "running": "/data-", "writing the answer": "/result.json."}}
OTHER_OUTPUTS = FILE.replace("(Flatten(), ", "(Flatten(), BatchNormalization(), ").replace(
    "import SGD, ", "import SGD, BatchNormalization, ")
"""A scenario of which the frameworks compute other outputs, in a layer with another default epsilon."""
UNTOUCHED = {"check": 1, "upgrade": 3}
"""The exit codes where nothing happens: without bisection, no release explains what an upgrade changes."""
STAGES_OF = [(command, stage) for command, stages in STAGES.items() for stage in stages]


@pytest.fixture
def place(tmp_path):
    """A folder with two programs and their port, and two scenarios."""
    for framework in ("keras", "lightning"):
        skip_unless_installed(framework)
    for name, text in (("mine.py", KERAS), ("port.py", TORCH), ("program.py", PROGRAM), ("scenario.py", FILE),
                       ("outputs.py", OTHER_OUTPUTS)):
        (tmp_path / name).write_text(text)
    random = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", x=random.normal(size=(64, 4)).astype("float32"),
             y=random.normal(size=(64, 2)).astype("float32"))
    return tmp_path


@pytest.fixture
def registered(place):
    """Two environments, of which the second doubles the loss of a program."""
    for number, name in enumerate(("first", "second"), 1):
        interpreter = place / f"python-{name}"
        interpreter.write_text(f'#!/bin/sh\nRELEASE={number} exec {sys.executable} "$@"\n')
        interpreter.chmod(0o755)
        code, _, error = compare(place, "environments", "add", name, f"python={interpreter}", "framework=lightning")
        assert code == 0, error


@pytest.fixture
def ran(place, request):
    """A function: (exit code, stdout, stderr) of a command to which something happened at a stage."""
    def run(command, stage, action):
        if command == "upgrade":
            request.getfixturevalue("registered")
        return at_a_stage.run(place, STAGES[command][stage], action, *(CHECK if command == "check" else UPGRADE))
    return run


@pytest.mark.parametrize("command, stage", STAGES_OF)
@pytest.mark.parametrize("signals, code", [("SIGINT", 130), ("SIGINT SIGINT", 130), ("SIGTERM", 143)])
def test_signal_ends_everything(ran, command, stage, signals, code):
    ended, _, error = ran(command, stage, signals)
    assert ended == code
    assert error.splitlines()[-1].startswith(("compare: interrupted; ", "compare: ended at once."))


@pytest.mark.parametrize("command, stage", STAGES_OF)
def test_killed_parent_leaves_nothing_behind(ran, command, stage):
    assert ran(command, stage, "SIGKILL")[0] == -9


@pytest.mark.parametrize("command, stage", [("check", "running"), ("check", "searching"), ("upgrade", "running")])
def test_killed_worker_is_a_sentence(ran, place, command, stage):
    code, out, error = ran(command, stage, "kill")
    assert code == 4 and "SIGKILL" in out + error
    assert json.loads((place / "run/result.json").read_text()), "what was found is kept"


@pytest.mark.parametrize("command, stage", STAGES_OF)
@pytest.mark.parametrize("action", ["remove", "memory"])
def test_folder_or_memory_that_is_gone_is_a_sentence(ran, command, stage, action):
    code, out, error = ran(command, stage, action)
    whole = action == "memory" and code == UNTOUCHED[command]  # what it has is enough to end as usual
    assert code in (UNTOUCHED[command], 2, 4) and (error.strip() or whole), out + error


@pytest.mark.parametrize("command", STAGES)
def test_stopped_command_goes_on(ran, command):
    code, out, error = ran(command, "running", "stop")
    assert code == UNTOUCHED[command] and "sign of life" not in out + error, out + error


@pytest.mark.parametrize("scenario, stage", [("outputs.py", "/narrowed/"), ("scenario.py", "/switched/")])
def test_worker_that_dies_while_a_difference_is_explained_is_named(place, scenario, stage):
    code, out, error = at_a_stage.run(place, stage, "kill every", f"scenario={scenario}", "data=sample",
                                      "frameworks=keras,lightning", "out=run")
    assert code == 4 and "worker ended (signal 9). The end of its log, " in error, out + error
    assert json.loads((place / "run/result.json").read_text())["problems"]
