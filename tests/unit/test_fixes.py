"""What the rules propose, and what they say of inputs that once got untrue answers."""

import re

import pytest

from compare.execution.initialization import REFERENCE
from frameworks.parts.weights import is_trained
from frameworks.quirks.resolution import checked, newer, not_known, resolve
from frameworks.quirks.rules import RULES
from frameworks.runtime.training import frozen_prefix
from scenarios.spec import SGD, Activation, BinaryCrossentropy, CategoricalCrossentropy, Data, Dense, Spec, Training
from scenarios.spec.fields import changed

ONE = Spec(Data((0, 1), flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy("sigmoid_of_logits"), SGD(0.1),
           Training(1))
TEN = changed(ONE, {"data": Data(flatten=True), "layers": (Dense(10),), "loss": CategoricalCrossentropy()})


@pytest.mark.parametrize("function", ["softmax", "sigmoid"])
def test_no_fix_proposes_the_activation_that_is_there(function):
    """Of each rule that holds for a model that ends in this activation."""
    proposal = re.compile(rf'activation="{function}"|\b(use|write|or) an? {function} output')
    proposing = [row for row in RULES if proposal.search(row.fix)]
    assert proposing
    for loss in (CategoricalCrossentropy(), BinaryCrossentropy()):
        for of in {row.value for row in RULES if row.field == f"{type(loss).__name__}.of"}:
            for base in (ONE, TEN)[isinstance(loss, CategoricalCrossentropy):]:
                spec = changed(base, {"layers": (*base.layers, Activation(function)), "loss": type(loss)(of)})
                found = [row for row in proposing if row.field.startswith(type(loss).__name__) and row.when(spec)
                         and first_that_fits(row, spec)]
                assert not found, [(row.field, row.value, row.fix) for row in found]


def first_that_fits(row, spec):
    """Whether no row before this one is taken for the same framework, wherever that one holds too."""
    before = RULES[:RULES.index(row)]
    return not any(other.field == row.field and other.framework == row.framework and other.when(spec) and
                   other.backend in ("", row.backend) and not other.packages for other in before)


def test_the_middle_of_a_logit_is_0_and_that_of_a_probability_one_half():
    thresholds = [resolve(changed(ONE, changes), REFERENCE).accuracy.threshold for changes in (
        {}, {"layers": (Dense(1), Activation("sigmoid"))}, {"loss": BinaryCrossentropy()})]
    assert thresholds == [0.0, 0.5, 0.5]


@pytest.mark.parametrize("layers, prefix", [
    (("Flatten", "Dropout", "frozen", "Activation", "Dense"), 0),
    (("Flatten", "frozen", "Dropout", "frozen", "Dense"), 2),
    (("Dropout", "Dense"), 0), (("Flatten", "frozen", "Activation", "Dense"), 3), (("frozen", "Activation"), 2),
    (("Flatten", "Activation"), 0)], ids=str)
def test_a_prefix_is_computed_once_only_where_it_is_constant_and_has_weights(layers, prefix):
    plain = [{"is": "Dense", "trainable": False} if name == "frozen" else {"is": name} for name in layers]
    assert frozen_prefix(plain) == prefix and not any(is_trained(layer) for layer in plain[:prefix])


def keras_of(package, version, backend="tensorflow"):
    return {"framework": "keras", "backend": backend, "series": (package, version)}


def test_what_is_newer_than_the_checked_versions_is_named():
    ran = {"versions": {"torch": "2.18.1+cu132", "torchmetrics": "1.9.3", "pytorch-lightning": "2.6.6", "numpy": "9.0"}}
    assert newer(ran) == {"torch": ("2.18.1+cu132", "2.15.0")}
    assert newer({"versions": {"keras": "2.2.4", "tensorflow": "1.14.0"}}) == newer({}) == {}


def test_between_two_checked_versions_that_differ_a_value_is_not_known():
    """TensorFlow's rewriting of the accuracy is there in Keras 3.3 and gone in 3.15: nobody has checked 3.6."""
    spec = changed(TEN, {"layers": (Dense(10), Activation("sigmoid"))})
    found = not_known(spec, keras_of("Keras", "3.6.0"))
    assert {path: tuple(row.value for row in rows) for path, rows in found.items()} == {
        "accuracy.rule": ("argmax_logits", "argmax_outputs")}
    assert not not_known(spec, keras_of("Keras", "3.6.0", "jax")), "both neighbours agree"
    for package, version in (("Keras", "3.3.3"), ("Keras", "3.15.1"), ("Keras", "4.0"), ("tf.keras", "2.12.0")):
        assert not not_known(spec, keras_of(package, version)), (package, version)
    assert checked("Keras") == ["2.2.4", "2.3.1", "3.3.3", "3.15.1"]
    assert not not_known(spec, {"framework": "lightning", "backend": "torch"})
