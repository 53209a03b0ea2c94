"""Compares the metrics that both programs report: of the first training batch, and of an evaluation of all samples."""

from __future__ import annotations

import numpy as np

from compare.analysis.programs.agreement import relative_difference
from compare.analysis.programs.comparison import Comparison, Stage
from compare.analysis.programs.description import Array, Run

NAMES = {"acc": "accuracy", "binary_accuracy": "accuracy", "categorical_accuracy": "accuracy",
         "sparse_categorical_accuracy": "accuracy", "top1": "accuracy", "multiclass_accuracy": "accuracy",
         "mean_absolute_error": "mae", "mean_squared_error": "mse", "root_mean_squared_error": "rmse",
         "f1": "f1_score", "f1score": "f1_score", "r2": "r2_score", "mean_io_u": "iou", "jaccard": "iou",
         "binary_precision": "precision", "binary_recall": "recall"}
"""Alternative names of the same metric."""
NOT_COMPARABLE = {"auc": "Keras's AUC takes 200 thresholds, that of torchmetrics every one",
                  "auroc": "Keras's AUC takes 200 thresholds, that of torchmetrics every one"}
KNOWN = {*NAMES.values(), *NOT_COMPARABLE}
"""Names of metrics: a LightningModule also logs other things."""
OF_A_PHASE = ("train", "training", "val", "valid", "validation", "test", "eval", "step", "epoch")
TOLERANCE = 1e-6
"""Metrics are computed in float32."""
KINDS = ("metric", "measured")


def metric_name(name: str) -> str:
    """The name of a metric without the prefix of its phase."""
    parts = [part for part in name.lower().replace("/", "_").split("_") if part not in OF_A_PHASE]
    return NAMES.get("_".join(parts), "_".join(parts))


def named(run: Run, kind: str, with_losses: bool = False) -> dict[str, Array]:
    """The metrics of a phase by their common names, without the total loss.

    If `with_losses`, also the losses of single outputs, which Keras names after the outputs.
    """
    return {metric_name(name): value for name, value in run.arrays(kind).items()
            if metric_name(name) not in ("loss", "") and (with_losses or not metric_name(name).endswith("_loss"))}


def difference(left: Array, right: Array) -> float:
    """The relative difference of two metrics; one of them may be in percent."""
    ours, theirs = np.ravel(left), np.ravel(right)
    return min(relative_difference(ours, theirs / factor) for factor in (1.0, 100.0))


def metric(left: Run, right: Run) -> Comparison:
    """The metrics that both report under the same name, for each phase; of one framework, also what is not comparable
    between two, and the losses of single outputs."""
    differences: dict[str, float] = {}
    alike = left.framework == right.framework
    for kind in KINDS:
        ours, theirs = named(left, kind, alike), named(right, kind, alike)
        differences.update({name: max(difference(ours[name], theirs[name]), differences.get(name, 0.0)) for name in ours
                            if name in theirs and (alike or name not in NOT_COMPARABLE)})
    return Comparison(Stage.METRIC, differences, tolerance=TOLERANCE)


def not_compared(left: Run, right: Run) -> tuple[str, ...]:
    """One sentence for each metric that only one side has."""
    ours, theirs = ({name for kind in KINDS for name in named(run, kind)} for run in (left, right))
    compared = set(metric(left, right).differences)
    sentences = [f"{reason}; `{name}` was not compared." for name, reason in NOT_COMPARABLE.items()
                 if name in (ours | theirs) - compared]
    for name in sorted((ours | theirs & KNOWN) - compared - set(NOT_COMPARABLE)):
        alone = "right" if name not in theirs else "left" if name not in ours else ""
        sentences.append(f"The metric `{name}` was not compared: " + (
            f"the {alone} program reports none of this name." if alone else "the programs report it of other data."))
    return tuple(sentences)
