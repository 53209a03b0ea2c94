"""Suspects of constraints of weights, which Keras applies after every update."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from compare.analysis.programs.agreement import relative_difference
from compare.analysis.programs.description import Layer, Run, is_port
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects.suspect import Suspect
from frameworks.runtime.constraints import KNOWN, constrained

NEAR = 1e-6
"""A weight fulfils a constraint if applying it changes the weight by at most this: Keras's epsilon is 1e-7."""


def unconstrained(left: Run, right: Run, pairs: Pairs) -> Iterator[Suspect]:
    """The constraints of Keras's variables; one by design where the port has them apart from Keras's epsilon."""
    known = {name: constraint for name, constraint in left.constraints.items()
             if constraint["name"] in KNOWN and name in pairs}
    after = right.arrays("weight/1")
    if not known or not is_port(left, right) or not after:
        return
    for name, constraint in known.items():
        partner = right.parameters[pairs[name]]
        value = after[partner.name]
        fulfilled = value.shape == partner.shape and relative_difference(
            constrained(value, constraint["name"], constraint["settings"]), value) < NEAR
        call = f"{constraint['name']}({', '.join(f'{key}={each}' for key, each in constraint['settings'].items())})"
        epsilon = "Keras divides by the norm plus 1e-7 in every update, also where a weight is within its " \
                  f"`{constraint['name']}`."
        layer = right.layers.get(partner.layer)
        yield Suspect(({"kind": "constraint", "parameter": partner.name, "constraint": constraint},),
                      epsilon if fulfilled else f"Keras applies `{call}` to `{name}` after every update; your program "
                      "does not.", "" if fulfilled else code(constraint, layer), right.place_of(partner.name),
                      by_design=fulfilled)


def code(constraint: Mapping[str, Any], layer: Layer | None) -> str:
    """A constraint as code, after optimizer.step()."""
    weight, settings = f"{layer.code if layer else 'layer'}.weight.data", constraint["settings"]
    axes = len(layer.settings.get("kernel_size", ())) if layer else 0
    norm = f"{weight}.norm(dim={tuple(range(1, axes + 2)) if axes else 1}, keepdim=True)"
    line = {"NonNeg": f"{weight}.clamp_(min=0)", "UnitNorm": f"{weight}.div_({norm})",
            "MaxNorm": f"{weight}.copy_(torch.renorm({weight}, 2, 0, {settings.get('max_value')}))",
            "MinMaxNorm": f"{weight}.mul_(torch.lerp({norm}, {norm}.clamp({settings.get('min_value')}, "
                          f"{settings.get('max_value')}), {settings.get('rate')}) / {norm})",
            }[constraint["name"]]
    return f"`{line}` after `optimizer.step()`"
