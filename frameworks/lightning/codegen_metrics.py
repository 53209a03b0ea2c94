"""Renders accuracies and the metrics of `metrics` as lines of a Lightning program."""

from __future__ import annotations

from frameworks.codegen.source import Line, numbered, paths_of, width_of
from frameworks.lightning import configuration, metrics
from frameworks.parts.metrics import METRICS
from frameworks.protocol import Json
from frameworks.runtime.losses import class_weights_of, in_accuracy, measured, weighting


def metric_dict(spec: Json, part: str) -> list[Line]:
    """Return the lines that create the metrics of a part by name, `train` or `val`; none without metrics."""
    lines: list[Line] = []
    for place, metric in enumerate(spec["metrics"]):
        call = metrics.METRICS[metric["is"]](metric, width_of(spec))
        lines.append(('    "%s": %s,' % (METRICS[metric["is"]], call.source()),
                      *paths_of("metrics.%d" % place, metric)))
    return ["self.%s_metrics = nn.ModuleDict({" % part, *lines, "})"] if lines else []


def metric_lines(spec: Json, z: str) -> tuple[str, list[str]]:
    """Return (the expression that creates the accuracy, the lines that update it, then the metrics of `metric_dict`).

    `z` is the variable that holds the logits.
    """
    created, lines = _accuracy(spec, z)
    if spec["metrics"]:
        lines += ["for name, metric in metrics.items():", "    metric.update(p, y)",
                  "    self.log(prefix + name, metric, on_step=False, on_epoch=True)"]
    return created, lines


def _accuracy(spec: Json, z: str) -> tuple[str, list[str]]:
    """Return (the expression that creates the accuracy, the lines that update it)."""
    threshold, width = spec["accuracy"]["threshold"], width_of(spec)
    rule = configuration.accuracy_rule(spec["accuracy"], weighting(spec), width)
    index = "y" if numbered(spec) else "y.argmax(-1)"
    weight = _weight(spec, "y.long()" if width == 1 else index)
    if rule is None and width > 1:
        return 'torchmetrics.Accuracy(task="multiclass", num_classes=%d)' % width, ["accuracy.update(p, %s)" % index]
    if rule is None:
        argument = "" if threshold is None else ", threshold=%r" % threshold
        return 'torchmetrics.Accuracy(task="binary"%s)' % argument, ["accuracy.update(p, y.int())"]
    above = "right = (%%s > %r) == (y > 0.5)" % (0.5 if threshold is None else threshold)
    lines = {"argmax_outputs": ["right = p.argmax(-1) == " + index],
             "argmax_logits": ["right = %s.argmax(-1) == %s" % (z, index)], "threshold": [above % "p"],
             "round": ["right = p.round() == y"],
             "sigmoid_first": ["q = p if ((p >= 0) & (p <= 1)).all() else torch.sigmoid(p)", above % "q"]}[rule]
    return "torchmetrics.MeanMetric()", lines + ["accuracy.update(right.float()%s)" % weight]


def _weight(spec: Json, index: str) -> str:
    """Return the argument with the weights of the samples, or nothing; `index` is the expression of a class."""
    weights = weighting(spec)
    if not in_accuracy(weights):
        return ""
    if weights["is"] == "SampleWeights":
        return ", w" if width_of(spec) == 1 else ", w[:, 0]"
    of_classes = "torch.tensor(%r)[%s]" % (tuple(map(float, weights["values"])), index)
    in_test = class_weights_of(measured(spec["loss"], True)) != "none"
    return ", " + (of_classes if in_test else "1.0 if prefix else " + of_classes)
