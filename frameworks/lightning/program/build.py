"""Builds a user's PyTorch program: a LightningModule, or a module with a loss and an optimizer, with weights."""
from __future__ import annotations

import inspect
import os
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence, TypeGuard

import numpy as np
import torch
from torch import nn

from frameworks.job import ProgramJob
from frameworks.lightning.api import lightning_of, pl
from frameworks.lightning.program import layers
from frameworks.runtime.program_arrays import numbered, read_arrays
from frameworks.runtime.program_objects import watched_constructors
from frameworks.runtime.user_program import ProgramError, called, folder_of, loaded, named, phase

NEEDED = "a LightningModule, a module, or a function that returns (module, loss, optimizer)"
"""What a PyTorch program can be, for an error message."""


class Wrapped(pl.LightningModule):
    """A LightningModule around a user's module, loss and optimizer."""

    def __init__(self, module: nn.Module, loss: Callable[..., torch.Tensor], optimizer: Any) -> None:
        super().__init__()
        self.module, self.loss, self.optimizer = module, loss, optimizer

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.module(*inputs)

    def training_step(self, batch: Any, index: int) -> torch.Tensor:
        """The loss of a batch (inputs, targets)."""
        inputs, targets = batch
        outputs = self.module(*as_taken(self.module, inputs)) if isinstance(inputs, (list, tuple)) else \
            self.module(inputs)
        return self.loss(outputs, targets)

    def configure_optimizers(self) -> Any:
        return self.optimizer

    def optimizer_step(self, epoch: int, batch_idx: int, optimizer: Any, optimizer_closure: Any = None) -> None:
        """Runs the backward pass and then the step, as a training loop does. Lightning runs the backward pass inside
        `optimizer.step`, where the `step` of a user's own class could change the weights before it. LBFGS needs that:
        it runs the closure several times in a step."""
        if isinstance(self.optimizer, torch.optim.LBFGS):
            optimizer.step(closure=optimizer_closure)
        else:
            optimizer_closure()
            optimizer.step()


def as_taken(module: nn.Module, inputs: Sequence[torch.Tensor]) -> Sequence[Any]:
    """The positional arguments of `forward` for several inputs: one list if it takes a single argument, else the inputs
    one by one, in the order of its arguments if their names are the same."""
    takes = [each for each in inspect.signature(module.forward).parameters.values() if each.kind in (
        each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD, each.VAR_POSITIONAL)]
    alone = len(takes) == 1 and takes[0].kind is not inspect.Parameter.VAR_POSITIONAL
    if alone and len(inputs) > 1:
        return [inputs]
    order, names = [each.name for each in takes[:len(inputs)]], getattr(inputs, "names", ())
    return [inputs[names.index(name)] for name in order] if names and sorted(order) == sorted(names) else inputs


@dataclass
class Program:
    """A user's program after it is built."""

    module: pl.LightningModule | None
    """What is trained; None for a module without a training step and optimizers."""
    model: nn.Module
    """The module that computes the outputs; its paths are the names of the parameters."""


def built(job: ProgramJob) -> Program:
    """Builds the user's program with its weights, in the default dtype."""
    program, folder = job["program"], folder_of(job)
    pl.seed_everything(job["seed"])
    with watched_constructors(folder, nn.Module, torch.optim.Optimizer):
        function = named(program, folder)
        made = function if isinstance(function, nn.Module) else called(function, program, folder)
    parts = made if isinstance(made, tuple) else (made,)
    if not isinstance(parts[0], nn.Module) or len(parts) > 3:
        raise ProgramError("build", f"{program['name']} gives a {type(parts[0]).__name__}; a PyTorch program is "
                           f"{NEEDED}.")
    with phase("build", folder):  # a module that contains itself raises RecursionError
        model = in_default_dtype(parts[0])
        if len(parts) > 1 and isinstance(parts[1], nn.Module):  # a loss can have weights, too
            in_default_dtype(parts[1])
    module = model if trains(model) else None
    if len(parts) == 3:
        module = Wrapped(model, parts[1], parts[2])
    return Program(module, model)


def in_default_dtype(module: nn.Module) -> nn.Module:
    """Converts the parameters, buffers and other float32 tensors of a module to the default dtype."""
    dtype = torch.get_default_dtype()
    for part in module.modules():
        for name, value in vars(part).items():
            if isinstance(value, torch.Tensor) and value.dtype is torch.float32:
                setattr(part, name, value.to(dtype))
    return module.to(dtype)


def trains(module: Any) -> TypeGuard[pl.LightningModule]:
    """Whether a module is a LightningModule with both a training step and optimizers."""
    lightning = lightning_of(module)
    return lightning is not None and \
        type(module).training_step is not lightning.LightningModule.training_step and \
        type(module).configure_optimizers is not lightning.LightningModule.configure_optimizers


def give_weights(program: Program, job: ProgramJob) -> None:
    """Sets the weights of a program: those of a trained file, then those that the user's own function copies from
    Keras, then those that the job has.
    """
    if job["trained"]:
        load_trained(program.model, job["trained"])
    if job["load"]:
        function = named(job["load"], folder_of(job))
        weights = numbered(read_arrays(job["data"], "listed"))
        with phase("load", folder_of(job)):
            function(program.model, weights, **job["load"]["arguments"])
    weights_by_name = read_arrays(job["weights"], "parameter")
    for name, variable in layers.parameters(program.model):
        if name in weights_by_name:
            variable.assign(np.asarray(weights_by_name[name], dtype=str(torch.get_default_dtype()).split(".")[1]))


def load_trained(model: nn.Module, path: str) -> None:
    """Loads a state_dict or a Lightning checkpoint from a file; no code in the file is run."""
    name = os.path.basename(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ProgramError("load", f"{name} cannot be read with weights_only=True: save model.state_dict(), not the "
                           "model.") from error
    state = state.get("state_dict", state) if isinstance(state, Mapping) else state
    if not isinstance(state, Mapping):
        raise ProgramError("load", f"{name} holds a {type(state).__name__}; needed: a state_dict.")
    expected = model.state_dict()
    for prefix in ("module.", "model.", "_orig_mod."):  # of DataParallel, of an attribute, of torch.compile
        if not set(state) & set(expected) and all(key.startswith(prefix) for key in state):
            state = {key[len(prefix):]: value for key, value in state.items()}
    absent, unexpected = [key for key in expected if key not in state], [key for key in state if key not in expected]
    if absent or unexpected:
        raise ProgramError("load", f"{name} does not fit the module: " + "; ".join(
            f"{what} {', '.join(keys[:3])}{' …' if len(keys) > 3 else ''}"
            for what, keys in (("it has no", absent), ("the module has no", unexpected)) if keys) + ".")
    misfits = [key for key in expected if state[key].shape != expected[key].shape]
    if misfits:
        raise ProgramError("load", f"{name} does not fit the module: {misfits[0]} has the shape "
                           f"{tuple(state[misfits[0]].shape)} there, and {tuple(expected[misfits[0]].shape)} in the "
                           "module.")
    model.load_state_dict(state)


CHANNELS = {"channels_first": 1, "channels_after_time": 2}
"""By layout, the axis of the channels; Keras has them last."""


def converted(arrays: list[np.ndarray], how: Any, job: ProgramJob) -> list[torch.Tensor]:
    """Converts inputs or targets to tensors: unchanged, with the channels first, or with the user's own function."""
    if isinstance(how, dict):
        function = getattr(loaded(how["file"]), how["name"])
        with phase("data", folder_of(job)):
            made = [function(array) for array in arrays]
            return [value if isinstance(value, torch.Tensor) else torch.as_tensor(np.asarray(value)) for value in made]
    if how in CHANNELS:
        arrays = [np.moveaxis(array, -1, CHANNELS[how]) if array.ndim > CHANNELS[how] + 1 else array
                  for array in arrays]
    # A copy in C order: of an axis of size 1, NumPy keeps a stride from which PyTorch would infer channels_last.
    return [torch.from_numpy(np.array(array, order="C")) for array in arrays]


def cast(tensor: torch.Tensor) -> torch.Tensor:
    """Converts floating-point tensors to the default dtype."""
    return tensor.to(torch.get_default_dtype()) if tensor.is_floating_point() else tensor
