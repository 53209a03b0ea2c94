"""Renders the losses of `losses`, and accuracies, as lines of a Lightning program."""
from frameworks.codegen.source import numbered, paths_of, width_of
from frameworks.lightning import losses, metrics
from frameworks.parts.metrics import METRICS
from frameworks.runtime.losses import class_weights_of


def loss_lines(spec, last, z):
    """Return (the lines that create a loss, the lines of a step that compute it).

    `last` is the name of the last activation, and `z` the variable that holds the logits. Raises Unsupported if PyTorch
    cannot be configured with the value of a field.
    """
    setting = losses.Setting(last, numbered(spec), spec["data"]["labels"] == "one_hot", width_of(spec), z)
    loss = spec["loss"]
    built, paths = losses.LOSSES[loss["is"]](loss, setting), paths_of("loss", loss)
    weights = paths_of("loss.class_weights", class_weights_of(loss)) if built.weights else ()
    created = [] if built.module is None else [("self.loss = " + built.module.source(),) +
                                               tuple(path for path in paths if path not in weights)]
    if built.weights:
        created.append('self.register_buffer("weights", torch.tensor(%r))' % list(built.weights))
    return created, [line if isinstance(line, str) else (line[0],) + weights for line in built.lines]


def metric_dict(spec, part):
    """Return the lines that create the metrics of a part by name, `train` or `val`; none without metrics."""
    lines = []
    for place, metric in enumerate(spec["metrics"]):
        call = metrics.METRICS[metric["is"]](metric, width_of(spec))
        lines.append(('    "%s": %s,' % (METRICS[metric["is"]], call.source()),) +
                     paths_of("metrics.%d" % place, metric))
    return ["self.%s_metrics = nn.ModuleDict({" % part, *lines, "})"] if lines else []


def metric_lines(spec, z):
    """Return (the expression that creates the accuracy, the lines that update it, then the metrics of `metric_dict`).

    `z` is as in `loss_lines`.
    """
    created, lines = _accuracy(spec, z)
    if spec["metrics"]:
        lines += ["for name, metric in metrics.items():", "    metric.update(p, y)",
                  "    self.log(prefix + name, metric, on_step=False, on_epoch=True)"]
    return created, lines


def _accuracy(spec, z):
    """Return (the expression that creates the accuracy, the lines that update it)."""
    rule, threshold, width = spec["accuracy"]["rule"], spec["accuracy"]["threshold"], width_of(spec)
    index = "y" if numbered(spec) else "y.argmax(-1)"
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
    return "torchmetrics.MeanMetric()", lines + ["accuracy.update(right.float())"]
