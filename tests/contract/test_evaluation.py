"""A fault that affects only evaluation is detected in a real framework that was changed, and none in the original."""

import re
from dataclasses import replace

import changed_worker as changes
import pytest
from measured import SMALLEST, keep_smallest, smallest

from compare.__main__ import main
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.steps import Steps
from compare.analysis.unexplained import unexplained_differences
from compare.commands.exit_codes import ExitCode
from compare.execution import trials, workers
from compare.execution.workers import Worker
from frameworks.runtime.trace import read, write
from scenarios import spec as vocabulary
from scenarios.spec import SGD, Activation, BatchNormalization, CategoricalCrossentropy, Data, Dense, Dropout, Spec
from scenarios.spec.fields import changed

HIDDEN = Dense(12), Activation("tanh")
PLAIN = Spec(Data(divisor=255.0, flatten=True), (Dense(10),), CategoricalCrossentropy("softmax_of_logits"), SGD(0.1),
             vocabulary.Training(2, 32))
NORMALIZED = changed(PLAIN, {"layers": (Dense(12), BatchNormalization(), Activation("tanh"), *PLAIN.layers)})
DROPPED = changed(PLAIN, {"layers": (*HIDDEN, Dropout(0.5), *PLAIN.layers), "training.validate": False})
UNSEEN = changed(PLAIN, {"training.validate": False})
FAULTS = {
    "Lightning: the loss without a graph": ("lightning", changes.torchs_loss, PLAIN, "evaluation"),
    "Lightning: the same, without validation": ("lightning", changes.torchs_loss, UNSEEN, "evaluation"),
    "Lightning: the inputs of Linear without a graph": ("lightning", changes.inputs_of_linear, PLAIN, "evaluation"),
    "Lightning: batch statistics without a graph": (
        "lightning", changes.torchs_normalization, NORMALIZED, "evaluation"),
    "Lightning: the test loss of fit alone": (
        "lightning", changes.lightnings_validation, PLAIN, "evaluation within fit"),
    "Lightning: no module leaves training": ("lightning", changes.torchs_dropout, DROPPED, ""),
    "Keras: the loss of a step of evaluation": ("keras", changes.kerass_loss, PLAIN, "evaluation"),
    "Keras: the same, without validation": ("keras", changes.kerass_loss, UNSEEN, "evaluation"),
    "Keras: what evaluate makes of its steps": ("keras", changes.kerass_evaluate, PLAIN, "evaluate"),
    "Keras: the same of evaluate, without validation": ("keras", changes.kerass_evaluate, UNSEEN, "evaluate"),
    "Keras: batch statistics outside of training": ("keras", changes.kerass_normalization, NORMALIZED, "evaluation"),
    "Keras: dropout outside of training": ("keras", changes.kerass_dropout, DROPPED, ""),
}
"""(framework, change, spec, key of the smallest detected size in `SMALLEST`); no key where a change has no size."""
IN_CI = ("Lightning: the same, without validation", "Keras: dropout outside of training")
SCENARIO = '''
from math import inf

from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import *

SPEC = {spec!r}
SCENARIO = Scenario("mine", "Mine", "Is it?", (Variant("a", "A", SPEC, "reported"),), (
    Behaviour("it_is", "the loss is a number", ("a",), lambda trace: trace["reported/train/loss"][0], low=0.0),))
'''


@pytest.fixture
def changed_worker(folder, monkeypatch):
    """A function: (a worker of a framework with a change, the file with the size of the change)."""
    started = []

    def start(framework, change):
        path, size = changes.script(change, folder)
        monkeypatch.setattr(workers, "SCRIPT", path)
        started.append(Worker(framework, folder))
        return started[-1], size
    yield start
    for process in started:
        process.close()


@pytest.fixture
def differing(worker, dataset, folder):
    """A function: the stages with unexplained differences in a training by a worker."""
    def judged(process, framework, spec):
        trial = trials.Trial("evaluation", "one", framework, 0, "shared", spec, True)
        job = trials.job(trial, dataset, folder)
        process.run(job)
        trace, resolved = read(job["out"]), resolved_spec(spec, process.environment, "shared")
        assert trace.outcome["kind"] == "finished" and len(trace.probed_steps()) > 10
        write(trace, str(folder / "owner.npz"))
        replay = {**trials.job(replace(trial, framework="reference-float32", spec=resolved), dataset, folder),
                  "verb": "replay", "of": str(folder / "owner.npz"), "out": str(folder / "again.npz")}
        worker("reference-float32").run(replay)
        steps = Steps(replace(trial, spec=resolved), trace, dataset, folder)
        return [difference.stage for difference in unexplained_differences(trial, trace, read(replay["out"]),
                                                                           process.environment, steps)]
    return judged


@pytest.mark.parametrize("fault", [pytest.param(fault, marks=() if fault in IN_CI else pytest.mark.nightly)
                                   for fault in FAULTS])
def test_fault_in_evaluation_is_detected_at_that_stage(changed_worker, worker, differing, fault):
    framework, change, spec, key = FAULTS[fault]
    assert worker("reference-float32").environment  # started before the script of workers is replaced
    process, size = changed_worker(framework, change)
    assert differing(process, framework, spec) == [], "nothing is changed yet"
    for fraction in sorted({1.0, SMALLEST.get(key, 1.0)}):
        size.write_text(str(fraction), encoding="utf-8")
        assert {stage.name for stage in differing(process, framework, spec)} == {"evaluation"}, fraction


@pytest.mark.nightly
@pytest.mark.parametrize("key", ["evaluation", "evaluate", "evaluation within fit"])
def test_smallest_detected_fault_is_that_of_the_record(worker, changed_worker, differing, updating, key):
    """The smallest power of ten at which every fault of a kind is detected."""
    assert worker("reference-float32").environment
    sizes = []
    for framework, change, spec, _ in (fault for fault in FAULTS.values() if fault[3] == key):
        process, size = changed_worker(framework, change)

        def is_seen(fraction, process=process, size=size, framework=framework, spec=spec):
            size.write_text(str(fraction), encoding="utf-8")
            return bool(differing(process, framework, spec))
        sizes.append(smallest(is_seen))
    assert None not in sizes
    if updating:
        keep_smallest(**{key: max(sizes)})
    assert updating or max(sizes) == SMALLEST[key]


@pytest.mark.parametrize("change, spec", [(changes.torchs_loss, UNSEEN), pytest.param(
    changes.inputs_of_linear, PLAIN, marks=pytest.mark.nightly)], ids=["loss", "inputs"])
def test_run_with_a_fault_in_evaluation_exits_as_unexplained(dataset, tmp_path, monkeypatch, capsys, change, spec):
    path, size = changes.script(change, tmp_path)
    size.write_text("0.05", encoding="utf-8")
    (tmp_path / "mine.py").write_text(SCENARIO.format(spec=spec), encoding="utf-8")
    monkeypatch.setattr(workers, "SCRIPT", path)
    monkeypatch.setattr("compare.execution.data.load", lambda *choice: dataset)
    code = main([f"scenario={tmp_path / 'mine.py'}", "frameworks=lightning,reference", f"out={tmp_path / 'run'}"])
    out = capsys.readouterr().out
    assert code == ExitCode.UNEXPLAINED and "Unexplained: " in out
    assert re.search("the (test loss|(loss|outputs|logits|accuracy) after the step) of PyTorch Lightning is ", out)
    assert not re.search("match in the first step .*: the same", out), "it is not reported as a match"
