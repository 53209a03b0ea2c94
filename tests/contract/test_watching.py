"""Recording changes nothing: a plain user script and the recorded trial report the same numbers."""

import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from plain_scripts import MODELS
from test_old_keras import ERAS, RACING

from compare.execution import inherited, initialization
from compare.execution.environments import ENVIRONMENTS
from frameworks import FRAMEWORKS
from frameworks.runtime import batching, samples, watch
from scenarios.spec import SGD, Activation, Adam, CategoricalCrossentropy, Data, Dense, Normal, Spec, Training
from scenarios.spec.fields import changed, to_json

INITS = ("native", "shared")
MODULES = {"keras": "keras", "lightning": "pytorch_lightning", "keras-jax": "keras", "keras-torch": "keras"}
NAMES = {"train/loss": ("loss",), "test/loss": ("val_loss",), "train/accuracy": ("accuracy", "acc"),
         "test/accuracy": ("val_accuracy", "val_acc")}


def spec(model, framework):
    """The spec of the scripts; a DataLoader shuffles only if configured."""
    width, trained, last, optimizer, size = MODELS[model]
    layers = (Dense(width, trainable=trained), Activation("relu"), Dense(10, Normal(0.0, 0.1)), Activation(last))
    return Spec(Data(divisor=255.0, flatten=True), layers, CategoricalCrossentropy(),
                {"sgd": SGD(), "adam": Adam()}[optimizer],
                Training(2, size if size < 600 else "all", shuffle=True if framework == "lightning" else None))


@pytest.fixture(scope="module")
def scripts(worker, dataset, folder):
    """A function: what the scripts of a framework report, by model and initialization."""
    reported = {}

    def run(framework):
        if framework not in reported:
            assert worker(framework)  # or skip
            old = FRAMEWORKS[framework].environment
            parts = [samples.load(str(dataset.folder), part, to_json(spec("softmax", framework))["data"])
                     for part in ("train", "test")]
            arrays = dict(zip(("x", "y", "test_x", "test_y"), (array for part in parts for array in part)))
            for model in MODELS:
                trained = spec(model, framework)
                order = initialization.order(trained, 600, 0, folder)
                arrays[model + " order"] = np.load(order) if order else np.tile(np.arange(600), (2, 1))
                with np.load(initialization.weights(trained, 0, folder)) as weights:
                    arrays.update({f"{model} weight {i}": weights[name] for i, name in enumerate(weights.files)})
            np.savez(folder / "script.npz", **arrays)
            result = folder / f"{framework}.json"
            # not all of this process's: TensorFlow 2, once imported, sets TF2_BEHAVIOR, and TensorFlow 1 obeys it
            environment = {**inherited.variables(FRAMEWORKS[framework].backend or "tensorflow", 1, str(folder)),
                           "CUDA_VISIBLE_DEVICES": ""}
            script = Path(__file__).parents[1] / "plain_scripts.py"
            done = subprocess.run([ENVIRONMENTS[old].python if old else sys.executable, "-I", script,
                                   MODULES.get(framework) or FRAMEWORKS[framework].module, folder / "script.npz",
                                   result, *(f"{model}-{init}" for model, init in cases(framework))],
                                  env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            reported[framework] = json.loads(result.read_text())
        return reported[framework]
    return run


def cases(framework):
    """(model, initialization); old versions of Keras are not seeded alike, and the Adam of some is not reproducible."""
    if not FRAMEWORKS[framework].environment:
        return list(product(MODELS, INITS))
    return [(model, "shared") for model in MODELS if (framework, MODELS[model][3]) not in RACING]


@pytest.mark.parametrize("framework, model, init", [
    *[pytest.param(framework, *case, marks=[pytest.mark.nightly] if "-" in framework else [])
      for framework in MODULES for case in cases(framework)],
    *[pytest.param(*version.values, *case, marks=version.marks)
      for version in ERAS for case in cases(*version.values)]])
def test_trial_reports_the_same_as_a_plain_script(scripts, train, framework, model, init):
    expected, trace = scripts(framework)[f"{model}-{init}"], train(framework, spec(model, framework), init=init)
    assert len(expected) == len(trace.below("reported")) == 4
    for name, values in trace.below("reported").items():
        key, = set(NAMES[name]) & set(expected)
        assert list(values) == expected[key], name


def test_many_steps_in_one_call_give_the_same_results(train):
    """Keras on TensorFlow runs many steps of a long training in one call: bit for bit the results of single steps."""
    spec = Spec(Data(divisor=255.0, flatten=True), (Dense(10), Activation("softmax")), CategoricalCrossentropy(),
                SGD(0.1), Training(1, 32, validate=False))
    steps = batching.steps_of(600, 32)
    epochs = watch.SHORT // steps
    short, long = (train("keras", changed(spec, {"training.epochs": n}),
                         record={"steps": 0, "states": 0, "evaluated": False}) for n in (epochs, epochs + 1))
    assert len(short["step/loss"]) == epochs * steps <= watch.SHORT < len(long["step/loss"])
    for name in ("step/loss", *(name for name in short.arrays if name.startswith("reported/"))):
        assert (short[name] == long[name][:len(short[name])]).all(), name
