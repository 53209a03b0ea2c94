"""Cause search on real trainings: the reference trains for every framework, so that only resolved fields differ."""

from dataclasses import replace

import pytest

from compare.analysis.behaviours import answer_of, read_by
from compare.analysis.causes import search
from compare.analysis.causes.cause import SEARCH_FRAMEWORK
from compare.analysis.causes.questions import questions, resolved_spec
from compare.analysis.reasons import ReasonKind
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


class ReferencePool(WorkerPool):
    """Reference workers under the names of all frameworks."""

    def __init__(self, folder):
        super().__init__([], folder, "cpu", 1)
        self._start_worker = lambda name: Worker("reference" if name == "reference" else "reference-float32", folder)
        for name in (*ENVIRONMENTS, SEARCH_FRAMEWORK):
            self.ensure_workers(name, 1)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    with ReferencePool(tmp_path_factory.mktemp("references")) as workers:
        yield workers


@pytest.fixture
def causes_of(pool, dataset, tmp_path):
    """A function: the confirmed causes of one behaviour of a spec, as each framework resolves it."""
    def find_causes(spec, names, measure=loss, contrast_variants=None, seeds=1, epochs=None, **facts):
        cache = TrainingCache(pool, dataset, tmp_path, seeds, 60)
        behaviour = Behaviour("it_is", "it is so", ("a",), measure, contrast_variants=("b",) if contrast_variants
                              else (), **facts)
        scenario = Scenario("mine", "Mine", "Is it?",
                            (Variant("a", "A", spec), Variant("b", "B", contrast_variants or spec)),
                            (behaviour,))
        specs = {name: resolved_spec(spec, ENVIRONMENTS[name], "shared") for name in names}
        cache.train([(name, resolved, RECORDINGS) for name, resolved in specs.items()])
        traces = {name: {("a", seed): cache.trace((name, specs[name], RECORDINGS), seed) for seed in cache.seeds}
                  for name in names}
        answers = {name: answer_of(behaviour, by_seed) for name, by_seed in traces.items()}
        read = {"it_is": set().union(*(read_by(behaviour, by_seed) for by_seed in traces.values()))}
        raised = questions(scenario, {"it_is": answers}, {name: ENVIRONMENTS[name] for name in names}, "shared", read)
        return search.confirm(search.find(raised, cache), cache, epochs or {})
    return find_causes


def sets(*paths):
    """Sets of field paths, each given as one string."""
    return tuple(frozenset(each.split()) for each in paths)


def test_single_field_is_confirmed_with_negative_controls(causes_of):
    cause, = causes_of(SIGMOID, ["keras", "lightning"], low=16.118)
    assert cause.sufficient == cause.necessary == sets("loss.of") and cause.searched_on == SEARCH_FRAMEWORK
    assert [(run.framework, run.kind, run.expected, run.answer.holds) for run in cause.confirmed] == [
        ("lightning", "negative_control", False, False), ("lightning", "sufficient", True, True),
        ("keras", "negative_control", True, True), ("keras", "necessary", False, False)]
    assert cause.shown is True and cause.known


def test_interacting_fields_are_searched_in_all_combinations(causes_of):
    """Keras on JAX clips: only with logits, without clipping, and with a fused log-softmax is the bound exceeded."""
    cause, = causes_of(SIGMOID, ["keras", "keras-jax"], low=16.5)
    assert set(cause.question.active) == {"loss.of", "loss.row_division", "loss.clip", "loss.logits_form"}
    assert len(cause.answers) == 16
    assert cause.sufficient == sets("loss.of loss.clip loss.logits_form")
    assert set(cause.necessary) == set(sets("loss.of", "loss.clip"))
    undefined = frozenset({"loss.of", "loss.clip", "loss.row_division"})  # all but the fused log-softmax
    assert cause.answers[undefined].reason.kind is ReasonKind.UNDEFINED, "the behaviour is not said to be gone"
    assert cause.untestable == ()


def test_field_without_a_measurable_effect_is_not_testable(causes_of):
    """The rows of every softmax already sum to 1, and are far from 0 and 1 here."""
    cause, = causes_of(changed(SIGMOID, {"layers.2": Activation("softmax"), "data.divisor": 255.0}),
                       ["lightning", "keras-jax"], low=2.27)
    assert set(cause.untestable) == {"loss.row_division", "loss.clip", "loss.logits_form"}
    assert cause.sufficient == cause.necessary == sets("loss.of")
    assert not cause.chaotic and cause.shares["loss.of"][0] == pytest.approx(1.0, abs=0.05)


def test_own_setting_and_framework_default_are_found_together(causes_of):
    works = changed(SIGMOID, {"data.divisor": 255.0})
    _, cause = causes_of(SIGMOID, ["keras", "lightning"], contrast_variants=works, low=16.118)
    assert cause.sufficient == sets("data.divisor loss.of")
    assert set(cause.necessary) == set(sets("data.divisor", "loss.of"))
    assert cause.shown is True


def test_search_is_between_variants_only_if_all_frameworks_show_it(causes_of):
    spec = changed(SIGMOID, {"loss": CategoricalCrossentropy("softmax_of_logits")})
    cause, = causes_of(spec, ["keras", "lightning", "reference"], low=16.118,
                       contrast_variants=changed(spec, {"data.divisor": 255.0, "training.batch_size": 16}))
    assert (cause.question.with_behaviour, cause.question.without) == ("keras", "keras")
    assert cause.sufficient == cause.necessary == sets("data.divisor")
    assert all(suspect.own_setting for suspect in cause.question.suspects)


def test_refused_training_is_without_and_unsupported_confirmation_is_inconclusive(causes_of):
    def has_a_loss(trace):
        return float("reported/train/loss" in trace)

    cause, = causes_of(LINEAR, ["keras", "lightning"], has_a_loss, low=1.0, any_outcome=True)
    assert cause.sufficient == sets("loss.domain loss.clip"), "without the clip the logarithm has no value"
    assert set(cause.necessary) == set(sets("loss.domain", "loss.clip"))
    confirmed = replace(cause.confirmed[1], reason="Lightning does not support it.")
    assert confirmed.holds is None
    assert replace(cause, confirmed=(confirmed,)).shown is None and cause.shown is True


def test_shares_of_a_loss_difference_sum_to_one_for_every_seed(causes_of):
    spec = Spec(Data(divisor=255.0), (Flatten(), Dense(10), Activation("softmax")), CategoricalCrossentropy(), SGD(),
                Training(4, 32))
    cause, = causes_of(spec, ["keras", "lightning"], lambda trace: float(trace["reported/train/loss"][-1]), seeds=3,
                       high=2.1)
    assert set(cause.shares) == set(cause.question.active) == {"loss.of", "optimizer.learning_rate"}
    assert not cause.chaotic
    assert [sum(share[seed] for share in cause.shares.values()) for seed in range(3)] == pytest.approx([1, 1, 1])
    assert len({round(share, 6) for share in cause.shares["loss.of"]}) == 3, "each seed has its own share"


def test_chaotic_training_has_no_shares(causes_of):
    spec = changed(SIGMOID, {"training.epochs": 2, "optimizer": RMSprop(0.01)})
    cause, = causes_of(spec, ["keras", "lightning"], low=16.118)
    assert len(cause.question.active) > 1 and cause.chaotic and not cause.shares and cause.known


def test_cause_outside_the_vocabulary_is_not_found(causes_of):
    """The traces differ although the resolved specs are equal: the cause is outside the vocabulary."""
    measured = []

    def drifting(trace):
        measured.append(trace)
        return float(trace is measured[0])

    cause, = causes_of(changed(SIGMOID, {"loss": MeanSquaredError(), "optimizer": SGD(0.1, 0.0, False)}),
                       ["keras", "lightning"], drifting, low=1.0)
    assert not cause.known and cause.searched_on == "" and cause.confirmed == () and cause.shown is None


def test_confirmation_is_trained_for_the_given_epochs(causes_of):
    def epochs(trace):
        lengths.add(len(trace["reported/train/loss"]))
        return loss(trace)

    lengths = set()
    cause, = causes_of(SIGMOID, ["keras", "lightning"], epochs, low=16.118, epochs={"a": 3})
    assert lengths == {1, 3} and cause.shown is True


def test_worker_error_during_a_search_is_reported(pool, dataset, tmp_path):
    cache = TrainingCache(pool, dataset, tmp_path, 1, 60)
    assert not pool.worker_errors
    resolved = resolved_spec(SIGMOID, ENVIRONMENTS["keras"], "shared")
    (tmp_path / "order-600-1-0.npy").write_bytes(b"no array")
    cache.train([("keras", resolved, ())])
    assert len(cache) == 1 and "A fault of this program" in pool.worker_errors[0]
