"""Pairs the parameters of two programs by graph, role and shape, and their operations by the values that they compute.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Iterable, Mapping, Sequence

from compare.analysis.programs.agreement import (
    FLOAT32,
    TOLERANCE,
    agreement,
    may_agree,
    outline,
    relative_difference,
)
from compare.analysis.programs.description import Array, Operation, Parameter, Run
from compare.analysis.programs.same_names import by_name, same_part
from frameworks.runtime.program_arrays import NAMES

ANY_ROLE = ("weight", "kernel", "depthwise_kernel", "pointwise_kernel")
"""Roles that name the same thing."""

ROLES = (*NAMES, "weight")
"""The roles of parameters in the frameworks' own layers; users can choose any name."""

Pairs = Mapping[str, str]
"""By name of a left parameter or key of a left operation, that of its partner on the right."""


def pair_parameters(left: Run, right: Run) -> dict[str, str]:
    """Pairs parameters: the longest common sequence in graph order first, then the remaining ones of equal role and
    shape.
    """
    lefts, rights = in_order_of_graph(left), in_order_of_graph(right)
    pairs = {parameter.name: partner.name for parameter, partner in longest_sequence(lefts, rights)}
    free = [partner for partner in rights if partner.name not in pairs.values()]
    for parameter in lefts:
        if parameter.name not in pairs:
            match = next((partner for partner in free if alike(parameter, partner)), None)
            if match:
                pairs[parameter.name] = match.name
                free.remove(match)
    alone = [parameter for parameter in lefts if parameter.name not in pairs]
    pairs |= {parameter.name: partner.name for parameter, partner in longest_sequence(alone, free, may_be_one)}
    return by_name(left, right, pairs, paired_layers(left, right, pairs))


def in_order_of_graph(run: Run) -> list[Parameter]:
    """The parameters in the order in which their layers lead to the outputs; those that lead to none last.

    What an operation needs comes before it; of several branches the one with more layers comes first, so that a
    residual connection has the same place whichever side computes or adds it first. Branches of equal length are in the
    order of their last layers. A recurrent layer that gets a sequence turned round is one of the backward direction.
    """
    first = {key: i for i, key in enumerate(along_the_graph(run))}
    layers: dict[str, int] = {}
    for operation in sorted(run.operations, key=lambda each: first[each.key]):
        layers.setdefault(operation.layer, len(layers))
    backward = reading_backwards(run)
    parameters = [replace(parameter, turned=parameter.layer in backward) for parameter in run.parameters.values()]
    return sorted(parameters, key=lambda parameter: layers.get(parameter.layer, len(layers)))


def reading_backwards(run: Run) -> set[str]:
    """The recurrent layers with a sequence reversed by `flip` as their input."""
    owners = {parameter.layer for parameter in run.parameters.values()}
    recurrent = {parameter.layer for parameter in run.parameters.values() if parameter.role == "recurrent_kernel"}
    turned, backward = set[str](), set[str]()
    for operation in run.operations:
        gets_turned = any(source in turned for source in operation.sources)
        if operation.layer in owners:
            backward |= {operation.layer} & recurrent if gets_turned else set()
        elif operation.kind.lower() == "flip" or gets_turned:
            turned.add(operation.key)
    return backward


def along_the_graph(run: Run) -> list[str]:
    """The operations, each after all that it needs, of several branches the one with more layers first."""
    operations = {operation.key: operation for operation in run.operations}
    number = {key: i for i, key in enumerate(operations)}
    owners = {parameter.layer for parameter in run.parameters.values()}
    depth: dict[str, int] = {}
    layer_before: dict[str, int] = {}
    for key, operation in operations.items():
        sources = [source for source in operation.sources if source in depth]
        depth[key] = max((depth[source] for source in sources), default=0) + (operation.layer in owners)
        layer_before[key] = number[key] if operation.layer in owners else min(
            (layer_before[source] for source in sources if depth[source] == depth[key]), default=number[key])
    used = {source for operation in run.operations for source in operation.sources}
    ordered: dict[str, None] = {}
    for end in (key for key in operations if key not in used):
        waiting = [end]
        while waiting:
            unordered = [source for source in operations[waiting[-1]].sources
                       if source not in ordered and number.get(source, len(number)) < number[waiting[-1]]]
            if unordered:
                waiting.append(min(unordered, key=lambda each: (-depth[each], layer_before[each], number[each])))
            else:
                ordered[waiting.pop()] = None
    return list(ordered)


def longest_sequence(lefts: Sequence[Parameter], rights: Sequence[Parameter],
                     fits: Callable[[Parameter, Parameter], bool] | None = None) -> list[tuple[Parameter, Parameter]]:
    """The longest sequence of pairs that fit, which they do if they are alike, in the order of both."""
    fits = fits or alike
    lengths = [[0] * (len(rights) + 1) for _ in range(len(lefts) + 1)]
    for i in reversed(range(len(lefts))):
        for j in reversed(range(len(rights))):
            lengths[i][j] = max(lengths[i + 1][j], lengths[i][j + 1],
                                1 + lengths[i + 1][j + 1] if fits(lefts[i], rights[j]) else 0)
    pairs, i, j = [], 0, 0
    while i < len(lefts) and j < len(rights):
        if lengths[i][j] == 1 + lengths[i + 1][j + 1] and fits(lefts[i], rights[j]):
            pairs.append((lefts[i], rights[j]))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def alike(left: Parameter, right: Parameter) -> bool:
    """Whether two parameters have the same shape, role and direction of a recurrent layer."""
    if left.shape != right.shape:
        return False
    roles = [parameter.role.split("/")[-1] for parameter in (left, right)]
    same_role = roles[0] == roles[1] or all(role in ANY_ROLE for role in roles)
    directions = {parameter.direction for parameter in (left, right) if parameter.direction}
    return same_role and len(directions) < 2 and same_part(left, right)


def may_be_one(left: Parameter, right: Parameter) -> bool:
    """Whether two parameters of the same shape are one, under a name that a user chose for it, such as a table of
    positions or the scale of a normalization that is written by hand; or the recurrent kernel of a cell that is written
    with layers of its own."""
    roles = {parameter.role.split("/")[-1] for parameter in (left, right)}
    recurrent = "recurrent_kernel" in roles and bool(roles & set(ANY_ROLE))
    return left.shape == right.shape and left.moving == right.moving and (recurrent or not roles <= set(ROLES))


def paired_layers(left: Run, right: Run, pairs: Pairs) -> dict[str, str]:
    """By left layer, the right layer with the partner of its first paired parameter."""
    layers: dict[str, str] = {}
    for name, partner in pairs.items():
        layers.setdefault(left.parameters[name].layer, right.parameters[partner].layer)
    return layers


def nearest_layers(operations: Sequence[Operation], run: Run, neighbours: Callable[[Operation], Sequence[str]] =
                   lambda operation: operation.sources) -> dict[str, frozenset[str]]:
    """By operation, its own layer if that has parameters, else those of its neighbours, which come before it in
    `operations`: of what it is computed from, unless said otherwise."""
    owners = {parameter.layer for parameter in run.parameters.values()}
    nearest: dict[str, frozenset[str]] = {}
    for operation in operations:
        nearest[operation.key] = frozenset([operation.layer]) if operation.layer in owners else frozenset().union(
            *(nearest.get(key, frozenset()) for key in neighbours(operation)))
    return nearest


def users_of(operations: Sequence[Operation]) -> dict[str, list[str]]:
    """By operation, the operations that use its output."""
    users: dict[str, list[str]] = {}
    for operation in operations:
        for source in operation.sources:
            users.setdefault(source, []).append(operation.key)
    return users


def tolerance(left: Run, right: Run) -> float:
    """The relative difference above which the definitions of two programs differ."""
    return FLOAT32 if left.float32_inside or right.float32_inside else TOLERANCE


def pair_operations(left: Run, right: Run) -> dict[str, str]:
    """By left operation, the right operation that computes the same values, if there is one."""
    ours, theirs = left.arrays("forward"), right.arrays("forward")
    limit = tolerance(left, right)
    sizes: dict[int, list[str]] = {}
    for operation in right.operations:
        sizes.setdefault(theirs[operation.key].size, []).append(operation.key)
    right_outlines = {key: outline(theirs[key]) for keys in sizes.values() for key in keys}
    states = list(right.arrays("beside").items())
    pairs: dict[str, str] = {}
    for operation in left.operations:
        value = ours[operation.key]
        left_outline = outline(value) if value.size in sizes else None
        partner = next((key for key in sizes.get(value.size, ()) if may_agree(left_outline, right_outlines[key], limit)
                        and agreement(value, theirs[key]) <= limit), None)
        if partner is None:
            partner = with_state(value, states, limit)
        if partner is not None:
            pairs[operation.key] = partner
    return pairs


def with_state(value: Array, states: Sequence[tuple[str, Array]], limit: float) -> str | None:
    """The operation that has this value among its further outputs, such as the last state of an LSTM or GRU."""
    for name, every in states:
        state = every[-1] if every.ndim > value.ndim else every
        if state.size == value.size and agreement(value, state) <= limit:
            return name.rpartition("/")[0]
    return None


def of_the_input(run: Run, partner: Run) -> list[str]:
    """The operations with an output that equals the other program's input: they only bring the input there."""
    given, values = partner.arrays("given").values(), run.arrays("forward")
    return [operation.key for operation in run.operations
            if any(array.size == values[operation.key].size and agreement(array, values[operation.key]) <= TOLERANCE
                   for array in given)]


def passing_on(run: Run, same: Iterable[str]) -> list[str]:
    """The operations that pass on the outputs of these, which are the same on both sides: such as a pooling to the size
    that it gets."""
    known, result = set(same), []
    idle = unchanged(run, TOLERANCE)
    for operation in run.operations:
        if operation.key in idle - known and len(operation.sources) == 1 and operation.sources[0] in known:
            known.add(operation.key)
            result.append(operation.key)
    return result


def unchanged(run: Run, tolerance: float = 0.0) -> set[str]:
    """The operations that return one of their inputs as it is in evaluation mode, but for this relative difference."""
    values, given = run.arrays("forward"), list(run.arrays("given").values())
    return {operation.key for operation in run.operations if any(
        relative_difference(value, values[operation.key]) <= tolerance
        for value in ([values[source] for source in operation.sources] or given))}


def without_difference(operations: Sequence[Operation], paired: Iterable[str]) -> set[str]:
    """The operations that are paired, or only have consumers without a difference."""
    fine, users = set(paired), users_of(operations)
    for operation in reversed(operations):
        if operation.key in users and all(user in fine for user in users[operation.key]):
            fine.add(operation.key)
    return fine


def origins(operations: Sequence[Operation], fine: set[str]) -> list[Operation]:
    """The operations that differ although none of their inputs does: the differences are made here."""
    return [operation for operation in operations if operation.key not in fine
            and all(source in fine for source in operation.sources)]
