"""Every Keras and backend, from one start and in one order: 200 steps of a well-behaved training, beside the noise.

`pytest -m nightly -n 0 --timeout=3000 tests/nightly/test_same_steps.py` keeps the table in
tests/golden/same-steps.json. An old Keras that is not built is left out, and so is a backend that is not installed.
"""

import numpy as np
import pytest
from measured import keep, needs_mnist, relative_gaps
from test_old_keras import RACING

from compare.analysis.causes.questions import closed
from compare.analysis.noise import FACTOR, corrected
from compare.execution import data
from compare.execution.environments import missing
from compare.execution.trials import Trial, job
from frameworks import FRAMEWORKS
from frameworks.runtime import trace
from scenarios.spec import SGD, Activation, Adagrad, Adam, CategoricalCrossentropy, Data, Dense, RMSprop, Spec, Training
from scenarios.spec.fields import changed, to_json

pytestmark = [needs_mnist, pytest.mark.nightly]
STEPS, BATCH = 200, 64
BASE = Spec(Data(first=STEPS * BATCH, divisor=255.0, flatten=True),
            (Dense(32), Activation("tanh"), Dense(10), Activation("softmax")), CategoricalCrossentropy(), SGD(0.01),
            Training(1, BATCH, validate=False))
"""No relu: in one run of three or so, one of its 400,000 inputs is so near to 0 that rounding decides what it gives."""
OPTIMIZERS = {"sgd": SGD(0.01), "momentum": SGD(0.01, 0.9), "rmsprop": RMSprop(0.001), "adam": Adam(0.001),
              "adagrad": Adagrad(0.01)}
"""Rates are said, since they are no part of the question; what else an optimizer has is open."""
ALL = [name for name, one in FRAMEWORKS.items() if not one.missing and not missing([name])]
TODAY, REFERENCE_NAME, EXACT = "keras", "reference-float32", "reference"
PORT = "lightning"
"""Its usual port puts a second softmax on the outputs: its steps are compared with those of its own defaults only."""


@pytest.fixture(scope="module")
def losses(worker, tmp_path_factory):
    """A function: the losses of all steps of a spec in a framework; of the start, the n-th of `seeds`."""
    folder, mnist, known = tmp_path_factory.mktemp("steps"), data.load("mnist"), {}

    def of(framework, spec, seed=0):
        if (framework, spec, seed) not in known:
            one = Trial("steps", str(len(known)), framework, seed, "shared", spec, True)
            worker(framework).run(job(one, mnist, folder, ()))
            known[framework, spec, seed] = trace.read(str(folder / f"{one.name}.npz"))["step/loss"]
        return known[framework, spec, seed]
    return of


def test_all_take_the_same_steps_or_the_table_says_why(losses, worker):
    found, names = {}, [name for name in ALL if FRAMEWORKS[name].realization != "reference"]
    for title, optimizer in OPTIMIZERS.items():
        spec = changed(BASE, {"optimizer": optimizer})
        told = closed(spec, worker(TODAY).environment, "shared")
        noise = noise_of(losses, told)
        rows = {}
        for name in names:
            own = losses(name, spec)
            resolved = closed(spec, worker(name).environment, "shared")
            rows[name] = {"to today's Keras": float(relative_gaps(own, losses(TODAY, spec)).max()),
                          "to the reference, resolved alike": float(
                              relative_gaps(own, losses(REFERENCE_NAME, resolved)).max())}
        found[title] = {"noise": noise, "largest relative gap of a step's loss": rows}
    keep("same-steps", {"command": "pytest -m nightly -n 0 --timeout=3000 tests/nightly/test_same_steps.py", **found})
    for title, one in found.items():
        for name, loss_offsets in one["largest relative gap of a step's loss"].items():
            if (name, title) not in RACING:
                assert loss_offsets["to the reference, resolved alike"] < FACTOR * one["noise"], (title, name,
                                                                                                  "unexplained")
            same = fields_of(name, title, worker) == fields_of(TODAY, title, worker)
            if same and (name, title) not in RACING:
                assert loss_offsets["to today's Keras"] < FACTOR * one["noise"], (title, name)
    assert found["sgd"]["noise"] > 0
    apart = found["rmsprop"]["largest relative gap of a step's loss"]
    for name in names:
        if name != PORT and fields_of(name, "rmsprop", worker).epsilon_place == "outside_root":
            assert apart[name]["to today's Keras"] > 1e-3, f"{name} adds epsilon elsewhere, and nothing is seen of it"


def noise_of(losses, told):
    """How far rounding alone moves a step's loss: of all numbers, and of Adam's corrections (see `noise.corrected`)."""
    rate = corrected(to_json(told)["optimizer"], 1)["learning_rate"]
    moved = changed(told, {"optimizer.learning_rate": rate})
    return max(float(relative_gaps(losses(REFERENCE_NAME, told), losses(EXACT, one)).max()) for one in (told, moved))


def fields_of(name, title, worker):
    """The optimizer of a framework, closed, where the loss is the same; else nothing that equals another's."""
    spec = closed(changed(BASE, {"optimizer": OPTIMIZERS[title]}), worker(name).environment, "shared")
    return spec.optimizer if name != PORT else np.nan
