"""Signals and killed workers, for real, in the middle of every stage of a run: one sentence, the documented exit code,
no process is left behind, and no file is half written."""

import json
import os
import subprocess
import sys
import zipfile

import at_a_stage
import matplotlib
import pytest
from at_a_stage import STAGES
from processes import wait_for

from compare import HOME

pytestmark = pytest.mark.contract
SOON = 500
"""Seconds; on a machine that does much else, a run that needs two takes minutes."""
SCENARIO = """
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training


def loss(trace):
    return float(trace["reported/train/loss"][-1])


def spec(rate):
    return Spec(Data(first=64), (Flatten(), Dense(10)), MeanSquaredError(), SGD(rate), Training(2, 32))


SCENARIO = Scenario(
    "mine", "Mine", "Is it?", (Variant("fast", "A", spec(1e-3), "reported"), Variant("slow", "B", spec(1e-9))),
    (Behaviour("explodes", "the loss explodes", ("fast",), loss, low=1e4, contrast_variants=("slow",)),))
"""
ARGUMENTS = ("scenario=mine.py", "data=sample", "frameworks=reference,reference-float32", "out=run")
INTERRUPTED = "compare: interrupted; trainings that were finished are kept in the run's folder."


@pytest.fixture
def ran(tmp_path):
    """A function: (exit code, stdout, stderr) of a run to which something happened at a stage."""
    (tmp_path / "mine.py").write_text(SCENARIO, encoding="utf-8")
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HOME), str(HOME / "tests")]),
                 "XDG_CACHE_HOME": str(tmp_path / "cache"), "MPLCONFIGDIR": matplotlib.get_configdir()}

    def run(stage, action):
        with subprocess.Popen([sys.executable, at_a_stage.__file__, stage, action, *ARGUMENTS], cwd=tmp_path,
                              env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              preexec_fn=os.setpgrp) as program:
            out, error = program.communicate(timeout=SOON)
        wait_for(lambda: not group(program.pid), SOON)
        for path in (tmp_path / "run").rglob("*"):
            assert path.suffix != ".npz" or "partial" in path.name or zipfile.is_zipfile(path), path
            assert path.suffix != ".json" or json.loads(path.read_text(encoding="utf-8")), path
        assert "Traceback" not in out + error and "fault of this program" not in error, error
        return program.returncode, out, error
    return run


def group(leader):
    """The process ids of a process group that are running."""
    lines = subprocess.run(["ps", "-e", "-o", "pgid=,stat=,pid="], capture_output=True, text=True).stdout.splitlines()
    return [line.split()[2] for line in lines if line.split()[0] == str(leader) and not line.split()[1].startswith("Z")]


@pytest.mark.parametrize("stage", STAGES)
def test_interrupted_once(ran, stage):
    code, _, error = ran(stage, "SIGINT")
    assert code == 130 and error.splitlines()[-1] == INTERRUPTED


@pytest.mark.parametrize("stage", STAGES)
def test_interrupted_twice(ran, stage):
    code, _, error = ran(stage, "SIGINT SIGINT")
    assert code == 130 and error.splitlines()[-1] in (INTERRUPTED, "compare: ended at once.")


@pytest.mark.parametrize("stage", ["reading the images", "searching causes", "writing the report"])
def test_terminated(ran, stage):
    code, _, error = ran(stage, "SIGTERM")
    assert code == 143 and error.splitlines()[-1] == INTERRUPTED


@pytest.mark.parametrize("stage", ["importing", "training", "comparing steps", "searching causes",
                                   "writing the report"])
def test_killed_worker_is_replaced(ran, tmp_path, stage):
    code, out, error = ran(stage, "kill")
    assert code == 0 and "nothing to compare with" in out and "died" not in out + error
    assert json.loads((tmp_path / "run/result.json").read_text())["problems"] == []


@pytest.mark.parametrize("stage", ["training", "comparing steps", "searching causes"])
def test_worker_that_is_killed_at_every_attempt_is_a_sentence(ran, tmp_path, stage):
    code, _, error = ran(stage, "kill every")
    assert code == 4 and "worker ended (signal 9). The end of its log, " in error
    assert json.loads((tmp_path / "run/result.json").read_text())["problems"], "the rest is answered"


@pytest.mark.parametrize("stage", ["training", "searching causes"])
def test_full_memory_of_this_process_is_a_sentence(ran, stage):
    """It can have no more memory at all; where it needs none any more, it ends as ever."""
    code, _, error = ran(stage, "memory")
    assert code in (0, 2, 4) and (code == 0) == ("emory" not in error)
