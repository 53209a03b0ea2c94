"""A spec as a LightningModule: the `Model` that `frameworks.runtime.training` describes."""
import functools
import logging
import platform
import warnings

import numpy as np
import pytorch_lightning as pl
import torch
import torchmetrics

from frameworks.lightning import batches, callbacks, configuration, losses, networks, optimizers
from frameworks.lightning.module import Listener, Module
from frameworks.lightning.own_layers import as_spec, as_tensor, weights_of
from frameworks.parts.weights import changing, names_of, trained
from frameworks.runtime import training
from frameworks.runtime.accumulation import PART, ends_a_group, size_of
from frameworks.runtime.losses import class_weights_of, measured

PORTION = 8192  # samples that one frozen forward pass takes at a time


def environment(settings):
    """What runs here, read back."""
    torch.set_num_threads(settings["threads"])
    warnings.filterwarnings("ignore", ".*(num_workers|does not have many workers).*")
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    return {"framework": "lightning", "backend": "torch", "execution": "eager",
            "device": "cuda" if torch.cuda.is_available() else "cpu",
            "dtype": str(torch.get_default_dtype()).split(".")[1], "threads": torch.get_num_threads(),
            "settings": settings_of(),
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__,
                         "pytorch-lightning": pl.__version__, "torchmetrics": torchmetrics.__version__}}


def settings_of():
    """What files, variables or patches of an account can change of PyTorch and of Lightning's Trainer, read back."""
    trainer = pl.Trainer(accelerator="gpu" if torch.cuda.is_available() else "cpu", devices=1, logger=False,
                         enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
    return {"default_dtype": str(torch.get_default_dtype()).split(".")[1],
            "matmul_precision": torch.get_float32_matmul_precision(), "precision": trainer.precision,
            "world_size": trainer.world_size, "accumulate_grad_batches": trainer.accumulate_grad_batches,
            "gradient_clip_val": trainer.gradient_clip_val}


def channels_first(shape):
    """The shape of a sample as PyTorch gets it."""
    return shape[-1:] + shape[:-1] if len(shape) == 3 else shape


class Model(object):
    """A module, its optimizer, and the names of its weights."""

    default_batch = 1  # torch/utils/data/dataloader.py: batch_size defaults to 1

    def __init__(self, spec, part, shape, job):
        pl.seed_everything(job["seed"], verbose=False)
        self.spec, self.own_order, self.marked = spec, job["init"] == "native", training.marks_images(job, part[0])
        self.device = torch.device(job["settings"]["device"])
        named = [(str(i), layer) for i, layer in enumerate(spec["layers"])][slice(*part)]
        self.activation = named[-1][1].get("function", "linear")
        self.body, self.last, self.weighted = networks.stacked(named, channels_first(shape), self.own_order)
        self.body.to(self.device)
        self.width = next(layer["units"] for _, layer in reversed(named) if layer["is"] == "Dense")
        self.changing = [name for name in changing(named) if name in self._tensors()]
        self.trainable, self.group = trained(named), size_of(spec["optimizer"])
        self.optimizer = optimizers.optimizer(spec["optimizer"], list(self._tensors(trainable=True).values())) \
            if self.trainable else None
        rate = spec["optimizer"]["learning_rate"]
        scheduled = isinstance(rate, dict) and not configuration.on_plateau(rate)
        self.schedule = optimizers.Rates(rate) if scheduled else None
        self.steps, self.portion, self.micro = job.get("steps_per_epoch", 1), None, 0

    def get_weights(self):
        return {name: as_spec(tensor) for name, tensor in self._tensors().items()}

    def set_weights(self, weights):
        with torch.no_grad():
            for name, tensor in self._tensors().items():
                tensor.copy_(as_tensor(weights[name]))

    def get_optimizer_state(self):
        tensors = self._tensors(trainable=True)
        optimizer_state = optimizers.get_optimizer_state(self.optimizer, self.spec["optimizer"], tensors)
        return optimizer_state if self.group == 1 else dict(optimizer_state, micro=np.array(self.micro), **{
            PART + name: as_spec(tensor.grad if self._within() else torch.zeros_like(tensor)) * self.group
            for name, tensor in tensors.items()})

    def set_optimizer_state(self, optimizer_state):
        tensors = self._tensors(trainable=True)
        optimizers.set_optimizer_state(self.optimizer, self.spec["optimizer"], tensors, optimizer_state,
                                       self._last_rate(optimizer_state))
        self.micro = int(optimizer_state.get("micro", 0))
        for name, tensor in tensors.items():
            if PART + name in optimizer_state:
                tensor.grad = as_tensor(optimizer_state[PART + name] / self.group).to(self.device)

    def _last_rate(self, optimizer_state):
        """The rate of the step before a state."""
        rate = self.spec["optimizer"]["learning_rate"]
        if self.schedule:
            return self.schedule.at(max(int(optimizer_state.get("step", 0)) - 1, 0), self.steps)
        last = optimizer_state.get("last_rate", optimizer_state.get("rate"))
        return float(rate["initial"] if last is None else last) if isinstance(rate, dict) else \
            self.optimizer.param_groups[0]["lr"]

    def _within(self):
        """Whether a group is unfinished: what it is so far is kept as gradients, as a Trainer does it."""
        return self.micro > 0 and not ends_a_group(self.group, True, self.micro - 1, self.steps)

    @torch.no_grad()
    def forward(self, x):
        self.body.eval()
        logits = torch.cat([self.body(self._tensor(x[i:i + PORTION])) for i in range(0, len(x), PORTION)])
        return logits.cpu().numpy(), self.last(logits).cpu().numpy()

    @torch.no_grad()
    def outputs(self, x):
        self.body.eval()
        parts = (self._tensor(x[i:i + PORTION]) for i in range(0, len(x), PORTION))
        return torch.cat([self.last(self.body(part)) for part in parts]).cpu().numpy()

    def measure(self, x, y):
        trainer, module = self._evaluator
        # With class weights, the loss depends on what is in a batch.
        weighted = class_weights_of(measured(self.spec["loss"], True)) != "none"
        loader = batches.in_order(self._tensor(x), self._tensor(y), (self.portion or len(x)) if weighted else PORTION)
        result = trainer.validate(module, loader, verbose=False)[0]
        self.body.to(self.device)  # a Trainer leaves it on the CPU
        return result["test/loss"], result["test/accuracy"]

    def step(self, x, y):
        module = self._module()
        module.to(self.device).train()
        x, y = self._tensor(x), self._tensor(y)
        configuration.groups(self.spec["optimizer"])  # refused in a step as in a training
        kept = {name: tensor.grad for name, tensor in self._tensors(trainable=True).items()} if self._within() else {}
        self.optimizer.zero_grad()
        logits, outputs = module(x)
        loss = module.loss(y, logits, outputs)
        loss.backward()
        module.test_accuracy.update(logits, outputs, y)
        tensors = self._tensors(trainable=True)
        arrays = {"gradient/" + name: as_spec(tensor.grad).copy() for name, tensor in tensors.items()}
        arrays.update(logits=logits.detach().cpu().numpy(), outputs=outputs.detach().cpu().numpy(),
                      loss=np.array(loss.item()))
        arrays["accuracy"] = np.array(getattr(module.test_accuracy, "own", module.test_accuracy).compute().item())
        self.micro += 1
        if self.group > 1:
            for name, tensor in tensors.items():
                tensor.grad = tensor.grad / self.group + kept.get(name, 0)
        if not self._within():
            self._before_step()
            self.optimizer.step()
        return arrays

    def rates(self, values):
        return optimizers.rates_of_plateau(self.spec["optimizer"]["learning_rate"], values)

    def _before_step(self):
        """What a Trainer does between a gradient and its step; it clips by this very function of PyTorch's."""
        class_weights_of, parameters = self.spec["optimizer"], list(self._tensors(trainable=True).values())
        if self.schedule:
            for group in self.optimizer.param_groups:
                group["lr"] = self.schedule.at(self.optimizer.steps_done, self.steps)
        optimizers.shrink(class_weights_of, self.optimizer)
        if configuration.own_clip(class_weights_of["clip"]):
            optimizers.clip(*configuration.own_clip(class_weights_of["clip"]), parameters)
        elif class_weights_of["clip"] != "none":
            torch.nn.utils.clip_grad_norm_(parameters, configuration.trainers_clip(class_weights_of["clip"]))

    def fit(self, train, test, order, watch):
        module = self._module()
        size = training.batch_size(self.spec, len(train[0]))
        x, y = self._tensor(train[0]), self._tensor(train[1])
        if self.own_order:
            loader = batches.own_order(x, y, size, self.spec["training"]["shuffle"])
        else:
            loader = batches.given_order(x, y, size or self.default_batch, order)
        check = batches.in_order(self._tensor(test[0]), self._tensor(test[1]), size or self.default_batch) \
            if self.spec["training"]["validate"] else None
        self.portion = size or self.default_batch
        listener, self.micro = Listener(watch), 0
        module.train()  # a Trainer leaves what was evaluated in its mode
        try:
            self._trainer(watch.epochs, listener, *callbacks.made(self.spec)).fit(module, loader, check)
        except Exception:
            watch.cut(module.taken())
            raise
        finally:
            self.body.to(self.device)  # a Trainer leaves it on the CPU

    @functools.cached_property
    def _evaluator(self):
        """Made once: a new Trainer looks through every installed package for callbacks, longer than it measures."""
        return self._trainer(), self._module()

    def _module(self):
        loss, of_test = (losses.loss_function(told, self.activation, self.spec["data"]["labels"])
                         for told in (self.spec["loss"], measured(self.spec["loss"], True)))
        return Module(self.body, self.last, loss, of_test, lambda: losses.metric(self.spec["accuracy"], self.width),
                      lambda: optimizers.configured(self.spec["optimizer"], self.optimizer), self.spec["optimizer"],
                      self.marked)

    def _trainer(self, epochs=1, *callbacks):
        return pl.Trainer(max_epochs=epochs, accelerator="gpu" if self.device.type == "cuda" else "cpu", devices=1,
                          logger=False, enable_checkpointing=False, enable_progress_bar=False,
                          enable_model_summary=False, callbacks=list(callbacks),
                          accumulate_grad_batches=configuration.groups(self.spec["optimizer"]),
                          gradient_clip_val=configuration.trainers_clip(self.spec["optimizer"]["clip"]))

    def _tensors(self, trainable=False):
        return {name + "." + part: tensor for name, module in self.weighted.items()
                for part, tensor in zip(names_of(self.spec["layers"][int(name)]), weights_of(module))
                if not trainable or tensor.requires_grad}

    def _tensor(self, array):
        """An image with its channels first, in the memory too: of one channel, a view counts as contiguous, and PyTorch
        takes it for channels last, which no user has and which its BatchNorm computes otherwise."""
        array = np.array(np.moveaxis(array, -1, 1), order="C") if array.ndim == 4 else np.ascontiguousarray(array)
        return torch.from_numpy(array).to(self.device)
