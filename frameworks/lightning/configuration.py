"""What an optimizer of plain JSON is in PyTorch's and Lightning's words: a class, arguments, and what goes beside them.

Imports neither: the realization (`optimizers`) and the programs that users read (`program`) both say it with these.
An open field is an argument left out.
"""
from frameworks.codegen.source import optimizer_class
from frameworks.runtime.accumulation import size_of
from frameworks.runtime.call import Call
from frameworks.runtime.errors import Unsupported

LOSSES = {"MeanSquaredError": Call("nn.MSELoss"), "MeanAbsoluteError": Call("nn.L1Loss")}
"""PyTorch's classes of losses of the outputs that a spec has nothing more to say of."""
OWN_PLACE = {"RMSprop": "outside_root", "Adagrad": "outside_root", "Adam": "after_correction",
             "AdamW": "after_correction"}  # torch/optim/rmsprop.py:331, adagrad.py:426, adam.py:545
OTHER_PLACE = {"RMSprop": "RMSpropInsideRoot", "Adagrad": "AdagradInsideRoot", "Adam": "AdamBeforeCorrection",
               "AdamW": "AdamBeforeCorrection"}
ARGUMENTS = {"learning_rate": "lr", "momentum": "momentum", "nesterov": "nesterov", "epsilon": "eps",
             "initial_accumulator_value": "initial_accumulator_value", "momentum_decay": "momentum_decay"}
RHO = {"RMSprop": "alpha", "Adadelta": "rho"}
BETAS = 0.9, 0.999  # torch/optim/adam.py:40, nadam.py:38; PyTorch takes both in one argument
MOMENTUM = "SGDRateInside"
OFFSET = 1e-6  # torch/nn/utils/clip_grad.py:164


def class_of(optimizer):
    """The name of the class, PyTorch's or our own."""
    rate = optimizer["learning_rate"]
    if isinstance(rate, dict) and rate["in_momentum"] and optimizer.get("momentum"):
        if optimizer["is"] != "SGD":
            raise Unsupported("Lightning cannot be told learning_rate.in_momentum=True with %s." % optimizer["is"])
        return MOMENTUM
    return optimizer_class(optimizer, OWN_PLACE, OTHER_PLACE) or {"Nadam": "NAdam"}.get(optimizer["is"],
                                                                                      optimizer["is"])


def arguments(optimizer, default_betas=BETAS):
    """The arguments beside the parameters."""
    names = {**ARGUMENTS, "rho": RHO.get(optimizer["is"])}
    chosen = {names[name]: value for name, value in optimizer.items() if value is not None and name in names}
    if isinstance(optimizer["learning_rate"], dict):
        chosen["lr"] = optimizer["learning_rate"]["initial"]
    betas = optimizer.get("beta_1"), optimizer.get("beta_2")
    if betas != (None, None):
        chosen["betas"] = tuple(own if beta is None else beta for beta, own in zip(betas, default_betas))
    decay = optimizer["weight_decay"]
    if decay != "none" and decay["factor"] is not None and not beside(optimizer):
        chosen["weight_decay"] = decay["factor"]
    return chosen


def scheduler(rate):
    """(the class of a scheduler, PyTorch's or our own, its arguments beside the optimizer)."""
    if rate["is"] == "ReduceOnPlateau":
        patience = rate["patience"] - 1 if rate["bad_epochs"] == "patience" and rate["patience"] else rate["patience"]
        arguments = {"factor": rate["factor"], "patience": patience, "threshold": rate["threshold"]}
        return rate["is"].replace("On", "LROn"), dict(arguments, **(
            {"threshold_mode": "abs"} if rate["threshold_of"] == "difference" else {}))
    if rate["is"] == "CosineDecay":
        return ("CosineThatStays" if rate["after"] == "stays" else "CosineAnnealingLR"), {"T_max": rate["length"]}
    if rate["staircase"]:
        return "StepLR", {"step_size": rate["every"], "gamma": rate["factor"]}
    return "ExponentialLR", {"gamma": rate["factor"] if rate["every"] == 1 else rate["factor"] ** (1 / rate["every"])}


def on_plateau(rate):
    """Whether a learning rate follows what epochs report, and not the steps."""
    return isinstance(rate, dict) and rate["is"] == "ReduceOnPlateau"


def stopping(asked):
    """(whether an EarlyStopping of our own is needed, the arguments beside the number that it watches)."""
    arguments = {} if asked["patience"] is None else {"patience": asked["patience"]}
    if asked["not_finite"] is not None:
        arguments["check_finite"] = asked["not_finite"] == "stops"
    return asked["first_nan"] == "best", arguments


def beside(optimizer):
    """Whether weights are to shrink beside the step, and the class has no way to do it."""
    decay = optimizer["weight_decay"]
    if optimizer["is"] == "AdamW":
        return class_of(optimizer) != "AdamW"
    return decay != "none" and bool(decay["decoupled"])


def shrinks_by(optimizer):
    """The factor of a weight decay that must be written beside the step, 0 for none; None is AdamW's default."""
    return optimizer["weight_decay"]["factor"] if beside(optimizer) else 0.0


def groups(optimizer):
    """The accumulate_grad_batches of a Trainer."""
    if size_of(optimizer) > 1 and optimizer["accumulation"]["unfinished"] == "waits":
        raise Unsupported("Lightning cannot be told optimizer.accumulation.unfinished=waits: a Trainer steps in "
                          "the last batch of an epoch.")
    return size_of(optimizer)


def trainers_clip(clip):
    """The gradient_clip_val of a Trainer; None where it clips nothing, or has to be told how."""
    return None if clip == "none" or own_clip(clip) else clip["norm"]


def own_clip(clip):
    """(norm, of, offset) of a clip that Lightning has to be told how to do; None for its own, or for none."""
    if clip == "none" or (clip["of"] != "variable" and clip["offset"] in (None, OFFSET)):
        return None
    return clip["norm"], clip["of"] or "all", OFFSET if clip["offset"] is None else clip["offset"]
