"""The curves: every framework and the question's reported numbers use the same tags, so TensorBoard overlays them.

TensorBoard groups cards by the part of a tag before its first slash. The array names of a trace give the groups step,
reported, evaluated and accuracy_by_rule. gradient_norm and weight_norm come from recorded states, learning_rate is
computed from the resolved spec, loss_offset is the difference from the NumPy reference, and seeds has statistics over
seeds. Steps and epochs are counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from compare.analysis.behaviours import Traces
from compare.analysis.statistics import FEWEST, LEVEL, one_more
from compare.analysis.unexplained import LossOffset
from compare.reporting.tensorboard.events import MOST, Point, curve
from frameworks.in_process import rate_of_step, rates_after_epochs
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec

COUNTED = ("step/", "reported/")  # one value per step or epoch, counted from 1
FROZEN = ("evaluated/", "accuracy_by_rule/")  # evaluated with fixed weights, at the epochs in the array `epoch`
REPORTED = tuple(f"reported/{part}/{name}" for part in ("train", "test") for name in ("loss", "accuracy"))
LOSSES = ("step/loss", "reported/train/loss", "reported/test/loss")
FAR = 20.0  # ratio of largest to smallest loss above which the losses are also written as logarithms
LOG10 = "log10/"
DESCRIPTIONS = {
    "step": "The loss of every step's batch, before the update. The horizontal axis is steps.",
    "reported": "What the framework itself reports after every epoch. For the training set, it is an average over the "
                "epoch, while the weights change.",
    "evaluated": "The loss or accuracy over all samples, evaluated with the weights at the end of the epoch.",
    "accuracy_by_rule": "The accuracy of the weights at the end of the epoch by this rule, whichever rule the "
                        "framework uses.",
    "learning_rate": "The learning rate of the first step of every epoch: as set, or the framework's default.",
    "gradient_norm": "The norm of a layer's gradient at recorded steps.",
    "weight_norm": "The norm of a layer's weights before recorded steps.",
    "loss_offset/between_trainings":
        "This training's loss minus the NumPy reference's in the same step of its own training. Two trainings diverge "
        "by rounding alone, sooner or later, so a difference that begins at 0 and grows is no evidence.",
    "loss_offset/to_reference": "The loss of one step minus the NumPy reference's from the same weights and batch.",
    "loss_offset/unexplained":
        "The loss of one step minus the reference's with this framework's known defaults, from the same weights and "
        "batch. Between loss_offset/rounding_below and loss_offset/rounding_above it is explained.",
    "loss_offset/rounding_above": "The largest change of that loss that rounding can explain.",
    "loss_offset/rounding_below": "The largest change of that loss that rounding can explain.",
    "log10": "The logarithm of the loss, for losses that span decades: 3 is a loss of 1000, 0 of 1, -3 of 0.001.",
    "seeds": f"Over all seeds of this run: the mean, and where one more seed would fall in {LEVEL:.0%} of cases.",
}
"""The description of a curve by its tag or group; TensorBoard shows it on the card."""


@np.errstate(all="ignore")
def of_trace(trace: Trace, spec: Spec | None = None, most: int = MOST) -> list[Point]:
    """All curves of one training, with at most `most` points each; the resolved `spec` gives the learning rate."""
    points: list[Point] = []
    for name in sorted(trace.arrays):
        if name.startswith(COUNTED + FROZEN):
            points += curve(name, trace[name], steps_of(trace, name), DESCRIPTIONS[name.partition("/")[0]], most)
    norms: dict[str, dict[int, float]] = {}
    for tag, group, kind in (("gradient_norm", "probe", "gradient"), ("weight_norm", "state", "weight")):
        for step, arrays in trace.at_probed_steps(group, kind).items():
            for layer, array in arrays.items():
                norms.setdefault(f"{tag}/{layer}", {})[step + 1] = float(np.linalg.norm(np.float64(array)))
    for tag, values in norms.items():
        points += curve(tag, list(values.values()), values, DESCRIPTIONS[tag.partition("/")[0]])
    return points + (curve("learning_rate", rates(spec, trace), None, DESCRIPTIONS["learning_rate"]) if spec else [])


def spans_decades(curves: Iterable[Sequence[float] | np.ndarray]) -> bool:
    """Whether the positive values of curves are so far apart that a linear axis hides the small ones."""
    values = np.concatenate([np.zeros(0), *(np.asarray(curve, float) for curve in curves)])
    known = values[np.isfinite(values) & (values > 0)]
    return bool(known.size) and known.max() > FAR * known.min()


@np.errstate(all="ignore")
def log10(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """The decimal logarithms; nan or infinite where a value is not positive and finite."""
    return np.log10(np.asarray(values, float))


def of_logarithms(arrays: Mapping[str, Sequence[float] | np.ndarray], most: int = MOST) -> list[Point]:
    """The curves of the logarithms of all losses among these arrays of a training."""
    return [point for name in LOSSES if name in arrays
            for point in _finite_curve(f"{LOG10}{name}", log10(arrays[name]), range(1, len(arrays[name]) + 1), most)]


def rates(spec: Spec, trace: Trace) -> list[float]:
    """The learning rate at the first step of every epoch; empty if the rate is unset."""
    if spec.optimizer.learning_rate is None:
        return []
    epochs, steps = len(trace.arrays.get("reported/train/loss", ())), trace.facts.get("steps_per_epoch", 1)
    return rates_after_epochs(spec, trace.below("reported"))[:epochs] or \
        [rate_of_step(spec, epoch * steps, steps) for epoch in range(epochs)]


def steps_of(trace: Trace, name: str) -> Iterable[int] | None:
    """The epochs of a curve that was evaluated with fixed weights; None for curves that count from 1."""
    return [int(epoch) for epoch in trace["epoch"]] if name.startswith(FROZEN) else None


def of_question(reported: Mapping[str, Sequence[float | None]]) -> list[Point]:
    """The curves of the numbers that the question reports.

    `reported` has one value per epoch, counted from 1, by the array name of a trace; None means that there is no value.
    """
    points: list[Point] = []
    for tag, values in reported.items():
        known = {epoch: value for epoch, value in enumerate(values, 1) if value is not None}
        points += curve(tag, list(known.values()), known, DESCRIPTIONS.get(tag.partition("/")[0], ""))
    return points


def of_loss_offset(loss_offset: LossOffset) -> list[Point]:
    """The loss offset from the NumPy reference, from the same weights and batches, and its rounding tolerance."""
    steps = [step + 1 for step in loss_offset.steps]
    tolerances = {"loss_offset/rounding_above": loss_offset.tolerance,
                  "loss_offset/rounding_below": tuple(-size for size in loss_offset.tolerance)}
    return [point for tag, values in {"loss_offset/to_reference": loss_offset.to_reference,
                                      "loss_offset/unexplained": loss_offset.unexplained,
                                      **tolerances}.items()
            for point in _finite_curve(tag, values, steps)]


@np.errstate(all="ignore")
def between_trainings(trace: Trace, reference: Trace, most: int = MOST) -> list[Point]:
    """The difference of the step losses of two trainings with the same initial weights and batches."""
    losses = [side.arrays.get("step/loss", np.zeros(0)) for side in (trace, reference)]
    common = min(map(len, losses))
    return _finite_curve("loss_offset/between_trainings", losses[0][:common] - losses[1][:common],
                         range(1, common + 1), most)


@np.errstate(all="ignore")
def of_seeds(traces: Traces, variant: str) -> list[Point]:
    """The mean and the prediction interval of the reported metrics over the seeds of one framework.

    Empty for fewer than three seeds.
    """
    of_variant = [trace for (name, _), trace in traces.items() if name == variant]
    points: list[Point] = []
    for name in REPORTED:
        curves = [trace[name] for trace in of_variant if name in trace]
        if len(curves) < FEWEST or len(curves) < len(of_variant):
            continue
        table = np.array([values[:min(map(len, curves))] for values in curves], float)
        mean, margin = table.mean(axis=0), table.std(axis=0, ddof=1) * one_more(len(table))
        for tag, values in (("mean", mean), ("low", mean - margin), ("high", mean + margin)):
            points += _finite_curve(f"seeds/{name.partition('/')[2]}/{tag}", values, range(1, len(mean) + 1))
    return points


def _finite_curve(tag: str, values: Sequence[float] | np.ndarray, steps: Sequence[int],
                  most: int = MOST) -> list[Point]:
    """A curve without its nan and infinite values, with the description of its tag or group."""
    finite = {step: value for step, value in zip(steps, values) if np.isfinite(value)}
    return curve(tag, list(finite.values()), finite, DESCRIPTIONS.get(tag) or DESCRIPTIONS[tag.partition("/")[0]], most)
