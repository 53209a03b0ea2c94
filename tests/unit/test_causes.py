"""Causes on real trainings of the reference, which stands in for every framework: only what each resolves differs."""

from dataclasses import replace

import pytest

from compare.analysis.behaviours import ask, read_by
from compare.analysis.causes import search
from compare.analysis.causes.questions import closed, questions
from compare.analysis.training_cache import TrainingCache
from compare.execution.trials import RECORDINGS
from compare.execution.worker_pool import WorkerPool
from compare.execution.workers import Worker
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import (
    SGD,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Data,
    Dense,
    Flatten,
    MeanSquaredError,
    RMSprop,
    Spec,
    Training,
)
from scenarios.spec.fields import changed

ENVIRONMENTS = {"keras": {"framework": "keras", "backend": "tensorflow"},
                "keras-jax": {"framework": "keras", "backend": "jax"},
                "lightning": {"framework": "lightning", "backend": "torch"},
                "reference": {"framework": "reference", "backend": "numpy"}}
SIGMOID = Spec(Data(), (Flatten(), Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.01),
               Training(1, 32))
LINEAR = Spec(Data((0, 1), divisor=255.0, labels="index"), (Flatten(), Dense(1)), BinaryCrossentropy(), SGD(0.1),
              Training(1, 32))


def loss(trace):
    return float(trace["reported/train/loss"][0])


class References(WorkerPool):
    """Workers of the reference under the names of frameworks."""

    def __init__(self, folder):
        super().__init__([], folder, "cpu", 1)
        self._start = lambda name: Worker("reference" if name == "reference" else "reference-float32", folder)
        for name in (*ENVIRONMENTS, search.SEARCH_FRAMEWORK):
            self.ensure_workers(name, 1)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    with References(tmp_path_factory.mktemp("references")) as made:
        yield made


@pytest.fixture
def causes_of(pool, dataset, tmp_path):
    """A function: the confirmed causes of one behaviour of a spec, from what the frameworks really resolve it to."""
    def found(spec, names, measure=loss, contrast_variants=None, seeds=1, epochs=None, **facts):
        cache = TrainingCache(pool, dataset, tmp_path, seeds, 60)
        behaviour = Behaviour("it_is", "it is so", ("a",), measure, contrast_variants=("b",) if contrast_variants
                              else (), **facts)
        scenario = Scenario("mine", "Mine", "Is it?",
                            (Variant("a", "A", spec), Variant("b", "B", contrast_variants or spec)),
                            (behaviour,))
        specs = {name: closed(spec, ENVIRONMENTS[name], "shared") for name in names}
        cache.train([(name, resolved, RECORDINGS) for name, resolved in specs.items()])
        traces = {name: {("a", seed): cache.trace((name, specs[name], RECORDINGS), seed) for seed in cache.seeds}
                  for name in names}
        answers = {name: ask(behaviour, some) for name, some in traces.items()}
        read = {"it_is": set().union(*(read_by(behaviour, some) for some in traces.values()))}
        raised = questions(scenario, {"it_is": answers}, {name: ENVIRONMENTS[name] for name in names}, "shared", read)
        return search.confirm(search.find(raised, cache), cache, epochs or {})
    return found


def sets(*chosen):
    return tuple(frozenset(each.split()) for each in chosen)


def test_a_single_field_is_found_added_removed_and_each_sham_changes_nothing(causes_of):
    cause, = causes_of(SIGMOID, ["keras", "lightning"], low=16.118)
    assert cause.sufficient == cause.necessary == sets("loss.of") and cause.engine == search.SEARCH_FRAMEWORK
    assert [(one.framework, one.kind, one.expected, one.answer.holds) for one in cause.confirmed] == [
        ("lightning", "negative_control", False, False), ("lightning", "sufficient", True, True),
        ("keras", "negative_control", True, True), ("keras", "necessary", False, False)]
    assert cause.shown is True and cause.found


def test_fields_that_act_together_are_crossed_and_not_lumped(causes_of):
    """Keras on JAX clips: to exceed the bound it takes the logits, no clip, and the logarithm in one step."""
    cause, = causes_of(SIGMOID, ["keras", "keras-jax"], low=16.5)
    assert set(cause.question.active) == {"loss.of", "loss.row_division", "loss.clip", "loss.logits_form"}
    assert len(cause.answers) == 16
    assert cause.sufficient == sets("loss.of loss.clip loss.logits_form")
    assert set(cause.necessary) == set(sets("loss.of", "loss.clip"))
    undefined = frozenset({"loss.of", "loss.clip", "loss.row_division"})  # all of it but the logarithm in one step
    assert cause.answers[undefined].reason.startswith("undefined"), "which does not say that the behaviour is gone"
    assert cause.untestable == ()


def test_a_field_that_nothing_shows_here_is_not_testable(causes_of):
    """The rows of a softmax sum to 1 already, whichever softmax it is, and are far from 0 and 1 here."""
    cause, = causes_of(changed(SIGMOID, {"layers.2": Activation("softmax"), "data.divisor": 255.0}),
                    ["lightning", "keras-jax"], low=2.27)
    assert set(cause.untestable) == {"loss.row_division", "loss.clip", "loss.logits_form"}
    assert cause.sufficient == cause.necessary == sets("loss.of")
    assert not cause.chaotic and cause.shares["loss.of"][0] == pytest.approx(1.0, abs=0.05)


def test_a_field_of_ones_own_and_one_of_a_framework_are_found_together(causes_of):
    works = changed(SIGMOID, {"data.divisor": 255.0})
    _, whose = causes_of(SIGMOID, ["keras", "lightning"], contrast_variants=works, low=16.118)
    assert whose.sufficient == sets("data.divisor loss.of") and set(whose.necessary) == set(sets("data.divisor",
                                                                                                 "loss.of"))
    assert whose.shown is True


def test_where_all_show_it_the_search_is_between_variants_alone(causes_of):
    spec = changed(SIGMOID, {"loss": CategoricalCrossentropy("softmax_of_logits")})
    mine, = causes_of(spec, ["keras", "lightning", "reference"], low=16.118,
                   contrast_variants=changed(spec, {"data.divisor": 255.0, "training.batch_size": 16}))
    assert (mine.question.with_behaviour, mine.question.without) == ("keras", "keras")
    assert mine.sufficient == mine.necessary == sets("data.divisor")
    assert all(suspect.own_setting for suspect in mine.question.suspects)


def test_a_side_that_refuses_is_one_without_and_what_cannot_be_told_is_not_applicable(causes_of):
    def has_a_loss(trace):
        return float("reported/train/loss" in trace)

    cause, = causes_of(LINEAR, ["keras", "lightning"], has_a_loss, low=1.0, any_outcome=True)
    assert cause.sufficient == sets("loss.domain loss.clip"), "without the clip the logarithm has no value"
    assert set(cause.necessary) == set(sets("loss.domain", "loss.clip"))
    confirmed = replace(cause.confirmed[1], reason="Lightning cannot be told.")
    assert confirmed.holds is None
    assert replace(cause, confirmed=(confirmed,)).shown is None and cause.shown is True


def test_shares_of_a_gap_sum_to_the_whole_for_every_start(causes_of):
    spec = Spec(Data(divisor=255.0), (Flatten(), Dense(10), Activation("softmax")), CategoricalCrossentropy(), SGD(),
                Training(4, 32))
    cause, = causes_of(spec, ["keras", "lightning"], lambda trace: float(trace["reported/train/loss"][-1]), seeds=3,
                    high=2.1)
    assert set(cause.shares) == set(cause.question.active) == {"loss.of", "optimizer.learning_rate"}
    assert not cause.chaotic
    assert [sum(share[seed] for share in cause.shares.values()) for seed in range(3)] == pytest.approx([1, 1, 1])
    assert len({round(share, 6) for share in cause.shares["loss.of"]}) == 3, "every start has its own"


def test_in_a_chaotic_phase_there_are_no_shares(causes_of):
    spec = changed(SIGMOID, {"training.epochs": 2, "optimizer": RMSprop(0.01)})
    cause, = causes_of(spec, ["keras", "lightning"], low=16.118)
    assert len(cause.question.active) > 1 and cause.chaotic and not cause.shares and cause.found


def test_what_no_engine_can_bring_about_is_not_found(causes_of):
    """The frameworks' traces differ here, their resolved specs do not: what differs stands outside the vocabulary."""
    calls = []

    def drifting(trace):
        calls.append(trace)
        return float(len(calls) == 1)

    cause, = causes_of(changed(SIGMOID, {"loss": MeanSquaredError(), "optimizer": SGD(0.1, 0.0, False)}),
                    ["keras", "lightning"], drifting, low=1.0)
    assert not cause.found and cause.engine == "" and cause.confirmed == () and cause.shown is None


def test_a_confirmation_at_full_length_is_trained_for_so_many_epochs(causes_of):
    def epochs(trace):
        lengths.add(len(trace["reported/train/loss"]))
        return loss(trace)

    lengths = set()
    cause, = causes_of(SIGMOID, ["keras", "lightning"], epochs, low=16.118, epochs={"a": 3})
    assert lengths == {1, 3} and cause.shown is True


def test_a_search_whose_worker_fails_is_told_and_not_called_unexplained(pool, dataset, tmp_path):
    cache = TrainingCache(pool, dataset, tmp_path, 1, 60)
    assert cache.worker_errors == ()
    resolved = closed(SIGMOID, ENVIRONMENTS["keras"], "shared")
    (tmp_path / "order-600-1-0.npy").write_bytes(b"no array")
    cache.train([("keras", resolved, ())])
    assert len(cache) == 1 and "A fault of this program" in cache.worker_errors[0]
