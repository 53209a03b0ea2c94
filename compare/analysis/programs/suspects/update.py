"""Suspects where equal gradients change the weights differently: settings and rules of the optimizers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterator, Mapping

from compare.analysis.programs.agreement import TOLERANCE, relative_difference
from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Place, Run
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects import schedules
from compare.analysis.programs.suspects.constraints import unconstrained
from compare.analysis.programs.suspects.optimizer_fields import Fields, fields_of
from compare.analysis.programs.suspects.statistics import moving, moving_of_functions
from compare.analysis.programs.suspects.suspect import Change, Suspect

BY_DESIGN = ("epsilon_place", "rate_in_momentum", "clip_epsilon", "momentum_decay")
"""Fields that at least one framework does not let its users set."""
CLASSES = {"Nadam": "NAdam"}
"""Keras's optimizers that have another name in PyTorch."""
DEFAULT_EPSILONS = (1e-7, 1e-8)
"""Epsilon where nobody sets it, in Keras and in PyTorch (the rules of `frameworks/parts/optimizers`)."""
TORCH_NAMES = {"learning_rate": "lr", "rho": "alpha", "epsilon": "eps", "beta_1": "betas[0]", "beta_2": "betas[1]",
               "initial_accumulator": "initial_accumulator_value"}


def suspects(comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """Every suspect, the most specific first; a difference of the training names steps, not parameters."""
    names = [name for name in comparison.where if name in pairs]
    return together([*gradients_kept(left, right, pairs), *added_biases(names, left, right, pairs),
                     *moving(names, left, right, pairs), *moving_of_functions(names, left, right),
                     *repeated_rows(names, left, right, pairs), *unconstrained(left, right, pairs),
                     *settings(left, right, pairs),
                     *keras_settings(left, right), *averaged(left, right)])


def together(proposed: list[Suspect]) -> list[Suspect]:
    """The suspects; those of several layers that say the same become one, with all of their changes."""
    alike: dict[tuple[str, str], list[Suspect]] = {}
    for suspect in proposed:
        alike.setdefault((suspect.cause, suspect.code), []).append(suspect)
    return [same[0] if len(same) == 1 else of_all(same) for same in alike.values()]


def of_all(same: list[Suspect]) -> Suspect:
    """One suspect with the changes of several; it says in how many layers."""
    changes: list[Change] = []
    for suspect in same:
        changes += [change for change in suspect.changes if change not in changes]
    layers = {change["layer"] for change in changes if "layer" in change}
    if len(layers) < 2:
        return replace(same[0], changes=tuple(changes))
    return replace(same[0], changes=tuple(changes), cause=f"{same[0].cause} This is so in {len(layers)} layers.",
                   code=same[0].code and f"{same[0].code}  # in {len(layers)} layers")


def averaged(left: Run, right: Run) -> Iterator[Suspect]:
    """The moving average of the weights, which Keras puts in their place at the end of `fit`."""
    if not right.is_torch or not left.optimizer or not left.optimizer.settings.get("use_ema"):
        return
    momentum = left.optimizer.settings.get("ema_momentum", 0.99)
    yield Suspect(({"kind": "optimizer", "settings": {"use_ema": False}},),
                  f"Keras's optimizer has use_ema=True: after fit, the weights are their moving average with "
                  f"ema_momentum={momentum:g}; yours are those of the last step.",
                  "ema = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils."
                  f"get_ema_multi_avg_fn({momentum:g})), and ema.update_parameters(net) after every step",
                  right.optimizer.place if right.optimizer else right.place, side="left")


def gradients_kept(left: Run, right: Run, pairs: Pairs) -> Iterator[Suspect]:
    """Gradients that are not set to zero: the first step is the same, and the second is not."""
    if not right.is_torch or not right.optimizer:
        return
    weights = [(left.arrays(f"weight/{step}"), right.arrays(f"weight/{step}")) for step in (1, 2)]
    steps = [max((relative_difference(ours[name], theirs[partner]) for name, partner in pairs.items()), default=0.0)
             for ours, theirs in weights if ours and theirs]
    if len(steps) == 2 and steps[0] < TOLERANCE < steps[1]:
        yield Suspect(({"kind": "gradients_cleared"},),
                      "The gradients of earlier batches are added to those of a batch: they are never set to zero.",
                      "optimizer.zero_grad() before the backward pass", right.optimizer.place)


def added_biases(names: list[str], left: Run, right: Run, pairs: Pairs) -> Iterator[Suspect]:
    """A bias that is the sum of two trained ones, and so moves twice as far."""
    twice = [pairs[name] for name in names if right.parameters[pairs[name]].added
             and right.parameters[pairs[name]].trained_parts == 2 and not left.parameters[name].added]
    if twice:
        layer = right.layers[right.parameters[twice[0]].layer]
        changes = tuple({"kind": "trainable", "parameter": part, "part": 1, "value": False} for part in twice)
        yield Suspect(changes, f"PyTorch's {layer.kind} has two biases, which are added; both are trained, so their "
                      "sum moves twice as far as Keras's only bias.",
                      f"{layer.path}.bias_hh_l0.requires_grad_(False) after setting it to zero", layer.place,
                      by_design=True)


def repeated_rows(names: list[str], left: Run, right: Run, pairs: Pairs) -> Iterator[Suspect]:
    """TensorFlow's gradient of an Embedding, whose repeated rows Keras squares one by one, on the side that has it."""
    sparse = [(side, run.optimizer) for side, run, parameters in (
        ("left", left, names), ("right", right, [pairs[name] for name in names]))
        if run.optimizer and any(run.parameters[name].layer in run.optimizer.sparse for name in parameters)]
    if len(sparse) == 1:
        side, optimizer = sparse[0]
        yield Suspect(({"kind": "dense_gradients"},),
                      "Keras on TensorFlow squares the gradient of every occurrence of an embedding's row before it "
                      "adds them; PyTorch and JAX add first. A row that occurs n times in a batch moves about sqrt(n) "
                      "times as far with TensorFlow.", "", optimizer.place, side=side, by_design=True)


def settings(left: Run, right: Run, pairs: Pairs) -> Iterator[Suspect]:
    """Every field of the optimizers that differs."""
    if not left.optimizer or not right.optimizer or not right.is_torch:
        return
    ours, theirs = fields_of(left), fields_of(right)
    if ours is None or theirs is None:
        return
    if ours["rule"] != theirs["rule"]:
        yield Suspect(({"kind": "optimizer", "fields": ours},),
                      f"The left optimizer is {left.optimizer.name}, the right one is {right.optimizer.name}.",
                      f"torch.optim.{CLASSES.get(left.optimizer.name, left.optimizer.name)}(model.parameters(), "
                      f"lr={ours['learning_rate']:g})", right.optimizer.place)
        return
    for name in ours:
        if name in theirs and ours[name] != theirs[name] and not meaningless(name, ours, theirs):
            fields = {each: ours[each] for each in (name, *TOGETHER.get(name, ()))}
            fields |= {"batches": ours[name]} if name == "accumulate" else {}
            sides = SIDES[left.is_torch]
            cause = clips(ours, theirs, sides) if name in CLIPS else \
                sentence(name, ours[name], theirs[name], right.optimizer.name, sides)
            default = name == "epsilon" and (ours[name], theirs[name]) == DEFAULT_EPSILONS
            yield Suspect(({"kind": "optimizer", "fields": fields},), cause,
                          code(name, ours, left.optimizer.settings), right.optimizer.place,
                          by_design=default or name in BY_DESIGN)
    if ours["accumulate"] == theirs["accumulate"] > 1:
        yield Suspect(({"kind": "optimizer", "fields": {"gradient_factor": 1 / ours["accumulate"]}},),
                      f"Keras updates with the mean of {ours['accumulate']} batches' gradients, your program with "
                      "their sum.", f"(loss / {ours['accumulate']}).backward()", right.optimizer.place)


CLIPS = ("clip_norm", "clip_global", "clip_value")
TOGETHER = {"weight_decay": ("decay_kind", "decayed"), "rates": ("learning_rate",),
            **{name: (*CLIPS, "clip_epsilon") for name in CLIPS}}
"""Fields that are changed with another, since they say how it is meant; a way of clipping with its epsilon."""


def meaningless(name: str, ours: Fields, theirs: Fields) -> bool:
    """Whether a field says nothing here: how a weight decay is applied that one side does not have, and the first
    learning rate of a schedule."""
    if name in ("decay_kind", "decayed"):
        return not ours["weight_decay"] or not theirs["weight_decay"]
    if name in CLIPS:  # one suspect says how both sides clip
        return name != next((each for each in CLIPS if ours[each] != theirs[each]), "")
    if name == "clip_epsilon":
        return not any(theirs[kind] for kind in ("clip_norm", "clip_global"))
    if name == "accumulate":  # PyTorch's updates cannot be made more often than its program makes them
        return bool(theirs[name] > 1)
    return name == "learning_rate" and ours["rates"] != theirs["rates"]


SIDES = {False: ("Keras's", "yours"), True: ("The left", "the right one")}
"""How the two sides are named: Keras against PyTorch, or two programs of PyTorch."""


def sentence(name: str, ours: Any, theirs: Any, optimizer: str, sides: tuple[str, str]) -> str:
    """What a field is on both sides, in words."""
    if name == "epsilon_place":
        return (f"Keras's epsilon stands {PLACES[ours]}, that of torch.optim.{optimizer} {PLACES[theirs]}.")
    if name == "decay_kind":
        return f"{sides[0]} weight decay is {DECAYS[ours]}, {sides[1]} is {DECAYS[theirs]}."
    if name == "rates":
        return f"{sides[0]} learning rate is {rates(ours)}, {sides[1]} is {rates(theirs)}."
    if name == "rate_in_momentum":
        return "Keras's momentum contains the learning rate, PyTorch's does not, which differs while a schedule runs."
    if name == "accumulate":
        return f"{sides[0]} optimizer makes one update of {ours} batches, {sides[1]} one of {theirs}."
    if name == "omitted":
        return f"Your optimizer does not get {', '.join(theirs[:3])}{' …' if len(theirs) > 3 else ''}."
    if name == "rate_factors":
        return f"{sides[0]} learning rate is the same for all parameters, {sides[1]} is not."
    if name == "clip_epsilon":
        return "PyTorch adds 1e-6 to the norm before it divides by it, Keras does not."
    if name == "decayed":
        return f"{sides[0]} weight decay is for {', '.join(ours or ['all parameters'])}, {sides[1]} for " \
               f"{', '.join(theirs or ['all parameters'])}."
    return f"{sides[0]} {name} is {shown(ours)}, {sides[1]} is {shown(theirs)}."


def clips(ours: Fields, theirs: Fields, sides: tuple[str, str]) -> str:
    """How both sides clip gradients."""
    texts = [next((f"clipped {CLIPPED[name]} {shown(fields[name])}" for name in CLIPS if fields[name]), "not clipped")
             for fields in (ours, theirs)]
    return f"{sides[0]} gradients are {texts[0]}, {sides[1]} are {texts[1]}."


CLIPPED = {"clip_norm": "variable by variable, each to the norm", "clip_global": "all together to the norm",
           "clip_value": "to the value"}
PLACES = {"corrected": "after the bias correction", "uncorrected": "before the bias correction",
          "inside": "inside of the square root", "outside": "outside of the square root"}
DECAYS = {"coupled": "added to the gradient", "decoupled": "apart from the gradient"}


def rates(values: Any) -> str:
    """The first learning rates of a schedule."""
    if values is None:
        return "constant"
    return ", ".join(f"{value:.4g}" for value in values[:4]) + (" …" if len(values) > 4 else "")


def shown(value: Any) -> str:
    """A value in text."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def code(name: str, ours: Fields, settings: Mapping[str, Any]) -> str:
    """What to write for a field; `settings` are the left optimizer's own."""
    value = ours[name]
    if name in BY_DESIGN:
        return ""
    if name in CLIPS:
        return clip_code(ours)
    if name == "rates":
        return schedules.code(settings.get("learning_rate"), value, ours["learning_rate"])
    if name in FIXES:
        return FIXES[name].format(**ours)
    if name == "decay_kind":
        return "torch.optim.AdamW" if value == "decoupled" else "torch.optim.Adam(weight_decay=…)"
    return f"{TORCH_NAMES.get(name, name)}={shown(value)}"


def clip_code(ours: Fields) -> str:
    """What to write to clip as the left does."""
    if ours["clip_norm"]:
        return f"for p in model.parameters(): torch.nn.utils.clip_grad_norm_(p, {ours['clip_norm']})"
    if ours["clip_global"]:
        return f"torch.nn.utils.clip_grad_norm_(model.parameters(), {ours['clip_global']})"
    return f"torch.nn.utils.clip_grad_value_(model.parameters(), {ours['clip_value']})" if ours["clip_value"] else \
        "leave out the clipping of gradients"


FIXES = {"decayed": '"weight_decay": {weight_decay:g} in every parameter group',
         "omitted": "torch.optim.…(model.parameters(), …)", "rate_factors": '"lr": {learning_rate:g} in every group',
         "accumulate": "accumulate_grad_batches={accumulate}, or optimizer.step() every {accumulate} batches"}


def keras_settings(left: Run, right: Run) -> Iterator[Suspect]:
    """Of two Keras programs, the settings of the optimizers that are not the same."""
    if right.is_torch or not left.optimizer or not right.optimizer:
        return
    for name, value in left.optimizer.settings.items():
        if name in right.optimizer.settings and right.optimizer.settings[name] != value:
            yield Suspect(({"kind": "optimizer", "settings": {name: value}},),
                          f"{right.optimizer.name} has {name}={value!r} on the left and "
                          f"{right.optimizer.settings[name]!r} on the right.", f"{name}={value!r}",
                          right.optimizer.place or Place())
