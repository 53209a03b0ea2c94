"""Differences of settings that one batch without dropout cannot show: rates, kinds and positions of dropout."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Iterator, Mapping, Sequence

from compare.analysis.programs.description import Operation, Place, Run
from compare.analysis.programs.pairing import Pairs, nearest_layers, paired_layers

VALUES, CHANNELS = "single values", "whole channels"
ALPHA = "single values, with the mean and the variance kept"
KINDS = {"Dropout": VALUES, "dropout": VALUES, **{f"SpatialDropout{n}D": CHANNELS for n in (1, 2, 3)},
         **{f"dropout{n}d": CHANNELS for n in (1, 2, 3)}, "feature_dropout": CHANNELS,
         "AlphaDropout": ALPHA, "alpha_dropout": ALPHA}
"""By layer of Keras and function of PyTorch, what is dropped together, and what becomes of the rest."""
MODULES = {VALUES: "nn.Dropout({:g})",
           CHANNELS: "`nn.Dropout1d({0:g})` or `nn.Dropout2d({0:g})` with the channels first",
           ALPHA: "nn.AlphaDropout({:g})"}
"""What drops so in PyTorch."""
OF_NUMBERS = ("GaussianDropout",)
DROPPING = ("Drop", "StochasticDepth")
"""Parts of the names of layers that drop something, of Keras or of the user."""
"""Keras layers of noise that is compared by its effect, because both programs draw the same normal numbers."""


@dataclass(frozen=True)
class SettingsItem:
    """A setting with different values; it is read from the programs, not measured."""

    what: str
    left: str
    right: str
    code: str
    """What to write, as in `Suspect`."""
    place: Place


@dataclass(frozen=True)
class Dropout:
    """A dropout of a program."""

    rate: float
    place: Place
    kind: str = ""
    """What is dropped together; empty if that is not known."""
    before: frozenset[str] | None = None
    """The nearest earlier layers with parameters; None if that is not known."""
    of_states: str = ""
    """The recurrent layer inside of which it drops states; empty for any other."""


def differences(left: Run, right: Run, pairs: Pairs) -> tuple[SettingsItem, ...]:
    """Compares the dropouts of both sides in the order of use."""
    ours, theirs = dropouts(left), dropouts(right)
    elsewhere = in_other_places(ours, theirs, paired_layers(left, right, pairs))
    items = []
    for i in range(max(len(ours), len(theirs))):
        expected = ours[i] if i < len(ours) else Dropout(0.0, Place())
        actual = theirs[i] if i < len(theirs) else Dropout(0.0, Place())
        place = actual.place if actual.place.file else expected.place
        if expected.of_states and not actual.rate:
            items.append(SettingsItem(f"`recurrent_dropout` of `{expected.of_states}`", f"{expected.rate:g}", "none",
                                      f"`F.dropout(state, {expected.rate:g}, self.training)` before each step of a "
                                      "loop over `nn.LSTMCell` or `nn.GRUCell`, since `nn.LSTM` and `nn.GRU` have none",
                                      place_of_recurrent(right) or place))
        elif abs(expected.rate - actual.rate) > 1e-12:
            items.append(SettingsItem(f"dropout {i + 1}", f"{expected.rate:g}", f"{actual.rate:g}",
                                      f"dropout with `p={expected.rate:g}`", place))
        elif expected.kind and actual.kind and expected.kind != actual.kind:
            items.append(SettingsItem("what the dropout drops", expected.kind, actual.kind,
                                      MODULES[expected.kind].format(expected.rate), place))
        elif i in elsewhere:
            items.append(SettingsItem(f"the place of dropout {i + 1}", after(expected), after(actual),
                                      f"dropout {after(expected)}", place))
    for operation in right.operations:
        if operation.kind == "dropout" and operation.argument("training", 2) is True:
            items.append(SettingsItem("dropout in evaluation mode", "off", "on",
                                      "F.dropout(x, p, training=self.training)", operation.place))
    never = never_in_training(right) if ours and right.is_torch else None
    if never is not None and not items:
        items.append(SettingsItem("dropout in training mode", "on", "off", "`train()` before the training step: the "
                                  "module is in evaluation mode", never.place))
    return tuple(dict.fromkeys(items))


def place_of_recurrent(run: Run) -> Place | None:
    """The line of the first recurrent layer of a program of PyTorch."""
    return next((layer.place for layer in run.layers.values() if layer.kind in ("LSTM", "GRU", "RNN")), None)


def not_drawn(left: Run, right: Run) -> tuple[str, ...]:
    """The warning that dropout was switched off, if a program has one with an effect."""
    return ("Dropout was switched off, since it is random: its rates, kinds and places are read and compared, and what "
            "it drops is not.",) if dropouts(left) or dropouts(right) else ()


def never_in_training(run: Run) -> Operation | None:
    """A dropout that drops nothing wherever the training step calls it, since its module is in evaluation mode."""
    calls: dict[str, list[Operation]] = {}
    for operation in run.training_operations:
        if "dropout" in operation.kind:
            calls.setdefault(operation.key.partition("#")[0], []).append(operation)
    return next((several[0] for several in calls.values()
                 if all(each.argument("training", 2) is False for each in several)), None)


def in_other_places(ours: Sequence[Dropout], theirs: Sequence[Dropout], layers: Mapping[str, str]) -> set[int]:
    """The numbers of the dropouts that come after other layers, where each of these has a partner."""
    if len(ours) != len(theirs) or not all(each.before and set(each.before) <= set(layers) for each in ours) or \
            not all(each.before and set(each.before) <= set(layers.values()) for each in theirs):
        return set()
    expected = [frozenset(layers[name] for name in each.before or ()) for each in ours]
    actual = [each.before for each in theirs]
    if Counter(expected) == Counter(actual):
        return set()
    return {i for i, (each, partner) in enumerate(zip(expected, actual)) if each != partner}


def after(dropout: Dropout) -> str:
    """The position of a dropout, as text."""
    return f"after {' and '.join(f'`{name}`' for name in sorted(dropout.before or ()))}"


def dropouts(run: Run) -> list[Dropout]:
    """Every dropout with an effect."""
    return [each for each in (of_torch(run) if run.is_torch else of_keras(run)) if each.rate]


def of_keras(run: Run) -> Iterator[Dropout]:
    """The dropouts of Keras's layers, and those inside of layers."""
    nearest = nearest_layers(run.operations, run)
    for layer in run.layers.values():
        for name in ("rate", "dropout", "recurrent_dropout"):
            if layer.settings.get(name) and (name != "rate" or any(each in layer.kind for each in DROPPING)) and \
                    layer.kind not in OF_NUMBERS:
                keys = [each.key for each in run.operations if each.layer == layer.path and name == "rate"]
                kind = KINDS.get(layer.kind, "") if not layer.settings.get("noise_shape") else ""
                yield Dropout(float(layer.settings[name]), layer.place, kind, nearest.get(keys[0] if keys else ""),
                              layer.path if name == "recurrent_dropout" else "")


def of_torch(run: Run) -> Iterator[Dropout]:
    """The dropouts that are called, and those inside recurrent layers."""
    operations = run.training_operations or run.operations
    nearest = nearest_layers(operations, run)
    for operation in operations:
        if "dropout" in operation.kind:
            rate = operation.argument("p", 1)
            layer = run.layers.get(operation.layer)
            yield Dropout(float(layer.settings["rate"] if layer and "rate" in layer.settings else
                                0.5 if rate is None else rate), layer.place if layer else operation.place,
                          KINDS.get(operation.kind, "") if layer is None or "Dropout" in layer.kind else "",
                          nearest[operation.key])
    # That of a recurrent layer stands between its layers: with one layer it does nothing.
    yield from (Dropout(float(layer.settings["dropout"]), layer.place) for layer in run.layers.values()
                if layer.settings.get("dropout") and layer.settings.get("layers", 2) > 1)
