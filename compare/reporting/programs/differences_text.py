"""Text about each difference of two programs: its size, where it begins, its cause, and what to change."""

from __future__ import annotations

from typing import Sequence

from compare.analysis.programs.comparison import Stage
from compare.analysis.programs.description import Operation
from compare.analysis.programs.items import Item
from compare.analysis.programs.suspects.suspect import Suspect, as_markdown, quoted, several, with_paths
from compare.reporting.programs.facts import Facts

WHAT = {Stage.PARAMETERS: "the weights before training", Stage.FORWARD: "the outputs",
        Stage.FORWARD_TRAINING: "the outputs in training mode", Stage.LOSS: "the loss",
        Stage.GRADIENT: "the gradients", Stage.UPDATE: "the update",
        Stage.TRAINING: "the losses of the training", Stage.EVALUATION: "the outputs after training",
        Stage.METRIC: "the metrics"}


def difference(facts: Facts, item: Item) -> str:
    """A difference in sentences: its size, where it begins, its cause, and the effect of the change."""
    causes = " ".join(with_paths(alike[0].cause) + of_this_kind(len(alike) - 1)
                      for alike in of_a_kind(item)) or "Nothing known explains it."
    changed = ""
    if item.causes and item.after is not None:
        changed = f" With {'this' if len(item.causes) == 1 else 'these together'} changed, " + (
            f"the difference is {shown(item.after)}." if item.after else "no difference is left.")
    design = " The frameworks define this differently; no line of yours is wrong." if item.by_design else ""
    return f"{what_differs(item)}.{made_here(facts, item)} {causes}{changed}{design}"


def of_this_kind(more: int) -> str:
    """How many causes like the one before there are, as a sentence."""
    return "" if not more else " One more is of this kind." if more == 1 else f" {more} more are of this kind."


def what_differs(item: Item) -> str:
    """What differs, by how much and where; for parameters that only one program has, their number."""
    alone = {change["parameter"] for cause in item.causes for change in cause.changes if change["kind"] == "without"}
    if alone:
        return "One parameter is in one program only" if len(alone) == 1 else \
            f"{len(alone)} parameters are in one program only"
    what = WHAT[item.stage]
    verb = "differs" if item.stage in (Stage.LOSS, Stage.UPDATE) else "differ"
    kinds = {change["kind"] for cause in item.causes for change in cause.changes}
    how = "exist in one program only" if item.stage is Stage.GRADIENT and kinds & {"trainable", "gradients_enabled"} \
        else f"{verb} {size(item.size)}"
    return f"{what[0].upper()}{what[1:]}{of_what(item)} {how}{where(item)}"


def unexplained(item: Item) -> str:
    """A difference without a cause: the changes that were tried, and whether the rest was compared."""
    what = WHAT[item.stage]
    tried = f" Changes that do not remove it: {quoted(item.tried)}." if item.tried else ""
    after = " The output was replaced by that of the left program, and the rest was compared." if item.replaced else \
        " The rest was not compared."
    return f"{what[0].upper()}{what[1:]}{of_what(item)}{where(item)}: nothing known explains the difference." \
        f"{tried}{after}"


def made_here(facts: Facts, item: Item) -> str:
    """Whether the layer makes the difference, if it was run alone on the left program's input."""
    alone = facts.alone.get(item.left.key) if item.left else None
    if item.stage is not Stage.FORWARD or alone in (None, float("inf")):  # inf: it is only a part of the left's layer
        return ""
    if alone > facts.tolerance:
        return f" With the left program's input, this layer alone differs {size(alone)}: the difference is made here."
    return " With the left program's input, this layer gives the same output: the difference is made before it."


def of_a_kind(item: Item, of_a_line: bool = False) -> list[list[Suspect]]:
    """The causes of a difference; those that are alike form a group, or only those of the same line."""
    groups: list[list[Suspect]] = []
    for cause in item.causes:
        group = next((each for each in groups if each[0].is_like(cause) and not (
            of_a_line and each[0].place != cause.place)), None)
        if group is None:
            groups.append([cause])
        else:
            group.append(cause)
    return groups


def shown(value: float) -> str:
    """A relative difference, in percent or in scientific notation."""
    return f"{value:.0e}" if value < 0.01 else f"{value:.0%}"


def size(value: float) -> str:
    """The size of a difference, as text."""
    return "in shape" if value == float("inf") else f"by {shown(value)} of the largest value"


def of_what(item: Item) -> str:
    """The parameters that differ."""
    if item.stage not in (Stage.PARAMETERS, Stage.GRADIENT, Stage.UPDATE, Stage.METRIC):
        return ""
    return f" of {quoted(item.where)}"


def where(item: Item) -> str:
    """Where the difference begins: the layers of both sides, or a step."""
    if item.stage in (Stage.FORWARD, Stage.FORWARD_TRAINING) and (item.left or item.right):
        return ", first at " + " against ".join(named(operation) for operation in (item.left, item.right) if operation)
    return f", from {item.where[0]} on" if item.stage is Stage.TRAINING and item.where else ""


def named(operation: Operation) -> str:
    """An operation by its layer or function, with its line."""
    before = " before its activation" if operation.key.endswith(":before") else ""
    place = f" ({operation.place})" if operation.place.file else ""
    return f"`{operation.code}`{before}{place}"


def changes_text(causes: Sequence[Suspect]) -> str:
    """What to write for these causes, as Markdown; empty if they are by design."""
    return several(list(dict.fromkeys(cause.code for cause in causes if cause.code)))


def what_to_change(facts: Facts) -> list[str]:
    """The changes to make, as Markdown: the line, and what to write there."""
    lines = []
    for item in facts.items:
        for alike in of_a_kind(item, of_a_line=True):
            changes, place = changes_text(alike), alike[0].place
            lines += [f"{place}: {changes}" if place.file else changes] * bool(changes)
    lines += [f"{setting.place}: {as_markdown(setting.code)}" for setting in facts.settings]
    return list(dict.fromkeys(lines))
