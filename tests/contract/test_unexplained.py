"""A difference that no rule explains is never reported as a match: it is unexplained, at the stage where it occurs.

The real Lightning is patched in its worker; no default rule knows of the patch.
"""

import re
from pathlib import Path

import pytest
from patched_worker import IN_FIT, PATCHES

from compare.__main__ import main
from compare.analysis.stages import NAMES
from compare.commands.exit_codes import ExitCode
from compare.execution import inherited, workers
from compare.execution.worker_pool import WorkerPool

SCENARIO = '''
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, Data, Dense, GlorotUniform, MeanSquaredError, Spec, Training, Zeros

SPEC = Spec(Data(divisor=255.0, flatten=True), (Dense(10, GlorotUniform(), Zeros()), Activation("softmax")),
            MeanSquaredError(), SGD(0.5, 0.0, False), Training(2, 32, True))
SCENARIO = Scenario("mine", "Mine", "Is it?", (Variant("a", "A", SPEC, "reported"),), (
    Behaviour("it_is", "the loss is a number", ("a",), lambda trace: trace["reported/train/loss"][0], low=0.0),))
'''


DEEPER = SCENARIO.replace("(Dense(10, ", '(Dense(16, GlorotUniform(), Zeros()), Activation("tanh"), Dense(10, ')
LAYER = "layer 2, Dense"
"""The layer of this scenario with the outputs that the patch of the forward stage changes."""


@pytest.fixture(scope="module")
def patched(tmp_path_factory):
    """(the warm workers, the file that names their patch)."""
    folder = tmp_path_factory.mktemp("patched")
    patch = folder / "patch"
    patch.write_text("")
    with pytest.MonkeyPatch.context() as context:
        context.setattr(workers, "SCRIPT", Path(__file__).parents[1] / "patched_worker.py")
        context.setenv("PATCH", str(patch))
        context.setattr(inherited, "PASSED", (*inherited.PASSED, "PATCH"))
        with WorkerPool(("lightning", "reference"), folder, "cpu", 1) as pool:
            context.setattr(pool, "close", lambda: None)
            context.setattr("compare.execution.worker_pool.WorkerPool", lambda *settings: pool)
            yield patch
            context.undo()


@pytest.fixture
def compare(dataset, patched, tmp_path, monkeypatch, capsys):
    """A function: (exit code, output) of a run on Lightning, patched or not, and the reference."""
    def ran(patch="", scenario=SCENARIO):
        (tmp_path / "mine.py").write_text(scenario, encoding="utf-8")
        patched.write_text(patch)
        monkeypatch.setattr("compare.execution.data.load", lambda *choice: dataset)
        code = main([f"scenario={tmp_path / 'mine.py'}", "frameworks=lightning,reference", f"out={tmp_path / 'run'}"])
        return code, capsys.readouterr().out
    return ran


def test_unpatched_framework_has_no_unexplained_differences(compare):
    code, out = compare()
    assert code == 0 and "Unexplained" not in out
    assert re.search(r"^  - a: PyTorch Lightning and the NumPy reference match in the first step and at \d\d recorded "
                     "states: the same ", out, re.M)


@pytest.mark.parametrize("stage", [pytest.param(stage, marks=() if stage in ("loss", "metric") else pytest.mark.nightly)
                                   for stage in PATCHES if stage != "forward"])
def test_patch_is_unexplained_at_its_stage(compare, stage):
    code, out = compare(stage)
    assert code == ExitCode.UNEXPLAINED
    match = re.search(r"Unexplained: in a, step \d+, the (.*?)( \(\S+\))? of PyTorch Lightning is [-\d.e]+; ", out)
    assert match and match[1].removeprefix("training ") == NAMES[stage], out
    assert not re.search(r"a: .* match in the first step .*: the same", out, re.M), "it is not reported as a match"


def test_patch_of_one_layer_is_unexplained_at_this_layer(compare):
    code, out = compare("forward", DEEPER)
    assert code == ExitCode.UNEXPLAINED
    assert f"a: PyTorch Lightning and the NumPy reference first differ in the outputs of {LAYER} (at index" in out
    assert f"Unexplained: in a, step 1, an entry of the outputs of {LAYER}, of PyTorch Lightning is " in out, out


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.nightly if name == "late weights" else ())
                                  for name in IN_FIT])
def test_patch_within_fit_is_detected_at_its_first_effect(compare, name):
    code, out = compare(name)
    assert code == ExitCode.UNEXPLAINED
    match = re.search(r"Unexplained: in a, (step|first seen at step) (\d+), the .*? of PyTorch Lightning is ", out)
    assert match, out
    assert IN_FIT[name].first + 1 < int(match[2]) <= 38
    if name.endswith("weights"):
        assert (match[1], int(match[2])) == ("step", IN_FIT[name].first + 2)
    assert "PyTorch Lightning: 38 of 38 training steps were compared" in out
