"""What tests on the whole MNIST share: the workers' trainings of scenario variants, and the record of long checks."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import scenarios
from compare.execution import data
from compare.execution.trials import Trial, job
from frameworks.quirks.resolution import resolve
from frameworks.runtime import trace
from scenarios.spec.fields import changed

GOLDEN = Path(__file__).parent / "golden"
SMALLEST = json.loads((GOLDEN / "smallest.json").read_text(encoding="utf-8"))
"""The smallest changes that are seen, relative to what is changed: of an evaluation, also where it is changed within
`fit` alone, and of the weights, the rate and the gradient of a step of `fit`. Tests hold the program to them, long ones
search for them by powers of ten, and the README says them."""
needs_mnist = pytest.mark.skipif(not os.environ.get("MNIST_DIR"), reason="needs MNIST: set MNIST_DIR to its folder")


class Trainings:
    """Trains variants of one scenario on the whole MNIST; a training that was done is not done again."""

    def __init__(self, scenario, worker, folder):
        self.scenario, self.worker, self.folder = scenarios.load(scenario), worker, folder
        self.traces = {}

    def __call__(self, variant, framework, seed=0, epochs=None, resolved_as=None):
        """The trace of a variant; `resolved_as` names a framework that resolves its unset fields for everybody."""
        key = (variant, framework, seed, epochs, resolved_as)
        if key not in self.traces:
            spec = self.scenario.variant(variant).spec
            spec = changed(spec, {"training.epochs": epochs}) if epochs else spec
            spec = resolve(spec, self.worker(resolved_as).environment) if resolved_as else spec
            name = "-".join(map(str, key))
            self.worker(framework).run(job(Trial(name, name, framework, seed, "shared", spec, True),
                                           data.load("mnist"), self.folder))
            self.traces[key] = trace.read(str(self.folder / f"{name}.{framework}.{seed}.npz"))
        return self.traces[key]


def relative_gaps(one, other):
    """The gap of every step's loss, relative to the loss or its running mean, whichever is larger."""
    one, other = np.asarray(one, float), np.asarray(other, float)
    mean = np.cumsum(other) / np.arange(1, len(other) + 1)
    return np.abs(one - other) / np.maximum(np.abs(other), mean)


def smallest(seen, largest=1e-1, least=1e-8):
    """The smallest power of ten, from `largest` down, of which `seen(size)` is true, as all larger ones; or None."""
    found = None
    for exponent in range(round(np.log10(largest)), round(np.log10(least)) - 1, -1):
        if not seen(10.0 ** exponent):
            break
        found = float(f"1e{exponent}")
    return found


def keep_smallest(**sizes):
    """Writes what was found into the file of `SMALLEST`, beside what other tests have written since it was read."""
    place = GOLDEN / "smallest.json"
    kept = json.loads(place.read_text(encoding="utf-8"))
    place.write_text(json.dumps({**kept, **sizes}, indent=2) + "\n", encoding="utf-8")


def keep(name, numbers, *traces):
    """Records what a long check measured, with the versions that it ran on."""
    versions = {}
    for each in traces:
        versions.update(each.facts["environment"]["versions"])
    text = json.dumps({"measured": numbers, "versions": versions}, indent=2, sort_keys=True)
    (GOLDEN / f"{name}.json").write_text(text + "\n", encoding="utf-8")
