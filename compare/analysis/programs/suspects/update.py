"""Suspects of different updates from equal gradients: settings and rules of the optimizers."""

from __future__ import annotations

from typing import Iterator

from compare.analysis.programs.agreement import TOLERANCE, relative_difference
from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Run
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects.constraints import unconstrained
from compare.analysis.programs.suspects.keras_update import averaged, keras_settings, stateful
from compare.analysis.programs.suspects.optimizer_fields import Fields, fields_of, trained
from compare.analysis.programs.suspects.optimizer_text import (
    BY_DESIGN,
    CLIPS,
    SIDES,
    another_optimizer,
    clips,
    code,
    constructor,
    decay_of_groups,
    decayed,
    rates_of_groups,
    sentence,
)
from compare.analysis.programs.suspects.parameters import attribute_of
from compare.analysis.programs.suspects.statistics import moving, moving_of_functions
from compare.analysis.programs.suspects.suspect import Suspect, quoted, together

DEFAULT_EPSILONS = (1e-7, 1e-8)
"""Epsilon where nobody sets it, in Keras and in PyTorch (the rules of `frameworks/parts/optimizers`)."""


def suspects(comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """Every suspect, the most specific first; a difference of the training names steps, not parameters."""
    names = [name for name in comparison.where if name in pairs]
    return together([*gradients_kept(left, right, pairs), *not_stepped(right), *added_biases(names, left, right, pairs),
                     *moving(names, left, right, pairs), *moving_of_functions(names, left, right),
                     *repeated_rows(names, left, right, pairs), *unconstrained(left, right, pairs),
                     *settings(left, right, pairs), *keras_settings(left, right), *averaged(left, right),
                     *stateful(left, right)])


def gradients_kept(left: Run, right: Run, pairs: Pairs) -> Iterator[Suspect]:
    """Gradients that are not set to zero: the first step is the same, and the second is not."""
    if not right.is_torch or not right.optimizer:
        return
    weights = [(left.arrays(f"weight/{step}"), right.arrays(f"weight/{step}")) for step in (1, 2)]
    steps = [max((relative_difference(ours[name], theirs[partner]) for name, partner in pairs.items()), default=0.0)
             for ours, theirs in weights if ours and theirs]
    if len(steps) == 2 and steps[0] < TOLERANCE < steps[1]:
        yield Suspect(({"kind": "gradients_cleared"},),
                      "The gradients of the batch before are still there when a batch begins, and its own are added to "
                      "them.", "`zero_grad()` of every optimizer before its backward pass", right.optimizer.place)


def not_stepped(right: Run) -> Iterator[Suspect]:
    """One of several optimizers, with a `step` that is never called."""
    if right.optimizer and right.optimizer.unstepped:
        names = quoted([name for group in right.optimizer.groups if group["optimizer"] in right.optimizer.unstepped
                        for name in group["parameters"]])
        yield Suspect(({"kind": "optimizers_stepped"},),
                      f"The optimizer of {names} never makes an update: its `step()` is not called.",
                      "`step()` of every optimizer in `training_step`", right.optimizer.place)


def added_biases(names: list[str], left: Run, right: Run, pairs: Pairs) -> Iterator[Suspect]:
    """A bias that is the sum of two trained ones, and so moves twice as far."""
    twice = [pairs[name] for name in names if right.parameters[pairs[name]].added
             and right.parameters[pairs[name]].trained_parts == 2 and not left.parameters[name].added]
    if twice:
        layer = right.layers[right.parameters[twice[0]].layer]
        changes = tuple({"kind": "trainable", "parameter": part, "part": 1, "value": False} for part in twice)
        yield Suspect(changes, f"PyTorch's `{layer.kind}` has two biases, which are added; both are trained, so their "
                      "sum moves twice as far as Keras's only bias.",
                      f"`{layer.code}.bias_hh{'' if layer.kind.endswith('Cell') else '_l0'}.requires_grad_(False)` "
                      "after setting it to zero", layer.place, by_design=True)


def repeated_rows(names: list[str], left: Run, right: Run, pairs: Pairs) -> Iterator[Suspect]:
    """TensorFlow's gradient of an Embedding, on the side that has it: Keras squares its repeated rows one by one."""
    sparse = [(side, run.optimizer) for side, run, parameters in (
        ("left", left, names), ("right", right, [pairs[name] for name in names]))
        if run.optimizer and any(run.parameters[name].layer in run.optimizer.sparse for name in parameters)]
    if len(sparse) == 1:
        side, optimizer = sparse[0]
        yield Suspect(({"kind": "dense_gradients"},),
                      "Keras on TensorFlow squares the gradient of every occurrence of an embedding's row before it "
                      "adds the squares; PyTorch and JAX add the gradients first. A row that occurs n times in a batch "
                      "moves about `sqrt(n)` times as far with TensorFlow.", "", optimizer.place, side=side,
                      by_design=True)


def settings(left: Run, right: Run, pairs: Pairs) -> Iterator[Suspect]:
    """Another optimizer; of the same one, every field that differs."""
    if not left.optimizer or not right.optimizer or not right.is_torch:
        return
    ours, theirs = fields_of(left), fields_of(right)
    if ours is None:
        return
    if ours["decayed"] is not None:
        ours["decayed"] = sorted(pairs[name] for name in ours["decayed"] if name in pairs)
    if theirs is None or ours["rule"] != theirs["rule"]:
        yield Suspect(({"kind": "optimizer", "fields": ours},),
                      another_optimizer(left.optimizer.name, right.optimizer.name, left.is_torch),
                      constructor(left.optimizer.name, ours, left.is_torch), right.optimizer.place)
        return
    for name in ours:
        if name in theirs and ours[name] != theirs[name] and not meaningless(name, ours, theirs):
            fields = {each: ours[each] for each in (name, *TOGETHER.get(name, ()))}
            fields |= {"batches": ours[name]} if name == "accumulate" else {}
            cause, fix = texts(name, ours, theirs, left, right)
            default = name == "epsilon" and (ours[name], theirs[name]) == DEFAULT_EPSILONS
            yield Suspect(({"kind": "optimizer", "fields": fields},), cause, fix, right.optimizer.place,
                          by_design=default or name in BY_DESIGN)
    if ours["accumulate"] == theirs["accumulate"] > 1:
        yield Suspect(({"kind": "optimizer", "fields": {"gradient_factor": 1 / ours["accumulate"]}},),
                      f"Keras updates with the mean of {ours['accumulate']} batches' gradients, your program with "
                      "their sum.", f"(loss / {ours['accumulate']}).backward()", right.optimizer.place)


def texts(name: str, ours: Fields, theirs: Fields, left: Run, right: Run) -> tuple[str, str]:
    """The sentence and the code for a field that differs."""
    assert left.optimizer and right.optimizer
    sides = SIDES[left.is_torch]
    names = {each: attribute_of(parameter, right) for each, parameter in right.parameters.items()}
    if name in CLIPS:
        cause = clips(ours, theirs, sides)
    elif name == "decayed":
        tensors = [[names[each] for each in (
            trained(right) if fields[name] is None else fields[name])] for fields in (ours, theirs)]
        return decayed(tensors[0], tensors[1], left.is_torch, ours["weight_decay"])
    elif name == "rate_factors" and not ours[name]:
        return rates_of_groups({names[each]: theirs["learning_rate"] * factor for each, factor in theirs[name].items()
                                if each in names}, ours["learning_rate"], sides)
    elif name == "weight_decay" and not ours[name] and theirs["decayed"]:
        return decay_of_groups([names[each] for each in theirs["decayed"]], theirs[name], sides)
    else:
        actual = [names[each] for each in theirs[name]] if name == "omitted" and theirs[name] else theirs[name]
        cause = sentence(name, ours[name], actual, right.optimizer.name, left.is_torch)
    return cause, code(name, ours, left.optimizer.settings)


TOGETHER = {"weight_decay": ("decay_kind", "decayed"), "rates": ("learning_rate",), "rate_factors": ("learning_rate",),
            **{name: (*CLIPS, "clip_epsilon") for name in CLIPS}}
"""Fields that are changed with another, since they say how it is meant; a way of clipping with its epsilon."""


def meaningless(name: str, ours: Fields, theirs: Fields) -> bool:
    """Whether a field says nothing here: how a weight decay is applied that one side does not have, and the first
    learning rate of a schedule or of parameter groups."""
    if name in ("decay_kind", "decayed"):
        return not ours["weight_decay"] or not theirs["weight_decay"]
    if name in CLIPS:  # one suspect says how both sides clip
        return name != next((each for each in CLIPS if ours[each] != theirs[each]), "")
    if name == "clip_epsilon":
        return not any(theirs[kind] for kind in ("clip_norm", "clip_global"))
    if name == "accumulate":  # PyTorch's updates cannot be made more often than its program makes them
        return bool(theirs[name] > 1)
    return name == "learning_rate" and any(ours[each] != theirs[each] for each in ("rates", "rate_factors"))
