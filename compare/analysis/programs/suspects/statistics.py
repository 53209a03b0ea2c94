"""Suspects of moving statistics: the momentum, and the variance of n or n - 1 samples."""

from __future__ import annotations

from typing import Iterator

from compare.analysis.programs.description import Run, is_port
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects.suspect import Suspect


def moving(names: list[str], left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """What is suspected of these moving statistics, and then the same of all others, also where its effect is too small
    to be seen by itself: n - 1 samples differ from n by little where they are many."""
    seen = list(of_each(names, left, right, pairs))
    causes = {suspect.cause for suspect in seen}
    others = of_each([name for name in pairs if name not in names], left, right, pairs)
    return seen + [suspect for suspect in others if suspect.cause in causes]


def of_each(names: list[str], left: Run, right: Run, pairs: Pairs) -> Iterator[Suspect]:
    """Moving statistics of a batch normalization: the momentum, and the variance of n or n - 1 samples."""
    for name in names:
        if not left.parameters[name].moving:
            continue
        layer = right.layers.get(right.parameters[pairs[name]].layer)
        ours = left.layers.get(left.parameters[name].layer)
        if layer is None or ours is None or "momentum" not in layer.settings:  # a module of the user's own
            continue
        expected, actual = ours.settings.get("momentum"), layer.settings.get("momentum")
        if expected is not None and (actual is None or abs(expected - actual) > 1e-12):
            value = 1 - expected if right.is_torch else expected
            yield Suspect(({"kind": "attribute", "layer": layer.path, "name": "momentum", "value": value},),
                          momenta(expected, actual, left, right), f"`momentum={value:.6g}` in `{layer.kind}`",
                          layer.place)
        if is_port(left, right):
            yield Suspect(({"kind": "biased_variance", "layer": layer.path},),
                          "PyTorch's moving variance divides by n - 1, Keras's by n.", "", layer.place, by_design=True)


def momenta(expected: float, actual: float | None, left: Run, right: Run) -> str:
    """The momentum of both sides: the share that is kept in Keras, the share that is replaced in PyTorch."""
    if is_port(left, right):
        return (f"Keras's `momentum={expected:g}` keeps {100 * expected:g}% of the old statistics; " + (
            "PyTorch's `momentum=None` takes the mean of all batches." if actual is None else
            f"PyTorch's `momentum={1 - actual:g}` replaces {100 * (1 - actual):g}% of them."))
    kept = "none" if actual is None else f"{100 * actual:g}%"
    return f"The left program keeps {100 * expected:g}% of the old moving statistics in a step, the right one {kept}."


def moving_of_functions(names: list[str], left: Run, right: Run) -> Iterator[Suspect]:
    """The same of F.batch_norm, which PyTorch's modules call too, with Keras's momentum."""
    layers = [left.layers[left.parameters[name].layer] for name in names if left.parameters[name].moving
              and left.parameters[name].layer in left.layers]
    momenta = [float(layer.settings["momentum"]) for layer in layers if layer.settings.get("momentum") is not None]
    momentum = momenta[0] if momenta else 0.99
    for operation in right.training_operations if momenta and is_port(left, right) else ():
        if operation.kind == "batch_norm" and not operation.layer:
            actual = operation.argument("momentum", 6, 0.1)
            change = {"kind": "biased_statistics", "operation": operation.key, "momentum": 1 - momentum}
            same = abs(1 - momentum - actual) < 1e-12
            yield Suspect((change,), "PyTorch's moving variance divides by n - 1, Keras's by n." if same else
                          f"Keras's `momentum={momentum:g}` keeps {100 * momentum:g}% of the old statistics; "
                          f"`momentum={actual:g}` of `F.batch_norm` replaces {100 * actual:g}% of them.",
                          "" if same else f"`momentum={1 - momentum:.6g}` in `F.batch_norm`",
                          operation.place, by_design=same)
