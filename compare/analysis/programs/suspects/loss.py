"""Suspects where the loss of equal outputs differs."""

from __future__ import annotations

from typing import Iterator, Mapping

import numpy as np

from compare.analysis.programs.description import Operation, Place, Run
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.stages import Comparison
from compare.analysis.programs.suspects.suspect import Suspect

ON_LOGITS = ("cross_entropy", "binary_cross_entropy_with_logits", "multilabel_soft_margin_loss")
"""PyTorch's losses that apply softmax or sigmoid themselves."""
FUNCTIONS = (*ON_LOGITS, "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "nll_loss", "binary_cross_entropy",
             "kl_div", "hinge_embedding_loss", "gaussian_nll_loss")
REDUCTION = {"cross_entropy": 6, "mse_loss": 4, "l1_loss": 4, "nll_loss": 6}


def suspects(found: Comparison, left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """Every suspect, the most specific first."""
    if left.framework == "lightning" or right.framework != "lightning":
        return []
    computed = loss_operations(right)
    place = computed[-1].place if computed else Place()
    proposed: list[Suspect] = []
    for propose in (broadcast, activated_twice, not_activated, penalized, smoothed, summed, exchanged, scaled, another):
        proposed += propose(computed, left, right, pairs, place)
    return proposed


def loss_operations(run: Run) -> list[Operation]:
    """The operations of the first training step that come after those of the model: the loss."""
    known = {operation.key for operation in run.operations}
    after = [operation for operation in run.training_operations if operation.key not in known]
    return after or list(run.training_operations[-1:])


def broadcast(computed: list[Operation], left: Run, right: Run, pairs: Pairs, place: Place) -> Iterator[Suspect]:
    """(N, 1) against (N,), which become (N, N)."""
    for operation in computed:
        shapes = [tuple(shape) for shape in operation.shapes[:2]]
        if len(shapes) == 2 and shapes[0] != shapes[1] and all(shapes) and np.prod(shapes[0]) == np.prod(shapes[1]):
            yield Suspect(({"kind": "reshape_first", "operation": operation.key},),
                          f"Outputs of shape {shapes[0]} and targets of shape {shapes[1]} are broadcast to every pair; "
                          "Keras brings both to one shape.", "out.reshape(y.shape)", operation.place)


def activated_twice(computed: list[Operation], left: Run, right: Run, pairs: Pairs, place: Place) -> Iterator[Suspect]:
    """A loss that applies softmax or sigmoid to what has passed through it already."""
    operations = {operation.key: operation for operation in right.training_operations}
    for operation in computed:
        made = [operations[source].kind for source in operation.sources if source in operations]
        twice = [kind for kind in made if kind in ("softmax", "sigmoid")]
        if operation.kind in ON_LOGITS and twice:
            yield Suspect(({"kind": "input_before", "operation": operation.key},),
                          f"{operation.kind} applies {twice[0]} itself, and your model's outputs have passed through "
                          f"{twice[0]} already.", f"give {operation.kind} the values before {twice[0]}",
                          operation.place)


def not_activated(computed: list[Operation], left: Run, right: Run, pairs: Pairs, place: Place) -> Iterator[Suspect]:
    """Keras's loss of probabilities that gets logits."""
    last = left.layers.get(left.operations[-1].layer) if left.operations else None
    name = class_name(str(left.loss.get("name", "")))
    logits = last is not None and last.settings.get("activation", "") == "linear"
    if "Crossentropy" in name and left.loss.get("settings", {}).get("from_logits") in (False, None) and logits:
        yield Suspect(({"kind": "loss", "name": name, "settings": {"from_logits": True}},),
                      f"Keras's {name} expects probabilities, and the Keras model outputs logits: its last layer has "
                      "no activation.", f"keras.losses.{name}(from_logits=True)",
                      Place(str(left.loss.get("file") or left.place.file),
                            int(left.loss.get("line") or left.place.line)), side="left")


def penalized(computed: list[Operation], left: Run, right: Run, pairs: Pairs, place: Place) -> Iterator[Suspect]:
    """Keras's regularizers, which are part of its loss."""
    factors = {pairs[name]: dict(values) for name, values in left.penalties.items() if name in pairs}
    if factors:
        values = sorted({(name, value) for each in factors.values() for name, value in each.items() if value})
        said = " and ".join(f"{name.upper()}({value:.6g})" for name, value in values)
        terms = " + ".join(f"{value:.6g} * sum(p.{'square' if name == 'l2' else 'abs'}().sum() for p in kernels)"
                           for name, value in values)
        yield Suspect(({"kind": "penalty", "parameters": factors},),
                      f"Keras adds its regularizers, {said} of {len(factors)} parameter"
                      f"{'s' * (len(factors) > 1)}, to the loss.", f"loss = loss + {terms}", place)


def smoothed(computed: list[Operation], left: Run, right: Run, pairs: Pairs, place: Place) -> Iterator[Suspect]:
    """Label smoothing of one side."""
    wanted = left.loss.get("settings", {}).get("label_smoothing")
    for operation in computed:
        if operation.kind == "cross_entropy" and wanted is not None:
            own = (operation.arguments or {}).get("label_smoothing", 0.0)
            if own != wanted:
                yield Suspect(({"kind": "argument", "operation": operation.key, "position": 7,
                                "name": "label_smoothing", "value": wanted},),
                              f"Keras's loss has label_smoothing={wanted:g}, this one {own or 0:g}.",
                              f"label_smoothing={wanted:g}", operation.place)


def summed(computed: list[Operation], left: Run, right: Run, pairs: Pairs, place: Place) -> Iterator[Suspect]:
    """A sum where Keras takes a mean."""
    for operation in computed:
        given = operation.arguments or {}
        if operation.kind == "kl_div":
            yield Suspect(({"kind": "argument", "operation": operation.key, "name": "reduction", "value": "batchmean",
                            "position": 4},),
                          "kl_div takes the mean over samples and classes; Keras's KLDivergence is a sum over classes.",
                          'reduction="batchmean"', operation.place)
        if operation.kind in FUNCTIONS and "sum" in map(str, given.values()):
            yield Suspect(({"kind": "argument", "operation": operation.key, "name": "reduction", "value": "mean",
                            "position": REDUCTION.get(operation.kind, 4)},),
                          "Your loss is a sum over the batch; Keras takes the mean.", 'reduction="mean"',
                          operation.place)


def scaled(computed: list[Operation], left: Run, right: Run, pairs: Pairs, place: Place) -> Iterator[Suspect]:
    """A factor that is a number of samples, outputs or steps, or one half."""
    ours, theirs = (float(run.trace["first_loss"]) for run in (left, right))
    if not theirs or not np.isfinite(ours / theirs):
        return
    shape = left.arrays("predicted")["0"].shape
    batch, size = shape[0], int(np.prod(shape[1:]))
    named: dict[float, str] = {float(batch): f"the {batch} samples of a batch", 2.0: "two",
                               float(size): f"the {size} values of an output",
                               float(batch * size): f"all {batch * size} values of a batch"}
    for value, words in named.items():
        for factor, said in ((value, "divided by"), (1 / value, "multiplied by")):
            if value != 1 and abs(ours / theirs / factor - 1) < 1e-7:
                yield Suspect(({"kind": "loss_factor", "factor": factor},),
                              f"Your loss is Keras's {said} {words}.", f"loss = loss * {factor:.6g}", place)


COUNTERPARTS = {"MeanSquaredError": ("mse_loss",), "MeanAbsoluteError": ("l1_loss",), "Huber": ("huber_loss",),
                "SparseCategoricalCrossentropy": ("cross_entropy", "nll_loss"), "KLDivergence": ("kl_div",),
                "CategoricalCrossentropy": ("cross_entropy", "nll_loss"),
                "BinaryCrossentropy": ("binary_cross_entropy", "binary_cross_entropy_with_logits")}
"""Of Keras's losses, the functions of PyTorch that compute the same."""


def exchanged(computed: list[Operation], left: Run, right: Run, pairs: Pairs, place: Place) -> Iterator[Suspect]:
    """A function of PyTorch that is another loss than Keras's."""
    own = {operation.kind for operation in computed if operation.kind in FUNCTIONS}
    if own and not own & set(COUNTERPARTS.get(class_name(str(left.loss.get("name", ""))), own)):
        yield from another(computed, left, right, pairs, place)


def another(computed: list[Operation], left: Run, right: Run, pairs: Pairs, place: Place) -> Iterator[Suspect]:
    """Another loss than Keras's: Keras's own in its place."""
    name = class_name(str(left.loss.get("name", "")))
    settings = {key: value for key, value in left.loss.get("settings", {}).items()
                if key in SETTINGS.get(name, ()) and value is not None}
    if name in SETTINGS:
        said = "".join(f", {key}={value!r}" for key, value in settings.items() if value not in (False, 0.0))
        own = next((operation.kind for operation in reversed(computed) if operation.kind in FUNCTIONS), "your own")
        yield Suspect(({"kind": "loss", "function": name, "settings": settings},),
                      f"Keras's loss is {name}{said and ' with ' + said[2:]}; yours is {own}.",
                      f"a loss that computes {name}({said[2:]})", place)


SETTINGS: Mapping[str, tuple[str, ...]] = {
    "MeanSquaredError": (), "MeanAbsoluteError": (), "SparseCategoricalCrossentropy": ("from_logits",),
    "CategoricalCrossentropy": ("from_logits", "label_smoothing"),
    "BinaryCrossentropy": ("from_logits", "label_smoothing"), "Huber": ("delta",), "KLDivergence": ()}
"""Keras's losses that `frameworks.lightning.program.changes.LOSSES` computes, and the settings that it knows."""
SHORT = {"mse": "MeanSquaredError", "mae": "MeanAbsoluteError", "kld": "KLDivergence", "kl_divergence": "KLDivergence"}


def class_name(name: str) -> str:
    """The class of a loss that is given as a class, a function or a short name."""
    return SHORT.get(name, name if name in SETTINGS else "".join(part.capitalize() for part in name.split("_")))
