"""A pytest plugin: traces of a well-behaved training, the noise of its steps, and copies with planted faults."""

import copy

import numpy as np
import pytest

from compare.analysis.noise import noise
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import differing
from compare.execution import initialization
from frameworks.runtime import samples
from frameworks.runtime.batching import batch_size, rows_of
from frameworks.runtime.probing import evaluated_part
from scenarios import spec as vocabulary
from scenarios.spec import Accuracy, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training, metrics
from scenarios.spec.fields import changed, to_json

WELL_BEHAVED = Spec(
    Data(divisor=255.0), (Flatten(), Dense(10, vocabulary.GlorotUniform(), vocabulary.Zeros()), Activation("softmax")),
    CategoricalCrossentropy("softmax_of_logits", False, 0.0, True), vocabulary.SGD(0.01, 0.0, False),
    Training(2, 32, True), Accuracy("argmax_outputs", 0.5))
SQUARES = changed(WELL_BEHAVED, {"loss": vocabulary.MeanSquaredError()})
MEASURED = changed(WELL_BEHAVED, {"metrics": (
    metrics.MeanAbsoluteError(), metrics.MeanSquaredError(), metrics.BinaryAccuracy(0.1, "never"),
    metrics.Precision("largest"), metrics.Recall("largest"), metrics.F1Score("macro", "zero"))})


@pytest.fixture(scope="session")
def noise_of(dataset, folder):
    """A function: the noise of one step of a reference's training, from its recorded state; measured once."""
    known = {}

    def noise_at(trace, spec, step=0, seed=0):
        key = id(trace), spec, step, seed  # `train` keeps every trace
        if key not in known:
            known[key] = measured(trace, spec, step, seed)
        return known[key]

    def measured(trace, spec, step, seed):
        (x, y), test_set = (samples.load(str(dataset.folder), part, to_json(spec)["data"])
                            for part in ("train", "test"))
        path = initialization.order(spec, len(x), seed, folder)
        order = np.load(path) if path else None
        rows = rows_of(step, order, trace.facts["steps_per_epoch"], batch_size(to_json(spec), len(x)), len(x))
        state = trace.below(f"state/{step}/weight")
        return noise(spec, state, trace.below(f"state/{step}/optimizer_state"), x[rows], y[rows],
                     tested=evaluated_part(test_set))
    return noise_at


def planted(trace, **faults):
    """A copy of a trace with a function applied to each array of the first step that begins with its keyword."""
    altered = copy.deepcopy(trace)
    for name in altered.arrays:
        for fault, function in faults.items():
            if name.startswith(f"probe/0/{fault}"):
                altered.arrays[name] = function(altered.arrays[name])
    return altered


def differing_names(left, right, noises):
    """The stages that differ, in either order of the two traces."""
    results = [differing(compare_stages(*sides, noises)) for sides in ((left, right), (right, left))]
    assert [stage.name for stage in results[0]] == [stage.name for stage in results[1]]
    return [stage.name for stage in results[0]]


@pytest.fixture
def correct(train):
    """The trace in which nothing is changed."""
    return train("reference-float32", WELL_BEHAVED)


@pytest.fixture
def noises(correct, noise_of):
    """The noise of the first step of `correct`, by array."""
    return noise_of(correct, WELL_BEHAVED)


def larger(array):
    """A thousandth larger."""
    return array * 1.001
