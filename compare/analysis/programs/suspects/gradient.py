"""Suspects where the gradient of an equal loss differs."""

from __future__ import annotations

from compare.analysis.programs.description import Run
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.stages import Comparison
from compare.analysis.programs.suspects.suspect import Suspect


def suspects(found: Comparison, left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """Parameters that only one side trains."""
    proposed = []
    for one in found.where:
        ours, theirs = left.parameters[one], right.parameters[pairs[one]]
        if ours.trainable == theirs.trainable:
            continue
        layer = right.layers.get(theirs.layer)
        place = layer.place if layer else right.place
        value = str(ours.trainable)
        code = f"{pairs[one]}: requires_grad_({value})" if right.framework == "lightning" else f"trainable={value}"
        proposed.append(Suspect(
            ({"kind": "trainable", "parameter": pairs[one], "value": ours.trainable},),
            f"{one} is {'trained' if ours.trainable else 'frozen'} on the left and "
            f"{'trained' if theirs.trainable else 'frozen'} on the right.", code, place))
    return proposed
