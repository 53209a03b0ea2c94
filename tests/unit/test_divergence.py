"""Where two frameworks first differ, the fields that make it are found by switching and shown on the frameworks."""

import numpy as np
import pytest
from faulty import SOFTMAX, Fault, WorkerPool, realization
from test_differences import ENVIRONMENTS

from compare.analysis import exact_step, explanation, first_divergence
from compare.analysis.causes.questions import closed
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.trials import Trial
from compare.reporting.cells import first_difference
from frameworks.reference import model as reference
from frameworks.runtime import trace
from frameworks.runtime.training import replay, train
from scenarios.spec import (
    SGD,
    Accumulation,
    Adam,
    CategoricalCrossentropy,
    CosineDecay,
    Dense,
    ExponentialDecay,
    Flatten,
    ReduceOnPlateau,
)
from scenarios.spec.fields import changed, from_json, to_json

SIDES = ("keras", "lightning")
OPEN_LOSS = changed(SOFTMAX, {"loss": CategoricalCrossentropy()})
OPEN_ADAM = changed(SOFTMAX, {"optimizer": Adam(0.001, 0.9, 0.999)})
CLOSED = SOFTMAX


class Resolved(WorkerPool):
    """The reference under the names of two frameworks, each of which resolves what a spec leaves open as it does."""

    def work(self, jobs, limit, on_event, finished):
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
        pool = Resolved({"keras": (reference, "float32"), "lightning": (realization(*faults), "float32"),
                         first_divergence.SEARCH_FRAMEWORK: (reference, "float32")})
        pair = tuple(Trial("mine", "a", name, 0, "shared", spec, True) for name in SIDES)
        traces = {}
        pool.work({one: trials.job(one, dataset, folder) for one in pair}, 60, None, traces.__setitem__)
        replayed = first_divergence.replays(traces, [pair], ENVIRONMENTS, dataset, folder, pool, 60)
        steps = {one: Steps(Trial("mine", "a", one.framework, 0, "shared", closed(
            spec, ENVIRONMENTS[one.framework], "shared"), True), traces[one], dataset, folder) for one in pair}
        first_divergences = first_divergence.find(*pair, traces, replayed, ENVIRONMENTS, steps)
        first_divergences, known = exact_step.explained(first_divergences, pair, steps, exact_step.Again(
            traces, ENVIRONMENTS, dataset, folder, pool, 60))
        return first_divergences, explanation.shown(known, dataset, folder, pool, 60)
    return found


def test_the_field_behind_the_first_divergence_is_shown_by_switching_both_frameworks(explained):
    first_divergences, (one,) = explained(OPEN_LOSS)
    assert one.stage.name == "loss" and one.explained and [suspect.path for suspect in one.fields] == ["loss.of"]
    assert one.sufficient == one.necessary == (frozenset(["loss.of"]),)
    assert [(switch.framework, switch.holds) for switch in one.switched] == [("lightning", True), ("keras", True)]
    text = first_difference(first_divergences, [one])
    assert "made by loss.of (shown by 2 switches on the frameworks themselves)" in text


def test_fields_that_only_together_make_it_are_found_together(explained):
    _, found = explained(OPEN_ADAM)
    update = next(one for one in found if one.stage.name == "update")
    assert update.explained
    assert set().union(*update.sufficient) <= {"optimizer.epsilon", "optimizer.epsilon_place"}


def test_what_no_field_makes_is_unexplained(explained):
    doubled = Fault("gradients", lambda model, slopes: {name: np.float32(1.01) * g for name, g in slopes.items()})
    first_divergences, found = explained(CLOSED, doubled)
    assert found and not any(one.explained or one.fields or one.switched for one in found)
    assert "no known difference explains it" in first_difference(first_divergences, found)


def test_what_a_field_makes_only_in_part_is_unexplained(explained):
    doubled = Fault("loss", lambda model, value: (np.float32(1.5) * value[0], *value[1:]))
    _, (one,) = explained(OPEN_LOSS, doubled)
    assert one.stage.name == "loss" and not one.explained


def test_the_order_in_which_an_image_is_flattened_is_named(explained):
    spec = changed(SOFTMAX, {"data.channel": True, "layers": (Flatten(), Dense(10), *SOFTMAX.layers[2:])})
    first_divergences, found = explained(spec)
    assert not found and not first_divergences.owner, "with one channel both orders are the same"


FALLING = ExponentialDecay(0.1, 0.1, 2, True, "step")
"""The rate of steps 1 and 2 is 0.1, that of step 3 is 0.01."""


def test_a_momentum_in_another_unit_is_no_difference_before_the_rate_falls(explained):
    spec = changed(SOFTMAX, {"optimizer": SGD(FALLING, 0.9, False)})
    first_divergences, found = explained(spec)
    update = next(stage for stage in first_divergences.stages if stage.name == "update")
    assert (update.differs, update.step) == (True, 2)
    assert [[suspect.path for suspect in one.fields] for one in found] == [["optimizer.learning_rate.in_momentum"]]
    assert found[0].explained and all(switch.holds for switch in found[0].switched)


def test_a_momentum_whose_rate_stays_is_the_same_in_both_units(explained):
    first_divergences, found = explained(changed(SOFTMAX, {"optimizer": SGD(ExponentialDecay(0.1, 1.0, per="step"),
                                                                            0.9, False)}))
    assert not found and all(stage.differs is False for stage in first_divergences.stages)
    assert first_divergences.unseen == ("optimizer.learning_rate.in_momentum",)
    assert "They resolve optimizer.learning_rate.in_momentum differently, of which these steps show nothing." in \
        first_difference(first_divergences)


@pytest.mark.parametrize("optimizer, epochs, step, fields", [
    (SGD(ReduceOnPlateau(0.05, 0.1, 1, "train/loss", 0.9, "ratio"), 0.0, False), 5, 20,
     ["optimizer.learning_rate.bad_epochs"]),
    (SGD(ReduceOnPlateau(0.05, 0.1, 1, "train/loss", 0.9, "ratio", "patience"), 0.9, False), 5, 20,
     ["optimizer.learning_rate.in_momentum"]),
    (SGD(0.1, 0.0, False, accumulation=Accumulation(3)), 2, 9, ["optimizer.accumulation.unfinished"]),
    (SGD(CosineDecay(0.05, 36, per="step"), 0.0, False), 5, 37, ["optimizer.learning_rate.after"]),
    (SGD(ExponentialDecay(0.05, 0.1, 17, True, "step"), 0.9, False), 2, 17, ["optimizer.learning_rate.in_momentum"])],
    ids=["plateau", "plateau with a momentum", "accumulation", "cosine", "falling, at no recorded state"])
def test_a_known_difference_that_acts_late_is_found_at_its_first_step_and_explained(
        explained, optimizer, epochs, step, fields):
    """Ten steps an epoch, counted from 0: the third epoch begins with step 20; of the first, step 9 has a group of its
    own; a cosine is over after 36 steps, at 0 for both; where a rate falls between two recorded states, the step that
    has the new one is the only one that shows in which unit a momentum is kept."""
    spec = changed(SOFTMAX, {"optimizer": optimizer, "training.epochs": epochs, "data.first": 320})
    first_divergences, found = explained(spec)
    assert (first_divergences.step, first_divergences.first) == (step, True)
    assert first_divergences.owner and [stage.name for stage in first_divergences.stages if stage.differs] == ["update"]
    assert found[0].explained and [suspect.path for suspect in found[0].fields] == fields
    text = first_difference(first_divergences, found)
    assert f"first they differ in the update of the weights of step {step + 1}" in text
