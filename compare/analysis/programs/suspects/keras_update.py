"""Suspects of an update that come from Keras: carried states, moving averages of weights, and two
optimizers of Keras."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from compare.analysis.programs.description import Optimizer, Place, Run
from compare.analysis.programs.suspects.suspect import Suspect, quoted, shown


def averaged(left: Run, right: Run) -> Iterator[Suspect]:
    """The moving average of the weights, which Keras puts in their place at the end of `fit`."""
    if not right.is_torch or not left.optimizer or not left.optimizer.settings.get("use_ema"):
        return
    momentum = left.optimizer.settings.get("ema_momentum", 0.99)
    yield Suspect(({"kind": "optimizer", "settings": {"use_ema": False}},),
                  f"Keras's optimizer has `use_ema=True`: after `fit`, the weights are their moving average with "
                  f"`ema_momentum={momentum:g}`; yours are those of the last step.",
                  "`ema = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils."
                  f"get_ema_multi_avg_fn({momentum:g}))`, and `ema.update_parameters(net)` after every step",
                  right.optimizer.place if right.optimizer else right.place, side="left")


def stateful(left: Run, right: Run) -> Iterator[Suspect]:
    """A recurrent layer of Keras's that goes on from the states of the batch before."""
    layers = [layer for layer in left.layers.values() if layer.settings.get("stateful")]
    theirs = [layer.place for layer in right.layers.values() if layer.kind.startswith(("LSTM", "GRU", "RNN"))]
    if layers and right.is_torch:
        yield Suspect(tuple({"kind": "attribute", "layer": layer.path, "name": "stateful", "value": False}
                            for layer in layers),
                      f"Keras's {quoted([layer.path for layer in layers])} {'has' if len(layers) == 1 else 'have'} "
                      "`stateful=True`: every batch begins with the states in which the one before ended; your "
                      "PyTorch program begins with zeros.",
                      "`out, state = lstm(x, state)`, and `state = tuple(s.detach() for s in state)` for "
                      "the next batch",
                      theirs[0] if theirs else right.place, side="left")


def keras_settings(left: Run, right: Run) -> Iterator[Suspect]:
    """Of two Keras programs, the class of the optimizer, or its settings that are not the same."""
    if right.is_torch or not left.optimizer or not right.optimizer or not left.optimizer.settings:
        return
    place = right.optimizer.place or Place()
    if left.optimizer.name != right.optimizer.name:
        yield Suspect(({"kind": "optimizer", "class": left.optimizer.name,
                        "settings": of_constructor(left.optimizer)},),
                      f"The left optimizer is `{as_given(left.optimizer)}`, the right one "
                      f"`{as_given(right.optimizer)}`.",
                      f"keras.optimizers.{as_given(left.optimizer)}", place)
        return
    for name, value in of_constructor(left.optimizer).items():
        if name in right.optimizer.settings and right.optimizer.settings[name] != value:
            yield Suspect(({"kind": "optimizer", "settings": {name: value}},),
                          f"`{right.optimizer.name}` has `{name}={setting(value)}` on the left and "
                          f"`{setting(right.optimizer.settings[name])}` on the right.",
                          f"{name}={setting(value)}", place)


def of_constructor(optimizer: Optimizer) -> dict[str, Any]:
    """The settings that the constructor of an optimizer of Keras takes; the rates of a schedule follow from it."""
    return {name: value for name, value in optimizer.settings.items() if name != "rates"}


def as_given(optimizer: Optimizer) -> str:
    """An optimizer as code: its learning rate, and what the user's program gives it."""
    given = {"learning_rate", *(optimizer.given or ())}
    return called(optimizer.name, {name: value for name, value in of_constructor(optimizer).items() if name in given})


def called(name: str, settings: Mapping[str, Any]) -> str:
    """A class with its settings, as code."""
    return f"{name}({', '.join(f'{key}={setting(value)}' for key, value in settings.items())})"


def setting(value: Any) -> str:
    """A setting as code; a schedule as its constructor."""
    if isinstance(value, Mapping) and "schedule" in value:
        return called(value["schedule"], {key: each for key, each in value["settings"].items() if key != "name"})
    return shown(value)
