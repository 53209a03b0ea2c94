"""Outputs that `check` compares: logits of pixels, and operations that compute in float32 whatever the dtype."""
from types import SimpleNamespace

import numpy as np
import pytest

from compare.analysis.programs import outputs
from compare.analysis.programs.description import Operation, Place, Run

LOGITS = np.random.default_rng(0).normal(size=(4, 5, 5, 3))
SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)


@pytest.mark.parametrize("left, activation", [(SOFTMAX, "softmax"), (1 / (1 + np.exp(-LOGITS)), "sigmoid"),
                                              (SOFTMAX[:, ::-1], "")])
def test_an_activation_that_is_left_to_the_loss_is_found_for_pixels_too(left, activation):
    sides = [SimpleNamespace(arrays=lambda name, value=value: {"0": value}, losses=({"name": "crossentropy"},))
             for value in (left, LOGITS.transpose(0, 3, 1, 2))]
    difference, found = outputs.output_difference(*sides, "0")
    assert found == activation and (difference < 1e-12) == bool(activation)


@pytest.mark.parametrize("dtype, given, found", [
    ("float32", "float64", ("standardize",)),  # as tf.image.per_image_standardization returns it
    ("float64", "float64", ()), ("float32", "float32", ())])
def test_an_operation_that_returns_float32_from_float64_computes_in_it(dtype, given, found):
    values = {"forward": {"standardize": LOGITS.astype(dtype)}, "given": {"0": (LOGITS / 3).astype(given)}}
    operation = Operation("standardize", "Standardize", "standardize", Place(), LOGITS.shape, ())
    run = SimpleNamespace(arrays=lambda name: values[name], operations=(operation,), is_torch=False, losses=())
    assert Run.float32_inside.func(run) == found
