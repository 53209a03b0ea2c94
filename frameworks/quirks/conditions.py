"""Conditions on a spec under which a default rule applies (`DefaultRule.when`), shared by several files."""

from __future__ import annotations

from typing import Callable

from frameworks.runtime.losses import kept_activation
from scenarios.spec import (
    BinaryCrossentropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    Spec,
    last_activation,
    width,
)
from scenarios.spec.fields import to_json


def squashed(spec: Spec) -> bool:
    """Whether the last activation is sigmoid or softmax, so that Keras on TensorFlow keeps its input as the logits."""
    return last_activation(spec) in ("sigmoid", "softmax")


def ends_in(function: str) -> Callable[[Spec], bool]:
    """Return the condition that `function` is the last activation."""
    return lambda spec: last_activation(spec) == function


def of_logits(spec: Spec) -> bool:
    """Whether the loss is computed from the logits."""
    return getattr(spec.loss, "of", None) in ("softmax_of_logits", "sigmoid_of_logits")


def dropped_last(spec: Spec) -> bool:
    """Whether the loss is a cross-entropy, and the last layers are Dropout after a sigmoid or softmax."""
    return kept_activation(to_json(spec), True) is not None


def outputs_only_counted(spec: Spec) -> bool:
    """Whether nothing but the accuracy uses the outputs of a last sigmoid or softmax: the loss takes the logits, and
    the spec has no other metric."""
    return squashed(spec) and of_logits(spec) and not one_output(spec) and not spec.metrics


def numbered(spec: Spec) -> bool:
    """Whether labels are class indices and the model has one output per class."""
    return spec.data.labels == "index" and not one_output(spec)


def squared_or_absolute(spec: Spec) -> bool:
    """Whether the loss is the mean squared or the mean absolute error."""
    return isinstance(spec.loss, (MeanSquaredError, MeanAbsoluteError))


def huber_or_binary(spec: Spec) -> bool:
    """Whether the loss is Huber's, not divided by its delta, or binary cross-entropy."""
    return isinstance(spec.loss, BinaryCrossentropy) or isinstance(spec.loss, Huber) and not spec.loss.divided


def one_output(spec: Spec) -> bool:
    """Whether the model has a single output."""
    return width(spec) == 1


def one_logit(spec: Spec) -> bool:
    """Whether the only output is a logit, to which the loss itself applies the sigmoid."""
    return one_output(spec) and of_logits(spec) and last_activation(spec) == "linear"
