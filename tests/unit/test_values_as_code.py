"""Values of a spec in sentences: what a user of Keras writes, and as many digits as a difference needs."""

import pytest
from faulty import SOFTMAX

from compare.analysis.quantities import QUANTITIES, Difference
from compare.analysis.stages import StageResult
from compare.reporting.difference_text import number
from compare.reporting.keras_code import code_of, layer_code, value_text
from scenarios.scenario import Variant
from scenarios.spec import (
    L2,
    Accumulation,
    Adam,
    CategoricalCrossentropy,
    ClassWeights,
    Clip,
    Dropout,
    EarlyStopping,
    ExponentialDecay,
    GlorotUniform,
    MeanSquaredError,
    Normal,
    WeightDecay,
    Zeros,
)
from scenarios.spec.checks import SpecError


@pytest.mark.parametrize("path, value, code", [
    ("layers.1.kernel", Normal(0.0, 0.0), "`kernel_initializer=keras.initializers.RandomNormal(0.0, 0.0)` (layer 1)"),
    ("layers.1.kernel", GlorotUniform(), '`kernel_initializer="glorot_uniform"` (layer 1)'),
    ("layers.3.bias", Zeros(), '`bias_initializer="zeros"` (layer 3)'), ("layers.3.units", 32, "`units=32` (layer 3)"),
    ("layers.0.padded", "symmetric", "layers.0.padded = symmetric"),
    ("loss.label_smoothing", 0.1, "`label_smoothing=0.1`"),
    ("loss", CategoricalCrossentropy("softmax_of_logits", False, 0.0, True),
     "`loss=CategoricalCrossentropy(from_logits=True)` on the logits"),
    ("loss", CategoricalCrossentropy("outputs", True, 1e-7, False, 0.1),
     "`loss=CategoricalCrossentropy(label_smoothing=0.1)`"),
    ("loss", MeanSquaredError(), "`loss=MeanSquaredError()`"),
    ("optimizer", Adam(0.01, 0.9), "`optimizer=Adam(learning_rate=0.01, beta_1=0.9)`"),
    ("layers.1.kernel_regularizer", L2(0.01, True), "`kernel_regularizer=keras.regularizers.L2(0.01)` (layer 1)"),
    ("layers.1.kernel_regularizer", L2(0.01, False), "layers.1.kernel_regularizer = L2(0.01, False)"),
    ("layers.1.bias_regularizer", "none", "`bias_regularizer=None` (layer 1)"),
    ("optimizer.weight_decay", "none", "`weight_decay=None`"),
    ("optimizer.weight_decay", WeightDecay(0.01, True), "`weight_decay=0.01`"),
    ("optimizer.weight_decay", WeightDecay(0.01, False), "optimizer.weight_decay = WeightDecay(0.01, False)"),
    ("optimizer.clip", Clip(0.5, "all", 0.0), "`global_clipnorm=0.5`"), ("optimizer.clip", "none", "no `clipnorm`"),
    ("optimizer.accumulation", Accumulation(2), "`gradient_accumulation_steps=2`"),
    ("loss.class_weights", ClassWeights((1.0, 2.0)), "`class_weight={0: 1.0, 1: 2.0}`"),
    ("training.early_stopping", "none", "no `EarlyStopping`"),
    ("training.early_stopping", EarlyStopping(patience=3), '`EarlyStopping(monitor="val_loss", patience=3)`'),
    ("training.batch_size", "all", "`batch_size=len(x_train)`"),
    ("training.shuffle", "once", "training.shuffle = once"),
    ("optimizer", Adam(ExponentialDecay(0.1, 0.5)), "`optimizer=Adam(ExponentialDecay(0.1, 0.5))`")])
def test_field_is_written_as_an_argument_of_keras(path, value, code):
    assert code_of(path, value) == code


def test_code_of_a_layer_is_its_own_call():
    assert layer_code(Dropout(0.5, False)) == "`Dropout(0.5)`"  # the setting would add a layer behind it


def test_argument_after_one_at_its_default_is_named():
    """Normal(0.0) would be another one: its first argument is the mean."""
    assert value_text(Normal(stddev=0.0)) == "Normal(stddev=0.0)" and value_text(Normal(1.0, 2.0)) == "Normal(1.0, 2.0)"
    assert value_text(Adam(ExponentialDecay(0.1, 0.5), epsilon=0.0)) == "Adam(ExponentialDecay(0.1, 0.5), epsilon=0.0)"


@pytest.mark.parametrize("differs, shown", [(True, ["2.3025", "2.3026", "2.303"]), (False, ["2.303"] * 3)])
def test_digits_show_a_difference(differs, shown):
    numbers = {"keras": 2.30251, "lightning": 2.30255, "reference": 2.3030}
    difference = Difference("a", QUANTITIES[0], ("keras", "lightning"), 1, numbers, 1e-6, differs)
    assert [number(difference, name) for name in numbers] == shown


@pytest.mark.parametrize("stage, tensor, subject", [
    ("gradient", "gradient/3.bias", "gradient of the bias of layer 3"),
    ("update", "weight/1.kernel", "update of the kernel of layer 1"), ("loss", "loss", "loss"),
    ("update", "optimizer_state/rate", "learning rate"),
    ("update", "optimizer_state/momentum/1.kernel", "momentum of the kernel of layer 1")])
def test_subject_of_a_difference_names_the_weights(stage, tensor, subject):
    assert StageResult(stage, True, tensor).subject == subject


def test_reported_accuracy_in_percent_is_refused():
    with pytest.raises(SpecError, match=r"and an accuracy is at most 1; write percent as a share \(0.843\)."):
        Variant("a", "A", SOFTMAX, "reported", {"reported/train/accuracy": (None, 84.3)})
    Variant("a", "A", SOFTMAX, "reported", {"reported/train/accuracy": (1.0, None), "reported/train/loss": (84.3, 2)})
