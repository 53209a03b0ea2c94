"""Parameters without a partner: those of another shape are given that shape, those of one side alone are left out.

Both happen in memory, so that everything else can be compared; the items say what the user has to write.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product
from typing import Collection

from compare.analysis.programs import pairing, pooled
from compare.analysis.programs.comparison import Stage
from compare.analysis.programs.description import Layer, Run, is_port, path_as_code
from compare.analysis.programs.items import Item, Peeled
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.runs import Pair
from compare.analysis.programs.suspects import parameters
from compare.analysis.programs.suspects.suspect import Suspect

INPUTS = ("query", "key", "value")
"""The inputs of attention, which a program may compute with one Linear, one after the other."""


def with_parts(pair: Pair, left: Run, right: Run) -> Run:
    """The right program, with the Linear of several inputs of attention divided into them for the whole check."""
    if not is_port(left, right) or not any(f"{path}.{INPUTS[-1]}/kernel" in left.parameters for path in left.layers):
        return right
    pairs = pairing.pair_parameters(left, right)
    free = [parameter for parameter in right.parameters.values() if parameter.role == "kernel"
            and parameter.name not in pairs.values()]
    changes = []
    for layer in left.layers.values():
        for roles in (INPUTS, INPUTS[1:]):
            shapes = [left.parameters[name].shape for role in roles
                      if (name := f"{layer.path}.{role}/kernel") in left.parameters]
            whole = next((each for each in free if len(shapes) == len(roles) and len(set(shapes)) == 1
                          and each.shape == (shapes[0][0], len(roles) * shapes[0][1])), None)
            if whole:
                free.remove(whole)
                changes.append({"kind": "in_parts", "layer": whole.layer, "roles": list(roles), "heads": 0})
                break
    if not changes:
        return right
    pair.right = replace(pair.right, changes=(*pair.right.changes, *changes))
    return pair.run("right", until=0, whole=True)


def arranged(pair: Pair, left: Run, right: Run) -> Run:
    """The right program with the parts of such a Linear in the order in which it takes them, where nothing of the
    user's says how Keras's weights are copied: with one of the orders, attention computes what Keras's computes."""
    parts = [change for change in pair.right.changes if change["kind"] == "in_parts"]
    heads = {int(layer.settings["num_heads"]) for layer in left.layers.values() if layer.settings.get("num_heads")}
    if not parts or len(heads) != 1 or agreeing(left, right):
        return right
    rest, before = tuple(change for change in pair.right.changes if change not in parts), pair.right
    for count, order in product((0, *heads), permutations(range(3))):
        changes = tuple({**change, "heads": count, "roles": [change["roles"][i] for i in order
                                                             if i < len(change["roles"])]} for change in parts)
        pair.right = replace(before, changes=(*rest, *changes))
        tried = pair.run("right", until=0)
        if not tried.failure and agreeing(left, tried):
            return pair.run("right")
    pair.right = before
    return right


def agreeing(left: Run, right: Run) -> bool:
    """Whether all attention of the left program is computed by the right one too."""
    paired = pairing.pair_operations(left, right)
    return all(operation.key in paired for operation in left.operations if operation.kind == "MultiHeadAttention")


def with_shapes(pair: Pair, left: Run, right: Run, pairs: dict[str, str]) -> tuple[list[Item], Run, dict[str, str]]:
    """Gives parameters of the right program the left's shapes, for the whole check.

    Returns the items, the right program and the pairs with them.
    """
    if not is_port(left, right):
        return [], right, pairs
    layers = of_other_shapes(left, right, pairs)
    suspects = [SHAPED[left.layers[left_layer].kind](left.layers[left_layer], right.layers[right_layer], left, right)
                for left_layer, right_layer in layers]
    changes = tuple(change for suspect in suspects for change in suspect.changes)
    changed = pair.run("right", until=0, whole=True, changes=changes) if changes else right
    if not changes or changed.failure:
        return [], right, pairs
    pair.right = replace(pair.right, changes=pair.right.changes + changes)
    names = [tuple(name for name in left.layers[path].parameters if name not in pairs) for path, _ in layers]
    items = [Item(Stage.PARAMETERS, float("inf"), where, None, None, (suspect,))
             for where, suspect in zip(names, suspects)]
    return items, changed, pairing.pair_parameters(left, changed)


def of_other_shapes(left: Run, right: Run, pairs: Pairs) -> list[tuple[str, str]]:
    """The layers with parameters of other shapes, one against the other in their order, that could be one."""
    result: list[tuple[str, str]] = []
    for ours, theirs in (("PReLU", "PReLU"), ("LayerNormalization", "LayerNorm"), ("GRU", "GRU")):
        lefts = [layer for layer in left.layers.values() if layer.kind == ours and
                 any(name not in pairs for name in layer.parameters)]
        rights = [layer for layer in right.layers.values() if layer.kind == theirs and
                  any(name not in pairs.values() for name in layer.parameters)]
        result += [(left_layer.path, right_layer.path) for left_layer, right_layer in zip(lefts, rights)]
    lefts = [layer for layer in left.layers.values() if layer.kind in NORMS
             and any(name not in pairs and name.endswith("gamma") for name in layer.parameters)]
    rights = [layer for layer in right.layers.values() if layer.kind.rstrip("123d") in NORMS.values()
              and not any(name.endswith("gamma") for name in layer.parameters)]
    result += [(first.path, second.path) for first, second in zip(lefts, rights)
               if second.kind.rstrip("123d") == NORMS[first.kind]]
    for left_layer in left.layers.values():
        if left_layer.kind == "BatchNormalization" and any(
                "moving" in name and name not in pairs for name in left_layer.parameters):
            partner = parameters.partner_of(left_layer.path, left, right, pairs)
            if partner and right.layers[partner].settings.get("track_running_stats") is False:
                result.append((left_layer.path, partner))
    return result + pooled.standing_against(left, right, pairs)


NORMS = {"GroupNormalization": "InstanceNorm", "BatchNormalization": "BatchNorm"}
"""Keras's normalizations, and those of PyTorch that may be without a scale and an offset."""


def with_scale(left_layer: Layer, layer: Layer, left: Run, right: Run) -> Suspect:
    """A normalization without a scale and an offset."""
    return Suspect(({"kind": "affine", "layer": layer.path},),
                   f"Keras's `{left_layer.kind}` trains a scale and an offset (`gamma` and `beta`); this "
                   f"`{layer.kind}` has none.",
                   f"`affine=True` in `{layer.kind}`", layer.place)


def slopes(left_layer: Layer, layer: Layer, left: Run, right: Run) -> Suspect:
    """PReLU with one slope, one for each channel, or one for each value."""
    ours, theirs = left.parameters[left_layer.parameters[0]].shape, right.parameters[layer.parameters[0]].shape
    shape = [ours[-1], *ours[:-1]]
    changes: list[dict[str, object]] = [{"kind": "shape", "layer": layer.path, "shapes": {"weight": shape}}]
    code = f"nn.PReLU({shape[0]})"
    if len(shape) > 1:
        changes += [{"kind": "prelu", "operation": operation.key} for operation in right.operations
                    if operation.layer == layer.path]
        code = f"a parameter of shape {tuple(shape)} in place of `nn.PReLU`, or " \
               f"`shared_axes={list(range(1, len(shape)))}` in Keras's `PReLU`"
    return Suspect(tuple(changes), f"Keras's `PReLU` has slopes of shape `{ours}`, {slopes_text(ours)}; this `PReLU` "
                   f"has {slopes_text(theirs)}.", code, layer.place)


def slopes_text(shape: tuple[int, ...]) -> str:
    """What slopes of a shape are for."""
    if shape == (1,):
        return "one for all channels"
    return "one for each channel" if len(shape) == 1 else "one for each value of a sample"


def normalized(left_layer: Layer, layer: Layer, left: Run, right: Run) -> Suspect:
    """LayerNorm over more axes than Keras's."""
    size = left.parameters[left_layer.parameters[0]].shape[-1]
    shape = right.parameters[layer.parameters[0]].shape
    channels = -1 if shape[-1] == size != shape[0] or len(shape) == 2 else 1
    changes: list[dict[str, object]] = [{"kind": "shape", "layer": layer.path, "shapes": {
        name: [size] for name, parameter in (("weight", "gamma"), ("bias", "beta"))
        if any(each.endswith(parameter) for each in layer.parameters)}}]
    changes += [{"kind": "normalized", "operation": operation.key, "function": operation.kind, "axes": [channels],
                 "channels": channels, "groups": 0} for operation in right.operations if operation.layer == layer.path]
    move = "" if channels == -1 else " of `x.movedim(1, -1)`, moved back afterwards"
    return Suspect(tuple(changes), f"Keras's `LayerNormalization` normalizes the {size} channels of every position; "
                   f"this `LayerNorm` normalizes over the shape `{shape}`.", f"`nn.LayerNorm({size})`{move}",
                   layer.place)


def one_bias(left_layer: Layer, layer: Layer, left: Run, right: Run) -> Suspect:
    """nn.GRU has two biases, Keras's GRU with reset_after=False one."""
    return Suspect(({"kind": "single_bias", "layer": layer.path},),
                   "Keras's `GRU` with `reset_after=False` has one bias; `nn.GRU` has two, which are both trained.",
                   f"`{layer.code}.bias_hh_l0.requires_grad_(False)` after setting it to zero", layer.place)


def tracked(left_layer: Layer, layer: Layer, left: Run, right: Run) -> Suspect:
    """A batch normalization without moving statistics, or without a scale and an offset."""
    if layer.settings.get("track_running_stats") is not False:
        return with_scale(left_layer, layer, left, right)
    return Suspect(({"kind": "tracked", "layer": layer.path},),
                   f"This `{layer.kind}` has `track_running_stats=False`: it has no moving statistics, and uses those "
                   "of the batch in evaluation too.", f"`track_running_stats=True` in `{layer.code}`", layer.place)


SHAPED = {"BatchNormalization": tracked, "GroupNormalization": with_scale, "PReLU": slopes,
          "LayerNormalization": normalized, "GRU": one_bias, "Dense": pooled.smaller}
"""By Keras's layer, what its parameters' other shapes mean."""


def without_partner(run: Run, paired: Collection[str], result: Peeled) -> tuple[str, ...]:
    """The parameters without a partner of which no item says anything; not the constants, such as the mean of a
    Normalization, if the programs agree in the end."""
    named = {change["parameter"] for item in result.items for cause in item.causes for change in cause.changes
             if change["kind"] == "without"}
    return tuple(name for name, parameter in run.parameters.items() if name not in paired and name not in named
                 and (parameter.trainable or parameter.moving or not result.complete))


def left_out(pair: Pair, left: Run, right: Run, pairs: Pairs) -> Item | None:
    """Biases and scales that only one program has: they are set to what changes nothing, and not trained."""
    if not right.is_torch:
        return None
    causes = [Suspect(({"kind": "without", "parameter": name},),
                      f"Only the PyTorch program has `{name}`; Keras's layer has no such parameter.",
                      f"`bias=False` in `{path_as_code(right.parameters[name].layer)}`", right.place_of(name))
              for name in parameters.alone(right, left, {partner: name for name, partner in pairs.items()})]
    for name in parameters.alone(left, right, pairs) if not left.is_torch else ():
        partner = parameters.partner_of(left.parameters[name].layer, left, right, pairs)
        causes.append(Suspect(({"kind": "without", "parameter": name},),
                              f"Only Keras's layer has `{name}`.", f"`bias=True` in `{path_as_code(partner)}`",
                              right.layers[partner].place, side="left"))
    names = tuple(str(cause.changes[0]["parameter"]) for cause in causes)
    return Item(Stage.PARAMETERS, float("inf"), names, None, None, tuple(causes)) if causes else None
