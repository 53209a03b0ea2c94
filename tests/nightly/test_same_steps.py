"""Every Keras and backend, from one initialization and in one order: 200 steps of a well-behaved training.

`pytest -m nightly -n 0 tests/nightly/test_same_steps.py` records the differences and the noise in
tests/records/same-steps.json. Old versions of Keras and backends that are not installed are left out.
"""

import numpy as np
import pytest
from measured import keep, needs_mnist, relative_differences
from test_old_keras import RACING

from compare.analysis.causes.questions import resolved_spec
from compare.analysis.noise import FACTOR
from compare.analysis.variations import with_float32_betas
from compare.execution import data
from compare.execution.environments import not_installed
from compare.execution.trials import Trial, job
from frameworks import FRAMEWORKS
from frameworks.runtime import trace
from scenarios.spec import SGD, Activation, Adagrad, Adam, CategoricalCrossentropy, Data, Dense, RMSprop, Spec, Training
from scenarios.spec.fields import changed

pytestmark = [needs_mnist, pytest.mark.nightly]
STEPS, BATCH = 200, 64
BASE = Spec(Data(first=STEPS * BATCH, divisor=255.0, flatten=True),
            (Dense(32), Activation("tanh"), Dense(10), Activation("softmax")), CategoricalCrossentropy(), SGD(0.01),
            Training(1, BATCH, validate=False))
"""No relu: in about one run of three, one of its 400,000 inputs is so close to 0 that rounding decides its output."""
OPTIMIZERS = {"sgd": SGD(0.01), "momentum": SGD(0.01, 0.9), "rmsprop": RMSprop(0.001), "adam": Adam(0.001),
              "adagrad": Adagrad(0.01)}
"""Learning rates are set, as they are not part of the question; all other fields are unset."""
ALL = [name for name, chosen in FRAMEWORKS.items() if not chosen.missing_packages and not not_installed([name])]
TODAY, REFERENCE_NAME, EXACT = "keras", "reference-float32", "reference"
PORT = "lightning"
"""Its usual port applies a second softmax to the outputs: it is compared with the reference with its own defaults."""


@pytest.fixture(scope="module")
def losses(worker, tmp_path_factory):
    """A function: the losses of all steps of a spec in a framework, for a seed."""
    folder, mnist, known = tmp_path_factory.mktemp("steps"), data.load("mnist"), {}

    def of(framework, spec, seed=0):
        if (framework, spec, seed) not in known:
            trial = Trial("steps", str(len(known)), framework, seed, "shared", spec, True)
            worker(framework).run(job(trial, mnist, folder, ()))
            known[framework, spec, seed] = trace.read(str(folder / f"{trial.name}.npz"))["step/loss"]
        return known[framework, spec, seed]
    return of


def test_frameworks_take_the_same_steps_unless_their_rules_differ(losses, worker):
    results, names = {}, [name for name in ALL if FRAMEWORKS[name].realization != "reference"]
    for title, optimizer in OPTIMIZERS.items():
        spec = changed(BASE, {"optimizer": optimizer})
        resolved_today = resolved_spec(spec, worker(TODAY).environment, "shared")
        noise = noise_of(losses, resolved_today)
        differences = {}
        for name in names:
            actual = losses(name, spec)
            resolved = resolved_spec(spec, worker(name).environment, "shared")
            differences[name] = {"to today's Keras": float(relative_differences(actual, losses(TODAY, spec)).max()),
                                 "to the reference, resolved alike": float(
                              relative_differences(actual, losses(REFERENCE_NAME, resolved)).max())}
        results[title] = {"noise": noise, "largest relative difference of a step's loss": differences}
    keep("same-steps", {"command": "pytest -m nightly -n 0 tests/nightly/test_same_steps.py", **results})
    for title, result in results.items():
        for name, loss_offsets in result["largest relative difference of a step's loss"].items():
            if (name, title) not in RACING:
                assert loss_offsets["to the reference, resolved alike"] < FACTOR * result["noise"], (title, name,
                                                                                                     "unexplained")
            same = fields_of(name, title, worker) == fields_of(TODAY, title, worker)
            if same and (name, title) not in RACING:
                assert loss_offsets["to today's Keras"] < FACTOR * result["noise"], (title, name)
    assert results["sgd"]["noise"] > 0
    rmsprop = results["rmsprop"]["largest relative difference of a step's loss"]
    for name in names:
        if name != PORT and fields_of(name, "rmsprop", worker).epsilon_place == "outside_root":
            assert rmsprop[name]["to today's Keras"] > 1e-3, f"{name} adds epsilon elsewhere, without an effect"


def noise_of(losses, resolved):
    """The effect of rounding on a step's loss: of all values, and of Adam's corrections (see `variations`)."""
    betas, factor = with_float32_betas(resolved, 1)
    moved = changed(betas, {"optimizer.learning_rate": betas.optimizer.learning_rate * factor})
    exact = [losses(EXACT, spec) for spec in (resolved, moved)]
    return max(float(relative_differences(losses(REFERENCE_NAME, resolved), each).max()) for each in exact)


def fields_of(name, title, worker):
    """The resolved optimizer of a framework with the same loss; otherwise a value that equals no other."""
    spec = resolved_spec(changed(BASE, {"optimizer": OPTIMIZERS[title]}), worker(name).environment, "shared")
    return spec.optimizer if name != PORT else np.nan
