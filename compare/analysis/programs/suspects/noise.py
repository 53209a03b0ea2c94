"""Suspects of noise in training mode, for which both programs draw the same numbers."""

from __future__ import annotations

from typing import Iterator

from compare.analysis.programs.description import Layer, Operation, Run
from compare.analysis.programs.suspects.arithmetic import MULTIPLY
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect, with_argument

DRAWS = ("randn", "randn_like", "rand", "rand_like", "normal", "normal_", "uniform_", "bernoulli", "bernoulli_")


def noisy(at: Difference) -> Iterator[Suspect]:
    """Noise of another standard deviation, or in one of the programs only."""
    layer, right = noise_before(at), at.right
    drawn = draws(right)
    if layer is None:
        for draw in drawn:
            yield Suspect(({"kind": "apply", "operation": draw.key, "function": "scale", "settings": {"factor": 0.0}},),
                          "Your program draws noise here in training mode; Keras does not.", f"leave out `{draw.kind}`",
                          draw.place)
        return
    size = size_of(layer)
    what = f"Keras's `{layer.kind}` `{layer.code}` draws noise with a standard deviation of {size:.6g}"
    for draw in drawn:
        for operation in right.training_operations:
            if operation.kind in MULTIPLY and draw.key in operation.sources and \
                    isinstance(operation.argument("other", 1), (int, float)):
                yield Suspect((with_argument(operation, "other", size, 1),),
                              f"{what}, yours with {operation.argument('other', 1):.6g}.",
                              f"{size:.6g} * torch.{draw.kind}(…)", operation.place)
        if draw.kind == "normal":
            yield Suspect((with_argument(draw, "std", size, 1),), f"{what}, yours with another one.",
                          f"torch.normal(0.0, {size:.6g}, x.shape)", draw.place)
    multiplied = layer.kind == "GaussianDropout"
    yield Suspect(({"kind": "noise", "operation": at.operation.key, "size": size, "multiplied": multiplied},),
                  f"{what}; your program does not.",
                  f"x = x * (1 + {size:.6g} * torch.randn_like(x)) if self.training else x" if multiplied else
                  f"x = x + {size:.6g} * torch.randn_like(x) if self.training else x", at.operation.place)


def size_of(layer: Layer) -> float:
    """The standard deviation of a layer's noise."""
    if layer.kind == "GaussianNoise":
        return float(layer.settings["stddev"])
    rate = float(layer.settings["rate"])
    return float((rate / (1 - rate)) ** 0.5)


def noise_before(at: Difference) -> Layer | None:
    """The layer of noise directly before Keras's layer; None if there is none."""
    sources = at.expected.sources if at.expected else ()
    layers = [at.left.layers.get(at.left.operation(key).layer) for key in sources]
    return next((layer for layer in layers if layer and layer.kind in ("GaussianNoise", "GaussianDropout")), None)


def draws(run: Run) -> list[Operation]:
    """What a PyTorch program draws in training mode only."""
    known = {operation.key for operation in run.operations}
    return [operation for operation in run.training_operations
            if operation.kind in DRAWS and operation.key not in known]
