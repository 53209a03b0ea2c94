"""Losses of a spec in PyTorch: a loss class of PyTorch where it has one for the set fields, else lines of code.

A builder takes the loss as plain JSON and a `Setting`, and returns a `StepLoss`. `loss_functions` executes it, and
`codegen_losses` writes it into a program. The lines set `loss` from the labels y, the logits z and the outputs p; they
use `torch`, `nn` and `np`, and `self.loss` and `self.weights` of the module; with sample weights, also w, those of the
samples. To add a loss, add its builder and its entry in `LOSSES`. No PyTorch is imported. Builders raise Unsupported if
PyTorch cannot be configured with the value of a field.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable

from frameworks.codegen.source import Line
from frameworks.protocol import Json
from frameworks.runtime.call import Call, set_arguments
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import by_weights, class_weights_of, set_fields


@dataclass(frozen=True)
class Setting:
    """What a builder depends on, apart from the loss."""

    last: str
    """The name of the last activation, or `linear`."""
    numbered: bool
    """Whether labels are class indices of a model with several outputs, of shape (batch,)."""
    one_hot: bool
    """Whether labels are one-hot vectors."""
    classes: int
    """The number of outputs."""
    z: str
    """The variable that holds the logits: z, or p in a program in which only the outputs are computed."""
    sample_weight: Json | str = "none"
    """The weights of the samples, which are the variable w, of shape (batch, 1), in the lines; or `none`."""


@dataclass(frozen=True)
class StepLoss:
    """A loss in a LightningModule."""

    lines: tuple[Line, ...]
    """The lines that set `loss`; a tuple of a string and `weights` is a line that uses the weights of the spec."""
    module: Call | None = None
    """What `self.loss` is; None where the lines do not use it."""
    weights: tuple[float, ...] = ()
    """What `self.weights` is: the weights of the classes; empty where the lines do not use them."""
    weighted_function: str = ""
    """The function of `nn.functional` to which the lines pass the weights of the samples, if there is one."""


def mean_squared_error(loss: Json, setting: Setting) -> StepLoss:
    """nn.MSELoss."""
    return _of_module(Call("nn.MSELoss"), setting)


def mean_absolute_error(loss: Json, setting: Setting) -> StepLoss:
    """nn.L1Loss."""
    return _of_module(Call("nn.L1Loss"), setting)


def quadratic_cost(loss: Json, setting: Setting) -> StepLoss:
    """½ Σ (p − y)², which PyTorch does not have."""
    return _mean(loss, setting, [], "((p - y) ** 2).sum(-1)", divided=" / 2")


def huber(loss: Json, setting: Setting) -> StepLoss:
    """nn.HuberLoss, or nn.SmoothL1Loss, which is the same divided by delta."""
    name, argument = ("nn.SmoothL1Loss", "beta") if loss["divided"] else ("nn.HuberLoss", "delta")
    return _of_module(Call(name, **set_arguments(loss, delta=argument)), setting)


def kl_divergence(loss: Json, setting: Setting) -> StepLoss:
    """Σ y log(y / q), with every field of `scenarios.spec.KLDivergence`."""
    if not set_fields(loss):
        return _of_module(Call("nn.KLDivLoss"), setting)
    if None in loss.values():
        raise Unsupported("Lightning needs all fields of KLDivergence unset, or all set.")
    clip, elements = loss["clip"], loss["mean_of"] == "elements"
    if loss["of"] == "powers_of_outputs" and not clip and setting.sample_weight == "none":
        return StepLoss(('loss = nn.functional.kl_div(p, y, reduction="%s")' % ("mean" if elements else "batchmean"),))
    lines = ["q = p" if loss["of"] == "outputs" else "q = p.exp()"]
    lines += ["labels, q = y.clamp(%r, 1), q.clamp(%r, 1)" % (clip, clip)] if clip else ["labels = y"]
    return _mean(loss, setting, [*lines, "logs = [torch.where(labels > 0, v, 1).log() for v in (labels, q)]"],
                 "(labels * (logs[0] - logs[1])).sum(-1)", divided=" / %d" % setting.classes if elements else "")


def poisson(loss: Json, setting: Setting) -> StepLoss:
    """nn.PoissonNLLLoss, which adds its `eps` inside the logarithm where outputs are rates, not their logarithms."""
    log_input = {"log_input": False} if loss["of"] == "outputs" else {}
    return _of_module(Call("nn.PoissonNLLLoss", **log_input, **set_arguments(loss, log_offset="eps")), setting)


def hinge(loss: Json, setting: Setting) -> StepLoss:
    """Raises Unsupported."""
    raise Unsupported("Lightning does not support a hinge: PyTorch has none, and nn.HingeEmbeddingLoss is another "
                      "function.")


def categorical_hinge(loss: Json, setting: Setting) -> StepLoss:
    """Raises Unsupported."""
    raise Unsupported("Lightning does not support a categorical hinge: PyTorch has none, and nn.MultiMarginLoss is "
                      "another function.")


def categorical_crossentropy(loss: Json, setting: Setting) -> StepLoss:
    """−Σ y log q, with every field of `scenarios.spec.CategoricalCrossentropy`."""
    smoothing, clip = loss["label_smoothing"], loss["clip"]
    if _is_of_pytorch(loss):
        return _cross_entropy(loss, setting, setting.z if loss["of"] else "p")
    source = "p" if loss["of"] == "softmax_of_outputs" else setting.z
    kind = setting.last if loss["of"] == "outputs" else "softmax"
    after, divided = loss["row_division"] == "after_clip", loss["row_division"] is True
    if loss["logits_form"] and kind == "softmax" and not loss["row_division"] and not clip:
        return _cross_entropy(loss, setting, source)
    labels = ["rows = nn.functional.one_hot(y, %d)" % setting.classes] if setting.numbered else ["rows = y"]
    labels += ["rows = rows * (1 - %r) + %r / %d" % (smoothing, smoothing, setting.classes)] if smoothing else []
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
    return _mean(loss, setting, labels + lines, "-(%s * log_q).sum(-1)" % y)


def binary_crossentropy(loss: Json, setting: Setting) -> StepLoss:
    """−y log q − (1 − y) log(1 − q), with every field of `scenarios.spec.BinaryCrossentropy`."""
    if _is_of_pytorch(loss):
        name, source = ("nn.BCEWithLogitsLoss", setting.z) if loss["of"] else ("nn.BCELoss", "p")
        if class_weights_of(loss) == "none":
            return _of_module(Call(name), setting, source)
        return _mean(loss, setting, [], "self.loss(%s, y)" % source, Call(name, reduction="none"))
    of, clip, offset, floor = loss["of"], loss["clip"], loss["log_offset"], float(loss["log_floor"])
    domain, in_form = loss["domain"], loss["logits_form"]
    from_p = of == "sigmoid_of_outputs" or (of == "outputs" and not (in_form and setting.last == "sigmoid"))
    source = "p" if from_p else setting.z
    q = "p" if of == "outputs" else "torch.sigmoid(%s)" % source
    if math.isfinite(floor) and not (clip and math.log(clip) >= floor):  # no effect above a clip
        if floor != -100 or domain != "refuse" or clip or in_form or offset:
            raise Unsupported("Lightning supports loss.log_floor only as torch.nn.BCELoss has it: -100, with "
                              "domain=refuse, clip=0, log_offset=0 and logits_form=false; or below the logarithm of "
                              "the clip.")
        return _by_function(loss, setting, [], "nn.functional.binary_cross_entropy", q)
    lines = ["q = " + q] if domain == "refuse" or not (in_form and not (of == "outputs" and from_p)) else []
    if domain == "refuse":
        lines += ["if ((q < 0) | (q > 1)).any():",
                  '    raise ValueError("binary cross-entropy got an output outside [0, 1].")']
    if in_form and not (of == "outputs" and from_p):
        if not clip and not offset:
            return _by_function(loss, setting, lines, "nn.functional.binary_cross_entropy_with_logits", source)
        lines += ["logs = [nn.functional.logsigmoid(v) for v in (%s, -%s)]" % (source, source)]
        lines += ["logs = [v.clamp(np.log(%r), np.log1p(-%r)) for v in logs]" % (clip, clip)] if clip else []
        lines += ["logs = [(v.exp() + %r).log() for v in logs]" % offset] if offset else []
        return _mean(loss, setting, lines, "-(y * logs[0] + (1 - y) * logs[1])")
    lines += ["q = torch.where((q >= 0) & (q <= 1), q, torch.nan)"] if domain == "undefined" or not clip else []
    lines += ["q = q.clamp(%r, 1 - %r)" % (clip, clip)] if clip else []
    offset_term = " + %r" % offset if offset else ""
    lines += ["log_q = torch.where(y > 0, q%s, 1).log()" % offset_term,
              "log_rest = torch.where(y < 1, 1 - q%s, 1).log()" % offset_term]
    return _mean(loss, setting, lines, "-(y * log_q + (1 - y) * log_rest)")


LOSSES: dict[str, Callable[[Json, Setting], StepLoss]] = {
    "CategoricalCrossentropy": categorical_crossentropy, "BinaryCrossentropy": binary_crossentropy,
    "MeanSquaredError": mean_squared_error, "MeanAbsoluteError": mean_absolute_error, "QuadraticCost": quadratic_cost,
    "Huber": huber, "KLDivergence": kl_divergence, "Hinge": hinge, "CategoricalHinge": categorical_hinge,
    "Poisson": poisson}
"""By the name of a class of the spec: (loss, setting) -> `StepLoss`."""


def _is_of_pytorch(loss: Json) -> bool:
    """Whether the loss is a class of PyTorch: no field is set, or only `of`, with the logits.

    Raises Unsupported if some other fields are set and some are not.
    """
    fields = set_fields(loss)
    if not fields or set(fields) == {"of"} and fields["of"].endswith("_of_logits"):
        return True
    if None in loss.values():
        raise Unsupported("Lightning needs all fields of %s unset, all set, or only of=…_of_logits." % loss["is"])
    return False


WEIGHTED = {"nn.MSELoss": "mse_loss", "nn.L1Loss": "l1_loss", "nn.HuberLoss": "huber_loss",
            "nn.BCELoss": "binary_cross_entropy", "nn.BCEWithLogitsLoss": "binary_cross_entropy_with_logits"}
"""The functions of `nn.functional` that take the weights of samples, by the module of the same loss."""


def _of_module(module: Call, setting: Setting, source: str = "p") -> StepLoss:
    if isinstance(setting.sample_weight, str):
        return StepLoss(("loss = self.loss(%s, y)" % source,), module)
    if setting.sample_weight["divisor"] is None and module.name in WEIGHTED:
        name = WEIGHTED[module.name]
        options = "".join(", %s=%r" % each for each in module.kwargs.items())
        line = "loss = nn.functional.%s(%s, y%s, weight=w.expand_as(y))" % (name, source, options), "weights"
        return StepLoss((line,), weighted_function=name)
    unreduced = Call(module.name, **module.kwargs, reduction="none")
    return _mean({}, setting, [], "self.loss(%s, y)" % source, unreduced)


def _cross_entropy(loss: Json, setting: Setting, source: str) -> StepLoss:
    """nn.CrossEntropyLoss, which can weight classes with its own divisor only, and in the evaluation too."""
    weights, default = class_weights_of(loss), "weights" if setting.numbered else "samples"
    if weights == "none":
        smoothing = {"label_smoothing": loss["label_smoothing"]} if loss["label_smoothing"] else {}
        return _of_module(Call("nn.CrossEntropyLoss", **smoothing), setting, source)
    if weights["divisor"] in (None, default) and weights["in_test"] is not False:
        values = [float(value) for value in weights["values"]]
        return _of_module(Call("nn.CrossEntropyLoss", weight=Call("torch.tensor", values)), setting, source)
    return _mean(loss, setting, [], "self.loss(%s, y)" % source, Call("nn.CrossEntropyLoss", reduction="none"))


def _by_function(loss: Json, setting: Setting, lines: list[str], function: str, source: str) -> StepLoss:
    if class_weights_of(loss) == setting.sample_weight == "none":
        return StepLoss((*lines, "loss = %s(%s, y)" % (function, source)))
    return _mean(loss, setting, lines, '%s(%s, y, reduction="none")' % (function, source))


def _mean(loss: Json, setting: Setting, lines: list[str], values: str, module: Call | None = None,
          divided: str = "") -> StepLoss:
    """The mean of the losses of the samples, with the weights of their classes, or their own, if there are any.

    `values` is the expression of the losses of the samples or of their outputs, `lines` are those before it, `divided`
    is what follows the mean.
    """
    weights = class_weights_of(loss)
    if setting.sample_weight != "none":
        mean = "(w * values).sum() / w.expand_as(values).sum()" if by_weights(setting.sample_weight) else \
            "(w * values).mean()"
        return StepLoss((*lines, "values = %s.reshape(len(w), -1)" % values,
                         ("loss = %s%s" % (mean, divided), "weights")), module)
    if weights == "none":
        return StepLoss((*lines, "loss = %s.mean()%s" % (values, divided)), module)
    index = "y.argmax(-1)" if setting.one_hot else "y.long()"
    divisor = weights["divisor"] or ("weights" if setting.numbered else "samples")
    in_test = ["if not self.training:", "    weights = torch.ones_like(weights)"] if weights["in_test"] is False else []
    total = "weights.sum()" if divisor == "weights" else "len(weights)"
    return StepLoss((*lines, "values = " + values, ("weights = self.weights[%s]" % index, "weights"), *in_test,
                     "loss = (weights * values).sum() / " + total), module,
                    tuple(float(value) for value in weights["values"]))
