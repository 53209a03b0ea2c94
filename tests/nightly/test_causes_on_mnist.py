"""Whole runs on the real MNIST: what is the cause of what was asked about, shown both ways on the real frameworks.

`pytest -m nightly -n 0 tests/nightly/test_causes_on_mnist.py` keeps what was found in tests/golden/causes-*.json.
"""

import pytest
from measured import keep, needs_mnist

import scenarios
from compare.analysis import comparison as running
from compare.analysis.attribution import Attribution, neighbours
from compare.execution import data
from compare.execution.settings import read
from compare.execution.worker_pool import WorkerPool
from compare.reporting.answer import summary
from compare.reporting.cause_text import limits

pytestmark = [needs_mnist, pytest.mark.nightly]


def explained(folder, *arguments):
    """The result of a command line, and what of it is worth keeping."""
    settings = read([*arguments, "data=mnist"])
    scenario, dataset = scenarios.load(settings.scenario[0]), data.load("mnist")
    planned = running.plan(scenario, settings)
    with WorkerPool(settings.frameworks, folder, settings.device, settings.threads) as pool:
        traces, seconds = running.train(pool, scenario, planned, dataset, folder / running.TRACES, settings.limit,
                               lambda trial, event: None, lambda traces: None)
        found = running.result(scenario, dataset, folder, settings, traces, pool.environments)
        found = running.explained(found, traces, seconds, pool, settings, lambda stage: None)
    return found, list(traces.values())


def written(found):
    """The causes as plain JSON values."""
    def one(cause):
        question, unit = cause.question, cause.question.behaviour.unit
        return {"between": [question.with_behaviour, question.missing, question.contrast],
                "suspects": {suspect.path: suspect.inactive or [str(value) for value in suspect.values]
                             for suspect in question.suspects},
                "sufficient": [sorted(chosen) for chosen in cause.sufficient],
                "necessary": [sorted(chosen) for chosen in cause.necessary],
                "chaotic": cause.chaotic, "untestable": list(cause.untestable),
                "shares": {path: list(shares) for path, shares in cause.shares.items()},
                "confirmed": [[each.framework, each.kind, sorted(each.changed), each.holds,
                               unit.format(each.answer.number) if each.answer.numbers else each.answer.reason]
                              for each in cause.confirmed]}
    return {"belongs to": {name: verdict.belongs_to for name, verdict in found.verdicts.items()},
            "causes": {name: [one(cause) for cause in found.causes if cause.question.behaviour.name == name]
                       for name in found.verdicts if any(c.question.behaviour.name == name for c in found.causes)},
            "unexplained": [str(difference) for difference in found.unexplained_differences],
            "cost in seconds: causes, what was asked": [round(found.cost.causes), round(found.cost.reported)]}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function: the result of a scenario, kept under tests/golden; nothing is run twice."""
    known = {}

    def ran(kept, *arguments):
        if kept not in known:
            known[kept], traces = explained(tmp_path_factory.mktemp(kept), *arguments)
            keep(f"causes-{kept}", {"command": "python -m compare " + " ".join(arguments), **written(known[kept])},
                 *traces)
        return known[kept]
    return ran


def sets(found, name, side):
    """The minimal sets of all causes of a behaviour, as one set of sorted tuples."""
    return {tuple(sorted(chosen)) for cause in found.causes if cause.question.behaviour.name == name
            for chosen in getattr(cause, side)}


def proven(found, name):
    causes = [cause for cause in found.causes if cause.question.behaviour.name == name]
    return bool(causes) and all(cause.found and cause.shown for cause in causes)


@pytest.fixture(scope="module")
def rates(run):
    return run("lr_scaling", "scenario=lr_scaling")


def test_the_loss_beyond_the_bound_is_the_softmax_of_the_logits(rates):
    verdict = rates.verdicts["loss_beyond_bound"]
    assert verdict.belongs_to == "Keras on TensorFlow" and proven(rates, "loss_beyond_bound")
    assert sets(rates, "loss_beyond_bound", "sufficient") == sets(rates, "loss_beyond_bound",
                                                                  "necessary") == {("loss.of",)}


def test_proportionality_takes_the_softmax_of_the_logits_and_raw_pixels_together(rates):
    assert proven(rates, "loss_follows_rate")
    assert sets(rates, "loss_follows_rate", "sufficient") == {("data.divisor", "loss.of")}
    assert sets(rates, "loss_follows_rate", "necessary") == {("data.divisor",), ("loss.of",)}
    assert rates.verdicts["loss_follows_rate"].belongs_to == "Keras on TensorFlow"
    assert rates.verdicts["logits_suffice"].belongs_to == Attribution.UNIVERSAL, "given a loss of the logits"


def test_rmsprop_too(rates):
    assert proven(rates, "rmsprop_too") and rates.verdicts["rmsprop_too"].belongs_to == "Keras on TensorFlow"
    assert sets(rates, "rmsprop_too", "sufficient") == sets(rates, "rmsprop_too", "necessary") == {("loss.of",)}


def test_the_words_say_where_the_askers_rule_holds(rates):
    assert "At rates below about 1e-4 it is the first step's decrease that is proportional to the rate" in \
        summary(rates).text
    assert rates.answers["decrease_falls_behind"]["keras"].holds


def test_nothing_is_left_over(rates):
    """What the causes cost is kept beside what was asked; it depends on what else the machine does."""
    assert rates.unexplained_differences == () and not rates.unexplained


def test_it_is_keras_on_tensorflow_since_keras_on_jax_and_on_pytorch_lack_it(run):
    """Row division, clip and the form of the logarithm are crossed with what the loss is taken of."""
    found = run("lr_scaling-neighbours", "scenario=lr_scaling", "variants=lr_0_01", "epochs=1",
                "frameworks=keras,keras-jax,keras-torch,lightning,reference")
    verdict = found.verdicts["loss_beyond_bound"]
    assert verdict.with_behaviour == ("keras",) and verdict.belongs_to == "Keras on TensorFlow"
    assert set(verdict.missing) == {"keras-jax", "keras-torch", "lightning", "reference"}
    assert proven(found, "loss_beyond_bound") and found.unexplained_differences == ()
    for cause in found.causes:
        if cause.question.missing.startswith("keras-"):
            assert len(cause.answers) == 16 and all({"loss.of", "loss.clip"} <= chosen for chosen in cause.sufficient)
    spec = found.scenario.variant("lr_0_01").spec
    assert not neighbours([spec], found.environments, found.init), "all of today's were run"


@pytest.fixture(scope="module")
def chance(run):
    return run("accuracy_below_chance", "scenario=accuracy_below_chance")


def test_lightning_refuses_and_trains_as_keras_does_once_it_clips(chance):
    causes = [cause for cause in chance.causes if cause.question.behaviour.name == "accepts_any_output"]
    with_lightning, = (cause for cause in causes if cause.question.without == "lightning")
    assert ("loss.clip", "loss.domain") in sets(chance, "accepts_any_output", "sufficient")
    sufficient, = (one for one in with_lightning.confirmed if one.kind == "sufficient")
    assert sufficient.framework == "lightning" and sufficient.holds
    told = [one for one in with_lightning.confirmed if one.kind == "necessary" and one.changed == {"loss.domain"}]
    assert [one.holds for one in told] == [None] and "cannot be told to refuse" in told[0].reason
    assert any("is not applicable" in limit for limit in limits(chance.verdicts["accepts_any_output"]))


def test_torchmetrics_sigmoid_is_why_its_accuracy_of_the_same_predictions_is_another(chance):
    verdict = chance.verdicts["counts_above_half"]
    assert proven(chance, "counts_above_half") and verdict.belongs_to == "Keras"
    assert sets(chance, "counts_above_half", "sufficient") == {("accuracy.rule",), ("accuracy.threshold",)}


def test_rounding_makes_the_accuracy_fall_in_keras_lightning_and_the_textbook_alike(chance):
    verdict = chance.verdicts["rounding_falls"]
    assert verdict.belongs_to == Attribution.UNIVERSAL and set(verdict.with_behaviour) == {"keras", "lightning",
                                                                                           "reference"}
    assert sets(chance, "rounding_falls", "sufficient") == sets(chance, "rounding_falls", "necessary") == {
        ("accuracy.rule",)} and proven(chance, "rounding_falls")


def test_the_given_answer_cures_but_is_not_the_cause(chance):
    """In the reference the accuracy has not clearly left one half after 1,000 epochs: nothing is there to cure."""
    assert {judged.framework: judged.words for judged in chance.claims} == {
        "keras": "cures it but is not its cause", "lightning": "cures it but is not its cause",
        "reference": "cannot be judged"}


@pytest.fixture(scope="module")
def missing(run):
    return run("missing_activations", "scenario=missing_activations")


def test_nan_takes_the_missing_activations_and_the_rate(missing):
    assert missing.verdicts["loss_is_nan"].belongs_to == Attribution.UNIVERSAL and proven(missing, "loss_is_nan")
    assert sets(missing, "loss_is_nan", "sufficient") == {("layers.1", "layers.3", "optimizer.learning_rate")}


def test_the_output_activation_is_what_lets_it_learn(missing):
    assert missing.verdicts["does_not_learn"].belongs_to == Attribution.UNIVERSAL and proven(missing, "does_not_learn")
    assert ("layers.3",) in sets(missing, "does_not_learn", "necessary")
    assert ("layers.1",) not in sets(missing, "does_not_learn", "necessary")


def test_the_mean_over_the_outputs_explains_the_rate_of_the_book(missing):
    assert proven(missing, "slow_at_3")
    assert sets(missing, "slow_at_3", "sufficient") == {("loss",), ("optimizer.learning_rate",)}
