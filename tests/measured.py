"""Helpers of the tests on the whole MNIST: trainings of scenario variants, and the records of long tests."""

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

RECORDS = Path(__file__).parent / "records"
SMALLEST = json.loads((RECORDS / "smallest.json").read_text(encoding="utf-8"))
"""The smallest relative changes that are detected: of an evaluation, also where it is changed within `fit` only, and of
the weights, the rate and the gradient of a step of `fit`. Tests check that they are detected, long tests search for
them by powers of ten, and the README states them."""
needs_mnist = pytest.mark.skipif(not os.environ.get("MNIST_DIR"), reason="needs MNIST: set MNIST_DIR to its folder")


class Trainings:
    """Trains variants of one scenario on the whole MNIST, every training once."""

    def __init__(self, scenario, worker, folder):
        self.scenario, self.worker, self.folder = scenarios.load(scenario), worker, folder
        self.traces = {}

    def __call__(self, variant, framework, seed=0, epochs=None, resolved_as=None):
        """The trace of a variant; `resolved_as` names the framework with the defaults that resolve its unset fields."""
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


def relative_differences(actual, expected):
    """The difference of every step's loss, relative to the loss or its running mean, whichever is larger."""
    actual, expected = np.asarray(actual, float), np.asarray(expected, float)
    mean = np.cumsum(expected) / np.arange(1, len(expected) + 1)
    return np.abs(actual - expected) / np.maximum(np.abs(expected), mean)


def smallest(detected, largest=1e-1, least=1e-8):
    """The smallest power of ten, from `largest` down, down to which `seen(size)` is always true; or None."""
    result = None
    for exponent in range(round(np.log10(largest)), round(np.log10(least)) - 1, -1):
        if not detected(10.0 ** exponent):
            break
        result = float(f"1e{exponent}")
    return result


def kept(name):
    """What a record says was measured."""
    return json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))["measured"]


def keep_smallest(**sizes):
    """Updates the file of `SMALLEST`, and keeps what other tests have written since it was read."""
    path = RECORDS / "smallest.json"
    recorded = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**recorded, **sizes}, indent=2) + "\n", encoding="utf-8")


def keep(name, measured, *traces):
    """Records what a long test measured, with the versions of the packages."""
    versions = {}
    for each in traces:
        versions.update(each.facts["environment"]["versions"])
    text = json.dumps({"measured": measured, "versions": versions}, indent=2, sort_keys=True)
    (RECORDS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
