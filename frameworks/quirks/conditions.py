"""The specs for which a default rule holds: conditions that several files share."""

from __future__ import annotations

from typing import Callable

from scenarios.spec import Spec, last_activation, width


def squashed(spec: Spec) -> bool:
    """Whether the outputs come from a function that marks its input as the logits."""
    return last_activation(spec) in ("sigmoid", "softmax")


def ends_in(function: str) -> Callable[[Spec], bool]:
    """Whether this function makes the outputs."""
    return lambda spec: last_activation(spec) == function


def of_logits(spec: Spec) -> bool:
    return getattr(spec.loss, "of", None) in ("softmax_of_logits", "sigmoid_of_logits")


def outputs_only_counted(spec: Spec) -> bool:
    """Whether nothing but the accuracy takes the outputs of a monotonic activation, as where a loss passes them by."""
    return squashed(spec) and of_logits(spec) and not one_output(spec)


def numbered(spec: Spec) -> bool:
    """Whether labels are the numbers of classes, of which each has an output."""
    return spec.data.labels == "index" and not one_output(spec)


def one_output(spec: Spec) -> bool:
    return width(spec) == 1


def one_logit(spec: Spec) -> bool:
    """Whether the only output is a logit, of which the loss itself takes the sigmoid."""
    return one_output(spec) and of_logits(spec) and last_activation(spec) == "linear"
