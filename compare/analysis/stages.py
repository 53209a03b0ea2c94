"""Where two sides first differ on agreeing inputs.

A gate compares one kind of tensor of one step and is asked only where the gates that it stands on are shut: the forward
pass stands on data and start, the loss on the forward pass, the gradient on the loss, the update on the gradient, the
metric on the forward pass, the evaluation on data and start, the outcome on nothing. It is open where a difference
exceeds `FACTOR` times the noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Collection, Mapping

import numpy as np

from compare.analysis.behaviours import NO_EVIDENCE
from compare.analysis.noise import FACTOR, OF_LOSSES, TINY, UNIT
from frameworks.runtime.trace import Trace

DEPENDS_ON = {"data": (), "initialization": (), "forward": ("data", "initialization"), "loss": ("forward",),
              "gradient": ("loss",),
             "update": ("gradient",), "metric": ("forward",), "evaluation": ("data", "initialization"), "outcome": ()}
TENSORS = {"forward": ("logits", "outputs"), "loss": ("loss",), "gradient": ("gradient",),
           "update": ("weight", "optimizer_state"), "metric": ("accuracy",), "evaluation": ("evaluated", "loss_after")}
IN_TRAINING = {"evaluated/logits": ("forward",), "evaluated/outputs": ("forward",),
               "evaluated/loss": ("forward", "loss"), "evaluated/accuracy": ("forward", "metric"),
               "loss_after": ("forward", "loss")}
"""The gates of a training step of which an array of an evaluation is the counterpart: where one of them is open, a
difference of the array says nothing new."""
COUNTED = {"accuracy": "accuracy_by_rule/argmax", "evaluated/accuracy": "accuracy_by_rule/evaluated/argmax"}
"""Accuracies, and what the names of the same outputs' accuracies by the largest output begin with."""
BLIND = "rounding alone could explain all of it"
NOT_FINITE = "both sides have nan or infinity there"
UNDEFINED = "the numbers of this state are too large for float32, or undefined"
NAMES = {"data": "data", "initialization": "initialization", "forward": "outputs", "loss": "loss",
         "gradient": "gradient",
         "update": "update of the weights", "metric": "accuracy", "evaluation": "evaluation",
         "outcome": "outcome"}


@dataclass(frozen=True)
class StageResult:
    """One comparison: open, shut, or not asked or not measurable (None)."""

    name: str
    differs: bool | None
    tensor: str = ""
    index: tuple[int, ...] = ()
    values: tuple[object, object] = (None, None)
    size: float = 0.0
    """The largest difference."""
    noise: float = 0.0
    """How much of it rounding can explain; `FACTOR` times this is what the gate would have let pass."""
    step: int = 0
    """Of the training, counted from 0."""
    control: float | None = None
    """The same difference in float64, of what the table says that both do: rounding is gone there, definitions stay."""
    reason: str = ""
    """Why the two are not comparable here, where they are not."""


def compare_stages(one: Trace, other: Trace, noises: Mapping[str, float] | None, step: int = 0) -> list[StageResult]:
    """Every gate between two traces at a probed step, in the order of `DEPENDS_ON`."""
    found: dict[str, StageResult] = {}
    for name, below in DEPENDS_ON.items():
        if any(found[stage].differs is not False for stage in below):
            found[name] = StageResult(name, None)
        elif name in TENSORS:
            sides = one.below(f"probe/{step}"), other.below(f"probe/{step}")
            found[name] = _evaluation(*sides, noises, found) if name == "evaluation" else _tensors(name, *sides, noises)
        else:
            found[name] = _facts(name, one, other)
    return [replace(stage, step=step) if stage.name in TENSORS else stage for stage in found.values()]


def differing(found: list[StageResult]) -> list[StageResult]:
    """The open gates, earliest first."""
    return [stage for stage in found if stage.differs]


def pair_text(values: tuple[object, object]) -> tuple[str, str]:
    """Two values with as many digits as they need to differ, six at least."""
    def told(digits: int) -> tuple[str, str]:
        one, other = (f"{value:.{digits}g}" if isinstance(value, float) else str(value) for value in values)
        return one, other

    same = values[0] == values[1] or all(value != value for value in values)
    return next((pair for digits in range(6, 18) if not same and (pair := told(digits))[0] != pair[1]), told(6))


def _facts(name: str, one: Trace, other: Trace) -> StageResult:
    """A gate of facts; where the two had starts and orders of their own, these are not compared."""
    def value(trace: Trace) -> str:
        hashes = trace.facts["hashes"]
        if name == "outcome":
            return _ended(trace)
        if name == "data":
            return str((hashes["data"], hashes["order"], trace.facts["steps_per_epoch"]))
        return str(hashes[name])

    if name == "outcome" and {trace.outcome["kind"] for trace in (one, other)} & set(NO_EVIDENCE):
        return StageResult(name, None)
    values = value(one), value(other)
    if name != "outcome" and "own" not in (one.facts["init"], other.facts["init"]) and values[0] == values[1]:
        return _fed(one, other) if name == "data" else _beginning(one, other)
    if values[0] == values[1] and name != "outcome" and "native" in (one.facts["init"], other.facts["init"]):
        return StageResult(name, None)
    return StageResult(name, values[0] != values[1], name, (), values)


def _ended(trace: Trace) -> str:
    """How a training ended: to stop where the spec says so is to finish, and to go on then is not."""
    kind, below = str(trace.outcome["kind"]), float(trace.facts["spec"]["training"]["stop_below"])
    if _may_stop(trace):
        return f"{kind} after {len(trace.arrays.get('reported/train/loss', ()))} epochs"
    told = np.flatnonzero(trace.arrays.get("reported/train/loss", np.zeros(0)) < below)
    last = len(trace.arrays.get("reported/train/loss", ())) - 1
    if kind == "finished" and told.size and told[0] < last:
        return "went on although its loss was below training.stop_below"
    return "finished" if kind == "stopped" and told.size and told[0] == last else kind


def _may_stop(trace: Trace) -> bool:
    """Whether the spec leaves it to the training when it ends."""
    return bool(trace.facts["spec"]["training"].get("early_stopping", "none") != "none")


def _fed(one: Trace, other: Trace) -> StageResult:
    """The data gate of what the steps got: their labels and images, in their order, and as many steps."""
    found = [_marks(what, *(trace.arrays.get(f"batch_checksum/{what}", np.zeros(0)) for trace in (one, other)))
             for what in ("labels", "images")]
    differing = [stage for stage in found if stage.differs]
    if differing:
        return min(differing, key=lambda stage: stage.step)
    steps = [len(trace.arrays.get("batch_checksum/labels", ())) for trace in (one, other)]
    ended = all(trace.outcome["kind"] in ("finished", "nan") and not _may_stop(trace) for trace in (one, other))
    return StageResult("data", True, "steps", (), (steps[0], steps[1]),
                       np.inf) if steps[0] != steps[1] and ended else found[0]


def _marks(what: str, one: np.ndarray, other: np.ndarray) -> StageResult:
    """The gate of the marks of every step that both have; the first step at which it is open."""
    least = min(len(one), len(other))
    one, other = one[:least], other[:least]
    largest = max((float(np.nan_to_num(np.abs(some)).max()) for some in (one, other) if least), default=1.0)
    known = ~np.isnan(one) & ~np.isnan(other)  # of a constant prefix's outputs there are none
    stage = worst("data", what, np.where(known, one, 0.0), np.where(known, other, 0.0), {what: UNIT * largest})
    if not stage.differs:
        return stage
    first = int(np.flatnonzero(np.abs(one - other) > FACTOR * stage.noise)[0])
    return replace(stage, step=first, index=(first,), values=(float(one[first]), float(other[first])),
                   size=abs(float(one[first] - other[first])))


def _beginning(one: Trace, other: Trace) -> StageResult:
    """The start gate of the weights that two models really begin with."""
    sides = [trace.below("state/0/weight") for trace in (one, other)]
    shared = sorted(sides[0].keys() & sides[1].keys())
    noises = {name: max(TINY, *(UNIT * float(np.abs(side[name]).max()) / FACTOR for side in sides)) for name in shared}
    found = [worst("initialization", name, sides[0][name], sides[1][name], noises) for name in shared]
    return max(found, key=lambda stage: (stage.differs is True, stage.size),
               default=StageResult("initialization", False, "initialization"))


def _evaluation(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray], noises: Mapping[str, float] | None,
                step: Mapping[str, StageResult]) -> StageResult:
    """The gate of what an evaluation does beyond what the gates of the step show; never shut where that is only a part.

    The loss after the step is measured at the new weights, which have to be the same.
    """
    implied = {tensor for tensor, names in IN_TRAINING.items() if any(step[name].differs for name in names)}
    stage = _tensors("evaluation", one, other, noises, implied | (
        set() if step["update"].differs is False else {"loss_after"}))
    return stage if stage.differs or not implied else StageResult("evaluation", None)


def _tensors(name: str, one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray],
             noises: Mapping[str, float] | None, left_out: Collection[str] = ()) -> StageResult:
    left_out = {"optimizer_state/step", "optimizer_state/last_rate", *left_out}
    sides = [{tensor for tensor in side if tensor.partition("/")[0] in TENSORS[name]} - left_out
             for side in (one, other)]
    if noises is None or not all(sides):
        return StageResult(name, None)
    alone = sorted(tensor for tensor in sides[0] ^ sides[1] if not tensor.startswith("optimizer_state/"))
    if alone:
        told = tuple("there" if alone[0] in side else "absent" for side in sides)
        return StageResult(name, True, alone[0], (), (told[0], told[1]), np.inf)
    noises = {**noises, **{accuracy: noises.get(accuracy, 0.0) + _undecided(one, other, rules) / FACTOR
                           for accuracy, rules in COUNTED.items()}}
    shared = sorted(sides[0] & sides[1])
    scales = {tensor: max(_size(side[each]) for side in (one, other) for each in shared if _kind(each) == _kind(tensor))
              for tensor in shared}
    found = [_judged(name, tensor, one[tensor], other[tensor], noises, scales[tensor]) for tensor in shared]
    return max(found, key=lambda stage: (stage.differs is True, stage.differs is None,
                                        stage.size / stage.noise if 0 < stage.noise < np.inf else stage.size))


def _judged(name: str, tensor: str, one: np.ndarray, other: np.ndarray, noises: Mapping[str, float],
            scale: float) -> StageResult:
    """The gate of one tensor, or why it is not comparable: what is no number on both sides is neither the same nor
    different, nor is what rounding could explain whole, beside the largest number of its kind: a bias before a
    BatchNormalization has a gradient of rounding alone. A loss of outputs that are the same is infinite by definition.
    """
    stage = worst(name, tensor, one, other, noises)
    if not stage.differs and not stage.noise < np.inf:
        return replace(stage, reason=UNDEFINED)
    if stage.differs is False and one.shape == other.shape and not np.isfinite(np.asarray(one, float)).all():
        return replace(stage, differs=None, reason=NOT_FINITE)
    one_sided = stage.differs and stage.size == np.inf and one.shape == other.shape and tensor not in OF_LOSSES
    blind = FACTOR * stage.noise >= scale and (one_sided and scale > 0 or stage.differs is False and stage.size > 0)
    return replace(stage, differs=None, reason=BLIND) if blind else stage


def _kind(tensor: str) -> str:
    """What tensors of one size are named alike: all gradients, all weights, all of one optimizer state."""
    before, _, last = tensor.rpartition("/")
    return tensor if before == "evaluated" else before or last


def _size(array: np.ndarray) -> float:
    return float(np.nan_to_num(np.abs(np.asarray(array, float)), nan=0.0, posinf=0.0).max(initial=0.0))


def _undecided(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray], prefix: str) -> float:
    """How far two sides' own outputs are apart when one and the same rule looks for the largest of them.

    Outputs that count as the same can decide so: a sigmoid of large numbers makes many that are 1 but for rounding.
    """
    rules = [name for name in one if name.startswith(prefix) and name in other]
    return max((abs(float(one[name]) - float(other[name])) for name in rules), default=0.0)


def worst(name: str, tensor: str, one: np.ndarray, other: np.ndarray, noises: Mapping[str, float]) -> StageResult:
    """The gate of one tensor; a shape that differs opens it, and so does a nan or an infinity on one side only.

    Where no noise could be measured, as of a gradient that is 0 throughout, a finite difference is not judged, and
    none at all where rounding alone makes numbers of nan, or nan of numbers, and where the reference itself has no
    numbers, so that there is no noise: it is infinite or nan there. What is apart by less than the smallest
    normal number is the same: it may be flushed to 0.
    """
    if one.shape != other.shape:
        return StageResult(name, True, tensor, (), (one.shape, other.shape), np.inf, noises.get(tensor, 0.0))
    a, b = np.asarray(one, float), np.asarray(other, float)
    with np.errstate(invalid="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) < TINY)
        difference = np.where(same, 0.0, np.nan_to_num(np.abs(a - b), nan=np.inf, posinf=np.inf))
    if not difference.size:
        return StageResult(name, False, tensor)
    place = np.unravel_index(int(difference.argmax()), a.shape)
    size = float(difference[place])
    noise = noises.get(tensor, 0.0)
    known = size == 0 or (noise > 0 or size == np.inf) and noise < np.inf
    differing = bool(size > FACTOR * noise) if known else None
    return StageResult(name, differing, tensor, tuple(int(i) for i in place), (float(a[place]), float(b[place])),
                       size, noise)
