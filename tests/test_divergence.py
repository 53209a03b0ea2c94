"""Where two frameworks first differ, the fields that make it are found by switching and shown on the frameworks."""

import numpy as np
import pytest
from faulty import SOFTMAX, Crew, Fault, realization
from test_differences import ENVIRONMENTS

from compare import divergence, parting, trials
from compare.outputs.numbers import first_difference
from compare.questions import closed
from compare.trials import Trial
from frameworks import trace
from frameworks.reference import model as reference
from frameworks.trial import replay, train
from scenarios.fields import changed, from_json, to_json
from scenarios.spec import Adam, CategoricalCrossentropy, Dense, Flatten

SIDES = ("keras", "lightning")
OPEN_LOSS = changed(SOFTMAX, {"loss": CategoricalCrossentropy()})
OPEN_ADAM = changed(SOFTMAX, {"optimizer": Adam(0.001, 0.9, 0.999)})
CLOSED = SOFTMAX


class Resolved(Crew):
    """The reference under the names of two frameworks, each of which resolves what a spec leaves open as it does."""

    def work(self, jobs, limit, listen, finished):
        for one, job in jobs.items():
            environment = ENVIRONMENTS.get(one.framework, ENVIRONMENTS["reference"])
            framework, dtype = self.frameworks[one.framework]
            job = {**job, "spec": to_json(closed(from_json(job["spec"]), environment, "shared")),
                   "settings": {"dtype": dtype}}
            made = train(framework, job, lambda event, **facts: None) if job["verb"] == "train" else \
                trace.Trace({}, replay(framework, job))
            trace.write(made, job["out"])
            finished(one, trace.read(job["out"]))


@pytest.fixture
def explained(dataset, tmp_path):
    """A function: (parting, explanations) of a spec between Keras and Lightning; the latter has these faults."""
    def found(spec, *faults):
        folder = tmp_path / "traces"
        folder.mkdir()
        crew = Resolved({"keras": (reference, "float32"), "lightning": (realization(*faults), "float32"),
                         parting.ENGINE: (reference, "float32")})
        pair = tuple(Trial("mine", "a", name, 0, "shared", spec, True) for name in SIDES)
        traces = {}
        crew.work({one: trials.job(one, dataset, folder) for one in pair}, 60, None, traces.__setitem__)
        replayed = parting.replays(traces, [pair], ENVIRONMENTS, dataset, folder, crew, 60)
        steps = {one: parting.Steps(Trial("mine", "a", one.framework, 0, "shared", closed(
            spec, ENVIRONMENTS[one.framework], "shared"), True), traces[one], dataset, folder) for one in pair}
        parted = parting.parting(*pair, traces, replayed, ENVIRONMENTS, steps)
        known = divergence.explain(parted, pair, ENVIRONMENTS, steps)
        return parted, divergence.shown(known, traces, dataset, folder, crew, 60)
    return found


def test_the_field_behind_the_first_divergence_is_shown_by_switching_both_frameworks(explained):
    parted, (one,) = explained(OPEN_LOSS)
    assert one.gate.name == "loss" and one.explained and [suspect.path for suspect in one.fields] == ["loss.of"]
    assert one.sufficient == one.necessary == (frozenset(["loss.of"]),)
    assert [(switch.framework, switch.holds) for switch in one.switched] == [("lightning", True), ("keras", True)]
    assert "made by loss.of (shown by 2 switches on the frameworks themselves)" in first_difference(parted, [one])


def test_fields_that_only_together_make_it_are_found_together(explained):
    _, found = explained(OPEN_ADAM)
    update = next(one for one in found if one.gate.name == "update")
    assert update.explained
    assert set().union(*update.sufficient) <= {"optimizer.epsilon", "optimizer.epsilon_place"}


def test_what_no_field_makes_is_unexplained(explained):
    doubled = Fault("gradients", lambda model, slopes: {name: np.float32(1.01) * g for name, g in slopes.items()})
    parted, found = explained(CLOSED, doubled)
    assert found and not any(one.explained or one.fields or one.switched for one in found)
    assert "no known difference explains it" in first_difference(parted, found)


def test_what_a_field_makes_only_in_part_is_unexplained(explained):
    doubled = Fault("loss", lambda model, value: (np.float32(1.5) * value[0], *value[1:]))
    _, (one,) = explained(OPEN_LOSS, doubled)
    assert one.gate.name == "loss" and not one.explained


def test_the_order_in_which_an_image_is_flattened_is_named(explained):
    spec = changed(SOFTMAX, {"data.channel": True, "layers": (Flatten(), Dense(10), *SOFTMAX.layers[2:])})
    parted, found = explained(spec)
    assert not found and not parted.owner, "with one channel both orders are the same"
