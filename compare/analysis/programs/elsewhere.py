"""Other places of a difference: a cause in several layers becomes a single item."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Iterator

from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Operation, Run, path_as_code
from compare.analysis.programs.pairing import Pairs, nearest_layers, paired_layers, users_of
from compare.analysis.programs.suspects import suspects
from compare.analysis.programs.suspects.suspect import (
    WHERE,
    Suspect,
    as_markdown,
    quoted,
    several,
    without_place,
)


def everywhere(chosen: Suspect, comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> Suspect:
    """A suspect with the changes of all places of which the rules say the same, and of all calls of its line."""
    def says_the_same(suspect: Suspect, at: str) -> bool:
        return suspect.cause.replace(at, "") == chosen.cause.replace(name_of(comparison), "") and \
            list(map(without_place, suspect.changes)) == list(map(without_place, chosen.changes))
    return in_every_call(widened(chosen, comparison, left, right, pairs, "The same holds for", says_the_same), right)


def in_every_call(chosen: Suspect, right: Run) -> Suspect:
    """A suspect that changes operations in all calls of the same line: a user who edits the line changes them all."""
    added = [{**change, "operation": operation.key} for change in chosen.changes
             if "operation" in change and "source" not in change and chosen.side == "right"
             for operation in right.operations if operation.key != change["operation"]
             and operation.key.partition("#")[0] == str(change["operation"]).partition("#")[0]]
    changes = list(chosen.changes)
    for change in added:
        changes += [change] if change not in changes else []
    return replace(chosen, changes=tuple(changes)) if len(changes) > len(chosen.changes) else chosen


def with_other_values(chosen: Suspect, comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> Suspect:
    """A suspect with the changes of the same setting in all places, to any values: a stride can be in the next layer
    instead.
    """
    if any(change["kind"] != "attribute" for change in chosen.changes):
        return chosen
    names = {change["name"] for change in chosen.changes}
    return widened(chosen, comparison, left, right, pairs, "The same setting differs in", lambda suspect, at: all(
        change["kind"] == "attribute" and change["name"] in names for change in suspect.changes))


def widened(chosen: Suspect, comparison: Comparison, left: Run, right: Run, pairs: Pairs, sentence: str,
            fits: Callable[[Suspect, str], bool]) -> Suspect:
    """A suspect with the changes of the suspects that fit in other places; `sentence` introduces their names."""
    changes, similar = list(chosen.changes), []
    for at in places(comparison, left, right, pairs):
        for suspect in suspects(at, left, right, pairs):
            if suspect.side == chosen.side and fits(suspect, name_of(at)) and suspect.changes[0] not in changes:
                changes += suspect.changes
                similar.append(suspect)
                break
    if not similar:
        return chosen
    names = [named_place(suspect) for suspect in similar if suspect.place != chosen.place or "layer" in
             suspect.changes[0]]  # other calls of the same line need no name
    if not names:
        return replace(chosen, changes=tuple(changes))
    same = {as_markdown(suspect.code).replace(path_as_code(place_of(suspect)), "") for suspect in (chosen, *similar)}
    code = f"{as_markdown(chosen.code)} (the same for {quoted(names)})" if len(same) == 1 else \
        several(list(dict.fromkeys(of_layer(suspect) for suspect in (chosen, *similar))))
    return replace(chosen, changes=tuple(changes), cause=f"{chosen.cause} {sentence} {quoted(names)}.", code=code)


def place_of(suspect: Suspect) -> str:
    """The layer, operation or parameter that a suspect changes first."""
    return next((str(suspect.changes[0][name]) for name in WHERE if name in suspect.changes[0]), "\0")


def named_place(suspect: Suspect) -> str:
    """The same for a sentence: an operation by its function, with the line."""
    function, _, line = place_of(suspect).partition("@")
    return f"`{function}` ({line.partition('#')[0]})" if line else path_as_code(function)


def of_layer(suspect: Suspect) -> str:
    """What to write for a suspect, with its layer."""
    layer = str(suspect.changes[0].get("layer", ""))
    code = as_markdown(suspect.code)
    return code if not layer or path_as_code(layer) in code else f"{code} in `{path_as_code(layer)}`"


def name_of(comparison: Comparison) -> str:
    """The name of the left layer, as used in sentences."""
    return comparison.left.code if comparison.left and comparison.left.layer else "\0"


def places(comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> Iterator[Comparison]:
    """The other pairs of operations of the same kinds between paired layers."""
    if comparison.left is None or comparison.right is None:
        return
    layers = paired_layers(left, right, pairs)
    before, after = beside(left), beside(right)
    kinds = {layer.path: layer.kind for run in (left, right) for layer in run.layers.values()}

    def kind(operation: Operation) -> tuple[str, str, bool]:
        return operation.kind, kinds.get(operation.layer, ""), operation.key.endswith(":before")
    theirs = [operation for operation in right.operations
              if kind(operation) == kind(comparison.right) and operation.key != comparison.right.key]
    for left_operation in left.operations:
        if kind(left_operation) != kind(comparison.left) or left_operation.key == comparison.left.key:
            continue
        partners = {layers[layer] for layer in before[left_operation.key] if layer in layers}
        for right_operation in theirs:
            if partners & after[right_operation.key]:
                yield replace(comparison, left=left_operation, right=right_operation)
                break


def beside(run: Run) -> dict[str, frozenset[str]]:
    """By operation, its own layer if that has parameters; otherwise the nearest layers before and after it."""
    users = users_of(run.operations)
    earlier = nearest_layers(run.operations, run)
    later = nearest_layers(run.operations[::-1], run, lambda operation: users.get(operation.key, ()))
    return {operation.key: earlier[operation.key] | (later[operation.key] if len(users.get(operation.key, ())) == 1
                                                     else frozenset()) for operation in run.operations}
