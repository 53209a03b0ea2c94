"""Suspects where a loss is a sum of terms: one of them has another weight, or is one more."""

from __future__ import annotations

from typing import Iterator, Sequence

import numpy as np

from compare.analysis.programs.description import Operation, Run
from compare.analysis.programs.suspects.suspect import Suspect

SUMS = ("add", "__add__", "__radd__", "__iadd__", "add_")
PRODUCTS = ("mul", "__mul__", "__rmul__", "__imul__", "mul_")


def terms(computed: Sequence[Operation], left: Run, right: Run) -> Iterator[Suspect]:
    """Every term of the right loss with the weight that makes the first loss agree; the training tells which it is."""
    values = right.arrays("training")
    ours, theirs = (float(run.trace["first_loss"]) for run in (left, right))
    for term in terms_of(computed):
        value = float(values[term.key])
        if not value or not np.isfinite(value):
            continue
        factor = float(f"{1 + (ours - theirs) / value:.9g}")
        own = next((number for number in (term.arguments or {}).values() if isinstance(number, float)), None) \
            if term.kind in PRODUCTS else None
        weight, now = (factor, 1.0) if own is None else (factor * own, own)
        if abs(factor) < 1e-6:
            cause, code = "Your loss has a term more than Keras's.", "leave out this term"
            factor = 0.0
        else:
            cause = f"A term of your loss has the weight {now:.6g}, which is {weight:.6g} in Keras's."
            code = f"{weight:.6g} * … in place of {now:.6g} * …" if own is not None else f"{weight:.6g} * this term"
        yield Suspect(({"kind": "apply", "operation": term.key, "function": "scale", "settings": {"factor": factor}},),
                      cause, code, term.place, alone=True, whole=True)


def terms_of(computed: Sequence[Operation]) -> list[Operation]:
    """The terms of a loss that is a sum: its last operation, taken apart at every sum of single numbers."""
    operations = {operation.key: operation for operation in computed}
    found, open_ones = [], list(computed[-1:])
    while open_ones:
        one = open_ones.pop()
        if one.kind in SUMS and not one.shape:
            open_ones += [operations[source] for source in one.sources if source in operations]
        elif not one.shape:
            found.append(one)
    return found[::-1] if len(found) > 1 else []
