"""The arguments of PyTorch's losses: their positions and defaults."""

from __future__ import annotations

from typing import Any, Mapping

ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    name: arguments for names, arguments in (
        (("cross_entropy",), ("", "", "weight", "", "ignore_index", "", "reduction", "label_smoothing")),
        (("nll_loss",), ("", "", "weight", "", "ignore_index", "", "reduction")),
        (("binary_cross_entropy", "multilabel_soft_margin_loss"), ("", "", "weight", "", "", "reduction")),
        (("binary_cross_entropy_with_logits",), ("", "", "weight", "", "", "reduction", "pos_weight")),
        (("mse_loss", "l1_loss", "soft_margin_loss", "multilabel_margin_loss"), ("", "", "", "", "reduction")),
        (("huber_loss",), ("", "", "reduction", "delta")), (("smooth_l1_loss",), ("", "", "", "", "reduction", "beta")),
        (("kl_div",), ("", "", "", "", "reduction", "log_target")),
        (("ctc_loss",), ("", "", "", "", "blank", "reduction", "zero_infinity")),
        (("hinge_embedding_loss", "gaussian_nll_loss"), ("", "", "", "", "", "reduction")),
        (("cosine_embedding_loss",), ("", "", "", "", "", "", "reduction")),
        (("poisson_nll_loss", "multi_margin_loss"), ("", "", "", "", "", "", "", "reduction"))) for name in names}
"""Of PyTorch's losses, the arguments by position; empty for those that are no setting (torch/nn/functional.py)."""
DEFAULTS: Mapping[str, Any] = {"ignore_index": -100, "reduction": "mean", "label_smoothing": 0.0, "delta": 1.0,
                               "beta": 1.0, "log_target": False}


def position(argument: str, function: str) -> int:
    """The position of an argument of a loss."""
    return ARGUMENTS[function].index(argument)
