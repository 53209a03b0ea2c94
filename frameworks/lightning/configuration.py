"""Converts an optimizer, early stopping and an accuracy in plain JSON to calls, and to settings of the Trainer.

Both the realization (`optimizers`, `callbacks`, `accuracies`) and the code generator (`codegen`) use these functions,
so that they agree. Neither PyTorch nor Lightning is imported. The argument of an unset field is omitted. Lines of torch
are those of version 2.15.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, TypeGuard

from frameworks.protocol import Json
from frameworks.runtime.accumulation import size_of
from frameworks.runtime.call import Call, Expression
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import in_accuracy


@dataclass(frozen=True)
class Kind:
    """How PyTorch has one kind of optimizer."""

    name: str
    """The class in `torch.optim`."""
    arguments: Mapping[str, str]
    """PyTorch's argument of each field; both betas are one argument."""
    state: Mapping[str, str]
    """PyTorch's key of each array of the state that `frameworks.parts.optimizers` names."""
    epsilon_place: str = ""
    """Where the class adds epsilon; empty if a spec has no such field."""
    other_place: str = ""
    """The class in `custom_optimizers` that adds epsilon at the other place."""


SQUARE_AVG, BOTH_AVG = {"velocity": "square_avg"}, {"momentum": "exp_avg", "velocity": "exp_avg_sq"}
MOMENTUM_BUFFER = {"momentum": "momentum_buffer"}
ADAM = {"learning_rate": "lr", "beta_1": "betas", "beta_2": "betas", "epsilon": "eps"}
OPTIMIZERS = {
    "SGD": Kind("SGD", {"learning_rate": "lr", "momentum": "momentum", "nesterov": "nesterov"}, MOMENTUM_BUFFER),
    "RMSprop": Kind("RMSprop", {"learning_rate": "lr", "rho": "alpha", "momentum": "momentum", "epsilon": "eps"},
                    {**MOMENTUM_BUFFER, **SQUARE_AVG}, "outside_root",  # torch/optim/rmsprop.py:331
                    "RMSpropInsideRoot"),
    "Adagrad": Kind("Adagrad", {"learning_rate": "lr", "initial_accumulator_value": "initial_accumulator_value",
                                "epsilon": "eps"}, {"velocity": "sum"}, "outside_root",  # torch/optim/adagrad.py:426
                    "AdagradInsideRoot"),
    "Adadelta": Kind("Adadelta", {"learning_rate": "lr", "rho": "rho", "epsilon": "eps"},
                     {**SQUARE_AVG, "delta": "acc_delta"}),
    "Adam": Kind("Adam", ADAM, BOTH_AVG, "after_correction",  # torch/optim/adam.py:545
                 "AdamBeforeCorrection"),
    "AdamW": Kind("AdamW", ADAM, BOTH_AVG, "after_correction",  # torch/optim/adam.py:545
                  "AdamBeforeCorrection"),
    "Nadam": Kind("NAdam", {**ADAM, "momentum_decay": "momentum_decay"}, BOTH_AVG),
}
"""By the name of a class of the spec. To add an optimizer, add its entry here."""
BETAS = 0.9, 0.999  # torch/optim/adam.py:40, nadam.py:38
"""PyTorch's default of `betas`: with one of the two set, the other has to be passed too."""
MOMENTUM = "SGDRateInside"
"""The class in `custom_optimizers` with a momentum that includes the learning rate."""
OFFSET = 1e-6  # torch/nn/utils/clip_grad.py:164
"""What PyTorch adds to a norm before it divides by it, to clip gradients."""


def call(optimizer: Json, parameters: str = "self.parameters()",
         default_betas: tuple[float, float] = BETAS) -> Call:
    """Return the call that creates an optimizer; `parameters` is the expression of the tensors that it trains.

    The class is one of `torch.optim` or of `custom_optimizers`. `default_betas` replaces an unset beta if the other is
    set. Raises Unsupported as `class_of` does.
    """
    names = OPTIMIZERS[optimizer["is"]].arguments
    options = {names[name]: value for name, value in optimizer.items()
               if value is not None and name in names and names[name] != "betas"}
    if isinstance(optimizer["learning_rate"], dict):
        options["lr"] = optimizer["learning_rate"]["initial"]
    betas = optimizer.get("beta_1"), optimizer.get("beta_2")
    if betas != (None, None):
        options["betas"] = tuple(default if beta is None else beta for beta, default in zip(betas, default_betas))
    decay = optimizer["weight_decay"]
    if decay != "none" and decay["factor"] is not None and not beside(optimizer):
        options["weight_decay"] = decay["factor"]
    return Call(class_of(optimizer), Expression(parameters), **options)


def class_of(optimizer: Json) -> str:
    """Return the name of the class of an optimizer: `torch.optim.…`, or one of `custom_optimizers`.

    Raises Unsupported for a momentum that includes the learning rate, except that of SGD.
    """
    rate, kind, place = optimizer["learning_rate"], OPTIMIZERS[optimizer["is"]], optimizer.get("epsilon_place")
    if isinstance(rate, dict) and rate["in_momentum"] and optimizer.get("momentum"):
        if optimizer["is"] != "SGD":
            raise Unsupported("Lightning does not support learning_rate.in_momentum=True with %s." % optimizer["is"])
        return MOMENTUM
    return "torch.optim." + kind.name if place in (None, kind.epsilon_place) else kind.other_place


def scheduler(rate: Json) -> Call:
    """Return the call that creates the scheduler of an optimizer; the optimizer is the variable `optimizer`.

    The class is one of `torch.optim.lr_scheduler` or of `custom_optimizers`.
    """
    name, options = _scheduler(rate)
    module = "" if name == "CosineThatStays" else "torch.optim.lr_scheduler."
    return Call(module + name, Expression("optimizer"), **options)


def _scheduler(rate: Json) -> tuple[str, dict[str, Any]]:
    """Return (the name of a scheduler's class, keyword arguments)."""
    if rate["is"] == "ReduceOnPlateau":
        patience = rate["patience"] - 1 if rate["bad_epochs"] == "patience" and rate["patience"] else rate["patience"]
        options = {"factor": rate["factor"], "patience": patience, "threshold": rate["threshold"]}
        if rate["threshold_of"] == "difference":
            options["threshold_mode"] = "abs"
        return "ReduceLROnPlateau", options
    if rate["is"] == "CosineDecay":
        return ("CosineThatStays" if rate["after"] == "stays" else "CosineAnnealingLR"), {"T_max": rate["length"]}
    if rate["is"] == "InverseTimeDecay":
        n = ("n // %d" if rate["staircase"] else "n / %d") % rate["every"] if rate["every"] > 1 else "n"
        return "LambdaLR", {"lr_lambda": Expression("lambda n: 1 / (1 + %r * %s)" % (
            rate["factor"], "(%s)" % n if rate["every"] > 1 else n))}
    if rate["staircase"]:
        return "StepLR", {"step_size": rate["every"], "gamma": rate["factor"]}
    return "ExponentialLR", {"gamma": rate["factor"] if rate["every"] == 1 else rate["factor"] ** (1 / rate["every"])}


def on_plateau(rate: object) -> TypeGuard[Json]:
    """Whether a learning rate depends on a reported metric of the epochs, not on the step number."""
    return isinstance(rate, dict) and rate["is"] == "ReduceOnPlateau"


def stopping(settings: Json) -> tuple[bool, dict[str, Any]]:
    """Return (whether EarlyStopping must be `callbacks.FirstIsBest`, its keyword arguments other than the monitor)."""
    options = {} if settings["patience"] is None else {"patience": settings["patience"]}
    if settings["not_finite"] is not None:
        options["check_finite"] = settings["not_finite"] == "stops"
    return settings["first_nan"] == "best", options


def restores(settings: Json | str) -> bool:
    """Whether early stopping, or `none`, is to restore the weights of the best epoch, which a ModelCheckpoint saves.

    Raises Unsupported where a ModelCheckpoint takes another epoch for the best.
    """
    if isinstance(settings, str) or not settings["restore_best_weights"]:
        return False
    if settings["first_nan"] == "best":
        raise Unsupported("Lightning does not support early_stopping.first_nan=best with restore_best_weights: "
                          "ModelCheckpoint takes nan for the worst.")
    return True


def accuracy_rule(accuracy: Json, weights: Json | str, width: int) -> str | None:
    """Return the rule of an accuracy that is computed here; None for the class of torchmetrics.

    torchmetrics takes no weights: with `weights`, of classes or of samples, its rule is computed here. `width` is the
    number of outputs.
    """
    rule: str | None = accuracy["rule"]
    if rule is None and in_accuracy(weights):
        return "argmax_outputs" if width > 1 else "sigmoid_first"
    return rule


def beside(optimizer: Json) -> bool:
    """Whether the weight decay is decoupled and must be applied outside the optimizer, since its class cannot do it."""
    decay = optimizer["weight_decay"]
    if optimizer["is"] == "AdamW":
        return class_of(optimizer) != "torch.optim.AdamW"
    return decay != "none" and bool(decay["decoupled"])


def shrinks_by(optimizer: Json) -> float | None:
    """Return the factor of a weight decay that is applied outside the optimizer; 0 if there is none.

    None means the default of PyTorch's AdamW.
    """
    return optimizer["weight_decay"]["factor"] if beside(optimizer) else 0.0


def groups(optimizer: Json) -> int:
    """Return `accumulate_grad_batches` of the Trainer.

    Raises Unsupported if an unfinished group of batches is to continue in the next epoch.
    """
    if size_of(optimizer) > 1 and optimizer["accumulation"]["unfinished"] == "waits":
        raise Unsupported("Lightning does not support optimizer.accumulation.unfinished=waits: a Trainer steps in "
                          "the last batch of an epoch.")
    return size_of(optimizer)


def trainers_clip(clip: Json | str) -> float | None:
    """Return `gradient_clip_val` of the Trainer; None without clipping, or if a hook of the module must do it."""
    return None if isinstance(clip, str) or hook_clip(clip) else clip["norm"]


def hook_clip(clip: Json | str) -> tuple[float, str, float] | None:
    """Return (norm, of, offset) of a clip that a hook of the module must do; None if no hook is needed."""
    if isinstance(clip, str) or (clip["of"] != "variable" and clip["offset"] in (None, OFFSET)):
        return None
    return clip["norm"], clip["of"] or "all", OFFSET if clip["offset"] is None else clip["offset"]
