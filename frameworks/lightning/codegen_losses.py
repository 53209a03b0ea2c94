"""Renders losses and accuracies as lines of a Lightning program, which compute the same as `losses`."""
import math

from frameworks.codegen.source import numbered, paths_of, width_of
from frameworks.lightning import metrics
from frameworks.lightning.configuration import LOSSES
from frameworks.parts.metrics import METRICS
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import class_weights_of, set_fields


def loss_lines(spec, last, z):
    """Return (the lines that create a loss, the lines of a step that compute it).

    `last` is the name of the last activation, and `z` the variable that holds the logits. Raises Unsupported if PyTorch
    cannot be configured with the value of a field.
    """
    loss = spec["loss"]
    kind, fields, paths = loss["is"], set_fields(loss), paths_of("loss", loss)
    if kind in LOSSES:
        return ["self.loss = " + LOSSES[kind].source()], ["loss = self.loss(p, y)"]
    if kind == "QuadraticCost":
        return [], ["loss = ((p - y) ** 2).sum(-1).mean() / 2"]
    if kind == "Huber":
        delta = "%r" % fields["delta"] if "delta" in fields else ""
        call = "nn.SmoothL1Loss(%s)" % (delta and "beta=" + delta) if fields.get("divided") else \
            "nn.HuberLoss(%s)" % (delta and "delta=" + delta)
        return [("self.loss = " + call,) + paths], ["loss = self.loss(p, y)"]
    if kind == "KLDivergence":
        if fields and None in loss.values():
            raise Unsupported("Lightning needs all fields of KLDivergence unset, or all set.")
        if fields:
            return [], _divergence(loss, width_of(spec))
        return [("self.loss = nn.KLDivLoss()",) + paths], ["loss = self.loss(p, y)"]
    if kind in NONE:
        raise Unsupported("Lightning cannot be told %s: PyTorch has none, %s." % NONE[kind])
    of_outputs, of_logits = {"CategoricalCrossentropy": ("nn.CrossEntropyLoss(%s)", "nn.CrossEntropyLoss(%s)"),
                             "BinaryCrossentropy": ("nn.BCELoss(%s)", "nn.BCEWithLogitsLoss(%s)")}[kind]
    if not fields or set(fields) == {"of"} and fields["of"].endswith("_of_logits"):
        call, source = (of_logits, z) if fields else (of_outputs, "p")
        if class_weights_of(loss) == "none" or _weighed_by_pytorch(spec):
            return [("self.loss = " + call % (_weight(loss) or _smoothing(loss)),) + paths], \
                ["loss = self.loss(%s, y)" % source]
        return [("self.loss = " + call % 'reduction="none"',) + paths_of("loss", dict(loss, class_weights="none")),
                _weights(loss)], _weighed(spec, "self.loss(%s, y)" % source)
    if None in loss.values():
        raise Unsupported("Lightning needs all fields of %s unset, all set, or only of=…_of_logits." % kind)
    return ([] if class_weights_of(loss) == "none" else [_weights(loss)]), \
        _categorical(spec, last, z) if kind == "CategoricalCrossentropy" else _binary(spec, last, z)


def _weight(loss):
    """Return the argument `weight` of nn.CrossEntropyLoss, or "" without class weights."""
    weights = class_weights_of(loss)
    return "" if weights == "none" else "weight=torch.tensor(%r)" % [float(value) for value in weights["values"]]


def _weights(loss):
    values = [float(value) for value in class_weights_of(loss)["values"]]
    return 'self.register_buffer("weights", torch.tensor(%r))' % values


def _weighed_by_pytorch(spec):
    """Whether nn.CrossEntropyLoss weights classes as configured: with its own divisor, and in the evaluation too."""
    weights, default = class_weights_of(spec["loss"]), "weights" if numbered(spec) else "samples"
    return spec["loss"]["is"] == "CategoricalCrossentropy" and weights["divisor"] in (None, default) and \
        weights["in_test"] is not False


def _weighed(spec, values):
    """Return the lines that average the losses of the samples, with class weights if there are any.

    `values` is the expression of the losses of the samples.
    """
    weights = class_weights_of(spec["loss"])
    if weights == "none":
        return ["loss = %s.mean()" % values]
    index = "y.argmax(-1)" if spec["data"]["labels"] == "one_hot" else "y.long()"
    divisor = weights["divisor"] or ("weights" if numbered(spec) else "samples")
    line = "weights = self.weights[%s]" % index
    in_test = ["if not self.training:", "    weights = torch.ones_like(weights)"] if weights["in_test"] is False else []
    return ["values = " + values, (line,) + paths_of("loss.class_weights", weights), *in_test,
            "loss = (weights * values).sum() / " + ("weights.sum()" if divisor == "weights" else "len(weights)")]


NONE = {"Hinge": ("a hinge", "and nn.HingeEmbeddingLoss is another function"),
        "CategoricalHinge": ("a categorical hinge", "and nn.MultiMarginLoss is another function")}


def _divergence(loss, classes):
    clip, elements = loss["clip"], loss["mean_of"] == "elements"
    if loss["of"] == "powers_of_outputs" and not clip:
        return ['loss = nn.functional.kl_div(p, y, reduction="%s")' % ("mean" if elements else "batchmean")]
    lines = ["q = p" if loss["of"] == "outputs" else "q = p.exp()"]
    lines += ["labels, q = y.clamp(%r, 1), q.clamp(%r, 1)" % (clip, clip)] if clip else ["labels = y"]
    return lines + ["logs = [torch.where(labels > 0, v, 1).log() for v in (labels, q)]",
                    "loss = (labels * (logs[0] - logs[1])).sum(-1).mean()" + (" / %d" % classes if elements else "")]


def _smoothing(loss):
    return "label_smoothing=%r" % loss["label_smoothing"] if loss.get("label_smoothing") else ""


def _categorical(spec, last, z):
    """Return the lines of −Σ y log q, in the order of `losses.categorical_crossentropy`."""
    loss, smoothing, classes = spec["loss"], spec["loss"]["label_smoothing"], width_of(spec)
    source, kind = ("p" if loss["of"] == "softmax_of_outputs" else z), last if loss["of"] == "outputs" else "softmax"
    after, clip = loss["row_division"] == "after_clip", loss["clip"]
    divided = loss["row_division"] and not after
    if loss["logits_form"] and kind == "softmax" and not divided and not after and not clip:
        entropy = "nn.functional.cross_entropy(%s)"
        if class_weights_of(loss) != "none":
            return _weighed(spec, entropy % (source + ', y, reduction="none"'))
        return ["loss = " + entropy % ", ".join(filter(None, [source, "y", _smoothing(loss)]))]
    labels = ["rows = nn.functional.one_hot(y, %d)" % classes] if numbered(spec) else ["rows = y"]
    labels += ["rows = rows * (1 - %r) + %r / %d" % (smoothing, smoothing, classes)] if smoothing else []
    y, labels = ("rows", labels) if labels != ["rows = y"] else ("y", [])
    if loss["logits_form"] and kind in ("softmax", "sigmoid"):
        logarithm = "nn.functional.log_softmax(%s, -1)" if kind == "softmax" else "nn.functional.logsigmoid(%s)"
        lines = ["log_q = " + logarithm % source]
        lines += ["log_q = nn.functional.log_softmax(log_q, -1)"] if divided else []
        lines += ["log_q = log_q.clamp(np.log(%r), np.log1p(-%r))" % (clip, clip)] if clip else []
        lines += ["log_q = nn.functional.log_softmax(log_q, -1)"] if after else []
    else:
        lines = ["q = " + ("p" if loss["of"] == "outputs" else "torch.softmax(%s, -1)" % source)]
        lines += ["q = q / q.sum(-1, keepdim=True)"] if divided else []
        lines += ["q = q.clamp(%r, 1 - %r)" % (clip, clip)] if clip else []
        lines += ["q = q / q.sum(-1, keepdim=True)"] if after else []
        lines += ["log_q = torch.where(%s > 0, q, 1).log()" % y]
    return labels + lines + _weighed(spec, "-(%s * log_q).sum(-1)" % y)


def _binary(spec, last, z):
    """Return the lines of −y log q − (1 − y) log(1 − q), in the order of `losses.binary_crossentropy`."""
    loss = spec["loss"]
    of, clip, offset, floor = loss["of"], loss["clip"], loss["log_offset"], float(loss["log_floor"])
    domain, in_form = loss["domain"], loss["logits_form"]
    from_p = of == "sigmoid_of_outputs" or (of == "outputs" and not (in_form and last == "sigmoid"))
    source = "p" if from_p else z
    q = "p" if of == "outputs" else "torch.sigmoid(%s)" % source
    if math.isfinite(floor) and not (clip and math.log(clip) >= floor):
        if floor != -100 or domain != "refuse" or clip or in_form or offset:
            raise Unsupported("Lightning can be told loss.log_floor only as torch.nn.BCELoss has it: -100, with "
                              "domain=refuse, clip=0, log_offset=0 and logits_form=false; or below the logarithm of "
                              "the clip.")
        return _by_function(spec, "nn.functional.binary_cross_entropy", q)
    lines = ["q = " + q] if domain == "refuse" or not (in_form and not (of == "outputs" and from_p)) else []
    if domain == "refuse":
        lines += ["if ((q < 0) | (q > 1)).any():",
                  '    raise ValueError("binary cross-entropy got an output outside [0, 1].")']
    if in_form and not (of == "outputs" and from_p):
        if not clip and not offset:
            return lines + _by_function(spec, "nn.functional.binary_cross_entropy_with_logits", source)
        lines += ["logs = [nn.functional.logsigmoid(v) for v in (%s, -%s)]" % (source, source)]
        lines += ["logs = [v.clamp(np.log(%r), np.log1p(-%r)) for v in logs]" % (clip, clip)] if clip else []
        lines += ["logs = [(v.exp() + %r).log() for v in logs]" % offset] if offset else []
        return lines + _weighed(spec, "-(y * logs[0] + (1 - y) * logs[1])")
    lines += ["q = torch.where((q >= 0) & (q <= 1), q, torch.nan)"] if domain == "undefined" or not clip else []
    lines += ["q = q.clamp(%r, 1 - %r)" % (clip, clip)] if clip else []
    offset_term = " + %r" % offset if offset else ""
    return lines + ["log_q = torch.where(y > 0, q%s, 1).log()" % offset_term,
                    "log_rest = torch.where(y < 1, 1 - q%s, 1).log()" % offset_term,
                    *_weighed(spec, "-(y * log_q + (1 - y) * log_rest)")]


def _by_function(spec, function, source):
    """Return the lines that compute the loss with a function of PyTorch."""
    if class_weights_of(spec["loss"]) == "none":
        return ["loss = %s(%s, y)" % (function, source)]
    return _weighed(spec, '%s(%s, y, reduction="none")' % (function, source))


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
