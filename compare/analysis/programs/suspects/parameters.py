"""Errors in weights that the user's own code has copied, and parameters that only one side has."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from compare.analysis.programs.agreement import TOLERANCE, relative_difference
from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Array, Parameter, Run, is_port, path_as_code
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects.suspect import Copied

NEAR = 10 * TOLERANCE
"""Weights copied through float32 agree to 1e-7."""


def copied_wrongly(comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> list[tuple[Copied, str]]:
    """Of every parameter that the user's code has set to another value, which one it has, as a fact and a sentence."""
    ours, theirs = left.arrays("parameter"), right.arrays("parameter")
    sides = ("Keras's", "Your") if is_port(left, right) else ("the left program's", "The right program's")
    found = [(right.parameters[pairs[name]], *has_instead(name, ours, theirs[pairs[name]], sides[0]))
             for name in comparison.where]
    return [(copied, f"{sides[1]} `{tensor_of(parameter, right)}` {sentence}") for parameter, copied, sentence in found]


def has_instead(name: str, ours: dict[str, Array], value: Array, owner: str) -> tuple[Copied, str]:
    """Describes the value of a parameter in terms of the weights of the left program, `owner`, if possible."""
    expected = ours[name]
    for each, candidate in ours.items():
        if each != name and candidate.shape == value.shape and relative_difference(candidate, value) < NEAR:
            return Copied.ANOTHER, f"has the values of {owner} `{each}` instead of `{name}`."
    if sorted(expected.shape) == sorted(value.shape):
        for order in permutations(range(expected.ndim)):
            moved = expected.transpose(order)
            if order != tuple(range(expected.ndim)) and moved.shape == value.shape and \
                    relative_difference(moved, value) < NEAR:
                return Copied.AXES, f"is {owner} `{name}` with its axes in the order `{order}`."
    for gates in (4, 3, 2):
        if expected.shape and expected.shape[-1] % gates == 0:
            parts = np.split(expected, gates, -1)
            for order in permutations(range(gates)):
                moved = np.concatenate([parts[i] for i in order], -1)
                if order != tuple(range(gates)) and relative_difference(moved, value) < NEAR:
                    return Copied.GATES, f"is {owner} `{name}` with its {gates} gates in the order `{order}`."
    if expected.ndim == 2 and expected.shape == value.shape and not value[1:].any() and \
            relative_difference(expected.sum(0), value[0]) < NEAR:
        return Copied.SUM, f"has the sum of the two rows of {owner} `{name}`; the second is the recurrent bias, " \
                           "which the reset gate scales."
    if expected.size == value.size and np.allclose(np.sort(expected.ravel()), np.sort(value.ravel()), rtol=1e-6,
                                                   atol=1e-9):
        return Copied.ORDER, f"has the values of {owner} `{name}` in another order, as after `reshape` for a transpose."
    return Copied.VALUES, f"has other values than {owner} `{name}`."


def copying(name: str, left: Run, right: Run, pairs: Pairs) -> str:
    """The line that copies one of Keras's weights, in the layout of PyTorch's layer; `weights` is get_weights()."""
    parameter = right.parameters[pairs[name]]
    layer, role = right.layers.get(parameter.layer), parameter.role.rpartition("/")[2]
    listed, value = left.arrays("listed"), left.arrays("parameter")[name]
    number = next((key for key, array in listed.items() if array.size == value.size and
                   np.array_equal(array.reshape(value.shape), value)), "…")
    kind, weight = layer.kind if layer else "", f"torch.tensor(weights[{number}])"
    if kind == "MultiheadAttention":
        return in_attention(parameter, weight)
    attribute = attribute_of(parameter, right)
    if kind.removesuffix("Cell") in RECURRENT:
        first = f"{weight}.T" if "kernel" in role else weight
        if kind.startswith("GRU"):
            first = f"torch.cat([{first}.chunk(3{', -1' if role == 'bias' else ''})[i] for i in (1, 0, 2)]" + \
                (", -1)[0]" if role == "bias" else ")")
        second = f", and row 1 to `{attribute.rpartition('.')[2].replace('_ih', '_hh')}`" \
            if kind.startswith("GRU") and role == "bias" else ""
        return f"`{attribute}.copy_({first})`{second}"
    move = MOVED.get(kind, "") if role in ("kernel", "weight") else ""
    if kind.startswith("Conv") and layer and layer.settings.get("groups", 1) > 1:
        move = f".permute(2, 3, 0, 1).reshape({path_as_code(parameter.layer)}.weight.shape)"
    return f"{attribute}.copy_({weight}{move})"


def in_attention(parameter: Parameter, weight: str) -> str:
    """The line that copies a weight of Keras's MultiHeadAttention into nn.MultiheadAttention, where query, key and
    value share one tensor."""
    part, _, role = parameter.role.partition("/")
    layer, width = path_as_code(parameter.layer), parameter.shape[-1]
    if part == "attention_output":
        return f"{layer}.out_proj." + (f"weight.copy_({weight}.reshape(-1, {width}).T)" if role == "kernel"
                                       else f"bias.copy_({weight})")
    first = ("query", "key", "value").index(part) * width
    name, value = ("weight", f"{weight}.reshape({parameter.shape[0]}, -1).T") if role == "kernel" else \
        ("bias", f"{weight}.reshape(-1)")
    return f"{layer}.in_proj_{name}[{first}:{first + width}].copy_({value})"


def tensor_of(parameter: Parameter, run: Run) -> str:
    """A parameter as the user's code names it; in Keras, and where several share a tensor, by its own name."""
    layer = run.layers.get(parameter.layer)
    return attribute_of(parameter, run) if run.is_torch and layer and "/" not in parameter.role else parameter.name


def attribute_of(parameter: Parameter, right: Run) -> str:
    """The tensor of a PyTorch layer, as the user's code names it."""
    layer, role = right.layers.get(parameter.layer), parameter.role.rpartition("/")[2]
    if layer is None or layer.kind.removesuffix("Cell") not in RECURRENT:
        return path_as_code(f"{parameter.layer}.{ATTRIBUTES.get(role, role)}")
    suffix = "" if layer.kind.endswith("Cell") else "_l0" + ("_reverse" if "backward" in parameter.role else "")
    return path_as_code(f"{parameter.layer}.{OF_RECURRENT.get(role, role)}{suffix}")


OF_RECURRENT = {"kernel": "weight_ih", "recurrent_kernel": "weight_hh", "bias": "bias_ih"}
"""By Keras's role, the beginning of the name that a recurrent layer of PyTorch has."""
RECURRENT = ("LSTM", "GRU", "RNN")
MOVED = {"Linear": ".T", "Conv1d": ".permute(2, 1, 0)", "Conv2d": ".permute(3, 2, 0, 1)",
         "Conv3d": ".permute(4, 3, 0, 1, 2)", "ConvTranspose1d": ".permute(2, 1, 0)",
         "ConvTranspose2d": ".permute(3, 2, 0, 1)"}
"""By PyTorch's layer, how a kernel of Keras is brought into its layout."""
ATTRIBUTES = {"kernel": "weight", "gamma": "weight", "beta": "bias", "embeddings": "weight", "alpha": "weight",
              "moving_mean": "running_mean", "moving_variance": "running_var"}
"""By Keras's role, the attribute of PyTorch's layer."""

ALONE = ("bias", "beta", "gamma")
"""Roles of parameters that a layer can omit."""


def alone(run: Run, partner_run: Run, pairs: Pairs) -> list[str]:
    """Trained biases and scales that only this program has: the other parameters of their layer are paired, and the
    partner layer has no unpaired parameters. `pairs` go from this program to its partner."""
    taken = set(pairs.values())
    free = {parameter.layer for name, parameter in partner_run.parameters.items()
            if name not in taken and parameter.role.split("/")[-1] in ALONE}
    names = []
    for name, parameter in run.parameters.items():
        if name not in pairs and parameter.role.split("/")[-1] in ALONE and parameter.trainable:
            partner = partner_of(parameter.layer, run, partner_run, pairs)
            if partner and partner not in free:
                names.append(name)
    return names


def partner_of(layer: str, run: Run, partner_run: Run, pairs: Pairs) -> str:
    """The layer of the other program with the partner of a layer's first paired parameter; "" for none."""
    names = run.layers[layer].parameters if layer in run.layers else ()
    return next((partner_run.parameters[pairs[name]].layer for name in names if name in pairs), "")
