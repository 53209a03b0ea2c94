"""Suspects in a loss that is a sum of terms: one has another weight, or is additional."""

from __future__ import annotations

from typing import Iterator, Mapping, Sequence

import numpy as np

from compare.analysis.programs.description import Array, Operation, Run
from compare.analysis.programs.suspects.arithmetic import ADD, DIVIDE, MULTIPLY, SUBTRACT, SUBTRACT_FROM
from compare.analysis.programs.suspects.suspect import Suspect


def terms(computed: Sequence[Operation], left: Run, right: Run) -> Iterator[Suspect]:
    """Every term of the right loss with the weight that makes the first loss agree; the training shows which it is."""
    values = right.arrays("training")
    ours, theirs = (float(run.trace["first_loss"]) for run in (left, right))
    before, divisor = undivided(computed, values, theirs)
    for term in terms_of(computed, values, before):
        value = float(values[term.key]) / divisor
        if not value or not np.isfinite(value):
            continue
        factor = float(f"{1 + (ours - theirs) / value:.9g}")
        given = next((number for number in term.arguments.values() if isinstance(number, float)), None) \
            if term.kind in MULTIPLY else None
        weight, now = (factor, 1.0) if given is None else (factor * given, given)
        if abs(factor) < 1e-6:
            cause, code = "Your loss has one more term than Keras's.", f"leave out this term, `{term.kind.strip('_')}`"
            factor = 0.0
        else:
            cause = f"A term of your loss has the weight {now:.6g}, which is {weight:.6g} in Keras's."
            code = f"`{weight:.6g} * …` in place of `{now:.6g} * …`" if given is not None else \
                f"`{weight:.6g} * …` for this term"
        yield Suspect(({"kind": "apply", "operation": term.key, "function": "scale", "settings": {"factor": factor}},),
                      cause, code, term.place, alone=True, whole=True)


def classes_reshaped(computed: Sequence[Operation], right: Run) -> Iterator[Suspect]:
    """Outputs (n, steps, classes) that are reshaped to (n, classes, steps) for a loss, in place of transposed."""
    makers = {operation.key: operation for operation in right.training_operations}
    for operation in computed:
        made = makers.get(operation.operands[0]) if operation.operands else None
        if operation.kind not in ("cross_entropy", "nll_loss") or made is None or made.kind not in ("view", "reshape"):
            continue
        before, after = list(made.shapes[0]), list(made.shape)
        if len(before) > 2 and after == [before[0], before[-1], *before[1:-1]]:
            yield Suspect(({"kind": "instead", "operation": made.key, "function": "channels_first"},),
                          f"`{made.kind}` takes values as they lie in memory, which mixes steps and classes; the axes "
                          "have to be exchanged.", f"`outputs.movedim(-1, 1)` in place of `{made.kind}`", made.place)


def of_the_masked(computed: Sequence[Operation], right: Run) -> Iterator[Suspect]:
    """A mean that also counts the values that a mask sets to zero."""
    values = right.arrays("training")
    for operation in computed:
        value = values.get(operation.operands[0]) if operation.kind == "mean" and operation.operands else None
        if value is not None and value.ndim and 0 < np.count_nonzero(value) < value.size:
            yield Suspect(({"kind": "instead", "operation": operation.key, "function": "mean_of_nonzero"},),
                          "This mean also counts the values that a mask sets to 0; Keras's loss divides by the number "
                          "of the others.", "`x.sum() / mask.sum()`", operation.place, whole=True)


SPREADS = {"square": ("the standard deviation", "var=std.square()"), "exp": ("its logarithm", "var=log_var.exp()"),
           "sqrt": ("its square", "var=x.sqrt()")}
"""What a program can give in place of a variance, and the code with the function that makes it one."""


def other_spreads(computed: Sequence[Operation]) -> Iterator[Suspect]:
    """A Gaussian likelihood that gets something else than the variance."""
    for operation in computed:
        for name, (given, code) in SPREADS.items() if operation.kind == "gaussian_nll_loss" else ():
            yield Suspect(({"kind": "operand_changed", "operation": operation.key, "number": 2, "function": name},),
                          f"`gaussian_nll_loss` takes the variance, your program gives {given}.",
                          f"`{code}` in `gaussian_nll_loss`", operation.place, whole=True)


def by_sample(computed: Sequence[Operation], right: Run) -> Iterator[Suspect]:
    """Sums over the whole batch, where Keras's loss has a value for every sample and takes their mean."""
    values, loss = right.arrays("training"), float(right.trace["first_loss"])
    sums = [each for each in computed if each.kind == "sum" and not each.shape and each.shapes
            and len(each.shapes[0]) > 1]
    last = next((each for each in reversed(computed) if not each.shape and float(values[each.key]) == loss), None)
    if len(sums) > 1 and last is not None and last not in sums:
        yield Suspect((*({"kind": "instead", "operation": each.key, "function": "sum_of_sample"} for each in sums),
                       {"kind": "apply", "operation": last.key, "function": "mean_of_all"}),
                      "Your loss is computed of sums over the whole batch; Keras's of sums over each sample, of which "
                      "it takes the mean.", "`x.flatten(1).sum(1)` in place of `x.sum()`, and the mean of the loss",
                      sums[0].place, whole=True)


def exchanged_signs(computed: Sequence[Operation]) -> Iterator[Suspect]:
    """Differences that are taken the other way round, as targets - outputs for outputs - targets."""
    for each in computed:
        if each.kind in (*SUBTRACT, *SUBTRACT_FROM, "__neg__", "neg"):
            yield Suspect(({"kind": "apply", "operation": each.key, "function": "scale",
                            "settings": {"factor": -1.0}},),
                          "Keras's loss agrees with the opposite sign of this difference.",
                          "`b - a` in place of `a - b`", each.place, whole=True)


def undivided(computed: Sequence[Operation], values: Mapping[str, Array], loss: float) -> tuple[float, float]:
    """The sum of which a loss is a part, as one that is divided by the number of samples, and its divisor; the loss
    and 1 for any other."""
    operations = {operation.key: operation for operation in computed}
    last = next((each for each in reversed(computed) if not each.shape and float(values[each.key]) == loss), None)
    source = last.sources[0] if last and last.kind in (*DIVIDE, *MULTIPLY) and len(last.sources) == 1 else ""
    if source not in operations or operations[source].shape or not loss:
        return loss, 1.0
    whole = float(values[source])
    return whole, whole / loss


def terms_of(computed: Sequence[Operation], values: Mapping[str, Array], loss: float) -> list[Operation]:
    """The terms of a loss that is a sum: the last operation with its value, taken apart at every sum of numbers."""
    operations = {operation.key: operation for operation in computed}
    terms = []
    sums = [term for term in computed if term.kind in ADD and not term.shape and float(values[term.key]) == loss][-1:]
    while sums:
        term = sums.pop()
        if term.kind in ADD and not term.shape:
            sums += [operations[source] for source in term.sources if source in operations]
        elif not term.shape:
            terms.append(term)
    return terms[::-1] if len(terms) > 1 else []
