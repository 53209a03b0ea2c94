"""The table of all settings: those of paired layers, of the losses and of the optimizers, given by the user or default.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterator, Mapping, Sequence

from compare.analysis.programs import torch_losses
from compare.analysis.programs.description import Run, path_as_code
from compare.analysis.programs.pairing import Pairs, paired_layers
from compare.analysis.programs.suspects.optimizer_fields import fields_of
from compare.analysis.programs.suspects.optimizer_text import CLASSES, CLIPS

NOT_THERE = "–"
Given = Sequence[str] | None


@dataclass(frozen=True)
class Row:
    """A setting of one pair."""

    what: str
    """The layers of both sides as `left` against `right`, or loss or optimizer."""
    setting: str
    """Its name in Keras."""
    left: str
    right: str
    left_from: str
    """given or default; empty if that is not known."""
    right_from: str
    differs: bool
    """Whether both sides have the setting with different values; False if the values cannot be compared."""


def table(left: Run, right: Run, pairs: Pairs, operations: Pairs) -> tuple[Row, ...]:
    """The rows of every pair of layers, then of the loss and of the optimizer."""
    return (*of_layers(left, right, pairs, operations), *of_losses(left, right), *of_optimizers(left, right))


def layer_pairs(left: Run, right: Run, pairs: Pairs, operations: Pairs) -> dict[str, str]:
    """The right layer by the left layer: their parameters are paired, or their operations, which compute the same."""
    layers = paired_layers(left, right, pairs)
    for name, partner in operations.items():
        names = left.operation(name).layer, right.operation(partner).layer
        if all(names) and names[1] not in layers.values():
            layers.setdefault(*names)
    return {name: layers[name] for name in left.layers if name in layers and layers[name] in right.layers}


def of_layers(left: Run, right: Run, pairs: Pairs, operations: Pairs) -> Iterator[Row]:
    """The settings of every pair of layers, including those of one side only."""
    with_parameters = paired_layers(left, right, pairs)  # of the same shapes
    for name, partner in layer_pairs(left, right, pairs, operations).items():
        ours, theirs = left.layers[name], right.layers[partner]
        both = [setting for setting in (*ours.settings, *theirs.settings)
                if shared_name(setting, ours.settings) == setting
                and not (setting in SIZES and name in with_parameters)
                and not (setting == "use_bias" and f"{name}.bias" in pairs)
                and not (setting == "dropout" and theirs.kind in RECURRENT)]
        for setting in dict.fromkeys(both):
            yield row(f"`{path_as_code(name)}` against `{path_as_code(partner)}`", setting, ours.settings,
                      theirs.settings, ours.given, theirs.given)


RECURRENT = ("LSTM", "GRU", "RNN")
"""Layers of PyTorch that have several layers, with dropout between them: `settings` compares it."""
SIZES = ("units", "filters")
"""Settings that say the shape of parameters: a layer of a recurrent cell may have the units of all gates."""


def shared_name(name: str, settings: Mapping[str, Any]) -> str:
    """The name of a setting; PyTorch's pooling has a kernel_size where Keras's has a pool_size."""
    return "pool_size" if name == "kernel_size" and "pool_size" in settings else name


def row(what: str, name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], given: Given,
        their_given: Given) -> Row:
    """One row; a setting that only one side has does not count as a difference."""
    values = [settings.get(name) if name in settings else NOT_THERE for settings in (ours, theirs)]
    differs = NOT_THERE not in values and (not alike(name, values[0], values[1], ours) or
                                           name in CLIPS and values[0] != values[1])
    origins = [origin(name, each) if value != NOT_THERE else "" for value, each in zip(values, (given, their_given))]
    return Row(what, name, shown(values[0]), shown(values[1]), origins[0], origins[1], differs)


def origin(name: str, given: Given) -> str:
    """Whether the user's code passes a setting: given or default."""
    return "" if given is None else "given" if name in given else "default"


def alike(name: str, left: Any, right: Any, settings: Mapping[str, Any]) -> bool:
    """Whether two values mean the same; True if that cannot be decided from them."""
    if name == "approximate":
        left, right = ({True: "tanh", False: "none"}.get(value, value) for value in (left, right))
    if name == "padding" and isinstance(left, str):
        return padding_alike(left, right, settings)
    if name == "padding" and isinstance(right, str):
        return padding_alike(right, left, settings)
    if isinstance(left, (list, tuple)) != isinstance(right, (list, tuple)):
        left, right = (value if isinstance(value, (list, tuple)) else [value] for value in (left, right))
        return len(set(map(str, map(number, left))) | set(map(str, map(number, right)))) == 1
    if isinstance(left, (list, tuple)):
        return [*map(number, left)] == [*map(number, right)]
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return abs(left - right) <= 1e-9 * max(abs(left), abs(right))
    return type(left) is not type(right) or bool(left == right)


def number(value: Any) -> Any:
    """Converts a float with an integer value to an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def padding_alike(left: str, right: Any, settings: Mapping[str, Any]) -> bool:
    """Whether Keras's padding is PyTorch's: valid is 0, and same is half of the kernel at stride 1; with another stride
    it depends on the size of the input."""
    if isinstance(right, str):
        return left == right
    sizes = list(right) if isinstance(right, (list, tuple)) else [right]
    if left == "valid":
        return not any(sizes)
    kernel = settings.get("kernel_size") or settings.get("pool_size")
    strides, dilation = settings.get("strides") or [1], settings.get("dilation_rate") or [1]
    if left != "same" or not isinstance(kernel, list) or any(number(stride) != 1 for stride in strides):
        return True
    return sizes == [step * (size - 1) / 2 for size, step in zip(kernel, dilation * len(kernel))][:len(sizes)]


IN_KERAS = {"ignore_index": "ignore_class", "beta": "delta"}
OF_LOGITS = {"cross_entropy": True, "binary_cross_entropy_with_logits": True, "nll_loss": False,
             "binary_cross_entropy": False}


def of_losses(left: Run, right: Run) -> Iterator[Row]:
    """The losses: Keras's with its settings, PyTorch's as the last function of the training step that is a loss."""
    ours, theirs = loss_of(left), loss_of(right)
    if ours is None or theirs is None:
        return
    yield Row("loss", "name", ours[0], theirs[0], "", "", False)
    for name in dict.fromkeys((*ours[1], *theirs[1])):
        each = row("loss", name, ours[1], theirs[1], ours[2], theirs[2])
        yield replace(each, differs=each.differs and name != "from_logits")  # which depends on the outputs


LossFacts = tuple[str, Mapping[str, Any], Given]


def loss_of(run: Run) -> LossFacts | None:
    """The name, settings and given settings of a loss; None if it is not a single function."""
    if not run.is_torch:
        settings = {name: value for name, value in (run.loss.get("settings") or {}).items()
                    if name not in ("name", "dtype", "fn")}
        if settings.get("reduction") == "sum_over_batch_size":
            settings["reduction"] = "mean"
        name = run.loss.get("name")
        return (str(name), settings, run.loss.get("given")) if name and name != "several" else None
    last = next((operation for operation in reversed(run.training_operations)
                 if operation.kind in torch_losses.ARGUMENTS), None)
    if last is None:
        return None
    defaults = torch_losses.DEFAULTS
    values = {name: last.argument(name, i, defaults.get(name))
              for i, name in enumerate(torch_losses.ARGUMENTS[last.kind]) if name}
    given = [IN_KERAS.get(name, name) for name, value in values.items() if value != defaults.get(name)]
    settings = {IN_KERAS.get(name, name): value for name, value in values.items() if value is not None}
    if settings.get("ignore_class") == defaults["ignore_index"]:
        settings["ignore_class"] = None
    if last.kind in OF_LOGITS:
        settings["from_logits"] = OF_LOGITS[last.kind]
    return last.kind, settings, given


ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "learning_rate": ("learning_rate", "lr"), "rates": ("learning_rate", "lr"), "beta_1": ("beta_1", "betas"),
    "beta_2": ("beta_2", "betas"), "epsilon": ("epsilon", "eps"), "rho": ("rho", "alpha"),
    "initial_accumulator": ("initial_accumulator_value",), "clip_norm": ("clipnorm",),
    "clip_global": ("global_clipnorm",), "clip_value": ("clipvalue",),
    "accumulate": ("gradient_accumulation_steps",)}
"""By field of an optimizer, its argument in Keras and in PyTorch, where it has another name."""
NOT_GIVEN = ("rule", "epsilon_place", "decay_kind", "decayed", "rate_in_momentum", "rates", "clip_epsilon",
             "omitted", "rate_factors")
"""Fields that follow from the class, or that no argument of either framework sets."""


def of_optimizers(left: Run, right: Run) -> Iterator[Row]:
    """The optimizers, field by field where both are known."""
    if not left.optimizer or not right.optimizer or any(
            run.optimizer and not run.is_torch and not run.optimizer.settings for run in (left, right)):
        return
    yield Row("optimizer", "name", left.optimizer.name, right.optimizer.name, "", "",
              CLASSES.get(left.optimizer.name, left.optimizer.name) != right.optimizer.name)
    if not (left.optimizer.settings and right.optimizer.settings):
        return
    ours, theirs = fields_of(left), fields_of(right)
    if ours is None or theirs is None or ours["rule"] != theirs["rule"]:
        return
    given = [None if run.optimizer is None or run.optimizer.given is None else
             [field for field in ours if set(ARGUMENTS.get(field, (field,))) & set(run.optimizer.given)
              # in PyTorch, clipping and accumulation are lines of the training loop, and no arguments
              or run.is_torch and (field in CLIPS and fields[field] or field == "accumulate" and fields[field] > 1)]
             for run, fields in ((left, ours), (right, theirs))]
    for name in ours:
        if name in theirs and name not in NOT_GIVEN and not (ours[name] is None and theirs[name] is None):
            each = row("optimizer", name, ours, theirs, given[0], given[1])
            yield replace(each, setting=ARGUMENTS.get(name, (name,))[0])


def shown(value: Any) -> str:
    """A value as text."""
    if value is None:
        return "None"
    if isinstance(value, float):
        return f"{value:.10g}"
    return f"({', '.join(map(shown, value))})" if isinstance(value, (list, tuple)) else str(value)
