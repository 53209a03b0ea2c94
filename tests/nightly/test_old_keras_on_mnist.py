"""Old versions of Keras on the real MNIST: the reported numbers, where a behaviour holds, and what starts and ends it.

`pytest -m nightly -n 0 tests/nightly/test_old_keras_on_mnist.py` records the results in
tests/records/when-*.json and tests/records/eras-*.json.
"""

import numpy as np
import pytest
from measured import Trainings, keep, needs_mnist
from test_causes_on_mnist import explained

import scenarios
from compare.analysis import version_history
from compare.analysis.behaviours import in_unit
from compare.analysis.statistics import prediction_interval
from compare.execution import data
from compare.execution.environments import ENVIRONMENTS
from compare.execution.settings import read
from compare.execution.worker_pool import WorkerPool
from compare.reporting.console import Display

BUILT = all(environment.installed for environment in ENVIRONMENTS.values())
pytestmark = [needs_mnist, pytest.mark.nightly, pytest.mark.skipif(
    not BUILT, reason="needs all old versions of Keras: python -m compare environments install=all")]
STANDALONE = ["keras-2.2", "keras-2.3"]
SEEDS = range(5)
SINCE_2_4 = ["tf-keras-2.4", "tf-keras-2.8", "tf-keras-2.15", "tf-keras", "keras-3.3"]

BOUNDARIES = {
    ("lr_scaling", "loss_beyond_bound"): ([*SINCE_2_4, "keras"], {("tf-keras-2.3", "tf-keras-2.4"): ["loss.of"]}),
    ("lr_scaling", "reported_accuracy_high"): (SINCE_2_4, {("tf-keras-2.3", "tf-keras-2.4"): ["loss.of"],
                                                           ("keras-3.3", "keras"): ["accuracy.rule"]}),
    ("lr_scaling", "evaluate_beside_predict"): (SINCE_2_4, {("tf-keras-2.3", "tf-keras-2.4"): ["loss.of"],
                                                            ("keras-3.3", "keras"): ["accuracy.rule"]}),
    ("accuracy_below_chance", "reported_falls"): (STANDALONE, {("keras-2.3", "tf-keras-2.3"): ["accuracy.rule"]}),
}
"""The versions that show a behaviour, and the fields that change it between two adjacent versions."""


@pytest.mark.parametrize("scenario, behaviour", BOUNDARIES)
def test_every_boundary_is_found_and_caused_by_its_quirk_only(tmp_path, scenario, behaviour):
    settings = read([f"scenario={scenario}", f"behaviour={behaviour}", "data=mnist"])
    loaded, mnist = scenarios.load(scenario), data.load("mnist")
    chosen = version_history.behaviour_of(loaded, behaviour)
    with WorkerPool((), tmp_path, "cpu", 1) as pool:
        history = version_history.history(loaded, chosen, version_history.timeline(), mnist, tmp_path, pool, settings,
                                          Display())
        versions = {name: environment["versions"] for name, environment in pool.environments.items()}
    kept = {"command": f"python -m compare when scenario={scenario} behaviour={behaviour}",
            "holds": {name: [answer.holds, in_unit(chosen, answer.number)] for name, answer in history.answers.items()},
            "boundaries": [[each.before, each.after, [quirk.path for quirk in each.quirks], each.known]
                           for each in history.boundaries],
            "versions of each": versions}
    keep(f"when-{scenario}-{behaviour}", kept)
    shown, boundaries = BOUNDARIES[scenario, behaviour]
    assert [name for name, answer in history.answers.items() if answer.holds] == shown
    assert all(answer.holds is not None for answer in history.answers.values())
    assert {(each.before, each.after): [quirk.path for quirk in each.quirks]
            for each in history.boundaries} == boundaries
    assert all(each.known for each in history.boundaries)


@pytest.fixture(scope="module")
def trained(worker, tmp_path_factory):
    """A function: the trainings of a scenario."""
    known = {}

    def trainings(scenario):
        return known.setdefault(scenario, Trainings(scenario, worker, tmp_path_factory.mktemp(scenario)))
    return trainings


def test_reported_losses_are_those_of_the_reported_version_of_keras(trained):
    """Each beside the interval in which one more seed would fall, 19 times of 20."""
    train, results = trained("lr_scaling"), {}
    for name in ("lr_0_01", "lr_0_03"):
        traces = [train(name, "tf-keras-2.4", seed) for seed in SEEDS]
        curve = train.scenario.variant(name).reported["reported/train/loss"]
        for epoch in (1, 10):
            losses = [float(trace["reported/train/loss"][epoch - 1]) for trace in traces]
            low, high = prediction_interval(losses)
            results[f"{name}, epoch {epoch}"] = {"reported": curve[epoch - 1], "seeds": losses, "interval": [low, high],
                                                 "inside": low <= curve[epoch - 1] <= high}
    traces = [train("lr_0_01", "tf-keras-2.4", seed) for seed in SEEDS]
    shares = {title: float(np.mean([trace[array][place] for trace in traces])) for title, array, place in (
        ("accuracy reported of epoch 1", "reported/train/accuracy", 0),
        ("accuracy by evaluate, test images, epoch 10", "evaluated/test/accuracy", -1),
        ("accuracy of predict's largest output, test images, epoch 10", "accuracy_by_rule/test/argmax_outputs", -1))}
    keep("eras-lr_scaling-tf-keras-2.4", {"losses": results, "means of five starts": shares, "command":
         "python -m compare scenario=lr_scaling variants=lr_0_01,lr_0_03 frameworks=tf-keras-2.4 seeds=5"}, traces[0])
    reported, evaluated, predicted = shares.values()
    assert abs(reported - 0.843) < 0.01 and abs(evaluated - 0.88) < 0.02 and abs(predicted - 0.31) < 0.05
    assert all(abs(np.mean(result["seeds"]) / result["reported"] - 1) < 0.05 for result in results.values())


def test_evaluate_differs_from_predict_because_tensorflow_rewrites_the_graph(tmp_path):
    result, _ = explained(tmp_path, "scenario=lr_scaling", "variants=lr_0_01", "frameworks=tf-keras-2.4,keras",
                          "epochs=1")
    cause, = (cause for cause in result.causes if cause.question.behaviour.name == "evaluate_beside_predict")
    assert (cause.sufficient, cause.necessary) == ((frozenset({"accuracy.rule"}),),) * 2 and cause.shown
    assert result.verdicts["evaluate_beside_predict"].belongs_to == "TensorFlow"


def test_accuracy_falls_in_standalone_keras_while_the_accuracy_by_threshold_stays(trained):
    train = trained("accuracy_below_chance")
    traces = [train("width_1000", "keras-2.3", seed) for seed in SEEDS]
    falls = [float(trace["reported/train/accuracy"].max() - trace["reported/train/accuracy"][-1]) for trace in traces]
    stays = [float(trace["accuracy_by_rule/train/threshold"][-1]) for trace in traces]
    keep("eras-accuracy_below_chance-keras-2.3", {"falls": falls, "by the threshold at the end": stays, "command":
         "python -m compare scenario=accuracy_below_chance variants=width_1000 frameworks=keras-2.3 seeds=5"},
         traces[0])
    assert min(falls) > 0.4 and min(stays) > 0.99


def test_reported_and_answered_networks_give_the_reported_numbers_in_keras_2_2(trained):
    train = trained("missing_activations")
    reported, answer = train("none_3", "keras-2.2"), train("both_3", "keras-2.2")
    assert np.isnan(reported["reported/train/loss"]).all()
    results = {"reported accuracy of all epochs": sorted({round(float(share), 4) for share in
                                                          reported["reported/train/accuracy"]}),
               "test accuracy": float(reported["evaluated/test/accuracy"][-1]),
               "the answer's test accuracy after 30 epochs": float(answer["evaluated/test/accuracy"][-1])}
    keep("eras-missing_activations-keras-2.2", {**results, "command":
         "python -m compare scenario=missing_activations variants=none_3,both_3 frameworks=keras-2.2"}, reported)
    assert results["reported accuracy of all epochs"] == [0.0987] and round(results["test accuracy"], 4) == 0.098
    assert answer["epoch"][-1] == 30 and abs(results["the answer's test accuracy after 30 epochs"] - 0.9425) < 0.01
