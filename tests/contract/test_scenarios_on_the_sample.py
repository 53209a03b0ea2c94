"""Every scenario on the 4,000 images of the sample: the same behaviours hold as on all 60,000.

The reference trains each variant with the defaults of each framework, so that no framework is needed.
tests/nightly/test_causes_on_mnist.py and the files beside it run the same scenarios with real frameworks on the whole
MNIST.
"""

import pytest
from test_causes import ENVIRONMENTS

import scenarios
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.training_cache import TrainingCache
from compare.execution import data
from compare.execution.trials import RECORDINGS
from compare.execution.worker_pool import WorkerPool
from scenarios.spec.fields import changed

FRAMEWORKS = ("keras", "lightning", "reference")
HOLDS = {
    "accuracy_below_chance": {
        "accuracy_below_chance": "no - -", "reported_falls": "no - -", "rounding_falls": "yes yes yes",
        "narrow_falls": "yes yes yes", "sigmoid_agrees": "yes yes yes", "threshold_stays": "yes yes yes",
        "accepts_any_output": "yes no no", "counts_above_half": "yes no no"},
    "lr_scaling": {
        "loss_follows_rate": "yes no no", "loss_beyond_bound": "yes no no", "rmsprop_too": "yes no no",
        "reported_accuracy_high": "no no no", "evaluate_beside_predict": "no no no", "logits_suffice": "yes yes yes",
        "decrease_follows_rate": "yes - yes", "decrease_falls_behind": "yes no no", "scaling_cures": "yes yes yes",
        "softmax_scaled_cures": "yes yes yes", "softmax_does_not_cure": "yes no yes"},
    "missing_activations": dict.fromkeys((
        "loss_is_nan", "does_not_learn", "answer_learns", "hidden_is_finite", "hidden_does_not_learn", "output_learns",
        "book_learns", "mean_needs_five_times", "slow_at_3", "mean_is_slower_at_3"), "yes yes yes"),
}
"""By scenario and behaviour, whether it holds with the defaults of Keras, Lightning and the reference: yes, no, or -
where it cannot be evaluated."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """A function: by behaviour of a scenario, the answers with each framework's defaults, for a number of seeds."""
    folder = tmp_path_factory.mktemp("sample")
    sample = data.load("sample")

    def evaluated(scenario, seeds=1):
        cache = TrainingCache(pool, sample, folder, seeds, 600)
        specs = {(behaviour.name, name): [
            resolved_spec(changed(scenario.variant(variant).spec, {"training.epochs": behaviour.epochs}),
                          ENVIRONMENTS[name],
                          "shared") for variant in behaviour.variants]
                 for behaviour in scenario.behaviours for name in FRAMEWORKS}
        cache.train([("reference", spec, RECORDINGS) for group in specs.values() for spec in group])
        assert not pool.worker_errors
        return {behaviour.name: [cache.answer(behaviour, "reference", specs[behaviour.name, name], RECORDINGS)
                                 for name in FRAMEWORKS] for behaviour in scenario.behaviours}

    with WorkerPool(["reference"], folder, "cpu", 1) as pool:
        yield evaluated


@pytest.mark.parametrize("name", scenarios.names())
def test_behaviours_hold_on_the_sample_as_on_mnist(answers, name):
    actual = {behaviour: " ".join({True: "yes", False: "no", None: "-"}[answer.holds] for answer in group)
              for behaviour, group in answers(scenarios.load(name)).items()}
    assert actual == HOLDS[name]
