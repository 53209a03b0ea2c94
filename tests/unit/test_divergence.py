"""The first divergence of two frameworks: the responsible fields are found and confirmed by switching them."""

import numpy as np
import pytest
from faulty import NORMALIZED, RAW_SQUARES, SOFTMAX, SQUARE, SUMMED_BACKWARDS, Fault, WorkerPool, realization
from test_differences import ENVIRONMENTS

from compare.analysis import exact_step, explanation, first_divergence, first_layer, step_replays
from compare.analysis.causes.cause import SEARCH_FRAMEWORK
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.stage_comparison import _data_facts
from compare.analysis.stages import StageResult
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.trials import Trial
from compare.reporting.cells import first_difference
from frameworks.reference import model as reference
from frameworks.reference.layers import FORWARD, IN_TRAINING, forward
from frameworks.runtime import trace
from frameworks.runtime.training import replay, train
from scenarios.spec import (
    SGD,
    Accumulation,
    Adam,
    BatchNormalization,
    CategoricalCrossentropy,
    CosineDecay,
    Dense,
    ExponentialDecay,
    Flatten,
    ReduceOnPlateau,
)
from scenarios.spec.fields import changed, from_json, to_json

SIDES = ("keras", "lightning")
UNSET_LOSS = changed(SOFTMAX, {"loss": CategoricalCrossentropy()})
UNSET_ADAM = changed(SOFTMAX, {"optimizer": Adam(0.001, 0.9, 0.999)})


class ResolvingPool(WorkerPool):
    """The reference under the names of two frameworks; unset fields are resolved as in each framework."""

    def work(self, jobs, limit, on_event, finished):
        for trial, job in jobs.items():
            environment = ENVIRONMENTS.get(trial.framework, ENVIRONMENTS["reference"])
            framework, dtype = self.frameworks[trial.framework]
            job = {**job, "spec": to_json(resolved_spec(from_json(job["spec"]), environment, "shared")),
                   "settings": {"dtype": dtype}}
            result = train(framework, job, lambda event, **facts: None) if job["verb"] == "train" else \
                trace.Trace({}, replay(framework, job))
            trace.write(result, job["out"])
            finished(trial, trace.read(job["out"]))


@pytest.fixture
def prepare(dataset, tmp_path):
    """A function: (pair, steps, what repeats them) of a spec with Keras and Lightning; the latter has these faults."""
    def prepared(spec, *faults):
        folder = tmp_path / "traces"
        folder.mkdir()
        pool = ResolvingPool({"keras": (reference, "float32"), "lightning": (realization(*faults), "float32"),
                              SEARCH_FRAMEWORK: (reference, "float32")})
        pair = tuple(Trial("mine", "a", name, 0, "shared", spec, True) for name in SIDES)
        traces = {}
        pool.work({trial: trials.job(trial, dataset, folder) for trial in pair}, 60, None, traces.__setitem__)
        steps = {trial: Steps(Trial("mine", "a", trial.framework, 0, "shared", resolved_spec(
            spec, ENVIRONMENTS[trial.framework], "shared"), True), traces[trial], dataset, folder) for trial in pair}
        return pair, steps, step_replays.Again(traces, ENVIRONMENTS, dataset, folder, pool, 60)
    return prepared


@pytest.fixture
def explain(prepare):
    """A function: (first divergence, causes) of a spec between Keras and Lightning; the latter has these faults."""
    def explain_divergence(spec, *faults):
        pair, steps, again = prepare(spec, *faults)
        traces, of_run = again.traces, (again.dataset, again.folder, again.pool, again.limit)
        replayed = step_replays.replays(traces, [pair], ENVIRONMENTS, *of_run)
        first_divergences = first_divergence.find(*pair, traces, replayed, ENVIRONMENTS, steps)
        first_divergences, results = exact_step.explained(first_divergences, pair, steps, again)
        return first_divergences, explanation.shown(results, *of_run)
    return explain_divergence


def test_field_behind_the_first_divergence_is_confirmed_by_switching(explain):
    first_divergences, (cause,) = explain(UNSET_LOSS)
    assert cause.stage.name == "loss" and cause.explained and [suspect.path for suspect in cause.fields] == ["loss.of"]
    assert cause.sufficient == cause.necessary == (frozenset(["loss.of"]),)
    assert [(switch.framework, switch.holds) for switch in cause.switched] == [("lightning", True), ("keras", True)]
    text = first_difference(first_divergences, [cause])
    assert "first differ in the loss (" in text and "because of the input of the loss (confirmed by switching" in text


def test_jointly_responsible_fields_are_found_together(explain):
    _, causes = explain(UNSET_ADAM)
    update = next(cause for cause in causes if cause.stage.name == "update")
    assert update.explained
    assert set().union(*update.sufficient) <= {"optimizer.epsilon", "optimizer.epsilon_place"}


def test_divergence_without_a_responsible_field_is_unexplained(explain):
    scaled = Fault("gradients", lambda model, gradients: {name: np.float32(1.01) * g for name, g in gradients.items()})
    first_divergences, causes = explain(SOFTMAX, scaled)
    assert causes and not any(cause.explained or cause.fields or cause.switched for cause in causes)
    assert "no known difference explains it" in first_difference(first_divergences, causes)


def test_partly_explained_divergence_is_unexplained(explain):
    scaled = Fault("loss", lambda model, value: (np.float32(1.5) * value[0], *value[1:]))
    _, (cause,) = explain(UNSET_LOSS, scaled)
    assert cause.stage.name == "loss" and not cause.explained


def in_layer(position, change, modes=(FORWARD, IN_TRAINING)):
    """A fault of one layer in these modes: its outputs are changed, and the layers after it get them."""
    return Fault("values", lambda model, values: [*values[:position + 1], *forward(
        model.layers[position + 1:], model.weights, change(values[position + 1]), model.now["kinds"])]
        if model.now["kinds"] in modes else values)


def layer_of(first_divergences, stage="forward"):
    """(position, class) of the first layer that differs; None if it is not known."""
    layer = next(each for each in first_divergences.stages if each.name == stage).layer
    return layer and (layer.position, layer.kind)


@pytest.mark.parametrize("spec, position, kind", [
    *((SQUARE, position, kind) for position, kind in ((0, "Flatten"), (1, "Dense"), (2, "Activation"), (5, "Dense"),
                                                      (6, "Activation"))), (NORMALIZED, 2, "BatchNormalization")])
def test_first_layer_with_other_outputs_is_named_despite_rounding_before_it(explain, spec, position, kind):
    fault = in_layer(position, lambda outputs: outputs * np.float32(1.001))
    first_divergences, _ = explain(spec, *SUMMED_BACKWARDS, fault)
    assert layer_of(first_divergences) == (position, kind)
    assert f"first differ in the outputs of layer {position}, {kind} (at index [" in first_difference(first_divergences)


def test_first_of_two_layers_with_other_outputs_is_named(explain):
    faults = [in_layer(position, lambda outputs: outputs * np.float32(1.001)) for position in (3, 1)]
    assert layer_of(explain(SQUARE, *faults)[0]) == (1, "Dense")


@pytest.mark.parametrize("spec, position, kind", [(SQUARE, 1, "Dense"), (SQUARE, 6, "Activation"),
                                                  (NORMALIZED, 2, "BatchNormalization")])
def test_first_layer_with_other_outputs_in_evaluation_is_named(explain, spec, position, kind):
    fault = in_layer(position, lambda outputs: outputs * np.float32(1.001), (FORWARD,))
    first_divergences, _ = explain(spec, *SUMMED_BACKWARDS, fault)
    assert [stage.name for stage in first_divergences.stages if stage.differs] == ["evaluation"]
    assert layer_of(first_divergences, "evaluation") == (position, kind)
    assert f"first differ in the outputs of layer {position}, {kind}, in evaluation (at index [" in first_difference(
        first_divergences)


def test_no_layer_is_searched_where_only_the_loss_of_an_evaluation_differs(explain):
    first_divergences, _ = explain(SQUARE, Fault("measured", lambda model, value: (1.5 * value[0], *value[1:])))
    evaluation = next(stage for stage in first_divergences.stages if stage.name == "evaluation")
    assert evaluation.differs and evaluation.layer is None and not evaluation.layer_reason


def test_layer_of_an_unset_field_is_the_one_that_is_named(explain):
    spec = changed(NORMALIZED, {"layers.2.epsilon": None})
    first_divergences, (cause, *_) = explain(spec)
    assert layer_of(first_divergences) == (2, "BatchNormalization")
    assert [suspect.path for suspect in cause.fields] == ["layers.2.epsilon"] and cause.explained


def test_fields_of_later_layers_are_those_of_the_outputs_of_the_model(explain):
    unset = BatchNormalization(None, 0.9, "biased")
    spec = changed(NORMALIZED, {"layers": (*NORMALIZED.layers[:2], unset, *NORMALIZED.layers[3:5], unset,
                                           *NORMALIZED.layers[5:])})
    first_divergences, causes = explain(spec)
    assert layer_of(first_divergences) == (2, "BatchNormalization")
    assert {suspect.path for suspect in causes[0].fields} == {"layers.2.epsilon", "layers.5.epsilon"}
    text = first_difference(first_divergences, causes)
    assert "); those of the model differ because of the epsilon of BatchNormalization (confirmed" in text


@pytest.mark.parametrize("spec", [SQUARE, NORMALIZED, RAW_SQUARES], ids=["square", "normalized", "raw"])
def test_no_layer_is_named_where_only_rounding_differs(prepare, spec):
    """The stage is said to differ, although the two sides only add in another order."""
    pair, steps, again = prepare(spec, *SUMMED_BACKWARDS)
    named, = first_layer.named([StageResult("forward", True, "outputs", size=1.0)], pair,
                               first_divergence.ends(pair, ENVIRONMENTS), pair[0], again.traces[pair[0]],
                               steps[pair[0]], again)
    assert named.layer is None and "no layer" in named.layer_reason
    assert "; the first layer is not known, since the outputs of no layer differ" in first_difference(
        FirstDivergence("a", SIDES, [named], 1))


def test_flatten_order_is_no_difference_for_one_channel(explain):
    spec = changed(SOFTMAX, {"data.channel": True, "layers": (Flatten(), Dense(10), *SOFTMAX.layers[2:])})
    first_divergences, causes = explain(spec)
    assert not causes and not first_divergences.owner, "with one channel both orders are the same"


DECAYING = ExponentialDecay(0.1, 0.1, 2, True, "step")
"""The learning rate is 0.1 in steps 1 and 2, and 0.01 in step 3."""


def test_momentum_unit_matters_once_the_learning_rate_decays(explain):
    spec = changed(SOFTMAX, {"optimizer": SGD(DECAYING, 0.9, False)})
    first_divergences, causes = explain(spec)
    update = next(stage for stage in first_divergences.stages if stage.name == "update")
    assert (update.differs, update.step) == (True, 2)
    assert [[suspect.path for suspect in cause.fields] for cause in causes] == [["optimizer.learning_rate.in_momentum"]]
    assert causes[0].explained and all(switch.holds for switch in causes[0].switched)


def test_momentum_unit_does_not_matter_at_a_constant_learning_rate(explain):
    first_divergences, causes = explain(changed(SOFTMAX, {"optimizer": SGD(ExponentialDecay(0.1, 1.0, per="step"),
                                                                           0.9, False)}))
    assert not causes and all(stage.differs is False for stage in first_divergences.stages)
    assert [suspect.path for suspect in first_divergences.unseen] == ["optimizer.learning_rate.in_momentum"]
    assert "They differ in the learning rate inside the momentum, which makes no difference in these steps." in \
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
def test_late_difference_is_found_at_its_first_step_and_explained(explain, optimizer, epochs, step, fields):
    """Steps are counted from 0, ten per epoch.

    The third epoch begins with step 20. Step 9 is the unfinished accumulation group of the first epoch. The cosine
    decay ends at 0 after 36 steps for both. Where the rate decays between two recorded states, only the first step with
    the new rate depends on the unit of the momentum.
    """
    spec = changed(SOFTMAX, {"optimizer": optimizer, "training.epochs": epochs, "data.first": 320})
    first_divergences, causes = explain(spec)
    assert (first_divergences.step, first_divergences.first) == (step, True)
    assert first_divergences.owner and [stage.name for stage in first_divergences.stages if stage.differs] == ["update"]
    assert causes[0].explained and [suspect.path for suspect in causes[0].fields] == fields
    text = first_difference(first_divergences, causes)
    parts = "update of the", "momentum of the", "accumulated gradient of the", "learning rate"
    assert any(f"first differ in the {part}" in text for part in parts)
    assert f" in step {step + 1} (" in text


def test_states_whose_numbers_cannot_be_compared_are_not_counted_as_matching(explain):
    divergence = explain(changed(RAW_SQUARES, {"layers": RAW_SQUARES.layers[:2], "optimizer.learning_rate": 100.0}))[0]
    assert 0 < divergence.matching < divergence.states
    assert f"match in the first step and at {divergence.matching} of {divergence.states} recorded states (at the " \
           "others, not everything can be compared): the same" in first_difference(divergence)


def test_states_that_all_match_are_counted(explain):
    divergence = explain(SOFTMAX)[0]
    assert divergence.matching == divergence.states
    assert f"at {divergence.states} recorded states: the same" in first_difference(divergence)


def test_data_that_differ_are_named_without_what_is_the_same():
    facts = {"hashes": {"data": "0123456789", "order": "abcdefghij"}, "steps_per_epoch": 20}
    left, right = trace.Trace(facts, {}), trace.Trace({**facts, "steps_per_epoch": 640}, {})
    assert _data_facts(left, right) == ("20 steps per epoch", "640 steps per epoch")
    reordered = trace.Trace({**facts, "hashes": {"data": "0123456789", "order": "xyz"}}, {})
    assert _data_facts(left, reordered) == ("order abcdefgh", "order xyz") and _data_facts(left, left) == ("", "")
