"""What only an evaluation does wrong is seen, in a real framework that was changed and beside one that was not."""

import json
from dataclasses import replace

import changed_worker as changes
import pytest
from measured import GOLDEN

from compare import trials, workers
from compare.parting import Steps, leftovers
from compare.questions import closed
from compare.workers import Worker
from frameworks.trace import read, write
from scenarios import spec as vocabulary
from scenarios.fields import changed
from scenarios.spec import SGD, Activation, BatchNormalization, CategoricalCrossentropy, Data, Dense, Dropout, Spec

HIDDEN = Dense(12), Activation("tanh")
PLAIN = Spec(Data(divisor=255.0, flatten=True), (Dense(10),), CategoricalCrossentropy("softmax_of_logits"), SGD(0.1),
             vocabulary.Training(2, 32))
NORMALIZED = changed(PLAIN, {"layers": (Dense(12), BatchNormalization(), Activation("tanh"), *PLAIN.layers)})
DROPPED = changed(PLAIN, {"layers": (*HIDDEN, Dropout(0.5), *PLAIN.layers), "training.validate": False})
UNSEEN = changed(PLAIN, {"training.validate": False})
SIZES = [10.0 ** -power for power in (0, 3, 5)]
WAYS = {
    "Lightning: the loss without a graph": ("lightning", changes.torchs_loss, PLAIN),
    "Lightning: the same, without validation": ("lightning", changes.torchs_loss, UNSEEN),
    "Lightning: the inputs of Linear without a graph": ("lightning", changes.inputs_of_linear, PLAIN),
    "Lightning: batch statistics, without a graph": ("lightning", changes.torchs_normalization, NORMALIZED),
    "Lightning: the test loss of fit alone": ("lightning", changes.lightnings_validation, PLAIN),
    "Lightning: no module leaves training": ("lightning", changes.torchs_dropout, DROPPED),
    "Keras: the loss of evaluate": ("keras", changes.kerass_loss, PLAIN),
    "Keras: the same, without validation": ("keras", changes.kerass_loss, UNSEEN),
    "Keras: batch statistics outside of training": ("keras", changes.kerass_normalization, NORMALIZED),
    "Keras: dropout outside of training": ("keras", changes.kerass_dropout, DROPPED),
}
ONE_SIZE = (changes.torchs_dropout, changes.kerass_dropout)
"""Changes that are there or not."""


@pytest.fixture
def changed_worker(folder, monkeypatch):
    """A function: (a worker of a framework with a change, the file of its size)."""
    started = []

    def start(framework, change):
        path, size = changes.script(change, folder)
        monkeypatch.setattr(workers, "SCRIPT", path)
        started.append(Worker(framework, folder))
        return started[-1], size
    yield start
    for one in started:
        one.close()


@pytest.fixture
def seen(worker, dataset, folder):
    """A function: the gates that a training by a worker leaves unexplained."""
    def judged(process, framework, spec):
        trial = trials.Trial("evaluation", "one", framework, 0, "shared", spec, True)
        job = trials.job(trial, dataset, folder)
        process.run(job)
        trace, told = read(job["out"]), closed(spec, process.environment, "shared")
        assert trace.outcome["kind"] == "finished" and len(trace.probed_steps()) > 10
        write(trace, str(folder / "owner.npz"))
        replay = {**trials.job(replace(trial, framework="reference-float32", spec=told), dataset, folder),
                  "verb": "replay", "of": str(folder / "owner.npz"), "out": str(folder / "again.npz")}
        worker("reference-float32").run(replay)
        steps = Steps(replace(trial, spec=told), trace, dataset, folder)
        return [left.gate for left in leftovers(trial, trace, read(replay["out"]), process.environment, steps)]
    return judged


@pytest.mark.parametrize("way", WAYS)
def test_a_change_of_evaluation_alone_is_seen_there_and_its_smallest_size_is_kept(changed_worker, worker, seen, way):
    framework, change, spec = WAYS[way]
    worker("reference-float32")  # before the file of workers is another
    process, size = changed_worker(framework, change)
    assert seen(process, framework, spec) == [], "the worker is changed by nothing yet"
    smallest = None
    for each in SIZES[:1] if change in ONE_SIZE else SIZES:
        size.write_text(str(each), encoding="utf-8")
        found = seen(process, framework, spec)
        assert {gate.name for gate in found} <= {"evaluation"}
        if not found:
            break
        smallest = each
    print("SMALLEST", way, smallest)
    kept = json.loads((GOLDEN / "evaluation.json").read_text(encoding="utf-8"))["measured"]
    assert smallest is not None and smallest <= kept.get(way, 1)
