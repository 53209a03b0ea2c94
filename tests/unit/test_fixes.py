"""Fixes proposed by the rules, and inputs that once received wrong answers."""

import re

import pytest

from compare.execution.initialization import REFERENCE
from frameworks.parts.weights import is_trained
from frameworks.quirks.resolution import checked, newer, not_known, resolve
from frameworks.quirks.rules import RULES
from frameworks.runtime.training import frozen_prefix
from scenarios.spec import SGD, Activation, BinaryCrossentropy, CategoricalCrossentropy, Data, Dense, Spec, Training
from scenarios.spec.fields import changed

ONE_OUTPUT = Spec(Data((0, 1), flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy("sigmoid_of_logits"),
                  SGD(0.1), Training(1))
TEN_OUTPUTS = changed(ONE_OUTPUT, {"data": Data(flatten=True), "layers": (Dense(10),),
                                   "loss": CategoricalCrossentropy()})


@pytest.mark.parametrize("function", ["softmax", "sigmoid"])
def test_fix_does_not_propose_the_activation_of_the_model(function):
    """Checks every rule that applies to a model that ends in this activation."""
    proposal = re.compile(rf'activation="{function}"|\b(use|write|or) an? {function} output')
    proposing = [rule for rule in RULES if proposal.search(rule.fix)]
    assert proposing
    for loss in (CategoricalCrossentropy(), BinaryCrossentropy()):
        for of in {rule.value for rule in RULES if rule.field == f"{type(loss).__name__}.of"}:
            for base in (ONE_OUTPUT, TEN_OUTPUTS)[isinstance(loss, CategoricalCrossentropy):]:
                spec = changed(base, {"layers": (*base.layers, Activation(function)), "loss": type(loss)(of)})
                wrong = [rule for rule in proposing if rule.field.startswith(type(loss).__name__) and rule.when(spec)
                         and is_first_match(rule, spec)]
                assert not wrong, [(rule.field, rule.value, rule.fix) for rule in wrong]


CODE = re.compile(r'(?<!\w)(?:(?:nn|self|keras|torch)(?:\.\w+)+|\w+="\w+"|(?!tf_keras)[a-z]\w*_\w*)')
"""Code by its form: a path of a package, an argument with a string, a name with an underscore."""


def test_code_in_explanations_and_fixes_stands_in_backticks():
    texts = {text for rule in RULES for text in (rule.explanation, rule.fix)}
    found = {text: code for text in texts if (code := CODE.findall(re.sub("`[^`]*`", "", text)))}
    assert not found and len(texts) > 100


def is_first_match(rule, spec):
    """Whether no earlier rule of the same field and framework applies to the spec."""
    before = RULES[:RULES.index(rule)]
    return not any(earlier.field == rule.field and earlier.framework == rule.framework and earlier.when(spec) and
                   earlier.backend in ("", rule.backend) and not earlier.packages for earlier in before)


def test_threshold_is_0_for_logits_and_one_half_for_probabilities():
    thresholds = [resolve(changed(ONE_OUTPUT, changes), REFERENCE).accuracy.threshold for changes in (
        {}, {"layers": (Dense(1), Activation("sigmoid"))}, {"loss": BinaryCrossentropy()})]
    assert thresholds == [0.0, 0.5, 0.5]


@pytest.mark.parametrize("layers, prefix", [
    (("Flatten", "Dropout", "frozen", "Activation", "Dense"), 0),
    (("Flatten", "frozen", "Dropout", "frozen", "Dense"), 2),
    (("Dropout", "Dense"), 0), (("Flatten", "frozen", "Activation", "Dense"), 3), (("frozen", "Activation"), 2),
    (("Flatten", "Activation"), 0)], ids=str)
def test_frozen_prefix_must_be_constant_and_have_weights(layers, prefix):
    configs = [{"is": "Dense", "trainable": False} if name == "frozen" else {"is": name} for name in layers]
    assert frozen_prefix(configs) == prefix and not any(is_trained(layer) for layer in configs[:prefix])


def keras_of(package, version, backend="tensorflow"):
    return {"framework": "keras", "backend": backend, "series": (package, version)}


def test_packages_newer_than_the_checked_versions_are_named():
    versions = {"torch": "2.18.1+cu132", "torchmetrics": "1.9.3", "pytorch-lightning": "2.6.6", "numpy": "9.0"}
    assert newer({"versions": versions}) == {"torch": ("2.18.1+cu132", "2.15.0")}
    assert newer({"versions": {"keras": "2.2.4", "tensorflow": "1.14.0"}}) == newer({}) == {}


def test_value_between_two_differing_checked_versions_is_unknown():
    """On TensorFlow, Keras 3.7 rewrites the accuracy and Keras 3.12 does not; 3.10 has not been checked."""
    spec = changed(TEN_OUTPUTS, {"layers": (Dense(10), Activation("sigmoid"))})
    unknown = not_known(spec, keras_of("Keras", "3.10.0"))
    assert {path: tuple(rule.value for rule in rules) for path, rules in unknown.items()} == {
        "accuracy.rule": ("argmax_logits", "argmax_outputs")}
    assert not not_known(spec, keras_of("Keras", "3.10.0", "jax")), "both neighbouring versions agree"
    for package, version in (("Keras", "3.3.3"), ("Keras", "3.6.0"), ("Keras", "3.15.1"), ("Keras", "4.0"),
                             ("tf.keras", "2.12.0")):
        assert not not_known(spec, keras_of(package, version)), (package, version)
    assert checked("Keras") == ["2.2.4", "2.3.1", "3.3.3", "3.7.0", "3.12.0", "3.14.0", "3.15.1"]
    assert not not_known(spec, {"framework": "lightning", "backend": "torch"})
