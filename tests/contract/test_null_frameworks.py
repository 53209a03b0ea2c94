"""Null cases on the real frameworks: the same steps, taken in another way, accuse nobody.

Other thread counts, the same environment twice, without its compiler, and the sham of every intervention: a closed spec
that says what is done anyway. Each takes the steps of a recorded training again, from all its recorded states.
"""

from dataclasses import replace

import pytest
from test_honesty import SMALL

from compare.analysis.causes.questions import closed
from compare.analysis.first_divergence import unexplained_differences, with_facts
from compare.analysis.stages import NOT_FINITE, UNDEFINED, compare_stages, differing
from compare.analysis.steps import Steps
from compare.execution import inherited, trials
from compare.execution.workers import Worker
from frameworks.runtime.trace import read, write

WAYS = {"twice": {}, "two threads": {"threads": 2}, "sham": {}, "without jit": {}}
WELL = [name for name in SMALL if name not in ("saturated", "binary_far", "binary_saturated")]
FEW = ("sigmoid", "rmsprop")
some = pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in FEW else pytest.mark.nightly)
                                        for name in WELL])


@pytest.fixture(scope="module")
def other_worker(folder):
    """A function: the worker of a framework that runs in another way."""
    workers = {}

    def started(framework, way, monkeypatch):
        if (framework, way) not in workers:
            if way == "without jit":
                monkeypatch.setenv("JAX_DISABLE_JIT", "1")
                monkeypatch.setattr(inherited, "PASSED", (*inherited.PASSED, "JAX_DISABLE_JIT"))
            workers[framework, way] = Worker(framework, folder, **WAYS[way])
            workers[framework, way].environment  # noqa: B018 - waits until it has read its environment variables
        return workers[framework, way]
    yield started
    for one in workers.values():
        one.close()


@pytest.fixture
def taken_again(train, worker, other_worker, dataset, folder, monkeypatch):
    """A function: (trial, its trace, its own steps taken in another way, noises by step)."""
    def taken(framework, name, way):
        spec, environment = SMALL[name], worker(framework).environment
        trial = trials.Trial("null", name, framework, 0, "shared", spec, True)
        trace = train(framework, spec)
        write(trace, str(folder / "owner.npz"))
        resolved = closed(spec, environment, "shared")
        told = resolved if way == "sham" else spec
        job = {**trials.job(trials.Trial("null", name, framework, 0, "shared", told, True), dataset, folder),
               "verb": "replay", "of": str(folder / "owner.npz"), "out": str(folder / "again.npz")}
        chosen = worker(framework) if way in ("twice", "sham") else other_worker(framework, way, monkeypatch)
        chosen.run(job)
        steps = Steps(replace(trial, spec=resolved), trace, dataset, folder)
        noises = {step: steps.noise((resolved,), step) for step in trace.probed_steps()}
        return trial, trace, read(job["out"]), noises
    return taken


@some
@pytest.mark.parametrize("framework, way", [
    ("keras", "twice"), ("keras", "sham"), ("lightning", "twice"), ("lightning", "sham"),
    *[pytest.param(*case, marks=pytest.mark.nightly) for case in (
        ("keras", "two threads"), ("lightning", "two threads"), ("keras-jax", "without jit"), ("keras-jax", "sham"),
        ("keras-torch", "sham"))]])
def test_another_way_of_the_same_steps_accuses_nobody(taken_again, framework, way, name):
    _, trace, again, noises = taken_again(framework, name, way)
    steps = trace.probed_steps()
    assert again.probed_steps() == steps and (steps or trace.outcome["kind"] in ("refused", "unsupported"))
    for step in steps:
        found = compare_stages(trace, with_facts(again, trace), noises[step], step)
        assert differing(found) == [], (step, differing(found))
        known = {stage.name: stage.differs is False for stage in found}
        lost = any(stage.reason in (NOT_FINITE, UNDEFINED) for stage in found if stage.name in ("forward", "loss"))
        assert noises[step] is None or lost or known["forward"] and known["loss"]


@some
@pytest.mark.parametrize("framework", ["keras", "lightning", pytest.param("keras-jax", marks=pytest.mark.nightly)])
def test_the_reference_told_what_a_framework_does_leaves_nothing_over(train, worker, dataset, folder, framework, name):
    spec, environment = SMALL[name], worker(framework).environment
    trial, trace = trials.Trial("null", name, framework, 0, "shared", spec, True), train(framework, spec)
    write(trace, str(folder / "owner.npz"))
    told = closed(spec, environment, "shared")
    job = {**trials.job(trials.Trial("null", name, "reference-float32", 0, "shared", told, True), dataset, folder),
           "verb": "replay", "of": str(folder / "owner.npz"), "out": str(folder / "again.npz")}
    worker("reference-float32").run(job)
    steps = Steps(replace(trial, spec=told), trace, dataset, folder)
    assert unexplained_differences(trial, trace, read(job["out"]), environment, steps) == []
