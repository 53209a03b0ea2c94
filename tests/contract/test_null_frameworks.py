"""Null cases on the real frameworks: the same steps, executed in another way, raise no false alarm.

Other thread counts, the same environment twice, no compiler, and the negative control of every intervention: a spec
with explicit values that are the defaults anyway. Each replays the steps of a recorded training, from all its states.
"""

from dataclasses import replace

import pytest
from small_specs import SMALL

from compare.analysis.causes.questions import resolved_spec
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import NOT_FINITE, UNDEFINED, differing
from compare.analysis.step_replays import with_facts
from compare.analysis.steps import Steps
from compare.analysis.unexplained import unexplained_differences
from compare.execution import inherited, trials
from compare.execution.workers import Worker
from frameworks.runtime.trace import read, write

EXECUTIONS = {"twice": {}, "two threads": {"threads": 2}, "negative control": {}, "without jit": {}}
WELL = [name for name in SMALL if name not in ("saturated", "binary_far", "binary_saturated")]
FEW = ("sigmoid", "rmsprop")
each_spec = pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in FEW else pytest.mark.nightly)
                                             for name in WELL])


@pytest.fixture(scope="module")
def other_worker(folder):
    """A function: the worker of a framework with another execution."""
    workers = {}

    def started(framework, execution, monkeypatch):
        if (framework, execution) not in workers:
            if execution == "without jit":
                monkeypatch.setenv("JAX_DISABLE_JIT", "1")
                monkeypatch.setattr(inherited, "PASSED", (*inherited.PASSED, "JAX_DISABLE_JIT"))
            workers[framework, execution] = Worker(framework, folder, **EXECUTIONS[execution])
            workers[framework, execution].environment  # noqa: B018 - waits until it has read its environment variables
        return workers[framework, execution]
    yield started
    for process in workers.values():
        process.close()


@pytest.fixture
def replayed(train, worker, other_worker, dataset, folder, monkeypatch):
    """A function: (trial, its trace, its steps replayed with another execution, noise by step)."""
    def replay(framework, name, execution):
        spec, environment = SMALL[name], worker(framework).environment
        trial = trials.Trial("null", name, framework, 0, "shared", spec, True)
        trace = train(framework, spec)
        write(trace, str(folder / "owner.npz"))
        resolved = resolved_spec(spec, environment, "shared")
        configured = resolved if execution == "negative control" else spec
        job = {**trials.job(trials.Trial("null", name, framework, 0, "shared", configured, True), dataset, folder),
               "verb": "replay", "of": str(folder / "owner.npz"), "out": str(folder / "again.npz")}
        same = execution in ("twice", "negative control")
        chosen = worker(framework) if same else other_worker(framework, execution, monkeypatch)
        chosen.run(job)
        steps = Steps(replace(trial, spec=resolved), trace, dataset, folder)
        noises = {step: steps.noise((resolved,), step) for step in trace.probed_steps()}
        return trial, trace, read(job["out"]), noises
    return replay


@each_spec
@pytest.mark.parametrize("framework, execution", [
    ("keras", "twice"), ("keras", "negative control"), ("lightning", "twice"), ("lightning", "negative control"),
    *[pytest.param(*case, marks=pytest.mark.nightly) for case in (
        ("keras", "two threads"), ("lightning", "two threads"), ("keras-jax", "without jit"),
        ("keras-jax", "negative control"),
        ("keras-torch", "negative control"))]])
def test_other_execution_of_the_same_steps_shows_no_difference(replayed, framework, execution, name):
    _, trace, again, noises = replayed(framework, name, execution)
    steps = trace.probed_steps()
    assert again.probed_steps() == steps and (steps or trace.outcome["kind"] in ("refused", "unsupported"))
    for step in steps:
        stages = compare_stages(trace, with_facts(again, trace), noises[step], step)
        assert differing(stages) == [], (step, differing(stages))
        known = {stage.name: stage.differs is False for stage in stages}
        lost = any(stage.reason in (NOT_FINITE, UNDEFINED) for stage in stages if stage.name in ("forward", "loss"))
        assert noises[step] is None or lost or known["forward"] and known["loss"]


@each_spec
@pytest.mark.parametrize("framework", ["keras", "lightning", pytest.param("keras-jax", marks=pytest.mark.nightly)])
def test_reference_with_the_defaults_of_a_framework_leaves_nothing_unexplained(
        train, worker, dataset, folder, framework, name):
    spec, environment = SMALL[name], worker(framework).environment
    trial, trace = trials.Trial("null", name, framework, 0, "shared", spec, True), train(framework, spec)
    write(trace, str(folder / "owner.npz"))
    resolved = resolved_spec(spec, environment, "shared")
    job = {**trials.job(trials.Trial("null", name, "reference-float32", 0, "shared", resolved, True), dataset, folder),
           "verb": "replay", "of": str(folder / "owner.npz"), "out": str(folder / "again.npz")}
    worker("reference-float32").run(job)
    steps = Steps(replace(trial, spec=resolved), trace, dataset, folder)
    assert unexplained_differences(trial, trace, read(job["out"]), environment, steps) == []
