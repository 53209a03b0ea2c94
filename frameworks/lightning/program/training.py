"""Trains a user's LightningModule with a real Trainer, and records its first steps."""
from __future__ import annotations

from typing import Any, Mapping

import numpy as np
import torch
from torch.utils.data import DataLoader

from frameworks.job import ProgramJob
from frameworks.lightning.api import lightning_of, pl
from frameworks.lightning.program import build, layers, loss_changes
from frameworks.lightning.program.clipping import Clipping
from frameworks.lightning.program.recorder import Operations, tensors
from frameworks.program_facts import ProgramFacts
from frameworks.runtime.constraints import constrained
from frameworks.runtime.program_arrays import batches, kept_steps, outline, read_arrays
from frameworks.runtime.user_program import ProgramError


class Following:
    """The record of a training: losses, the operations and gradients of its first step, weights after the watched
    steps.

    `training_step` and `configure_optimizers` of the user's module are replaced by methods of this object that call
    them, so that the user's own code computes everything.
    """

    def __init__(self, program: build.Program, operations: Operations, job: ProgramJob,
                 arrays: dict[str, np.ndarray], facts: ProgramFacts, clips: Clipping) -> None:
        assert program.module is not None
        self.clips, self.updates = clips, 0
        self.stepped: set[int] = set()
        """The numbers of the optimizers that have made an update."""
        self.stepped_now: set[int] = set()
        """The numbers of the optimizers that have made an update in this step."""
        self.module, self.model, self.operations = program.module, program.model, operations
        self.job, self.arrays, self.facts = job, arrays, facts
        self.targets: list[torch.Tensor] = []
        """The targets of all steps, one tensor for each output."""
        self.losses: list[float] = []
        self.step, self.own_step = 0, program.module.training_step
        self.outputs: Any = None
        self.kept = kept_steps(job["steps"])
        self.masks = {name: batches([mask], job["steps"], job["batch"])[0]
                      for name, mask in read_arrays(job["data"], "mask").items()}
        program.model.register_forward_hook(self.keep_outputs)

    def keep_outputs(self, module: Any, args: Any, output: Any) -> None:
        """Stores the last output of the model, from which a changed loss is computed."""
        self.outputs = output

    def masks_of_step(self) -> dict[str, torch.Tensor]:
        """Keras's masks of the outputs of this step's batch."""
        first = self.step * self.job["batch"]
        return {name: torch.as_tensor(mask[first:first + self.job["batch"]]) for name, mask in self.masks.items()}

    def targets_of_step(self) -> list[torch.Tensor]:
        """The targets of this step's batch."""
        first = self.step * self.job["batch"]
        return [target[first:first + self.job["batch"]] for target in self.targets]

    def training_step(self, batch: Any, index: int = 0) -> Any:
        """The user's training step; in the first one every operation is recorded."""
        first = self.step == 0
        kinds = {change["kind"] for change in self.job["changes"]}
        self.operations.gradients = "gradients_enabled" in kinds
        if "gradients_cleared" in kinds:
            self.module.zero_grad()
        with self.operations:
            self.operations.begin(record=first)
            self.operations.in_step = True
            result = self.own_step(*(batch, index)[:self.own_step.__code__.co_argcount - 1])
        self.operations.in_step = False
        if "optimizers_stepped" in kinds:
            self.step_others()
        loss: Any = result.get("loss") if isinstance(result, Mapping) else result
        if any(change["kind"] in loss_changes.LOSS_CHANGES for change in self.job["changes"]):
            loss = loss_changes.changed_loss(loss, self.model, self.job["changes"], tensors(self.outputs),
                                             self.targets_of_step(), self.masks_of_step(), self.operations.outputs)
            result = {**result, "loss": loss} if isinstance(result, Mapping) else loss
        if first:
            self.facts["training_operations"], values = self.operations.of_step()
            self.arrays.update({f"training/{key}": value for key, value in values.items()})
            if loss is not None:
                self.arrays["first_loss"] = loss.detach().cpu().numpy()
        if loss is not None:
            self.losses.append(float(loss))
        return result

    def step_others(self) -> None:
        """Makes an update with the optimizers that the user's training step has not used."""
        for number, optimizer in enumerate(self.module.trainer.optimizers):
            if number not in self.stepped_now:
                optimizer.step()

    def after_backward(self) -> None:
        """Keeps the gradients of the first step."""
        if self.step == 0:
            for name, variable in layers.parameters(self.model):
                if (gradient := variable.gradient) is not None:
                    self.arrays[f"gradient/{name}"] = outline(gradient)

    def constrain(self) -> None:
        """Applies the constraints of the changes, which Keras applies after every update."""
        for change in [change for change in self.job["changes"] if change["kind"] == "constraint"]:
            variable, constraint = dict(layers.parameters(self.model))[change["parameter"]], change["constraint"]
            variable.assign(constrained(variable.value, constraint["name"], constraint["settings"]))

    def count_update(self, number: int) -> None:
        """Counts the updates of the optimizers: the first one may come after several batches."""
        self.constrain()
        self.updates += 1
        self.stepped.add(number)
        self.stepped_now.add(number)
        if self.updates == 1:
            trained = sum(tensor.grad is not None for tensor in self.module.parameters())
            self.facts.update({"accumulate": self.step + 1, "clipping": self.clips.facts(trained)})

    def after_step(self) -> None:
        """Keeps the weights after the steps that are watched."""
        self.step += 1
        self.stepped_now.clear()
        if self.step in self.kept:
            for name, variable in layers.parameters(self.model):
                self.arrays[f"weight/{self.step}/{name}"] = outline(variable.value)


class Keeper(pl.Callback):
    """A callback that passes the events of the Trainer to a `Following`."""

    def __init__(self, following: Following) -> None:
        self.following = following

    def on_train_start(self, trainer: pl.Trainer, *_: Any) -> None:
        for number, optimizer in enumerate(trainer.optimizers):
            optimizer.register_step_post_hook(lambda *_, number=number: self.following.count_update(number))
        for config in trainer.lr_scheduler_configs:
            if config.reduce_on_plateau:  # its metric may be one of a validation, and none is run here
                config.strict = False
                self.following.facts.setdefault("warnings", []).append(
                    f"{type(config.scheduler).__name__} follows {config.monitor}, which is measured once in an epoch; "
                    "within the steps of this training it changes no learning rate.")

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        self.following.facts.setdefault("rates", []).append(
            [group.get("lr") for optimizer in trainer.optimizers for group in optimizer.param_groups])

    def on_after_backward(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.following.after_backward()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        if self.following.step == 0:
            self.following.arrays.update({f"metric/{name}": value.detach().cpu().numpy()
                                          for name, value in trainer.callback_metrics.items()})

    def on_train_end(self, trainer: pl.Trainer, *_: Any) -> None:
        if 0 < len(self.following.stepped) < len(trainer.optimizers):
            self.following.facts["unstepped"] = [number for number in range(len(trainer.optimizers))
                                                 if number not in self.following.stepped]


def loader_of(steps: Any) -> DataLoader[Any]:
    """A DataLoader of batches, which it passes on as they are."""
    return DataLoader(steps, batch_size=None, collate_fn=lambda batch: batch)


def trainer_with(module: pl.LightningModule, *callbacks: pl.Callback) -> Any:
    """Returns a Trainer for one epoch that writes nothing, of the Lightning package that the module belongs to."""
    return (lightning_of(module) or pl).Trainer(
        max_epochs=1, accelerator="cpu", devices=1, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
        limit_val_batches=1.0 if not callbacks else 0, callbacks=list(callbacks))


def measure(module: pl.LightningModule, steps: list[tuple[Any, ...]], facts: ProgramFacts,
            arrays: dict[str, np.ndarray]) -> None:
    """Keeps what the module's `validation_step` or `test_step` logs of all samples before training, measured/<name>.

    What it raises becomes a warning: the rest is compared all the same.
    """
    names = [name for name in ("validation", "test")
             if getattr(type(module), f"{name}_step") is not getattr((lightning_of(module) or pl).LightningModule,
                                                                     f"{name}_step")]
    if not names:
        return
    loader = loader_of(steps)
    trainer = trainer_with(module)
    try:
        (trainer.validate if names[0] == "validation" else trainer.test)(module, loader, verbose=False)
    except (Exception, SystemExit) as error:  # the user's code
        facts.setdefault("warnings", []).append(f"{names[0]}_step raised {type(error).__name__}: {error}. Metrics of "
                                                "the evaluation were not compared.")
        return
    arrays.update({f"measured/{name}": value.detach().cpu().numpy()
                   for name, value in trainer.callback_metrics.items()})


def train(following: Following, steps: list[tuple[Any, ...]], optimizers: list[Any]) -> None:
    """Trains the steps of the job in order; `optimizers` replace the module's own if there are any.

    An optimizer that is no torch.optim.Optimizer cannot run in a Trainer: it is stepped in a plain loop.
    """
    job, module = following.job, following.module
    pl.seed_everything(job["seed"])
    module.training_step = following.training_step  # type: ignore[method-assign]
    if isinstance(module, build.Wrapped):  # a LightningModule keeps the modes that it is made with
        module.train()
    if optimizers and not isinstance(optimizers[0], torch.optim.Optimizer):
        optimizer = optimizers[0]
        for i, batch in enumerate(steps):
            optimizer.zero_grad()
            following.training_step(batch, i).backward()
            following.after_backward()
            optimizer.step()
            following.constrain()
            following.after_step()
            if following.step >= job["until"]:
                break
    else:
        if optimizers:
            module.configure_optimizers = lambda: optimizers  # type: ignore[method-assign]
        trainer, own_end = trainer_with(module, Keeper(following)), module.on_train_batch_end

        def ended(*args: Any) -> None:
            """Stores the weights after the module's own hook, which may change them; callbacks are called before it."""
            own_end(*args)
            following.after_step()
            trainer.should_stop = following.step >= job["until"]
        module.on_train_batch_end = ended  # type: ignore[method-assign, assignment]
        trainer.fit(module, loader_of(steps))
    if following.losses:
        following.arrays["loss"] = np.array(following.losses)
    elif module.automatic_optimization:
        raise ProgramError("training", "its training_step returns no loss")
    else:
        following.facts.setdefault("warnings", []).append("training_step returns no loss, which manual optimization "
                                                          "allows, so losses were not compared; the updates were.")
