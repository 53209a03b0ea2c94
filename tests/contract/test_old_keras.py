"""Old versions of Keras: each has its version, follows its default rules, and differs where they differ."""

import json

import numpy as np
import pytest
from resolving import NO_PROBES
from rounding import skip_unless_installed
from small_specs import SMALL

from compare.commands import run
from compare.commands.exit_codes import ExitCode
from compare.execution.environments import ENVIRONMENTS
from compare.execution.facts import spec_of
from frameworks import FRAMEWORKS
from frameworks.quirks import rules
from frameworks.quirks.resolution import resolve, resolved
from frameworks.quirks.rule import holds_in
from scenarios.spec import CategoricalCrossentropy, metrics
from scenarios.spec.fields import changed, unset_fields

IN_CI = ("keras-2.3", "tf-keras-2.4")
ERAS = [pytest.param(name, marks=[] if name in IN_CI else [pytest.mark.nightly])
        for name, chosen in FRAMEWORKS.items() if chosen.environment]
SERIES = {name: chosen.series for name, chosen in FRAMEWORKS.items() if chosen.environment}
RACING = {(keras, name) for keras in ("keras-2.2", "keras-2.3") for name in ("adam", "nadam")}
"""Their Adam and Nadam count steps concurrently with the update, and are not reproducible."""

WITHOUT_REWRITING = ("keras-3.12", "keras-3.14")
"""Their argmax is not one that TensorFlow replaces."""
WITHOUT = {
    ("keras-2.2", "smoothed"): "This Keras's categorical_crossentropy does not support label_smoothing.",
    ("keras-2.2", "rectified"): "This Keras has no Huber loss.",
    **{(name, "named"): "This Keras has no activation leaky_relu." for name in ("keras-2.3", "tf-keras-2.3",
                                                                                "tf-keras-2.4")},
    **{(name, "decaying"): "does not support ExponentialDecay: it has none." for name in ("keras-2.2", "keras-2.3")},
    **{(name, "inverse"): "does not support InverseTimeDecay: it has none." for name in ("keras-2.2", "keras-2.3")},
    **{(name, "cosine"): "does not support CosineDecay: it has none." for name in ("keras-2.2", "keras-2.3",
                                                                                   "tf-keras-2.3", "tf-keras-2.4")},
    **{(name, "accumulated"): "does not support an accumulation: it has none" for name in SERIES
       if name not in WITHOUT_REWRITING and name != "keras-3.7"},
    **{("keras-2.2", name): "its moving mean and variance depend on hidden variables" for name in (
        "averaged", "averaged_images")},
    ("keras-2.2", "named"): "This Keras has no activation leaky_relu.",
    **{(name, "gelu"): "This Keras has no activation gelu." for name in ("keras-2.2", "keras-2.3", "tf-keras-2.3")},
}
"""Features of an unset spec that an old Keras does not have, and its message."""

AFFECTED = ("sigmoid", "numbers", "hard", "binary_saturated", "rmsprop", "binary_far", "saturated", "clipped")
"""The specs on which rules of old versions have an effect; the others are nightly."""
each_old_keras = pytest.mark.parametrize("framework", ERAS)


@each_old_keras
def test_old_keras_has_its_version_and_its_own_interpreter(worker, framework):
    environment, installed = worker(framework).environment, ENVIRONMENTS[FRAMEWORKS[framework].environment]
    assert tuple(environment["series"]) == SERIES[framework]
    assert environment["file"].startswith(str(installed.folder)) or \
        environment["file"].startswith(str(installed.folder.resolve()))
    assert environment["versions"]["python"].startswith(f"{installed.version}.")
    assert (environment["backend"], environment["execution"], environment["threads"]) == ("tensorflow", "graph", 1)


@pytest.mark.parametrize("framework, name", [
    pytest.param(*version.values, name, marks=version.marks or ([] if name in AFFECTED else [pytest.mark.nightly]))
    for version in ERAS for name in SMALL if (version.values[0], name) not in RACING])
def test_resolving_all_unset_fields_changes_nothing(worker, train, differing, framework, name):
    spec = SMALL[name]
    explicit = resolve(spec, worker(framework).environment)
    assert unset_fields(spec) and not unset_fields(explicit)
    if (framework, name) in WITHOUT:
        outcome = train(framework, spec, record=NO_PROBES).outcome
        assert outcome["kind"] == "unsupported" and WITHOUT[framework, name] in outcome["message"]
        return
    assert not differing(framework, spec, explicit, rounding=True, record=NO_PROBES)


def rules_of_old_versions():
    """(framework, name of a spec, rule) for every rule of old versions only."""
    for parameter in ERAS:
        framework, = parameter.values
        environment = {"framework": "keras", "backend": "tensorflow", "series": SERIES[framework]}
        for name, spec in SMALL.items():
            for rule in resolved(spec, environment).values():
                if rule.packages and (framework, name) not in RACING and (framework, name, rule.field) in SHOWN:
                    case = f"{framework}-{name}-{rule.field}"
                    marks = parameter.marks or ([] if name in AFFECTED else [pytest.mark.nightly])
                    yield pytest.param(framework, name, rule, marks=marks, id=case)


SHOWN = {(framework, name, field) for framework in SERIES for name, field in (
    ("sigmoid", "CategoricalCrossentropy.of"), ("binary_saturated", "BinaryCrossentropy.log_offset"),
    ("rmsprop", "RMSprop.epsilon_place"), ("numbers", "CategoricalCrossentropy.of"), ("hard", "HardSigmoid.slope"),
    ("hinge", "Hinge.signs"), ("binary_far", "Accuracy.rule"), ("saturated", "Accuracy.rule"),
    ("averaged", "BatchNormalization.variance"), ("averaged_images", "BatchNormalization.variance"),
    ("clipped", "Clip.of"), ("adagrad", "Adagrad.learning_rate"), ("adagrad", "Adagrad.initial_accumulator_value"),
    ("adadelta", "Adadelta.learning_rate"), ("nadam", "Nadam.momentum_decay"),
    ("no_number", "EarlyStopping.first_nan"),
    ("rising_restored", "EarlyStopping.restored")) if (framework, name) not in WITHOUT}
"""The specs on which a rule of old versions has an effect."""


@pytest.mark.parametrize("framework, name, rule", list(rules_of_old_versions()))
def test_missing_rule_of_an_old_version_is_detected(worker, differing, monkeypatch,
                                                    framework, name, rule):
    assert holds_in(rule, worker(framework).environment)
    spec = SMALL[name]
    monkeypatch.setattr(rules, "RULES", tuple(each for each in rules.RULES if each is not rule))
    try:
        explicit = resolve(spec, worker(framework).environment)
        assert differing(framework, spec, explicit, rounding=True, record=NO_PROBES)
    finally:
        monkeypatch.undo()


@each_old_keras
def test_explicit_accuracy_rule_changes_the_accuracy_only(train, framework):
    """Where TensorFlow rewrites the graph, an accuracy of the outputs disables the rewriting, and changes no weight."""
    spec = SMALL["saturated"]
    unset, explicit = train(framework, spec), train(framework, changed(spec, {"accuracy.rule": "argmax_outputs"}))
    assert explicit["reported/test/accuracy"][-1] == pytest.approx(explicit["accuracy_by_rule/test/argmax_outputs"][-1])
    np.testing.assert_allclose(explicit["step/loss"], unset["step/loss"], rtol=1e-5)
    rewritten = any(rule.field == "Accuracy.rule" and rule.value == "argmax_logits" for rule in resolved(
        spec, {"framework": "keras", "backend": "tensorflow", "series": SERIES[framework]}).values())
    assert rewritten is (framework not in ("keras-2.2", "keras-2.3", "tf-keras-2.3", *WITHOUT_REWRITING))
    assert unset["reported/test/accuracy"][-1] == pytest.approx(
        unset["accuracy_by_rule/test/argmax_logits" if rewritten else "accuracy_by_rule/test/argmax_outputs"][-1])
    of_logits, of_outputs = (unset[f"accuracy_by_rule/test/argmax_{what}"][-1] for what in ("logits", "outputs"))
    assert of_logits != of_outputs, "otherwise the test would detect nothing"


@pytest.mark.nightly
@pytest.mark.parametrize("framework", ["keras-3.3", "keras-3.7"])
def test_the_rule_of_the_accuracy_is_confirmed_as_a_cause_of_a_rewritten_graph(framework, tmp_path):
    """Where the loss takes the logits, TensorFlow rewrites the accuracy of the outputs even if its arithmetic
    optimization is disabled; seen on 4,000 images, not on the few of the other tests."""
    skip_unless_installed(framework)
    code = run.main(["scenario=lr_scaling", "variants=lr_0_01", f"frameworks={framework},reference", "epochs=1",
                     "data=sample", "reuse=false", f"out={tmp_path / 'run'}"])
    record = json.loads((tmp_path / "run" / "result.json").read_text())
    belongs_to = {behaviour["name"]: behaviour["belongs_to"] for behaviour in record["behaviours"]}
    assert code == ExitCode.OK and belongs_to["evaluate_beside_predict"] != "unexplained"


@each_old_keras
def test_the_accuracy_beside_another_metric_is_that_of_the_outputs(train, framework):
    """TensorFlow rewrites the graph of the accuracy only where nothing else takes the outputs."""
    trace = train(framework, changed(SMALL["saturated"], {"metrics": (metrics.MeanAbsoluteError(),)}))
    if framework == "keras-2.2":
        assert trace.outcome["message"] == "This Keras has no metric MeanAbsoluteError."
        return
    of_logits, of_outputs = (trace[f"accuracy_by_rule/test/argmax_{what}"][-1] for what in ("logits", "outputs"))
    assert trace["reported/test/accuracy"][-1] == pytest.approx(of_outputs) != of_logits
    assert resolve(spec_of(trace), trace.facts["environment"]).accuracy.rule == "argmax_outputs"


def test_specs_of_the_rules_of_old_versions_exist():
    assert set(SMALL) >= {name for _, name, _ in SHOWN}
    assert isinstance(SMALL["sigmoid"].loss, CategoricalCrossentropy)
