"""Values of a spec in sentences: what a user of Keras writes, and as many digits as a difference needs."""

import pytest
from faulty import SOFTMAX

from compare.analysis.quantities import QUANTITIES, Difference
from compare.analysis.stages import StageResult
from compare.reporting.cause_text import code_of, value_text
from compare.reporting.difference_text import number
from scenarios.scenario import Variant
from scenarios.spec import (
    Adam,
    CategoricalCrossentropy,
    ExponentialDecay,
    GlorotUniform,
    MeanSquaredError,
    Normal,
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
     "`loss=CategoricalCrossentropy(from_logits=True)`"),
    ("loss", CategoricalCrossentropy("outputs", True, 1e-7, False, 0.1),
     "`loss=CategoricalCrossentropy(label_smoothing=0.1)`"),
    ("loss", MeanSquaredError(), "`loss=MeanSquaredError()`"),
    ("optimizer", Adam(0.01, 0.9), "`optimizer=Adam(learning_rate=0.01, beta_1=0.9)`"),
    ("optimizer", Adam(ExponentialDecay(0.1, 0.5)), "`optimizer=Adam(ExponentialDecay(0.1, 0.5))`")])
def test_field_is_written_as_an_argument_of_keras(path, value, code):
    assert code_of(path, value) == code


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
