"""The settings of an optimizer as the fields of `frameworks.lightning.program.optimizer`, for Keras and PyTorch."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from compare.analysis.programs.description import Run

Fields = dict[str, Any]


def fields_of(run: Run) -> Fields | None:
    """The fields of `frameworks.lightning.program.optimizer` that an optimizer has; None for one that is not known."""
    assert run.optimizer is not None
    known = KERAS if not run.is_torch else TORCH
    if run.optimizer.name not in known:
        return None
    return known[run.optimizer.name](run.optimizer.settings, run)


def shared_by_keras(settings: Mapping[str, Any], run: Run) -> Fields:
    """What every optimizer of Keras has; a schedule counts batches, also those that make no update."""
    rate = settings["learning_rate"]
    schedule = isinstance(rate, dict)
    batches = settings.get("gradient_accumulation_steps") or 1
    rates = settings["rates"][batches - 1::batches] if schedule else None
    undecayed = run.optimizer.undecayed if run.optimizer else ()
    return {"accumulate": batches, "learning_rate": rates[0] if rates else rate, "rates": rates, "rate_factors": None,
            "omitted": None, "weight_decay": settings.get("weight_decay") or 0.0,
            "decay_kind": "decoupled" if settings.get("weight_decay") else None,
            "decayed": decayed_of(run, lambda name: name not in undecayed),
            "clip_norm": settings.get("clipnorm"), "clip_global": settings.get("global_clipnorm"),
            "clip_value": settings.get("clipvalue"), "clip_epsilon": 0.0}


def decayed_of(run: Run, decays: Callable[[str], bool]) -> list[str] | None:
    """The trained parameters that decay; None for all of them."""
    decayed = [name for name in trained(run) if decays(name)]
    return None if decayed == trained(run) else decayed


def trained(run: Run) -> list[str]:
    """The trained parameters, in alphabetical order."""
    return sorted(name for name, parameter in run.parameters.items() if parameter.trainable and not parameter.moving)


def rate_in_momentum(settings: Mapping[str, Any]) -> bool | None:
    """Whether it counts that Keras's momentum contains the learning rate: only if a schedule changes the rate."""
    return True if settings["momentum"] and isinstance(settings["learning_rate"], dict) else None


FieldsOf = Callable[[Mapping[str, Any], Run], Fields]

KERAS: Mapping[str, FieldsOf] = {
    "SGD": lambda s, run: {"rule": "sgd", **shared_by_keras(s, run), "momentum": s["momentum"],
                           "nesterov": s["nesterov"], "dampening": 0.0, "rate_in_momentum": rate_in_momentum(s)},
    **{name: lambda s, run: {"rule": "adam", **shared_by_keras(s, run), "beta_1": s["beta_1"], "beta_2": s["beta_2"],
                             "amsgrad": s["amsgrad"], "epsilon": s["epsilon"], "epsilon_place": "uncorrected"}
       for name in ("Adam", "AdamW")},
    "RMSprop": lambda s, run: {"rule": "rmsprop", **shared_by_keras(s, run), "rho": s["rho"], "momentum": s["momentum"],
                               "centered": s["centered"], "epsilon": s["epsilon"], "epsilon_place": "inside",
                               "rate_in_momentum": rate_in_momentum(s)},
    "Adagrad": lambda s, run: {"rule": "adagrad", **shared_by_keras(s, run), "epsilon": s["epsilon"],
                               "initial_accumulator": s["initial_accumulator_value"], "epsilon_place": "inside"},
    "Adadelta": lambda s, run: {"rule": "adadelta", **shared_by_keras(s, run), "rho": s["rho"],
                                "epsilon": s["epsilon"]},
    "Adamax": lambda s, run: {"rule": "adamax", **shared_by_keras(s, run), "beta_1": s["beta_1"],
                              "beta_2": s["beta_2"], "epsilon": s["epsilon"], "epsilon_place": "outside"},
    "Nadam": lambda s, run: {"rule": "nadam", **shared_by_keras(s, run), "beta_1": s["beta_1"], "beta_2": s["beta_2"],
                             "epsilon": s["epsilon"], "momentum_decay": 1.0},
    "Lion": lambda s, run: {"rule": "lion", **shared_by_keras(s, run), "beta_1": s["beta_1"], "beta_2": s["beta_2"]},
    "Ftrl": lambda s, run: {"rule": "ftrl", **shared_by_keras(s, run),
                            "initial_accumulator": s["initial_accumulator_value"], "beta": s["beta"],
                            "l1": s["l1_regularization_strength"], "l2": s["l2_regularization_strength"],
                            "l2_shrinkage": s["l2_shrinkage_regularization_strength"],
                            "learning_rate_power": s["learning_rate_power"]},
}
"""By Keras's class, its fields (keras/src/optimizers, 3.15)."""


def shared_by_torch(settings: Mapping[str, Any], run: Run, decoupled: bool = False) -> Fields:
    """What every optimizer of PyTorch has; a learning rate that changes between batches comes from a scheduler."""
    assert run.optimizer is not None
    used = [rates[0] for rates in run.rates if rates][run.accumulate - 1::run.accumulate]
    changing = len(set(used)) > 1
    groups = run.optimizer.groups
    decays = [group["settings"].get("weight_decay") or 0.0 for group in groups]
    decay = max(decays, default=0.0)
    decayed = {name for group, factor in zip(groups, decays) if factor for name in group["parameters"]}
    first = groups[0]["settings"]["lr"] if groups else 0.0
    factors = {name: group["settings"]["lr"] / first for group in groups for name in group["parameters"] if first}
    had = {name for group in groups for name in group["parameters"]}
    omitted = sorted(name for name, parameter in run.parameters.items()
                     if parameter.trainable and not parameter.moving and name not in had)
    return {"accumulate": run.accumulate, "learning_rate": used[0] if used else settings["lr"],
            "rates": used if changing else None, "rate_factors": factors if len(set(factors.values())) > 1 else None,
            "omitted": omitted or None, "weight_decay": decay,
            "decay_kind": ("decoupled" if decoupled else "coupled") if decay else None,
            "decayed": decayed_of(run, lambda name: name in decayed or name not in had) if decay else None,
            "clip_norm": run.clipping.get("clip_norm"), "clip_global": run.clipping.get("clip_global"),
            "clip_value": run.clipping.get("clip_value"), "clip_epsilon": 1e-6}


TORCH: Mapping[str, FieldsOf] = {
    "SGD": lambda s, run: {"rule": "sgd", **shared_by_torch(s, run), "momentum": float(s["momentum"]),
                           "nesterov": s["nesterov"], "dampening": float(s["dampening"]), "rate_in_momentum": None},
    **{name: lambda s, run: {
        "rule": "adam", **shared_by_torch(s, run, bool(s.get("decoupled_weight_decay"))),
        "beta_1": s["betas"][0], "beta_2": s["betas"][1], "amsgrad": s["amsgrad"], "epsilon": s["eps"],
        "epsilon_place": "corrected"} for name in ("Adam", "AdamW")},
    "RMSprop": lambda s, run: {"rule": "rmsprop", **shared_by_torch(s, run), "rho": s["alpha"],
                               "momentum": float(s["momentum"]), "centered": s["centered"], "epsilon": s["eps"],
                               "epsilon_place": "outside", "rate_in_momentum": None},
    "Adagrad": lambda s, run: {"rule": "adagrad", **shared_by_torch(s, run), "epsilon": s["eps"],
                               "initial_accumulator": float(s["initial_accumulator_value"]),
                               "epsilon_place": "outside"},
    "Adadelta": lambda s, run: {"rule": "adadelta", **shared_by_torch(s, run), "rho": s["rho"], "epsilon": s["eps"]},
    "Adamax": lambda s, run: {"rule": "adamax", **shared_by_torch(s, run), "beta_1": s["betas"][0],
                              "beta_2": s["betas"][1], "epsilon": s["eps"], "epsilon_place": "inside"},
    "NAdam": lambda s, run: {"rule": "nadam", **shared_by_torch(s, run, bool(s.get("decoupled_weight_decay"))),
                             "beta_1": s["betas"][0], "beta_2": s["betas"][1], "epsilon": s["eps"],
                             "momentum_decay": s["momentum_decay"]},
}
"""By PyTorch's class, its fields (torch/optim, 2.15)."""
