"""An impossible spec is refused when it is made, with the allowed values."""

import dataclasses
import math
import re
from typing import Literal, get_args, get_origin

import examples
import pytest

from scenarios import spec as vocabulary
from scenarios.spec import SGD, Adam, BinaryCrossentropy, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training
from scenarios.spec.checks import SpecError, alternatives, as_written, field_types
from scenarios.spec.fields import changed

INF = math.inf
UNSET = Spec(Data(), (Flatten(), Dense(10)), CategoricalCrossentropy(), SGD(), Training(1))
ONE_OUTPUT = Spec(Data(classes=(0, 1), flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy(), Adam(),
                  Training(1))
EXAMPLES = {"Dense": Dense(10), "Activation": vocabulary.Activation("relu"), "Training": Training(1), "Spec": UNSET,
            "Clip": vocabulary.Clip(1.0), "ClassWeights": vocabulary.ClassWeights((1.0, 2.0)),
            "SampleWeights": vocabulary.SampleWeights((1.0, 2.0)),
            "L1": vocabulary.L1(0.1), "L2": vocabulary.L2(0.1),
            "Accumulation": vocabulary.Accumulation(2),
            "ExponentialDecay": vocabulary.ExponentialDecay(0.1, 0.5), "CosineDecay": vocabulary.CosineDecay(0.1, 9),
            "InverseTimeDecay": vocabulary.InverseTimeDecay(0.1, 0.5),
            "ReduceOnPlateau": vocabulary.ReduceOnPlateau(0.1)}
CLASSES = [value for value in vars(vocabulary).values() if dataclasses.is_dataclass(value)]
INSTANCES = [EXAMPLES.get(kind.__name__) or examples.LAYER.get(kind.__name__) or kind() for kind in CLASSES]
FIELDS = [(instance, name) for instance in INSTANCES for name in field_types(type(instance))]
"""Every field of the vocabulary, with an object that has it."""


def named(instance, name):
    return f"{type(instance).__name__}.{name}"


WRONG = (None, True, 3, 0.5, math.nan, "nonsense", ("nonsense",), [1], {})


def fits(value, annotation):
    """Whether a value has the annotated type, independently of `scenarios.spec.checks`."""
    kinds = {get_origin(option) or option for option in alternatives(annotation)}
    if isinstance(value, float) and math.isnan(value):
        return False
    return type(value) in kinds or (type(value) is int and float in kinds)


@pytest.mark.parametrize("instance, name, value", [
    (instance, name, value) for instance, name in FIELDS for value in WRONG
    if not fits(value, field_types(type(instance))[name]) or value == ("nonsense",)],
    ids=lambda value: type(value).__name__ if dataclasses.is_dataclass(value) else repr(value))
def test_a_value_of_the_wrong_type_is_rejected_with_the_allowed_values(instance, name, value):
    with pytest.raises(SpecError) as error:
        dataclasses.replace(instance, **{name: value})
    message = str(error.value)
    assert message.endswith(".")
    if value == [1] and any(get_origin(option) is tuple for option in alternatives(field_types(type(instance))[name])):
        assert "is a list; write a tuple" in message
        return
    if name == "weight_decay" and value in (3, 0.5):
        assert message.endswith(f"write `weight_decay=WeightDecay({value}, True)`.")
        return
    assert message.startswith(f"{named(instance, name)} is {value!r}; allowed: ")
    assert "\n" not in message
    for option in alternatives(field_types(type(instance))[name]):
        if get_origin(option) is Literal:
            assert all(word in message for word in get_args(option))


OUT_OF_RANGE = [
    ("Data.classes", (3,), "at least two different digits"), ("Data.classes", (1, 1), "at least two different digits"),
    ("Data.classes", (1, 10), "at least two different digits"), ("Data.first", -1, "not negative"),
    ("Data.divisor", 0.0, "positive"), ("Data.divisor", INF, "positive"),
    ("Normal.mean", INF, "finite"), ("Normal.stddev", -1.0, "not negative"), ("Dense.units", 0, "positive"),
    ("CategoricalCrossentropy.label_smoothing", 1.0, "in [0, 1)"),
    ("CategoricalCrossentropy.clip", 0.5, "in [0, 0.5)"), ("BinaryCrossentropy.clip", -1e-9, "in [0, 0.5)"),
    ("BinaryCrossentropy.log_floor", 0.0, "negative"), ("Huber.delta", 0.0, "positive"),
    ("KLDivergence.clip", 0.5, "in [0, 0.5)"), ("LeakyReLU.slope", -0.1, "not negative"),
    ("HardSigmoid.slope", 0.0, "positive"),
    ("SGD.learning_rate", 0.0, "positive"), ("SGD.learning_rate", INF, "positive"), ("SGD.momentum", 1.0, "in [0, 1)"),
    ("RMSprop.learning_rate", -1, "positive"), ("RMSprop.rho", -0.1, "in [0, 1)"), ("RMSprop.momentum", 1, "in [0, 1)"),
    ("RMSprop.epsilon", -1e-7, "not negative"), ("Adam.learning_rate", 0, "positive"),
    ("Adam.beta_1", 1.0, "in [0, 1)"), ("Adam.beta_2", -0.5, "in [0, 1)"), ("Adam.epsilon", INF, "not negative"),
    ("ClassWeights.values", (1.0, 0.0), "numbers that are positive"),
    ("ClassWeights.values", (1.0, INF), "numbers that are positive"),
    ("SampleWeights.values", (1.0, -1.0), "numbers that are not negative, and not all 0"),
    ("SampleWeights.values", (0.0, 0.0), "numbers that are not negative, and not all 0"),
    ("SampleWeights.values", (), "numbers that are not negative, and not all 0"),
    ("WeightDecay.factor", -0.1, "not negative"), ("Clip.norm", 0.0, "positive"), ("Clip.offset", -1, "not negative"),
    ("Adagrad.initial_accumulator_value", -0.1, "not negative"), ("Adagrad.epsilon", -1, "not negative"),
    ("Adadelta.rho", 1.0, "in [0, 1)"), ("Adadelta.epsilon", -1, "not negative"), ("AdamW.beta_1", 1.0, "in [0, 1)"),
    ("Nadam.beta_2", 1.0, "in [0, 1)"), ("Nadam.momentum_decay", -1, "not negative"),
    ("ExponentialDecay.initial", 0.0, "positive"), ("ExponentialDecay.factor", -0.5, "positive"),
    ("ExponentialDecay.every", 0, "positive"), ("CosineDecay.initial", INF, "positive"),
    ("CosineDecay.length", 0, "positive"), ("ReduceOnPlateau.initial", 0, "positive"),
    ("ReduceOnPlateau.factor", 1.0, "a number below 1"), ("ReduceOnPlateau.patience", -1, "not negative"),
    ("ReduceOnPlateau.threshold", -0.1, "not negative"), ("EarlyStopping.patience", -1, "not negative"),
    ("Accuracy.threshold", INF, "finite"),
    ("Training.epochs", 0, "positive"), ("Training.batch_size", 0, "positive"),
    ("Spec.layers", (Dense(10),), "Flatten first"), ("Spec.layers", (), "Flatten first"),
    ("Spec.layers", (Flatten(), Dense(10), Flatten()), "Flatten first"),
    ("Spec.layers", (Flatten(), vocabulary.Activation("relu")), "a last Dense that is trainable"),
    ("Spec.layers", (Flatten(), Dense(10, trainable=False)), "a last Dense that is trainable"),
    ("Spec.layers", (Flatten(), Dense(9), Dense(5, trainable=False), Dense(10)), "frozen layers only before"),
]


@pytest.mark.parametrize("field, value, allowed", OUT_OF_RANGE, ids=str)
def test_a_value_out_of_range_is_rejected_with_the_range(field, value, allowed):
    owner, _, name = field.partition(".")
    instance = next(instance for instance in INSTANCES if type(instance).__name__ == owner)
    with pytest.raises(SpecError) as error:
        dataclasses.replace(instance, **{name: value})
    assert re.fullmatch(re.escape(f"{field} is {as_written(value)}; allowed: ") + "[^\n]*\\.", str(error.value))
    assert allowed in str(error.value)


def test_only_adamw_has_a_default_weight_decay_which_is_decoupled():
    for optimizer in (SGD, vocabulary.RMSprop, vocabulary.Adagrad, vocabulary.Adadelta, Adam, vocabulary.Nadam):
        with pytest.raises(SpecError, match="^WeightDecay.factor is None; allowed: a number, but for AdamW"):
            optimizer(weight_decay=vocabulary.WeightDecay())
        assert optimizer(weight_decay=vocabulary.WeightDecay(0.1, False)).clip == optimizer().weight_decay == "none"
    assert vocabulary.AdamW().weight_decay == vocabulary.WeightDecay()
    with pytest.raises(SpecError, match="^WeightDecay.decoupled is False; allowed: True or None for AdamW"):
        vocabulary.AdamW(weight_decay=vocabulary.WeightDecay(0.1, False))
    with pytest.raises(SpecError, match="^AdamW.weight_decay is 'none'; allowed: WeightDecay.$"):
        vocabulary.AdamW(weight_decay="none")


@pytest.mark.parametrize("loss", [CategoricalCrossentropy(), vocabulary.KLDivergence(), vocabulary.CategoricalHinge()])
def test_a_single_output_has_no_categorical_loss(loss):
    with pytest.raises(SpecError, match="^Spec.loss is .*; allowed: BinaryCrossentropy, .* for one output.$"):
        changed(ONE_OUTPUT, {"loss": loss})


def test_the_loss_determines_the_outputs_for_integer_labels():
    integer_labels = changed(UNSET, {"data.labels": "index"})
    with pytest.raises(SpecError, match="^The last Dense has 9 units where labels=index of 10 classes need 10.$"):
        changed(integer_labels, {"layers.1.units": 9})
    with pytest.raises(SpecError, match="^The last Dense has 10 units where labels=index of 10 classes need 1.$"):
        changed(integer_labels, {"loss": BinaryCrossentropy()})


def test_class_weights_need_a_suitable_loss_and_one_number_per_class():
    two = vocabulary.ClassWeights((1.0, 2.0))
    assert changed(ONE_OUTPUT, {"loss.class_weights": two}).loss.class_weights == two
    for path, value, beginning in (
            ("loss.class_weights", two, "ClassWeights.values is (1.0, 2.0); allowed: 10 numbers, one for each of "),
            ("loss", CategoricalCrossentropy(label_smoothing=0.1), "CategoricalCrossentropy.class_weights is "),
            ("loss", BinaryCrossentropy(), "BinaryCrossentropy.class_weights is "),
            ("loss", vocabulary.MeanSquaredError(), "A MeanSquaredError has no field 'class_weights'")):
        used = value if path == "loss.class_weights" else vocabulary.ClassWeights((1.0,) * 10)
        with pytest.raises(SpecError) as error:
            changed(changed(UNSET, {} if path == "loss.class_weights" else {path: value}), {"loss.class_weights": used})
        assert str(error.value).startswith(beginning) and "\n" not in str(error.value)


def test_sample_weights_are_those_of_any_loss_but_not_beside_class_weights_or_further_metrics():
    weights = vocabulary.SampleWeights((1.0, 2.0), in_accuracy=True)
    for loss in (CategoricalCrossentropy(label_smoothing=0.1), BinaryCrossentropy(), vocabulary.MeanSquaredError()):
        assert changed(UNSET, {"loss": loss, "training.sample_weight": weights}).training.sample_weight == weights
    with pytest.raises(SpecError, match="^Training.sample_weight is .*; allowed: none beside class weights.$"):
        changed(ONE_OUTPUT, {"loss.class_weights": vocabulary.ClassWeights((1.0, 2.0)),
                             "training.sample_weight": weights})
    with pytest.raises(SpecError, match="^SampleWeights.in_accuracy is True; allowed: False beside other metrics.$"):
        changed(UNSET, {"training.sample_weight": weights, "metrics": (vocabulary.metrics.BinaryAccuracy(),)})


def test_a_sample_weight_of_0_needs_the_divisor_that_is_the_same_everywhere():
    assert vocabulary.SampleWeights((1.0, 0.0), "samples").in_accuracy is None
    for divisor in (None, "weights"):
        with pytest.raises(SpecError, match=f"^SampleWeights.divisor is {divisor!r}; allowed: 'samples' where a weight "
                                            "is 0: the mean of a batch by weights that are all 0 is 0 in Keras"):
            vocabulary.SampleWeights((1.0, 0.0), divisor)
    with pytest.raises(SpecError, match="^SampleWeights.in_accuracy is True; allowed: False where a weight is 0: "):
        vocabulary.SampleWeights((1.0, 0.0), "samples", in_accuracy=True)


def test_the_learning_rate_of_a_schedule_only_is_printed():
    printed = {"training.printed_rate": None}
    scheduled = changed(UNSET, {"optimizer.learning_rate": vocabulary.CosineDecay(0.1, 9), **printed})
    assert scheduled.training.printed_rate is None
    for rate in (None, 0.1, vocabulary.ReduceOnPlateau(0.1)):
        with pytest.raises(SpecError, match="^Training.printed_rate is None; allowed: none without a schedule"):
            changed(UNSET, {"optimizer.learning_rate": rate, **printed})


def test_labels_determine_the_last_layer_and_the_accuracy_rule():
    with pytest.raises(SpecError, match="^The last Dense has 9 units where labels=one_hot of 10 classes need 10.$"):
        changed(UNSET, {"layers.1.units": 9})
    with pytest.raises(SpecError, match="^Accuracy.rule is 'round'; allowed: argmax_outputs or argmax_logits for 10"):
        changed(UNSET, {"accuracy.rule": "round"})
    with pytest.raises(SpecError, match="^Accuracy.rule is 'argmax_logits'; allowed: threshold, round or sigmoid_"):
        changed(ONE_OUTPUT, {"accuracy.rule": "argmax_logits"})


def test_a_metric_that_is_not_measured_cannot_be_monitored():
    for monitoring in ({"training.early_stopping": vocabulary.EarlyStopping()},
                       {"optimizer.learning_rate": vocabulary.ReduceOnPlateau(0.1)}):
        assert changed(UNSET, monitoring) != UNSET
        with pytest.raises(SpecError, match=r"\.monitor is 'test/loss'; allowed: train/loss where nothing is val"):
            changed(UNSET, {**monitoring, "training.validate": False})


def test_error_shows_a_value_as_it_is_written():
    with pytest.raises(SpecError, match=r"Spec.layers is \(Flatten\(\), Dense\(10, trainable=False\)\); allowed: "):
        Spec(Data(), (Flatten(), Dense(10, trainable=False)), CategoricalCrossentropy(), SGD(), Training(1))
