"""Text about the fields of an optimizer: the values of both sides in a sentence, and the code to write in PyTorch."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from compare.analysis.programs.suspects import schedules
from compare.analysis.programs.suspects.optimizer_fields import Fields
from compare.analysis.programs.suspects.suspect import listed, quoted, shown

BY_DESIGN = ("epsilon_place", "rate_in_momentum", "clip_epsilon", "momentum_decay")
"""Fields that the users of at least one framework cannot set."""
CLIPS = ("clip_norm", "clip_global", "clip_value")
"""Fields that say how gradients are clipped."""
TORCH_NAMES = {"learning_rate": "lr", "epsilon": "eps", "initial_accumulator": "initial_accumulator_value",
               "beta_1": "betas[0]", "beta_2": "betas[1]"}
"""Fields that have another name in PyTorch."""
TORCH_ONLY = ("dampening",)
"""Fields that Keras's optimizers do not have."""
KERAS_NAMES = {"initial_accumulator": "initial_accumulator_value"}
"""Fields that have another name in Keras."""
SIDES = {False: ("Keras's", "yours"), True: ("The left", "the right one")}
"""How the two sides are named: Keras against PyTorch, or two programs of PyTorch."""
TURNED = {False: ("Your", "Keras's"), True: ("The right", "the left one")}
"""The same, beginning with the right one."""


def sentence(name: str, ours: Any, theirs: Any, optimizer: str, torch: bool) -> str:
    """A sentence with the values of a field on both sides; `torch`: in two programs of PyTorch."""
    sides = SIDES[torch]
    if name == "epsilon_place":
        return f"Keras adds `epsilon` {PLACES[ours]}, `torch.optim.{optimizer}` {PLACES[theirs]}."
    if name == "decay_kind":
        return f"{sides[0]} weight decay is {DECAYS[ours]}, {sides[1]} is {DECAYS[theirs]}."
    if name == "rates":
        return rates_differ(ours, theirs, sides)
    if name == "momentum_decay":
        return f"Keras's `Nadam` changes its momentum as `NAdam` does with `momentum_decay={ours:g}`; yours has " \
               f"`momentum_decay={theirs:g}`."
    if name == "rate_in_momentum":
        return "Keras's momentum contains the learning rate, PyTorch's does not, which differs while a schedule runs."
    if name == "accumulate":
        return f"{sides[0]} optimizer makes one update of {ours} batches, {sides[1]} one of {theirs}."
    if name == "omitted":
        return f"Your optimizer does not get {quoted(theirs)}."
    if name == "rate_factors":
        return f"{sides[0]} learning rate is the same for all parameters, {sides[1]} is not."
    if name == "clip_epsilon":
        return "PyTorch adds 1e-6 to the norm before it divides by it, Keras does not."
    right = torch_name(name, optimizer)
    left = right if torch else KERAS_NAMES.get(name, name)
    has = f"no `{name}`" if name in TORCH_ONLY and not torch else f"`{left}={shown(ours)}`"
    return f"{sides[0]} optimizer has {has}, {sides[1]} has `{right}={shown(theirs)}`."


def torch_name(name: str, optimizer: str) -> str:
    """A field as PyTorch's optimizer calls it."""
    return "alpha" if (name, optimizer.lower()) == ("rho", "rmsprop") else TORCH_NAMES.get(name, name)


def decay_of_groups(names: Sequence[str], decay: float, sides: tuple[str, str]) -> tuple[str, str]:
    """The sentence and the code for a weight decay that some parameter groups have, and the left optimizer has not."""
    return f"{sides[0]} optimizer has no `weight_decay`, {sides[1]} has `weight_decay={decay:g}` for " \
           f"{quoted(names)}.", \
        f'`"weight_decay": 0` in the parameter group of {quoted(names)}'


def clips(ours: Fields, theirs: Fields, sides: tuple[str, str]) -> str:
    """How both sides clip gradients."""
    texts = [next((f"clipped {CLIPPED[name]} {shown(fields[name])}" for name in CLIPS if fields[name]), "not clipped")
             for fields in (ours, theirs)]
    return f"{sides[0]} gradients are {texts[0]}, {sides[1]} are {texts[1]}."


CLIPPED = {"clip_norm": "variable by variable, each to the norm", "clip_global": "all together to the norm",
           "clip_value": "to the value"}
PLACES = {"corrected": "after the bias correction", "uncorrected": "before the bias correction",
          "inside": "inside the square root", "outside": "outside the square root"}
DECAYS = {"coupled": "added to the gradient", "decoupled": "apart from the gradient"}


def rates_differ(ours: Any, theirs: Any, sides: tuple[str, str]) -> str:
    """Where the learning rates of two schedules differ; None is a constant one."""
    first = next((i for i, (rate, actual) in enumerate(zip(ours or (), theirs or ())) if rate != actual), 0)
    if not first:
        return f"{sides[0]} learning rate is {rates(ours)}, {sides[1]} is {rates(theirs)}."
    return f"{sides[0]} learning rate is {ours[first]:.4g} in step {first + 1}, {sides[1]} is {theirs[first]:.4g}; " \
        "before, they are the same."


def rates(values: Any) -> str:
    """The first learning rates of a schedule."""
    if values is None:
        return "constant"
    return ", ".join(f"{value:.4g}" for value in values[:4]) + (" …" if len(values) > 4 else "")


def code(name: str, ours: Fields, settings: Mapping[str, Any]) -> str:
    """The code for a field; `settings` are those of the left optimizer."""
    value = ours[name]
    if name == "momentum_decay":
        return f"momentum_decay={value:g}"
    if name in BY_DESIGN:
        return ""
    if name in CLIPS:
        return clip_code(ours)
    if name == "rates":
        return schedules.code(settings.get("learning_rate"), value, ours["learning_rate"])
    if name in FIXES:
        return FIXES[name].format(**ours)
    if name in ("weight_decay", "decay_kind") and ours["weight_decay"]:
        return decay_code(ours)
    if name in ("beta_1", "beta_2"):
        return f"betas=({ours['beta_1']:g}, {ours['beta_2']:g})"
    return f"{torch_name(name, ours['rule'])}={shown(value)}"


ARGUMENTS = ("beta_1", "rho", "momentum", "nesterov", "centered", "amsgrad", "initial_accumulator", "epsilon")
"""Fields that are an argument of a class of PyTorch; `betas` has both."""
CLASSES = {"Nadam": "NAdam"}
"""Keras's optimizers that have another name in PyTorch."""
KERAS_ONLY = ("Lion", "Ftrl")
"""Keras's optimizers that PyTorch does not have."""


def another_optimizer(left: str, right: str, torch: bool) -> str:
    """That the optimizers have other rules; `torch`: in two programs of PyTorch."""
    sides = ("The left", "the right") if torch else ("Keras's", "your")
    if left == right:
        return f"{sides[1].capitalize()} program's own class `{right}` does not update the weights as " + (
            "the left one does." if torch else f"`keras.optimizers.{left}` does with these settings.")
    return f"{sides[0]} optimizer is `{left}`, {sides[1]} {'one is' if torch else 'program uses'} `{right}`."


def constructor(name: str, ours: Fields, torch: bool) -> str:
    """The left optimizer as a class of PyTorch with its settings; what to write where PyTorch has none."""
    if name in KERAS_ONLY and not torch:
        return f"`class {name}(torch.optim.Optimizer)` with the update of `keras/src/optimizers/{name.lower()}.py`, " \
               "since `torch.optim` has none"
    given = [code(field, ours, {}) for field in ARGUMENTS if ours.get(field)]
    decay = [f"weight_decay={ours['weight_decay']:g}"] if ours["weight_decay"] else []
    arguments = ", ".join(["model.parameters()", f"lr={ours['learning_rate']:g}", *given, *decay])
    return f"torch.optim.{CLASSES.get(name, name)}({arguments})"


def decay_code(ours: Fields) -> str:
    """The code for the weight decay of the left side: decoupled in Keras, in PyTorch only in AdamW."""
    decay = ours["weight_decay"]
    if ours["decay_kind"] != "decoupled":
        return f"torch.optim.Adam(…, weight_decay={decay:g})" if ours["rule"] == "adam" else f"weight_decay={decay:g}"
    if ours["rule"] == "adam":
        return f"torch.optim.AdamW(…, weight_decay={decay:g})"
    if ours["rule"] == "sgd" and not ours["momentum"]:  # then both kinds are the same
        return f"weight_decay={decay:g}"
    return f"`for p in model.parameters(): p.data.mul_(1 - {ours['learning_rate']:g} * {decay:g})` before each " \
           "`optimizer.step()`, with `weight_decay=0`"


def clip_code(ours: Fields) -> str:
    """The code for the gradient clipping of the left side."""
    if ours["clip_norm"]:
        return f"for p in model.parameters(): torch.nn.utils.clip_grad_norm_(p, {ours['clip_norm']})"
    if ours["clip_global"]:
        return f"torch.nn.utils.clip_grad_norm_(model.parameters(), {ours['clip_global']})"
    return f"torch.nn.utils.clip_grad_value_(model.parameters(), {ours['clip_value']})" if ours["clip_value"] else \
        "leave out `gradient_clip_val`, `clip_grad_norm_` or `clip_grad_value_`"


def rates_of_groups(rates: Mapping[str, float], rate: float, sides: tuple[str, str]) -> tuple[str, str]:
    """The sentence and the code for parameter groups with other learning rates than the only one of the left side."""
    others: dict[str, list[str]] = {}
    for name, value in rates.items():
        if abs(value - rate) > 1e-9 * rate:
            others.setdefault(f"{value:.6g}", []).append(name)
    of_groups = "; ".join(f"{value} for {quoted(names)}" for value, names in others.items())
    names = quoted([name for each in others.values() for name in each])
    return f"{sides[0]} learning rate is {rate:.6g} for all parameters, {sides[1]} is {of_groups}.", \
        f'`"lr": {rate:.6g}` in the parameter group{"s" * (len(others) > 1)} of {names}'


def decayed(ours: Sequence[str], theirs: Sequence[str], torch: bool, decay: float) -> tuple[str, str]:
    """The sentence and the code for weight decays that leave out other parameters, by the names of its tensors;
    `torch`: in two programs of PyTorch."""
    only_left, only_right = ([name for name in these if name not in those]
                             for these, those in ((ours, theirs), (theirs, ours)))
    parts = [f"{side} weight decay shrinks {quoted(names)}, {other} leaves {'it' if len(names) == 1 else 'them'} out"
             for names, (side, other) in ((only_left, SIDES[torch]), (only_right, TURNED[torch])) if names]
    groups = [f'`{{"params": [{listed(names)}], "weight_decay": {value:g}}}`'
              for names, value in ((only_left, decay), (only_right, 0.0)) if names]
    return "; ".join(parts) + ".", f"{' and '.join(groups)} in the optimizer's parameter groups"


FIXES = {"omitted": "torch.optim.…(model.parameters(), …)",
         "rate_factors": '`"lr": {learning_rate:g}` in every parameter group',
         "accumulate": "`accumulate_grad_batches={accumulate}`, or `optimizer.step()` every {accumulate} batches"}
