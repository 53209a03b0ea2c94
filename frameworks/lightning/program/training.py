"""Trains a user's LightningModule with a real Trainer, and keeps what its first steps compute."""
from __future__ import annotations

from typing import Any, Mapping

import numpy as np
import torch
from torch.utils.data import DataLoader

from frameworks.lightning.api import lightning_of, pl
from frameworks.lightning.program import build, changes, layers
from frameworks.lightning.program.recorder import Operations
from frameworks.runtime.user_program import ProgramError, kept_steps, outline


class Following:
    """What is kept of a training: losses, the operations and gradients of its first step, weights after steps.

    `training_step` and `configure_optimizers` of the user's module are replaced by methods of this object that call
    them, so that the user's own code computes everything.
    """

    def __init__(self, program: build.Program, operations: Operations, job: Mapping[str, Any],
                 arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        assert program.module is not None
        self.module, self.model, self.operations = program.module, program.model, operations
        self.job, self.arrays, self.facts = job, arrays, facts
        self.losses: list[float] = []
        self.step, self.own_step = 0, program.module.training_step
        self.outputs: Any = None
        self.kept = kept_steps(job["steps"])
        if program.model is not program.module:
            program.model.register_forward_hook(self.keep_outputs, always_call=False)
        else:
            program.module.register_forward_hook(self.keep_outputs)

    def keep_outputs(self, module: Any, args: Any, output: Any) -> None:
        """Keeps what the model returned last, which a changed loss is computed of."""
        self.outputs = output

    def training_step(self, batch: Any, index: int = 0) -> Any:
        """The user's training step; in the first one every operation is recorded."""
        first = self.step == 0
        kinds = {change["kind"] for change in self.job["changes"]}
        self.operations.gradients = "gradients_enabled" in kinds
        if "gradients_cleared" in kinds:
            self.module.zero_grad()
        with self.operations:
            self.operations.begin(record=first)
            result = self.own_step(*(batch, index)[:self.own_step.__code__.co_argcount - 1])
        loss: Any = result["loss"] if isinstance(result, Mapping) else result
        if any(change["kind"] in changes.LOSS_CHANGES for change in self.job["changes"]):
            loss = changes.changed_loss(loss, self.model, self.job["changes"], self.outputs, batch[1])
            result = {**result, "loss": loss} if isinstance(result, Mapping) else loss
        if first:
            self.facts["training_operations"] = self.operations.recorded
            self.arrays.update({f"training/{key}": value for key, value in self.operations.values.items()})
            if loss is not None:
                self.arrays["first_loss"] = loss.detach().cpu().numpy()
        if loss is not None:
            self.losses.append(float(loss))
        return result

    def after_backward(self) -> None:
        """Keeps the gradients of the first step."""
        if self.step == 0:
            for name, variable in layers.parameters(self.model):
                if (gradient := variable.gradient) is not None:
                    self.arrays[f"gradient/{name}"] = outline(gradient)

    def after_step(self) -> None:
        """Keeps the weights after the steps that are watched."""
        self.step += 1
        if self.step in self.kept:
            for name, variable in layers.parameters(self.model):
                self.arrays[f"weight/{self.step}/{name}"] = outline(variable.value)


class Keeper(pl.Callback):
    """Passes the Trainer's events on."""

    def __init__(self, following: Following) -> None:
        self.following = following

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        self.following.facts.setdefault("rates", []).append(
            [group.get("lr") for optimizer in trainer.optimizers for group in optimizer.param_groups])

    def on_after_backward(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.following.after_backward()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        if self.following.step == 0:
            self.following.arrays.update({f"metric/{name}": value.detach().cpu().numpy()
                                          for name, value in trainer.callback_metrics.items()})
        self.following.after_step()
        trainer.should_stop = self.following.step >= self.following.job["until"]


def train(following: Following, inputs: list[torch.Tensor], targets: list[torch.Tensor], optimizer: Any) -> None:
    """Trains the steps of the job in order; `optimizer` replaces the module's own if it is not None.

    An optimizer that is no torch.optim.Optimizer cannot run in a Trainer: it is stepped in a plain loop.
    """
    job, module = following.job, following.module
    pl.seed_everything(job["seed"])
    steps = [(one_or_tuple([tensor[i:i + job["batch"]] for tensor in inputs]),
              one_or_tuple([tensor[i:i + job["batch"]] for tensor in targets]))
             for i in range(0, job["steps"] * job["batch"], job["batch"])]
    module.training_step = following.training_step  # type: ignore[method-assign]
    module.train()
    if optimizer is not None and not isinstance(optimizer, torch.optim.Optimizer):
        for i, batch in enumerate(steps):
            optimizer.zero_grad()
            following.training_step(batch, i).backward()
            following.after_backward()
            optimizer.step()
            following.after_step()
            if following.step >= job["until"]:
                break
    else:
        if optimizer is not None:
            module.configure_optimizers = lambda: optimizer  # type: ignore[method-assign]
        lightning = lightning_of(module) or pl
        trainer = lightning.Trainer(max_epochs=1, accelerator="cpu", devices=1, logger=False,
                                    enable_checkpointing=False, enable_progress_bar=False,
                                    enable_model_summary=False, num_sanity_val_steps=0, limit_val_batches=0,
                                    callbacks=[Keeper(following)])
        trainer.fit(module, DataLoader(steps, batch_size=None))  # type: ignore[arg-type]
    if not following.losses:
        raise ProgramError("training", "its training_step returns no loss")
    following.arrays["loss"] = np.array(following.losses)


def one_or_tuple(values: list[torch.Tensor]) -> Any:
    """The only tensor, or the tuple of several."""
    return values[0] if len(values) == 1 else tuple(values)
