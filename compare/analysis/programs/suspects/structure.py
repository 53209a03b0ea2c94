"""Suspects of how a program is put together: layers at another place or not called, shared weights, merged axes, and
outputs that are another's scaled."""

from __future__ import annotations

from itertools import combinations
from typing import Collection, Iterator

from compare.analysis.programs import agreement
from compare.analysis.programs.description import Parameter, Run
from compare.analysis.programs.pairing import Pairs, unchanged
from compare.analysis.programs.suspects.activations import code_of, function_of
from compare.analysis.programs.suspects.arithmetic import ADD
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect


def not_called(at: Difference) -> Iterator[Suspect]:
    """A layer that Keras applies here; PyTorch calls its partner nowhere, or at another place."""
    expected, keras = at.expected, at.keras_layer
    if expected is None or keras is None:
        return
    partner = next((at.right.parameters[at.parameters[name]].layer for name in keras.parameters
                    if name in at.parameters), "")
    if partner and at.before is not None and not is_called(partner, at.right):
        yield Suspect(({"kind": "apply_layer", "operation": at.before, "layer": partner},),
                      f"Keras applies `{expected.layer}` here; your PyTorch program does not.",
                      f"`x = self.{partner}(x)` after this line", at.right.operation(at.before).place)


def is_called(layer: str, run: Run) -> bool:
    """Whether a layer computes something; one that is left out by a change passes its input on."""
    idle = unchanged(run)
    return any(operation.layer == layer and operation.key not in idle for operation in run.operations)


def tied(right: Run, pairs: Pairs, layers: Collection[str]) -> Iterator[Suspect]:
    """A kernel of one of these layers that the right program has alone, where Keras uses another layer's once more."""
    kinds = ("Linear", "Embedding")
    for parameter in right.parameters.values():
        layer = right.layers.get(parameter.layer)
        if parameter.name in pairs.values() or layer is None or layer.kind not in kinds or layer.path not in layers:
            continue
        for name, partner_name in pairs.items():
            theirs = right.parameters[partner_name]
            partner = right.layers.get(theirs.layer)
            how = shared_as(parameter, theirs)
            if partner is None or partner.kind not in kinds or how is None:
                continue
            # A Linear holds its kernel transposed, an Embedding as it is.
            transposed = how != ((layer.kind == "Linear") != (partner.kind == "Linear"))
            yield Suspect(({"kind": "tied", "layer": layer.path, "to": partner.path, "transposed": transposed},),
                          f"Keras uses `{name}` once more here; your `{parameter.name}` is a parameter of its own.",
                          f"`F.linear(x, self.{partner.path}.weight{'.T' if transposed else ''}, …)` in place of "
                          f"`self.{layer.path}(x)`", layer.place)


def shared_as(parameter: Parameter, shared: Parameter) -> bool | None:
    """Whether a kernel can be another one's transpose (True) or itself (False); None for neither."""
    if len(parameter.shape) != 2 or parameter.role not in ("kernel", "embeddings"):
        return None
    return True if parameter.shape == shared.shape[::-1] else False if parameter.shape == shared.shape else None


PARTS = ("chunk", "split", "tensor_split", "unbind")


def parts_exchanged(at: Difference) -> Iterator[Suspect]:
    """Parts of a tensor that are used in another order, such as the halves of a gated linear unit or the gates of a
    cell that is written by hand."""
    states = at.right.arrays("beside")
    for operation in [each for each in at.region if each.kind in PARTS]:
        count = 1 + sum(name.rpartition("/")[0] == operation.key for name in states)
        for i, j in combinations(range(count), 2) if count <= MOST_PARTS else ():
            order = list(range(count))
            order[i], order[j] = j, i
            names = "abcdef"[:count]
            yield Suspect(({"kind": "outputs_ordered", "operation": operation.key, "order": order},),
                          f"Keras's layer takes part {j + 1} of this `{operation.kind}` where your program takes part "
                          f"{i + 1}, and the other way round.",
                          f"`{', '.join(names[k] for k in order)} = x.{operation.kind}(…)` in place of "
                          f"`{', '.join(names)} = …`", operation.place)


MOST_PARTS = 4


def added_in_another_order(at: Difference) -> Iterator[Suspect]:
    """A constant, such as a table of positions, with its features in another order."""
    expected, operation = at.expected, at.operation
    if expected is None or operation.kind not in ADD:
        return
    ours, theirs = at.left.arrays("forward"), at.right.arrays("forward")
    for source in expected.sources:
        partner = at.paired.get(source, "")
        if partner not in operation.sources or ours[source].shape != ours[expected.key].shape or \
                not ours[source].shape == theirs[partner].shape == theirs[operation.key].shape:
            continue
        left_added, right_added = ours[expected.key] - ours[source], theirs[operation.key] - theirs[partner]
        order = [next((j for j in range(right_added.shape[-1]) if agreement.relative_difference(
            left_added[..., i], right_added[..., j]) < agreement.TOLERANCE), -1) for i in range(left_added.shape[-1])]
        if sorted(order) == list(range(right_added.shape[-1])):
            number = next((i for i, shape in enumerate(operation.shapes) if list(shape) != list(operation.shape)), 1)
            yield Suspect(({"kind": "operand_permuted", "operation": operation.key, "number": number, "order": order},),
                          "Keras adds the same values here with the features in another order.",
                          f"`table[..., {order if len(order) < 9 else 'order'}]` for the added tensor `table`",
                          operation.place)


def taken_before_activation(at: Difference) -> Iterator[Suspect]:
    """A branch that is taken before an activation, and in Keras after it, such as a skip connection."""
    expected, operation = at.expected, at.operation
    if expected is None or len(operation.sources) != len(operation.shapes) or len(operation.sources) < 2:
        return
    for key in expected.sources:
        source = at.left.operation(key)
        activation = function_of(source, at.left.layers.get(source.layer))
        for before in source.sources if activation else ():
            if at.paired.get(before) in operation.sources and activation:
                number = operation.sources.index(at.paired[before])
                name, settings = activation
                yield Suspect(({"kind": "operand_changed", "operation": operation.key, "number": number,
                                "function": name, "settings": settings},),
                              f"Keras takes `{source.layer}` after its `{name}` here, your program before it.",
                              f"`{code_of(name, settings)}` for tensor {number + 1} of `{operation.kind}`, `x`",
                              operation.place)


def other_operands(at: Difference) -> Iterator[Suspect]:
    """An operation of two tensors, one of which is another one in Keras, such as the two branches of a gate."""
    expected, operation = at.expected, at.operation
    if expected is None or expected.kind not in TWO_OPERANDS or len(operation.operands) != 2:
        return
    partners = [at.paired.get(source) for source in expected.sources]
    extra = [i for i, source in enumerate(operation.operands) if source not in partners]
    absent = [source for source in partners if source not in operation.operands] if len(partners) > 1 else [""]
    if len(extra) != 1 or len(absent) != 1 or absent[0] is None:  # "" is the model's own input
        return
    yield Suspect(({"kind": "operand_from", "operation": operation.key, "number": extra[0],
                    "source": absent[0]},),
                  f"Keras's `{expected.kind}` gets {words_for(absent[0], at.right)} here, your `{operation.kind}` "
                  f"{words_for(operation.operands[extra[0]], at.right)}.",
                  f"{words_for(absent[0], at.right)} in place of {words_for(operation.operands[extra[0]], at.right)}",
                  operation.place)


TWO_OPERANDS = ("Multiply", "Add", "Subtract", "Divide", "TrueDivide", "Maximum", "Minimum", "Average")


def words_for(key: str, run: Run) -> str:
    """An operation of PyTorch in words; empty for the model's input."""
    if not key:
        return "the input of the model"
    operation = run.operation(key)
    return f"the `{operation.kind}` of line {operation.place.line}"


PRODUCTS = ("einsum", "matmul", "__matmul__", "mm", "bmm")


def transposed(at: Difference) -> Iterator[Suspect]:
    """A square matrix that is multiplied from its other side."""
    operation = at.operation
    for i, shape in enumerate(operation.shapes) if operation.kind in PRODUCTS else ():
        if len(shape) > 1 and shape[-1] == shape[-2]:
            yield Suspect(({"kind": "operand_transposed", "operation": operation.key, "number": i},),
                          f"Keras's layer multiplies by the transpose of tensor {i + 1} of this `{operation.kind}`.",
                          f"`W.mT` for tensor {i + 1} of `{operation.kind}`, `W`", operation.place)


def split_otherwise(at: Difference) -> Iterator[Suspect]:
    """Samples that are split into two axes in the other order than they were merged in."""
    operation = at.operation
    if operation.kind not in ("view", "reshape", "unflatten") or not operation.shapes or \
            len(operation.shape) != len(operation.shapes[0]) + 1:
        return
    first, second = operation.shape[:2]
    yield Suspect(({"kind": "instead", "operation": operation.key, "function": "samples_split",
                    "settings": {"sizes": [first, second]}},),
                  f"`{operation.kind}` splits the {first * second} rows as `({first}, {second})`; they were merged as "
                  f"`({second}, {first})`.", f"`x.view({second}, {first}, -1).transpose(0, 1)` in place of "
                  f"`x.view({first}, {second}, -1)`", operation.place)
