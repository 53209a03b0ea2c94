"""Suspects of a different loss of equal outputs."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

import numpy as np

from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Operation, Place, Run, is_port, loss_name
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects import loss_terms, same_loss
from compare.analysis.programs.suspects.constants import other_numbers
from compare.analysis.programs.suspects.keras_loss import SETTINGS, another, class_name, exchanged
from compare.analysis.programs.suspects.parameters import attribute_of
from compare.analysis.programs.suspects.suspect import Change, Suspect, with_argument
from compare.analysis.programs.torch_losses import ARGUMENTS, DEFAULTS, position

ON_LOGITS = ("cross_entropy", "binary_cross_entropy_with_logits", "multilabel_soft_margin_loss")
"""PyTorch's losses that apply softmax or sigmoid themselves."""
ONCE = {"cross_entropy": "F.nll_loss(torch.log(outputs), targets)",
        **dict.fromkeys(ON_LOGITS[1:], "F.binary_cross_entropy(outputs, targets)")}
"""The same losses of outputs that have passed through softmax or sigmoid."""
RESHAPES = ("squeeze", "unsqueeze", "view", "reshape", "flatten", "ravel", "__getitem__")
"""Operations between an activation and a loss that keep the values."""


def suspects(comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """Every suspect, the most specific first."""
    if not is_port(left, right):
        return [*same_loss.of_torch(loss_operations(left), loss_operations(right))] if left.is_torch else \
            [*of_values_before_activation(left, right), *same_loss.of_keras(left, right)]
    computed = loss_operations(right)
    place = computed[-1].place if computed else Place()
    return [*broadcast(computed), *activated_twice(computed, right), *without_logarithm(computed, right),
            *loss_terms.classes_reshaped(computed, right), *loss_terms.other_spreads(computed),
            *loss_terms.of_the_masked(computed, right), *not_activated(left),
            *penalized(left, right, pairs, comparison.paired or {}, place),
            *smoothed(computed, left), *weighted(computed), *ignored(computed, left), *summed(computed),
            *exchanged(computed, left, right, place), *scaled(left, right, place),
            *loss_terms.terms(computed, left, right), *loss_terms.exchanged_signs(computed),
            *loss_terms.by_sample(computed, right), *other_numbers(computed, numbers_of(left), "Keras's loss"),
            *another(computed, left, right, place),
            *proportional(left, right, place)]


def of_values_before_activation(left: Run, right: Run) -> Iterator[Suspect]:
    """The shortcut of Keras on TensorFlow, which the other backends do not have."""
    for side, run, partner in (("left", left, right), ("right", right, left)):
        if run.backend == "tensorflow" and partner.backend not in ("", run.backend) and \
                any("crossentropy" in loss_name(loss) for loss in run.losses):
            activation = (run.last_layer.settings.get("activation") if run.last_layer else None) or \
                (run.operations[-1].kind if run.operations else "")
            yield Suspect(({"kind": "loss_of_outputs"},),
                          f"Keras on TensorFlow computes this loss from the values before the `{activation}` of the "
                          "last layer; on PyTorch and JAX, from the outputs, clipped to 1e-7 and 1 - 1e-7.", "",
                          run.loss_place, side=side, by_design=True)


def numbers_of(left: Run) -> list[float]:
    """The numbers of Keras's losses, where they are the user's own."""
    return sorted({number for fact in left.losses for number in fact.get("numbers", ())})


def loss_operations(run: Run) -> list[Operation]:
    """The operations of the first training step that come after those of the model: the loss."""
    known = {operation.key for operation in run.operations}
    after = [operation for operation in run.training_operations if operation.key not in known]
    return after or list(run.training_operations[-1:])


def broadcast(computed: list[Operation]) -> Iterator[Suspect]:
    """(N, 1) against (N,), which become (N, N)."""
    for operation in computed:
        shapes = [tuple(shape) for shape in operation.shapes[:2]]
        if len(shapes) == 2 and shapes[0] != shapes[1] and all(shapes) and np.prod(shapes[0]) == np.prod(shapes[1]):
            yield Suspect(({"kind": "reshape_first", "operation": operation.key},),
                          f"Outputs of shape `{shapes[0]}` and targets of shape `{shapes[1]}` are broadcast to every "
                          "pair; Keras brings both to one shape.", "out.reshape(y.shape)", operation.place)


def activated_twice(computed: list[Operation], right: Run) -> Iterator[Suspect]:
    """A loss that applies softmax or sigmoid to outputs that have passed through it already."""
    operations = {operation.key: operation for operation in right.training_operations}
    for operation in computed:
        twice = [each.kind for each in made_by(operation, operations) if each.kind in ("softmax", "sigmoid")]
        if operation.kind in ON_LOGITS and twice:
            yield Suspect(({"kind": "input_before", "operation": operation.key},),
                          f"`{operation.kind}` applies `{twice[0]}` itself, and your model's outputs have passed "
                          "through it already.", ONCE.get(operation.kind, f"leave out `{twice[0]}`"),
                          operation.place)


def without_logarithm(computed: list[Operation], right: Run) -> Iterator[Suspect]:
    """A loss of log-probabilities that is given probabilities."""
    operations = {operation.key: operation for operation in right.training_operations}
    for operation in computed:
        if operation.kind == "nll_loss" and any(each.kind == "softmax" for each in made_by(operation, operations)):
            yield Suspect(({"kind": "operand_changed", "operation": operation.key, "number": 0, "function": "log"},),
                          "`nll_loss` takes the logarithms of probabilities, and your model outputs probabilities.",
                          "F.nll_loss(torch.log(outputs), targets)", operation.place)


def made_by(of: Operation, operations: Mapping[str, Operation]) -> list[Operation]:
    """The operations that compute the inputs of an operation; those that only reshape are passed over."""
    made = [operations[source] for source in of.sources if source in operations]
    return [operation for each in made
            for operation in (made_by(each, operations) if each.kind in RESHAPES else [each])]


def not_activated(left: Run) -> Iterator[Suspect]:
    """Keras's loss of probabilities, given logits."""
    last = left.last_layer
    name = class_name(str(left.loss.get("name", "")))
    from_logits = left.loss.get("settings", {}).get("from_logits")
    activation = "" if last is None else last.settings.get("activation", "") or ""
    if name not in SETTINGS or "Crossentropy" not in name or bool(from_logits) == (activation == "linear"):
        return
    remark = "expects probabilities, and the Keras model outputs logits: its last layer has no activation." \
        if not from_logits else f"applies an activation, and the Keras model's last layer has `{activation}` already."
    if not from_logits or activation in ("softmax", "sigmoid"):
        yield Suspect(({"kind": "loss", "name": name, "settings": {"from_logits": not from_logits}},),
                      f"Keras's `{name}` {remark}", f"keras.losses.{name}(from_logits={not from_logits})",
                      left.loss_place, side="left")


def penalized(left: Run, right: Run, pairs: Pairs, paired: Pairs, place: Place) -> Iterator[Suspect]:
    """Keras's regularizers, which are part of its loss."""
    factors = {pairs[name]: dict(values) for name, values in left.penalties.items() if name in pairs}
    outputs = {}
    if left.activity_penalties:
        outputs = {paired[operation.key]: dict(left.activity_penalties[operation.layer])
                   for operation in left.operations if operation.layer in left.activity_penalties
                   and operation.key in paired and not operation.key.endswith(":before")}
    if factors or outputs:
        names = [attribute_of(right.parameters[name], right) for name in factors]
        tensors = f"[{', '.join(names)}]" if 0 < len(factors) < 4 else "kernels" if factors else "outputs"
        values = sorted({(name, value) for each in (*factors.values(), *outputs.values())
                         for name, value in each.items() if value})
        terms = " and ".join(f"`{name.upper()}({value:.6g})`" for name, value in values)
        of = " and ".join(f"{len(each)} {what}{'s' * (len(each) > 1)}" for each, what in
                          ((factors, "parameter"), (outputs, "layer output")) if each)
        code = " + ".join(f"{value:.6g} * sum(p.{'square' if name == 'l2' else 'abs'}().sum() for p in "
                          f"{tensors}){'' if factors else ' / len(outputs[0])'}" for name, value in values)
        yield Suspect(({"kind": "penalty", "parameters": factors, "activities": outputs},),
                      f"Keras adds its regularizers, {terms} of {of}, to the loss.", f"loss = loss + {code}", place)


def argument_of(operation: Operation, name: str) -> Any:
    """An argument of one of PyTorch's losses, or its default."""
    return operation.argument(name, position(name, operation.kind), DEFAULTS.get(name))


def with_value(operation: Operation, name: str, value: Any) -> Change:
    """The change that gives one of PyTorch's losses another value for an argument."""
    return with_argument(operation, name, value, position(name, operation.kind))


def smoothed(computed: list[Operation], left: Run) -> Iterator[Suspect]:
    """Label smoothing on one side only."""
    expected = left.loss.get("settings", {}).get("label_smoothing") or 0.0
    for operation in computed:
        if operation.kind == "cross_entropy":
            actual = argument_of(operation, "label_smoothing")
            if actual != expected:
                yield Suspect((with_value(operation, "label_smoothing", expected),),
                              f"Keras's loss has `label_smoothing={expected:g}`, this one has "
                              f"`label_smoothing={actual or 0:g}`.",
                              f"label_smoothing={expected:g}", operation.place)


def summed(computed: list[Operation]) -> Iterator[Suspect]:
    """A sum where Keras has a mean."""
    for operation in computed:
        if operation.kind == "kl_div":
            yield Suspect((with_value(operation, "reduction", "batchmean"),),
                          "`kl_div` takes the mean over samples and classes; Keras's `KLDivergence` is a sum over "
                          "classes.",
                          'reduction="batchmean"', operation.place)
        if operation.kind == "ctc_loss":
            yield Suspect((with_value(operation, "reduction", "none"),
                           {"kind": "apply", "operation": operation.key, "function": "mean_of_all"}),
                          "`ctc_loss` divides the loss of each sample by the length of its target; Keras's `CTC` does "
                          "not.",
                          'F.ctc_loss(…, reduction="none").mean()', operation.place)
        if operation.kind in ARGUMENTS and "sum" in map(str, operation.arguments.values()):
            yield Suspect((with_value(operation, "reduction", "mean"),),
                          "Your loss is a sum over the batch; Keras takes the mean.", 'reduction="mean"',
                          operation.place)


def weighted(computed: list[Operation]) -> Iterator[Suspect]:
    """Weights of classes: PyTorch divides by the sum of the samples' weights, Keras by the number of samples."""
    for operation in computed:
        if operation.kind not in ("cross_entropy", "nll_loss") or len(operation.shapes) < 3:
            continue
        yield Suspect((with_value(operation, "reduction", "none"),
                       {"kind": "apply", "operation": operation.key, "function": "mean_of_all"}),
                      f"`{operation.kind}` with weights divides by the sum of the samples' weights, Keras by the "
                      "number of samples.", f'F.{operation.kind}(…, reduction="none").mean()', operation.place)
        yield Suspect((with_value(operation, "weight", None),),
                      f"Your `{operation.kind}` weights the classes; Keras's compiled loss does not (`class_weight` of "
                      "`fit` is not part of the model, and is not seen).", "leave out `weight`", operation.place)


def ignored(computed: list[Operation], left: Run) -> Iterator[Suspect]:
    """A class that only one side ignores."""
    expected = left.loss.get("settings", {}).get("ignore_class")
    value = DEFAULTS["ignore_index"] if expected is None else expected
    for operation in computed:
        if operation.kind in ("cross_entropy", "nll_loss"):
            actual = argument_of(operation, "ignore_index")
            if actual != value:
                yield Suspect((with_value(operation, "ignore_index", value),),
                              f"Keras's loss has `ignore_class={expected}`, this one has `ignore_index={actual}`.",
                              "leave out `ignore_index`" if expected is None else f"ignore_index={expected}",
                              operation.place)


def ratio(left: Run, right: Run) -> float:
    """The left's loss as a multiple of the right's; not a number where it is none."""
    ours, theirs = (float(run.trace["first_loss"]) for run in (left, right))
    return ours / theirs if theirs and np.isfinite(ours / theirs) else float("nan")


def scaled(left: Run, right: Run, place: Place) -> Iterator[Suspect]:
    """A factor that is a number of samples, positions, features or all of them."""
    shape = left.arrays("predicted")["0"].shape
    named = {2.0: "", float(shape[0]): "samples in a batch", float(shape[-1]): "values along the last axis",
             float(np.prod(shape[1:-1])): "positions in an output",
             float(np.prod(shape[:-1])): "positions in a batch",
             float(np.prod(shape[1:])): "values in an output", float(np.prod(shape)): "values in a batch"}
    for value, count in named.items():
        for factor, relation, sign in ((value, "divided by", "*"), (1 / value, "multiplied by", "/")):
            if value != 1 and abs(ratio(left, right) / factor - 1) < 1e-7:
                yield Suspect(({"kind": "loss_factor", "factor": factor},),
                              f"Your loss is Keras's {relation} {value:g}{count and f', the number of {count}'}.",
                              f"loss = loss {sign} {value:g}", place, alone=True)


def proportional(left: Run, right: Run, place: Place) -> Iterator[Suspect]:
    """Any other factor, if the whole training agrees with it."""
    factor = ratio(left, right)
    if np.isfinite(factor) and factor > 0:
        yield Suspect(({"kind": "loss_factor", "factor": factor},), f"Keras's loss is {factor:.6g} times yours.",
                      f"loss = loss * {factor:.6g}", place, alone=True, whole=True)
