"""Default rules: every unset field of every spec has one, and a rule says where its value comes from."""

import dataclasses
from functools import lru_cache

import examples
import pytest

from frameworks.quirks.resolution import known, quirks, resolve, resolved, value_of, versions_text
from frameworks.quirks.rule import STAGES
from frameworks.quirks.rules import RULES, STAGE_OF
from scenarios import spec as vocabulary
from scenarios.spec import Activation, BinaryCrossentropy, CategoricalCrossentropy, Data, Dense, Spec, Training
from scenarios.spec.checks import SpecError, alternatives, field_types
from scenarios.spec.fields import changed, unset_fields

ENVIRONMENTS = [{"framework": framework, "backend": backend} for framework, backend in (
    ("keras", "tensorflow"), ("keras", "jax"), ("keras", "torch"), ("lightning", "torch"), ("reference", "numpy"))]
CLASSES = {name: value for module in (vocabulary.metrics, vocabulary) for name, value in vars(module).items()
           if dataclasses.is_dataclass(value)}
REQUIRED = {"Dense": {"units": 1}, "Training": {"epochs": 1}, "Clip": {"norm": 1.0},
            "Accumulation": {"steps": 2}, "F1Score": {"average": "macro"},
            "L1": {"factor": 0.1}, "L2": {"factor": 0.1},
            "ClassWeights": {"values": (1.0, 2.0)}, "SampleWeights": {"values": (1.0, 2.0)},
            "Conv2D": {"filters": 1, "kernel_size": 3}, "ExponentialDecay": {"initial": 0.1, "factor": 0.5},
            "InverseTimeDecay": {"initial": 0.1, "factor": 0.5},
            "CosineDecay": {"initial": 0.1, "length": 9}, "ReduceOnPlateau": {"initial": 0.1}}
OPTIMIZERS = [vocabulary.SGD(clip=vocabulary.Clip(1.0), weight_decay=vocabulary.WeightDecay(0.1)), vocabulary.AdamW(),
              vocabulary.SGD(accumulation=vocabulary.Accumulation(2)),
              vocabulary.Adagrad(), vocabulary.Adadelta(), vocabulary.Nadam(),
              *(vocabulary.SGD(rate) for rate in (vocabulary.ExponentialDecay(0.1, 0.5), vocabulary.CosineDecay(0.1, 9),
                                                  vocabulary.InverseTimeDecay(0.1, 0.5),
                                                  vocabulary.ReduceOnPlateau(0.1)))]


def one_hot(loss, optimizer, *last):
    return Spec(Data(classes=(0, 1), flatten=True), (Dense(2), *last), loss, optimizer, Training(1))


def integer_labels(loss, optimizer, *last):
    return Spec(Data(classes=(0, 1), flatten=True, labels="index"), (Dense(2), *last), loss, optimizer, Training(1))


def one_output(loss, optimizer, *last):
    return Spec(Data(classes=(0, 1), flatten=True, labels="index"), (Dense(1), *last), loss, optimizer, Training(1))


LAST_LAYERS = [(), *[(Activation(function),) for function in ("sigmoid", "softmax", "relu", "tanh", "elu")]]
LAST_LAYERS += [tuple(Activation(function()) for function in (vocabulary.LeakyReLU, vocabulary.LeakyReLUByName,
                                                              vocabulary.GELU, vocabulary.HardSigmoid))]
OTHER_LOSSES = [vocabulary.Huber(), vocabulary.Poisson(), vocabulary.KLDivergence(), vocabulary.Hinge(),
                vocabulary.CategoricalHinge()]
LOGITS = [CategoricalCrossentropy(of="softmax_of_logits"), BinaryCrossentropy(of="sigmoid_of_logits")]
SPECS = [make(loss, optimizer, *last) for make in (one_hot, integer_labels, one_output) for last in LAST_LAYERS
         for optimizer in (vocabulary.SGD(), vocabulary.RMSprop(), vocabulary.Adam(), *OPTIMIZERS)
         for loss in (CategoricalCrossentropy(), BinaryCrossentropy(), vocabulary.MeanSquaredError(), *LOGITS)
         if make is one_hot or isinstance(loss, CategoricalCrossentropy) is (make is integer_labels)]
SPECS += [Spec(Data(flatten=True), (Dense(10, kernel_regularizer=kind(0.1)),), vocabulary.MeanSquaredError(),
               vocabulary.SGD(), Training(1)) for kind in (vocabulary.L1, vocabulary.L2)]
SPECS += [changed(one_hot(vocabulary.MeanSquaredError(), vocabulary.SGD()), {"metrics": (
    vocabulary.metrics.BinaryAccuracy(), vocabulary.metrics.Precision(), vocabulary.metrics.Recall(),
    vocabulary.metrics.F1Score("macro"), vocabulary.metrics.CategoricalAccuracy())})]
SPECS += [changed(one_output(BinaryCrossentropy(), vocabulary.SGD()), {"metrics": (vocabulary.metrics.AUC(),)})]
SPECS += [one_hot(loss, vocabulary.SGD()) for loss in OTHER_LOSSES]
IMAGES = [(vocabulary.Conv2D(2, 3, strides, "same"), vocabulary.AveragePooling2D(3, padding)) for strides in (1, 2)
          for padding in ("valid", "same")]
SPECS += [Spec(Data(classes=(0, 1), channel=channel), (*(images if channel else ()), vocabulary.Flatten(), Dense(2),
                                                       vocabulary.LayerNormalization(),
                                                       vocabulary.BatchNormalization()),
               vocabulary.MeanSquaredError(), vocabulary.SGD(), Training(1)) for images in IMAGES
          for channel in (True, False)]
SPECS += examples.SPECS.values()
SPECS += [changed(SPECS[0], {"training.early_stopping": vocabulary.EarlyStopping(), "training.epoch_loss": None})]
SPECS += [make(CategoricalCrossentropy(class_weights=vocabulary.ClassWeights((1.0, 2.0))), vocabulary.SGD())
          for make in (one_hot, integer_labels)]
SPECS += [changed(one_hot(vocabulary.MeanSquaredError(), vocabulary.SGD(vocabulary.CosineDecay(0.1, 9))), {
    "training.printed_rate": None})]
SPECS += [changed(one_hot(loss, vocabulary.SGD()), {"training.sample_weight": vocabulary.SampleWeights((1.0, 2.0))})
          for loss in (vocabulary.MeanSquaredError(), vocabulary.Huber(0.5), vocabulary.CategoricalHinge())]
SPECS += [changed(one_hot(CategoricalCrossentropy(), vocabulary.SGD()), {
    "layers": (vocabulary.Flatten(), Dense(2), vocabulary.Activation("sigmoid"), vocabulary.Dropout(0.5))})]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.framework} {rule.field} {rule.value}")
each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda values: "-".join(values.values()))


@lru_cache(maxsize=None)
def default_rules(framework, backend):
    """The rule of every unset field of each of `SPECS`, by path: looked up once, since three tests look at them."""
    return [resolved(spec, {"framework": framework, "backend": backend}) for spec in SPECS]


@each_environment
def test_unset_fields_are_resolved_for_every_environment(environment):
    for spec, rules in zip(SPECS, default_rules(**environment), strict=True):
        assert unset_fields(changed(spec, {path: rule.value for path, rule in rules.items()})) == []
    assert changed(spec, {path: rule.value for path, rule in rules.items()}) == resolve(spec, environment)


@each_environment
def test_rules_of_other_versions_are_not_used(environment):
    used = {id(rule) for rules in default_rules(**environment) for rule in rules.values()}
    assert used and not [rule for rule in RULES if rule.packages and id(rule) in used]


def test_every_rule_of_these_versions_is_used_by_some_spec():
    used = {id(rule) for environment in ENVIRONMENTS for rules in default_rules(**environment)
            for rule in rules.values()}
    assert [rule for rule in RULES if not rule.packages and id(rule) not in used] == []


def test_the_fields_with_a_stage_are_those_that_can_be_unset():
    can_be_unset = {f"{owner}.{name}" for owner, spec_class in CLASSES.items()
                    for name, annotation in field_types(spec_class).items() if type(None) in alternatives(annotation)}
    assert set(STAGE_OF) == can_be_unset and set(STAGE_OF.values()) <= set(STAGES)


@each_rule
def test_a_rule_has_a_valid_value_for_its_field(rule):
    owner, _, name = rule.field.partition(".")
    instance = examples.LAYER.get(owner) or CLASSES[owner](**{**REQUIRED.get(owner, {}), name: rule.value})
    replaced = dataclasses.replace(instance, **{name: rule.value})  # raises an error for invalid values
    assert rule.field in STAGE_OF and getattr(replaced, name) is not None


@each_rule
def test_a_rule_has_an_origin_and_evidence(rule):
    origins = {"keras": {"Keras", "Keras on TensorFlow", "TensorFlow"}, "reference": {"published definition"},
               "lightning": {"PyTorch", "Lightning", "torchmetrics"}}
    assert rule.origin in origins[rule.framework] and len(rule.evidence) > 10
    assert bool(rule.fix) == bool(rule.explanation), "a fix without an explanation, or an explanation without a fix"


@each_rule
def test_a_rule_unlike_the_reference_has_an_explanation_and_a_fix(rule):
    reference = [reference_rule.value for reference_rule in RULES
                 if reference_rule.framework == "reference" and reference_rule.field == rule.field]
    assert rule.value in reference or rule.explanation and rule.fix


@each_rule
def test_explanations_and_fixes_are_parts_of_a_sentence(rule):
    """They are printed after `Why:` and after `In your code:`."""
    for text in (rule.explanation, rule.fix):
        assert not text.endswith(".") and "\n" not in text and "{" not in text.replace("{activation}", "")


def test_a_framework_without_rules_is_an_error():
    message = "No default rule is known for Dense.kernel in fastai on torch; .*frameworks/quirks.$"
    with pytest.raises(SpecError, match=message):
        resolve(SPECS[0], {"framework": "fastai", "backend": "torch"})


def test_quirks_are_the_fields_resolved_differently_in_order_of_stages():
    spec = one_hot(CategoricalCrossentropy(), vocabulary.SGD(0.1), Activation("sigmoid"))
    differing = {difference.path: difference for difference in quirks(spec, ENVIRONMENTS[0], ENVIRONMENTS[1])}
    assert set(differing) == {"training.shuffle", *(f"loss.{name}" for name in ("of", "row_division", "clip",
                                                                                "logits_form"))}
    assert differing["loss.of"].values == ("softmax_of_logits", "outputs")
    assert [rule.origin for rule in differing["loss.of"].sources] == ["Keras on TensorFlow", "Keras"]
    stages = [difference.stage for difference in quirks(spec, ENVIRONMENTS[0], ENVIRONMENTS[3])]
    assert stages == sorted(stages, key=STAGES.index) and {"data", "initialization", "loss"} <= set(stages)


def test_fields_of_crossentropy_first_differ_in_the_loss():
    """Also a field that decides whether a loss is defined at all."""
    assert {stage for field, stage in STAGE_OF.items() if "Crossentropy" in field} == {"loss"}
    spec = one_output(BinaryCrossentropy(), vocabulary.SGD(0.1))
    stages = {difference.path: difference.stage for difference in quirks(spec, ENVIRONMENTS[0], ENVIRONMENTS[3])}
    assert stages["loss.domain"] == stages["loss.clip"] == "loss"


def test_later_fields_depend_on_resolved_earlier_fields():
    spec = one_hot(CategoricalCrossentropy(), vocabulary.SGD(), Activation("sigmoid"))
    assert resolve(spec, ENVIRONMENTS[0]).loss == CategoricalCrossentropy("softmax_of_logits", False, 0.0, True)
    assert resolve(spec, ENVIRONMENTS[1]).loss == CategoricalCrossentropy("outputs", True, 1e-7, False)


def test_integer_labels_resolve_differently_in_keras_on_tensorflow_only():
    """tf.nn.sparse_softmax_cross_entropy_with_logits divides the outputs by their sum after clipping."""
    linear, sigmoid = (integer_labels(CategoricalCrossentropy(), vocabulary.SGD(), *last) for last in LAST_LAYERS[:2])
    assert resolve(linear, ENVIRONMENTS[0]).loss == CategoricalCrossentropy("outputs", "after_clip", 1e-7, False)
    assert resolve(linear, ENVIRONMENTS[1]).loss == CategoricalCrossentropy("outputs", True, 1e-7, False)
    assert resolve(sigmoid, ENVIRONMENTS[0]).loss == CategoricalCrossentropy("softmax_of_logits", False, 0.0, True)


def test_a_rule_of_a_device_or_version_applies_there_only(monkeypatch):
    present, = (rule for rule in RULES if rule.field == "SGD.learning_rate" and rule.framework == "keras")
    added = dataclasses.replace(present, value=0.5, device="cuda"), dataclasses.replace(
        present, value=0.25, packages=(("tf.keras", "2.4", "2.15"), ("Keras", "3.3", "3.3")))
    monkeypatch.setattr("frameworks.quirks.rules.RULES", (*added, *RULES))

    def rate(**facts):
        return value_of("SGD.learning_rate", one_hot(CategoricalCrossentropy(), vocabulary.SGD()),
                        {**ENVIRONMENTS[0], **facts}).value
    assert (rate(), rate(device="cpu"), rate(device="cuda")) == (0.01, 0.01, 0.5)
    within = [("tf.keras", "2.4.4"), ("tf.keras", "2.15.1"), ("Keras", "3.3.3")]
    outside = [("tf.keras", "2.3.4"), ("Keras", "2.4.0"), ("Keras", "3.15.1"), ("tf_keras", "2.4.0")]
    assert [rate(series=series) for series in within + outside] == [0.25] * 3 + [0.01] * 4


def test_versions_are_described_in_words():
    texts = [versions_text(rule) for rule in known("Accuracy.rule", "round") + known("Accuracy.rule", "argmax_logits")]
    assert texts == ["Keras up to 2.3.1", "tf.keras 2.4 to 2.15, tf_keras and Keras 3.3 to 3.8"]
    assert known("Accuracy.rule", "threshold") == []
