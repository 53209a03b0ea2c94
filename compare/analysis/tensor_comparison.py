"""Compares the tensors of a stage: it differs where a difference exceeds `FACTOR` times the noise."""

from __future__ import annotations

from dataclasses import replace
from typing import Collection, Mapping

import numpy as np

from compare.analysis.float32 import TINY, largest
from compare.analysis.noise import FACTOR, OF_LOSSES
from compare.analysis.stages import BLIND, NOT_FINITE, TENSORS, UNDEFINED, StageResult
from frameworks.parts.metrics import METRICS

IN_TRAINING = {"evaluated/logits": ("forward",), "evaluated/outputs": ("forward",),
               "evaluated/loss": ("forward", "loss"), "evaluated/accuracy": ("forward", "metric"),
               **{f"evaluated/{name}": ("forward", "metric") for name in METRICS.values()},
               "loss_after": ("forward", "loss")}
"""For each array of an evaluation, the stages of a training step that compute the same thing. Where one of them
differs, a difference of the array adds no information."""
COUNTED = {"accuracy": "accuracy_by_rule/argmax", "evaluated/accuracy": "accuracy_by_rule/evaluated/argmax"}
"""For each accuracy, the name prefix of the argmax accuracies of the same outputs."""


def compare_evaluation(left: Mapping[str, np.ndarray], right: Mapping[str, np.ndarray],
                       noises: Mapping[str, float] | None, step: Mapping[str, StageResult]) -> StageResult:
    """The evaluation stage, without the arrays that must differ because a stage of the training step does.

    It never matches where arrays were left out for that reason. The loss after the step is computed at the new weights
    and is compared only where the update matches.
    """
    implied = {tensor for tensor, names in IN_TRAINING.items() if any(step[name].differs for name in names)}
    left_out = implied | (set() if step["update"].differs is False else {"loss_after"})
    stage = compare_tensors("evaluation", left, right, noises, left_out)
    return stage if stage.differs or not implied else StageResult("evaluation", None)


def compare_tensors(name: str, left: Mapping[str, np.ndarray], right: Mapping[str, np.ndarray],
                    noises: Mapping[str, float] | None, left_out: Collection[str] = ()) -> StageResult:
    """Compare all tensors of a stage, except those `left_out`, and return the result of the worst one."""
    left_out = {"optimizer_state/step", "optimizer_state/last_rate", *left_out}
    sides = [{tensor for tensor in side if tensor.partition("/")[0] in TENSORS[name]} - left_out
             for side in (left, right)]
    if noises is None or not all(sides):
        return StageResult(name, None)
    one_sided = sorted(tensor for tensor in sides[0] ^ sides[1] if not tensor.startswith("optimizer_state/"))
    if one_sided:
        presence = tuple("there" if one_sided[0] in side else "absent" for side in sides)
        return StageResult(name, True, one_sided[0], (), (presence[0], presence[1]), np.inf)
    noises = {**noises, **{accuracy: noises.get(accuracy, 0.0) + _undecided(left, right, rules) / FACTOR
                           for accuracy, rules in COUNTED.items()}}
    shared = sorted(sides[0] & sides[1])
    scales = {tensor: max(largest(side[peer]) for side in (left, right) for peer in shared
                          if _kind(peer) == _kind(tensor)) for tensor in shared}
    results = [_compare_tensor(name, tensor, left[tensor], right[tensor], noises, scales[tensor]) for tensor in shared]
    least_alike = max(results, key=lambda stage: (
        stage.differs is True, stage.differs is None,
        stage.size / stage.noise if 0 < stage.noise < np.inf else stage.size))
    return replace(least_alike, tolerance=FACTOR * max(stage.noise for stage in results))


def _compare_tensor(name: str, tensor: str, left: np.ndarray, right: np.ndarray, noises: Mapping[str, float],
                    scale: float) -> StageResult:
    """Compare one tensor; the result is None, with a reason, where it cannot be compared.

    Values that are not finite on both sides neither differ nor match. The same holds for values that rounding could
    explain entirely, relative to `scale`, the largest number of that kind of tensor: for example, the gradient of a
    bias before a BatchNormalization is rounding only. A loss is excepted where it is infinite by definition, from
    matching outputs.
    """
    stage = worst(name, tensor, left, right, noises)
    if not stage.differs and not stage.noise < np.inf:
        return replace(stage, differs=None, reason=UNDEFINED)
    if stage.differs is False and left.shape == right.shape and not np.isfinite(np.asarray(left, float)).all():
        return replace(stage, differs=None, reason=NOT_FINITE)
    one_sided = stage.differs and stage.size == np.inf and left.shape == right.shape and tensor not in OF_LOSSES
    blind = FACTOR * stage.noise >= scale > 0 and (one_sided or stage.differs is False)
    return replace(stage, differs=None, reason=BLIND) if blind else stage


def _kind(tensor: str) -> str:
    """The key under which tensors of comparable size are grouped: all gradients, all weights, each optimizer state."""
    prefix, _, last = tensor.rpartition("/")
    return tensor if prefix == "evaluated" else prefix or last


def _undecided(left: Mapping[str, np.ndarray], right: Mapping[str, np.ndarray], prefix: str) -> float:
    """The largest difference between the argmax accuracies of both sides' outputs under the same rule.

    Even outputs that match within rounding can give different argmax accuracies: a sigmoid of large numbers gives many
    outputs that equal 1 up to rounding.
    """
    rules = [name for name in left if name.startswith(prefix) and name in right]
    return max((abs(float(left[name]) - float(right[name])) for name in rules), default=0.0)


def worst(name: str, tensor: str, left: np.ndarray, right: np.ndarray, noises: Mapping[str, float]) -> StageResult:
    """Compare one tensor of the stage `name` and return the result at its largest difference.

    The tensor differs where the shapes differ, where only one side is nan or infinite, or where the difference exceeds
    `FACTOR` times the noise. Differences below the smallest normal float32 number are ignored, because such numbers may
    be flushed to 0. The result is None, not decided, in two cases. Where the noise is 0, that is, could not be
    measured, as for a gradient that is 0 throughout, a finite difference is not decided. Where the noise is infinite or
    nan, no difference is decided: rounding alone turns finite values into nan or vice versa, or the NumPy reference
    itself gives no finite values.
    """
    if left.shape != right.shape:
        return StageResult(name, True, tensor, (), (left.shape, right.shape), np.inf, noises.get(tensor, 0.0))
    a, b = np.asarray(left, float), np.asarray(right, float)
    with np.errstate(invalid="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) < TINY)
        difference = np.where(same, 0.0, np.nan_to_num(np.abs(a - b), nan=np.inf, posinf=np.inf))
    if not difference.size:
        return StageResult(name, False, tensor)
    index = np.unravel_index(int(difference.argmax()), a.shape)
    size = float(difference[index])
    noise = noises.get(tensor, 0.0)
    decided = size == 0 or (noise > 0 or size == np.inf) and noise < np.inf
    differs = bool(size > FACTOR * noise) if decided else None
    return StageResult(name, differs, tensor, tuple(int(i) for i in index), (float(a[index]), float(b[index])), size,
                       noise)
