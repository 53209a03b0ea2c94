"""Faults, for real, in the middle of every stage of a run: signals, killed workers, a full disk, a folder that is gone
or can only be read. Each is one sentence and the documented exit code, no process is left behind, and no file is half
written."""

import json
import os
import shutil
from pathlib import Path

import at_a_stage
import pytest
from at_a_stage import STAGES

pytestmark = pytest.mark.contract
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
ARGUMENTS = ("scenario=mine.py", "data=sample", "frameworks=reference,reference-float32")
WRITING = ["importing", "training", "comparing steps", "searching causes", "writing the answer", "writing the report",
           "writing the last file"]
INTERRUPTED = "compare: interrupted; trainings that were finished are kept in the run's folder."


@pytest.fixture
def ran(tmp_path):
    """A function: (exit code, stdout, stderr) of a run to which something happened at a stage."""
    (tmp_path / "mine.py").write_text(SCENARIO, encoding="utf-8")

    def run(stage, action, place="run", before=()):
        return at_a_stage.run(tmp_path, stage, action, *ARGUMENTS, f"out={place}", before=before)
    return run


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


def answered(tmp_path, code, out, error, reason, place="run"):
    """Asserts that a fault of the disk is a sentence: the run ends, or the answer is printed and it says what is not
    written."""
    assert reason in error, error
    if code == 0:
        assert "could not be written: " in error and "nothing to compare with" in out
        result = tmp_path / place / "result.json"
        assert not result.exists() or json.loads(result.read_text())["problems"] == []
    else:
        assert code in (2, 4), error


@pytest.mark.parametrize("stage", WRITING)
def test_disk_that_becomes_full_is_a_sentence(ran, tmp_path, small_disk, stage):
    place = str(small_disk(8_000) / "run")
    answered(tmp_path, *ran(stage, "full", place), "No space left on device", place)
    assert not list(Path(place).rglob("*.draft")), "nothing that is not whole is left"


@pytest.mark.parametrize("stage", WRITING)
def test_folder_that_is_removed_is_a_sentence(ran, tmp_path, stage):
    answered(tmp_path, *ran(stage, "remove"), "No such file or directory")


@pytest.mark.parametrize("stage", WRITING)
def test_folder_that_becomes_read_only_is_a_sentence(ran, tmp_path, stage):
    """Root may write anywhere, unless it gives up that right."""
    root = os.geteuid() == 0
    if root and not shutil.which("setpriv"):
        pytest.skip("this is root, and cannot give up its rights here")
    before = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"] * root
    answered(tmp_path, *ran(stage, "read only", before=before), "Permission denied")


@pytest.mark.parametrize("stage", ["training", "searching causes"])
def test_silence_of_a_worker_is_not_that_of_a_stopped_command(ran, stage):
    """Everything is stopped for three times the allowed silence, and goes on."""
    code, out, error = ran(stage, "stop")
    assert code == 0 and "nothing to compare with" in out and "sign of life" not in error
