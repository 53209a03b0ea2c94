"""Stage-by-stage comparison of two frameworks: the first stage at which they differ on matching inputs.

A stage compares one kind of tensor of one training step. It is evaluated only where every stage it depends on
(`DEPENDS_ON`) matches: the forward pass depends on the data and the initialization, the loss on the forward pass, the
gradient on the loss, the update on the gradient, the metric on the forward pass, the evaluation on the data and the
initialization, and the outcome on nothing. A stage differs where a difference exceeds `FACTOR` times the noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Collection, Mapping

import numpy as np

from compare.analysis.behaviours import NO_EVIDENCE
from compare.analysis.float32 import TINY, UNIT, largest
from compare.analysis.noise import FACTOR, OF_LOSSES
from compare.execution.facts import spec_of
from frameworks.parts.metrics import METRICS
from frameworks.runtime.trace import Outcome, Trace

DEPENDS_ON = {"data": (), "initialization": (), "forward": ("data", "initialization"), "loss": ("forward",),
              "gradient": ("loss",), "update": ("gradient",), "metric": ("forward",),
              "evaluation": ("data", "initialization"), "outcome": ()}
TENSORS = {"forward": ("logits", "outputs"), "loss": ("loss",), "gradient": ("gradient",),
           "update": ("weight", "optimizer_state"), "metric": ("accuracy", *METRICS.values()),
           "evaluation": ("evaluated", "loss_after")}
IN_TRAINING = {"evaluated/logits": ("forward",), "evaluated/outputs": ("forward",),
               "evaluated/loss": ("forward", "loss"), "evaluated/accuracy": ("forward", "metric"),
               **{f"evaluated/{name}": ("forward", "metric") for name in METRICS.values()},
               "loss_after": ("forward", "loss")}
"""For each array of an evaluation, the stages of a training step that compute the same thing. Where one of them
differs, a difference of the array adds no information."""
COUNTED = {"accuracy": "accuracy_by_rule/argmax", "evaluated/accuracy": "accuracy_by_rule/evaluated/argmax"}
"""For each accuracy, the name prefix of the argmax accuracies of the same outputs."""
BLIND = "rounding alone could explain all of it"
NOT_FINITE = "both sides have nan or infinity there"
UNDEFINED = "the numbers of this state are too large for float32, or undefined"
NAMES = {"data": "data", "initialization": "initialization", "forward": "outputs", "loss": "loss",
         "gradient": "gradient", "update": "update of the weights", "metric": "accuracy", "evaluation": "evaluation",
         "outcome": "outcome"}


@dataclass(frozen=True)
class StageResult:
    """The result of comparing one stage: it differs (True), it matches (False), or it was not evaluated or could not
    be compared (None)."""

    name: str
    differs: bool | None
    tensor: str = ""
    index: tuple[int, ...] = ()
    values: tuple[object, object] = (None, None)
    size: float = 0.0
    """The largest absolute difference."""
    noise: float = 0.0
    """The difference that rounding can explain. The stage differs above `FACTOR` times this value."""
    step: int = 0
    """The training step, counted from 0."""
    control: float | None = None
    """The same difference computed by the NumPy reference in float64, from the resolved specs of both sides. A rounding
    difference nearly vanishes there; a difference of definition stays."""
    reason: str = ""
    """Why the two sides cannot be compared here; empty where they can."""


def compare_stages(left: Trace, right: Trace, noises: Mapping[str, float] | None, step: int = 0) -> list[StageResult]:
    """Compare two traces at a probed step, stage by stage, in the order of `DEPENDS_ON`.

    `noises` is the noise of each array of the probe, or None where it could not be measured.
    """
    results: dict[str, StageResult] = {}
    for name, dependencies in DEPENDS_ON.items():
        if any(results[stage].differs is not False for stage in dependencies):
            results[name] = StageResult(name, None)
        elif name in TENSORS:
            probes = left.below(f"probe/{step}"), right.below(f"probe/{step}")
            results[name] = _compare_evaluation(*probes, noises, results) if name == "evaluation" else \
                _compare_tensors(name, *probes, noises)
        else:
            results[name] = _compare_facts(name, left, right)
    return [replace(stage, step=step) if stage.name in TENSORS else stage for stage in results.values()]


def differing(stages: list[StageResult]) -> list[StageResult]:
    """The stages that differ, earliest first."""
    return [stage for stage in stages if stage.differs]


def pair_text(values: tuple[object, object]) -> tuple[str, str]:
    """Format two values with as many digits as are needed to tell them apart, at least six."""
    def formatted(digits: int) -> tuple[str, str]:
        left, right = (f"{value:.{digits}g}" if isinstance(value, float) else str(value) for value in values)
        return left, right

    same = values[0] == values[1] or all(value != value for value in values)
    return next((pair for digits in range(6, 18) if not same and (pair := formatted(digits))[0] != pair[1]),
                formatted(6))


def _compare_facts(name: str, left: Trace, right: Trace) -> StageResult:
    """Compare the data, the initialization or the outcome.

    With native initialization, data and initialization are not compared where their hashes match.
    """
    def value(trace: Trace) -> str:
        if name == "outcome":
            return _outcome(trace)
        hashes = trace.facts["hashes"]
        if name == "data":
            return str((hashes["data"], hashes["order"], trace.facts["steps_per_epoch"]))
        return hashes["initialization"]

    if name == "outcome" and {trace.outcome["kind"] for trace in (left, right)} & set(NO_EVIDENCE):
        return StageResult(name, None)
    values = value(left), value(right)
    if name != "outcome" and "native" not in (left.facts["init"], right.facts["init"]) and values[0] == values[1]:
        return _compare_batches(left, right) if name == "data" else _compare_initial_weights(left, right)
    if values[0] == values[1] and name != "outcome" and "native" in (left.facts["init"], right.facts["init"]):
        return StageResult(name, None)
    return StageResult(name, values[0] != values[1], name, (), values)


def _outcome(trace: Trace) -> str:
    """How a training ended.

    A training that stops where `training.stop_below` requires it has finished; one that continues there has not.
    """
    kind, stop_below = str(trace.outcome["kind"]), spec_of(trace).training.stop_below
    if _stops_early(trace):
        return f"{kind} after {len(trace.arrays.get('reported/train/loss', ()))} epochs"
    reached = np.flatnonzero(trace.arrays.get("reported/train/loss", np.zeros(0)) < stop_below)
    last = len(trace.arrays.get("reported/train/loss", ())) - 1
    if kind == Outcome.FINISHED and reached.size and reached[0] < last:
        return "went on although its loss was below training.stop_below"
    return Outcome.FINISHED if kind == Outcome.STOPPED and reached.size and reached[0] == last else kind


def _stops_early(trace: Trace) -> bool:
    """Whether the spec uses early stopping, so that the number of epochs is not fixed."""
    return spec_of(trace).training.early_stopping != "none"


def _compare_batches(left: Trace, right: Trace) -> StageResult:
    """The data stage: the labels and images of every step, in their order, and the number of steps."""
    results = [_compare_checksums(kind, *(trace.arrays.get(f"batch_checksum/{kind}", np.zeros(0))
                                          for trace in (left, right))) for kind in ("labels", "images")]
    different = [stage for stage in results if stage.differs]
    if different:
        return min(different, key=lambda stage: stage.step)
    steps = [len(trace.arrays.get("batch_checksum/labels", ())) for trace in (left, right)]
    complete = all(trace.outcome["kind"] in (Outcome.FINISHED, Outcome.NAN) and not _stops_early(trace)
                   for trace in (left, right))
    if steps[0] != steps[1] and complete:
        return StageResult("data", True, "steps", (), (steps[0], steps[1]), np.inf)
    return results[0]


def _compare_checksums(kind: str, left: np.ndarray, right: np.ndarray) -> StageResult:
    """Compare the batch checksums of all steps that both sides have; the first step that differs."""
    steps = min(len(left), len(right))
    left, right = left[:steps], right[:steps]
    largest = max((float(np.nan_to_num(np.abs(side)).max()) for side in (left, right) if steps), default=1.0)
    known = ~np.isnan(left) & ~np.isnan(right)  # the outputs of a constant prefix have no checksum
    stage = worst("data", kind, np.where(known, left, 0.0), np.where(known, right, 0.0), {kind: UNIT * largest})
    if not stage.differs:
        return stage
    first = int(np.flatnonzero(np.abs(left - right) > FACTOR * stage.noise)[0])
    return replace(stage, step=first, index=(first,), values=(float(left[first]), float(right[first])),
                   size=abs(float(left[first] - right[first])))


def _compare_initial_weights(left: Trace, right: Trace) -> StageResult:
    """The initialization stage: the weights that the two models actually begin with."""
    sides = [trace.below("state/0/weight") for trace in (left, right)]
    shared = sorted(sides[0].keys() & sides[1].keys())
    noises = {name: max(TINY, *(UNIT * float(np.abs(side[name]).max()) / FACTOR for side in sides)) for name in shared}
    results = [worst("initialization", name, sides[0][name], sides[1][name], noises) for name in shared]
    return max(results, key=lambda stage: (stage.differs is True, stage.size),
               default=StageResult("initialization", False, "initialization"))


def _compare_evaluation(left: Mapping[str, np.ndarray], right: Mapping[str, np.ndarray],
                        noises: Mapping[str, float] | None, step: Mapping[str, StageResult]) -> StageResult:
    """The evaluation stage, without the arrays whose difference already follows from a stage of the training step.

    It never matches where arrays were left out for that reason. The loss after the step is computed at the new weights
    and is compared only where the update matches.
    """
    implied = {tensor for tensor, names in IN_TRAINING.items() if any(step[name].differs for name in names)}
    left_out = implied | (set() if step["update"].differs is False else {"loss_after"})
    stage = _compare_tensors("evaluation", left, right, noises, left_out)
    return stage if stage.differs or not implied else StageResult("evaluation", None)


def _compare_tensors(name: str, left: Mapping[str, np.ndarray], right: Mapping[str, np.ndarray],
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
    return max(results, key=lambda stage: (stage.differs is True, stage.differs is None,
                                           stage.size / stage.noise if 0 < stage.noise < np.inf else stage.size))


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
        return replace(stage, reason=UNDEFINED)
    if stage.differs is False and left.shape == right.shape and not np.isfinite(np.asarray(left, float)).all():
        return replace(stage, differs=None, reason=NOT_FINITE)
    one_sided = stage.differs and stage.size == np.inf and left.shape == right.shape and tensor not in OF_LOSSES
    blind = FACTOR * stage.noise >= scale and (one_sided and scale > 0 or stage.differs is False and stage.size > 0)
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
    be flushed to 0. The result is None (not judged) in two cases. Where the noise is 0, that is, could not be measured,
    as for a gradient that is 0 throughout, a finite difference is not judged. Where the noise is infinite or nan, no
    difference is judged: rounding alone turns finite values into nan or vice versa, or the NumPy reference itself gives
    no finite values.
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
    judged = size == 0 or (noise > 0 or size == np.inf) and noise < np.inf
    differs = bool(size > FACTOR * noise) if judged else None
    return StageResult(name, differs, tensor, tuple(int(i) for i in index), (float(a[index]), float(b[index])), size,
                       noise)
