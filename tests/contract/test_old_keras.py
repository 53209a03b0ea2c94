"""Old Kerases: each is the one that it says, does what the table says, and differs where the table says."""

import numpy as np
import pytest
import test_honesty
from test_honesty import NO_PROBES, SMALL, differing  # noqa: F401

from compare.execution.environments import ENVIRONMENTS
from frameworks import FRAMEWORKS
from frameworks.quirks import rules
from frameworks.quirks.resolution import resolve, resolved
from frameworks.quirks.rule import holds_in
from scenarios.spec import CategoricalCrossentropy
from scenarios.spec.fields import unset_fields

IN_CI = ("keras-2.3", "tf-keras-2.4")
ERAS = [pytest.param(name, marks=[] if name in IN_CI else [pytest.mark.nightly])
        for name, chosen in FRAMEWORKS.items() if chosen.environment]
SERIES = {name: chosen.series for name, chosen in FRAMEWORKS.items() if chosen.environment}
RACING = {(keras, name) for keras in ("keras-2.2", "keras-2.3") for name in ("adam", "nadam")}
"""Their Adam and Nadam count their steps beside the update and not before it, and do not repeat themselves."""

LACKS = {
    ("keras-2.2", "smoothed"): "This Keras's categorical_crossentropy cannot be told label_smoothing.",
    ("keras-2.2", "rectified"): "This Keras has no Huber loss.",
    **{(name, "named"): "This Keras has no activation leaky_relu." for name in ("keras-2.3", "tf-keras-2.3",
                                                                              "tf-keras-2.4")},
    **{(name, "decaying"): "cannot be told ExponentialDecay: it has none." for name in ("keras-2.2", "keras-2.3")},
    **{(name, "cosine"): "cannot be told CosineDecay: it has none." for name in ("keras-2.2", "keras-2.3",
                                                                                "tf-keras-2.3", "tf-keras-2.4")},
    **{(name, "accumulated"): "cannot be told an accumulation: it has none" for name in SERIES},
    **{("keras-2.2", name): "follows the moving mean and variance by numbers that nobody can read" for name in (
        "averaged", "averaged_images")},
    ("keras-2.2", "named"): "This Keras has no activation leaky_relu.",
    **{(name, "gelu"): "This Keras has no activation gelu." for name in ("keras-2.2", "keras-2.3", "tf-keras-2.3")},
}
"""What an open spec asks for that an old Keras does not have, in its own words."""

TOLD_APART = ("sigmoid", "numbers", "hard", "binary_saturated", "rmsprop", "binary_far", "saturated", "clipped")
"""The specs on which rows of old versions show; the others are among the long checks."""
each_era = pytest.mark.parametrize("framework", ERAS)


@each_era
def test_it_is_the_keras_that_it_says_and_comes_from_its_own_interpreter(worker, framework):
    environment, one = worker(framework).environment, ENVIRONMENTS[FRAMEWORKS[framework].environment]
    assert tuple(environment["series"]) == SERIES[framework]
    assert environment["file"].startswith(str(one.folder)) or \
        environment["file"].startswith(str(one.folder.resolve()))
    assert environment["versions"]["python"].startswith(f"{one.version}.")
    assert (environment["backend"], environment["execution"], environment["threads"]) == ("tensorflow", "graph", 1)


@pytest.mark.parametrize("framework, name", [
    pytest.param(*era.values, name, marks=era.marks or ([] if name in TOLD_APART else [pytest.mark.nightly]))
    for era in ERAS for name in SMALL])
def test_resolving_all_unset_fields_changes_nothing(worker, train, differing, framework, name):  # noqa: F811
    if (framework, name) in RACING:
        pytest.skip("this Keras's Adam and Nadam do not repeat themselves")
    spec = SMALL[name]
    closed = resolve(spec, worker(framework).environment)
    assert unset_fields(spec) and not unset_fields(closed)
    if (framework, name) in LACKS:
        outcome = train(framework, spec, record=NO_PROBES).outcome
        assert outcome["kind"] == "unsupported" and LACKS[framework, name] in outcome["message"]
        return
    assert not differing(framework, spec, closed, rounding=True, record=NO_PROBES)


def rows_of_eras():
    """(framework, name of a spec, row) wherever the table says something of old versions only."""
    for parameter in ERAS:
        framework, = parameter.values
        environment = {"framework": "keras", "backend": "tensorflow", "series": SERIES[framework]}
        for name, spec in SMALL.items():
            for row in resolved(spec, environment).values():
                if row.packages and (framework, name) not in RACING and (framework, name, row.field) in SHOWN:
                    case = f"{framework}-{name}-{row.field}"
                    marks = parameter.marks or ([] if name in TOLD_APART else [pytest.mark.nightly])
                    yield pytest.param(framework, name, row, marks=marks, id=case)


SHOWN = {(framework, name, field) for framework in SERIES for name, field in (
    ("sigmoid", "CategoricalCrossentropy.of"), ("binary_saturated", "BinaryCrossentropy.log_offset"),
    ("rmsprop", "RMSprop.epsilon_place"), ("numbers", "CategoricalCrossentropy.of"), ("hard", "HardSigmoid.slope"),
    ("hinge", "Hinge.signs"), ("binary_far", "Accuracy.rule"), ("saturated", "Accuracy.rule"),
    ("averaged", "BatchNormalization.variance"), ("averaged_images", "BatchNormalization.variance"),
    ("clipped", "Clip.of"), ("adagrad", "Adagrad.learning_rate"), ("adagrad", "Adagrad.initial_accumulator_value"),
    ("adadelta", "Adadelta.learning_rate"), ("nadam", "Nadam.momentum_decay"),
    ("no_number", "EarlyStopping.first_nan")) if (framework, name) not in LACKS}
"""On which spec a row of old versions shows."""


@pytest.mark.parametrize("framework, name, row", list(rows_of_eras()))
def test_without_its_row_of_old_versions_the_table_is_seen_to_be_wrong(worker, differing, monkeypatch,  # noqa: F811
                                                                       framework, name, row):
    assert holds_in(row, worker(framework).environment)
    spec = SMALL[name]
    monkeypatch.setattr(rules, "RULES", tuple(other for other in rules.RULES if other is not row))
    try:
        closed = resolve(spec, worker(framework).environment)
        assert differing(framework, spec, closed, rounding=True, record=NO_PROBES)
    finally:
        monkeypatch.undo()


@each_era
def test_a_closed_rule_switches_nothing_but_what_the_accuracy_is_counted_by(train, framework):
    """Where TensorFlow rewrites the graph, the accuracy of the outputs takes that rewriting away, and no weight."""
    from scenarios.spec.fields import changed
    spec = SMALL["saturated"]
    own, told = train(framework, spec), train(framework, changed(spec, {"accuracy.rule": "argmax_outputs"}))
    assert told["reported/test/accuracy"][-1] == pytest.approx(told["accuracy_by_rule/test/argmax_outputs"][-1])
    np.testing.assert_allclose(told["step/loss"], own["step/loss"], rtol=1e-5)
    rewritten = any(row.field == "Accuracy.rule" and row.value == "argmax_logits" for row in resolved(
        spec, {"framework": "keras", "backend": "tensorflow", "series": SERIES[framework]}).values())
    assert rewritten is (framework not in ("keras-2.2", "keras-2.3", "tf-keras-2.3"))
    assert own["reported/test/accuracy"][-1] == pytest.approx(
        own["accuracy_by_rule/test/argmax_logits" if rewritten else "accuracy_by_rule/test/argmax_outputs"][-1])
    of_logits, of_outputs = (own[f"accuracy_by_rule/test/argmax_{what}"][-1] for what in ("logits", "outputs"))
    assert of_logits != of_outputs, "nothing would be seen"


def test_every_old_keras_has_a_file_and_a_series():
    assert set(test_honesty.SMALL) >= {name for _, name, _ in SHOWN}
    assert isinstance(SMALL["sigmoid"].loss, CategoricalCrossentropy)
