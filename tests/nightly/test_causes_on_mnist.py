"""Complete runs on the real MNIST: causes of the reported behaviours, confirmed both ways on the real frameworks.

`pytest -m nightly -n 0 tests/nightly/test_causes_on_mnist.py` compares the results with tests/records/causes-*.json;
`--snapshot-update` writes them there.
"""

import json

import pytest
from measured import keep, kept, needs_mnist

import scenarios
from compare.analysis import comparison as running
from compare.analysis.attribution import Attribution, neighbours
from compare.execution import data, output_folder
from compare.execution.settings import read
from compare.execution.worker_pool import WorkerPool
from compare.reporting.answer import summary
from compare.reporting.cause_text import limits

pytestmark = [needs_mnist, pytest.mark.nightly]


def explained(folder, *arguments):
    """(result, traces) of a command line."""
    settings = read([*arguments, "data=mnist"])
    scenario, dataset = scenarios.load(settings.scenario[0]), data.load("mnist")
    planned = running.plan(scenario, settings)
    with WorkerPool(settings.frameworks, folder, settings.device, settings.threads) as pool:
        traces, seconds = running.train(pool, scenario, planned, dataset, folder / output_folder.TRACES, settings.limit)
        result = running.result(scenario, dataset, folder, settings, traces, pool.environments)
        result = running.explained(result, traces, seconds, pool, settings, lambda stage: None)
    return result, list(traces.values())


def recorded_values(result):
    """The causes as plain JSON values."""
    def values(cause):
        question, unit = cause.question, cause.question.behaviour.unit
        return {"between": [question.with_behaviour, question.without, question.contrast],
                "suspects": {suspect.path: suspect.inactive or [str(value) for value in suspect.values]
                             for suspect in question.suspects},
                "sufficient": [sorted(chosen) for chosen in cause.sufficient],
                "necessary": [sorted(chosen) for chosen in cause.necessary],
                "chaotic": cause.chaotic, "untestable": list(cause.untestable),
                "shares": {path: list(shares) for path, shares in cause.shares.items()},
                "confirmed": [[each.framework, each.kind, sorted(each.changed), each.holds,
                               unit.format(each.answer.number) if each.answer.numbers else each.answer.note]
                              for each in cause.confirmed]}
    return {"belongs to": {name: verdict.belongs_to for name, verdict in result.verdicts.items()},
            "causes": {name: [values(cause) for cause in result.causes if cause.question.behaviour.name == name]
                       for name in result.verdicts if any(c.question.behaviour.name == name for c in result.causes)},
            "unexplained": [str(difference) for difference in result.unexplained_differences],
            "cost in seconds: causes, reported variants": [round(result.cost.causes), round(result.cost.reported)]}


def facts(values):
    """Recorded values without the numbers, which rounding moves, the cost, which depends on the machine, and texts."""
    return {"belongs to": values["belongs to"], "unexplained": len(values["unexplained"]), "causes": {
        name: [{**{key: cause[key] for key in ("between", "sufficient", "necessary", "chaotic", "untestable")},
                "suspects": {path: each for path, each in cause["suspects"].items() if isinstance(each, list)},
                "confirmed": [each[:-1] for each in cause["confirmed"]]} for cause in causes]
        for name, causes in values["causes"].items()}}


@pytest.fixture(scope="module")
def run(tmp_path_factory, updating):
    """A function: the result of a scenario, with the facts of its record; nothing is run twice."""
    results = {}

    def ran(name, *arguments):
        if name not in results:
            results[name], traces = explained(tmp_path_factory.mktemp(name), *arguments)
            measured = json.loads(json.dumps(recorded_values(results[name])))
            if updating:
                keep(f"causes-{name}", {"command": "python -m compare " + " ".join(arguments), **measured}, *traces)
            assert facts(measured) == facts(kept(f"causes-{name}"))
        return results[name]
    return ran


def sets(result, name, side, contrast=None):
    """The minimal sets of all causes of a behaviour, or of those beside one contrast variant ("": of none)."""
    return {tuple(sorted(chosen)) for cause in result.causes if cause.question.behaviour.name == name
            and contrast in (None, cause.question.contrast) for chosen in getattr(cause, side)}


def proven(result, name):
    causes = [cause for cause in result.causes if cause.question.behaviour.name == name]
    return bool(causes) and all(cause.known and cause.shown for cause in causes)


@pytest.fixture(scope="module")
def rates(run):
    return run("lr_scaling", "scenario=lr_scaling")


def test_loss_beyond_the_bound_is_caused_by_the_softmax_of_the_logits(rates):
    verdict = rates.verdicts["loss_beyond_bound"]
    assert verdict.belongs_to == "Keras on TensorFlow" and proven(rates, "loss_beyond_bound")
    assert sets(rates, "loss_beyond_bound", "sufficient") == sets(rates, "loss_beyond_bound",
                                                                  "necessary") == {("loss.of",)}


def test_proportionality_needs_both_the_softmax_of_the_logits_and_raw_pixels(rates):
    """On raw pixels, the softmax of the logits alone is what the frameworks differ by."""
    assert proven(rates, "loss_follows_rate")
    assert sets(rates, "loss_follows_rate", "sufficient", "") == {("loss.of",)}
    assert sets(rates, "loss_follows_rate", "necessary", "") == {("loss.of",)}
    assert sets(rates, "loss_follows_rate", "sufficient", "scaled_0_01") == {("data.divisor", "loss.of")}
    assert sets(rates, "loss_follows_rate", "necessary", "scaled_0_01") == {("data.divisor",), ("loss.of",)}
    assert rates.verdicts["loss_follows_rate"].belongs_to == "Keras on TensorFlow"
    assert rates.verdicts["logits_suffice"].belongs_to == Attribution.UNIVERSAL, "given a loss of the logits"


def test_proportionality_with_rmsprop_has_the_same_cause(rates):
    assert proven(rates, "rmsprop_too") and rates.verdicts["rmsprop_too"].belongs_to == "Keras on TensorFlow"
    assert sets(rates, "rmsprop_too", "sufficient") == sets(rates, "rmsprop_too", "necessary") == {("loss.of",)}


def test_answer_states_where_the_reported_rule_holds(rates):
    assert "At rates below about 1e-4, the decrease of the loss in the first step is proportional to the rate" in \
        summary(rates).text
    assert rates.answers["decrease_falls_behind"]["keras"].holds


def test_nothing_is_unexplained(rates):
    """The cost of the cause analysis is recorded but not tested: it depends on the load of the machine."""
    assert rates.unexplained_differences == () and not rates.unexplained


def test_behaviour_of_keras_on_tensorflow_is_absent_with_jax_and_torch(run):
    """Row division, clip and the form of the logarithm are combined with what the loss is computed of."""
    result = run("lr_scaling-neighbours", "scenario=lr_scaling", "variants=lr_0_01", "epochs=1",
                 "frameworks=keras,keras-jax,keras-torch,lightning,reference")
    verdict = result.verdicts["loss_beyond_bound"]
    assert verdict.with_behaviour == ("keras",) and verdict.belongs_to == "Keras on TensorFlow"
    assert set(verdict.without) == {"keras-jax", "keras-torch", "lightning", "reference"}
    assert proven(result, "loss_beyond_bound") and result.unexplained_differences == ()
    for cause in result.causes:
        if cause.question.without.startswith("keras-"):
            assert len(cause.answers) == 16 and all({"loss.of", "loss.clip"} <= chosen for chosen in cause.sufficient)
    spec = result.scenario.variant("lr_0_01").spec
    assert not neighbours([spec], result.environments, result.init), "all current frameworks were run"


@pytest.fixture(scope="module")
def chance(run):
    return run("accuracy_below_chance", "scenario=accuracy_below_chance")


def test_lightning_refuses_and_matches_keras_once_it_clips(chance):
    causes = [cause for cause in chance.causes if cause.question.behaviour.name == "accepts_any_output"]
    with_lightning, = (cause for cause in causes if cause.question.without == "lightning")
    assert ("loss.clip", "loss.domain") in sets(chance, "accepts_any_output", "sufficient")
    sufficient, = (each for each in with_lightning.confirmed if each.kind == "sufficient")
    assert sufficient.framework == "lightning" and sufficient.holds
    necessary = [each for each in with_lightning.confirmed
                 if each.kind == "necessary" and each.changed == {"loss.domain"}]
    assert [each.holds for each in necessary] == [None] and "cannot refuse" in necessary[0].reason
    assert any("cannot be switched to" in limit for limit in limits(chance.verdicts["accepts_any_output"]))


def test_accuracy_differs_because_torchmetrics_applies_a_sigmoid(chance):
    verdict = chance.verdicts["counts_above_half"]
    assert proven(chance, "counts_above_half") and verdict.belongs_to == "Keras"
    assert sets(chance, "counts_above_half", "sufficient") == {("accuracy.rule",), ("accuracy.threshold",)}


def test_rounding_lowers_the_accuracy_in_every_framework(chance):
    verdict = chance.verdicts["rounding_falls"]
    assert verdict.belongs_to == Attribution.UNIVERSAL and set(verdict.with_behaviour) == {"keras", "lightning",
                                                                                           "reference"}
    assert sets(chance, "rounding_falls", "sufficient") == sets(chance, "rounding_falls", "necessary") == {
        ("accuracy.rule",)} and proven(chance, "rounding_falls")


def test_given_answer_is_a_fix_but_not_the_cause(chance):
    assert {judged.framework: judged.outcome for judged in chance.claims} == dict.fromkeys(
        ("keras", "lightning", "reference"), "cures it but is not its cause")


@pytest.fixture(scope="module")
def missing(run):
    return run("missing_activations", "scenario=missing_activations")


def test_nan_needs_both_the_missing_activations_and_the_rate(missing):
    assert missing.verdicts["loss_is_nan"].belongs_to == Attribution.UNIVERSAL and proven(missing, "loss_is_nan")
    assert sets(missing, "loss_is_nan", "sufficient") == {("layers.1", "layers.3", "optimizer.learning_rate")}


def test_output_activation_is_necessary_to_learn(missing):
    assert missing.verdicts["does_not_learn"].belongs_to == Attribution.UNIVERSAL and proven(missing, "does_not_learn")
    assert ("layers.3",) in sets(missing, "does_not_learn", "necessary")
    assert ("layers.1",) not in sets(missing, "does_not_learn", "necessary")


def test_mean_over_the_outputs_explains_the_rate_of_the_book(missing):
    assert proven(missing, "slow_at_3")
    assert sets(missing, "slow_at_3", "sufficient") == {("loss",), ("optimizer.learning_rate",)}
