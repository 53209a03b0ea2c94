"""Renders the losses of `losses` as lines of a Lightning program."""

from __future__ import annotations

from frameworks.codegen.source import Line, numbered, paths_of, width_of
from frameworks.lightning import losses
from frameworks.protocol import Json
from frameworks.runtime.losses import class_weights_of


def loss_lines(spec: Json, last: str, z: str) -> tuple[list[Line], list[Line]]:
    """Return (the lines that create a loss, the lines of a step that compute it).

    `last` is the name of the last activation, and `z` the variable that holds the logits. Raises Unsupported if PyTorch
    cannot be configured with the value of a field.
    """
    setting = losses.Setting(last, numbered(spec), spec["data"]["labels"] == "one_hot", width_of(spec), z,
                             spec["training"]["sample_weight"])
    loss, sample_weight = spec["loss"], setting.sample_weight
    built, paths = losses.LOSSES[loss["is"]](loss, setting), paths_of("loss", loss)
    weights = paths_of("loss.class_weights", class_weights_of(loss)) if built.weights else \
        () if isinstance(sample_weight, str) else paths_of("training.sample_weight", sample_weight)
    created: list[Line] = [] if built.module is None else [
        ("self.loss = " + built.module.source(), *(path for path in paths if path not in weights))]
    if built.weights:
        created.append('self.register_buffer("weights", torch.tensor(%r))' % list(built.weights))
    return created, [line if isinstance(line, str) else (line[0], *weights) for line in built.lines]
