"""A spec as a LightningModule: a `Realization` as `frameworks.protocol` describes it."""

from __future__ import annotations

import functools
from typing import Any, Mapping, Sequence

import numpy as np
import torch
import torchmetrics
from torch import Tensor

from frameworks.job import Job
from frameworks.lightning import accuracies, batches, callbacks, configuration, metrics, networks, optimizers
from frameworks.lightning.api import pl
from frameworks.lightning.custom_layers import as_spec, as_tensor, gradient_of, weights_of
from frameworks.lightning.environment import environment, forget
from frameworks.lightning.loss_functions import LossFunction
from frameworks.lightning.module import Listener, Module
from frameworks.parts.metrics import METRICS, metric_names
from frameworks.parts.weights import changing, names_of, trained
from frameworks.protocol import Arrays, Json, Samples, Shape, TrainingSamples, Watch
from frameworks.runtime import batching
from frameworks.runtime.accumulation import PART, ends_a_group, size_of
from frameworks.runtime.losses import class_weights_of, measured, weighting
from frameworks.runtime.watch import marks_images

__all__ = ["Model", "environment", "forget"]

PORTION = 8192  # samples in one forward pass of an evaluation


class Model:
    """A network and its optimizer in PyTorch, trained by a LightningModule (`frameworks.protocol.Model`)."""

    default_batch = 1  # torch/utils/data/dataloader.py:258, version 2.15

    def __init__(self, spec: Json, layers: tuple[int, int], shape: Shape, job: Job) -> None:
        pl.seed_everything(job["seed"])
        self.spec, self.own_order, self.marked = spec, job["init"] == "native", marks_images(job, layers[0])
        self.device = torch.device(job["settings"]["device"])
        named = [(str(i), layer) for i, layer in enumerate(spec["layers"])][slice(*layers)]
        self.activation = named[-1][1].get("function", "linear")
        self.body, self.last, self.weighted, self.ends = networks.stacked(named, shape, self.own_order)
        self.penalties = networks.penalties(named, self.weighted, self.body)
        self.body.to(self.device)
        self.width = next(layer["units"] for _, layer in reversed(named) if layer["is"] == "Dense")
        self.changing = [name for name in changing(named) if name in self._tensors()]
        self.trainable, self.group = trained(named), size_of(spec["optimizer"])
        self._counted = optimizers.optimizer(spec["optimizer"], list(self._tensors(trainable=True).values())) \
            if self.trainable else None
        rate = spec["optimizer"]["learning_rate"]
        scheduled = isinstance(rate, dict) and not configuration.on_plateau(rate)
        self.schedule = optimizers.Rates(rate) if scheduled else None
        # portion: the batch size of an evaluation with class weights; micro: the steps done, for gradient accumulation
        self.steps, self.micro = job.get("steps_per_epoch", 1), 0
        self.portion: int | None = None

    @property
    def counted(self) -> optimizers.CountedOptimizer:
        """The optimizer of a model with trainable weights."""
        assert self._counted is not None, "a model without trainable weights takes no steps"
        return self._counted

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The PyTorch optimizer in `counted`."""
        return self.counted.optimizer

    def get_weights(self) -> dict[str, np.ndarray]:
        return {name: as_spec(tensor) for name, tensor in self._tensors().items()}

    def set_weights(self, weights: Arrays) -> None:
        with torch.no_grad():
            for name, tensor in self._tensors().items():
                tensor.copy_(as_tensor(weights[name]))

    def get_optimizer_state(self) -> dict[str, Any]:
        tensors = self._tensors(trainable=True)
        optimizer_state = optimizers.get_optimizer_state(self.counted, self.spec["optimizer"], tensors)
        if self.group == 1:
            return optimizer_state
        sums = {PART + name: as_spec(gradient_of(tensor) if self._within() else torch.zeros_like(tensor)) * self.group
                for name, tensor in tensors.items()}
        return dict(optimizer_state, micro=np.array(self.micro), **sums)

    def set_optimizer_state(self, optimizer_state: Mapping[str, Any]) -> None:
        tensors = self._tensors(trainable=True)
        optimizers.set_optimizer_state(self.counted, self.spec["optimizer"], tensors, optimizer_state,
                                       self._last_rate(optimizer_state))
        self.micro = int(optimizer_state.get("micro", 0))
        for name, tensor in tensors.items():
            if PART + name in optimizer_state:
                tensor.grad = as_tensor(optimizer_state[PART + name] / self.group).to(self.device)

    def _last_rate(self, optimizer_state: Mapping[str, Any]) -> float:
        """Return the learning rate of the step before an optimizer state."""
        rate = self.spec["optimizer"]["learning_rate"]
        if self.schedule:
            return self.schedule.at(max(int(optimizer_state.get("step", 0)) - 1, 0), self.steps)
        last = optimizer_state.get("last_rate", optimizer_state.get("rate"))
        if isinstance(rate, dict):
            return float(rate["initial"] if last is None else last)
        return self.counted.rate

    def _within(self) -> bool:
        """Whether a group of accumulated batches is unfinished: the tensors keep its gradients, as in the Trainer."""
        return self.micro > 0 and not ends_a_group(self.group, True, self.micro - 1, self.steps)

    @torch.no_grad()
    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.body.eval()
        logits = torch.cat([self.body(self._tensor(x[i:i + PORTION])) for i in range(0, len(x), PORTION)])
        return logits.cpu().numpy(), self.last(logits).cpu().numpy()

    @torch.no_grad()
    def outputs(self, x: np.ndarray) -> np.ndarray:
        self.body.eval()
        portions = (self._tensor(x[i:i + PORTION]) for i in range(0, len(x), PORTION))
        return torch.cat([self.last(self.body(portion)) for portion in portions]).cpu().numpy()

    def measure(self, x: np.ndarray, y: np.ndarray) -> tuple[float, ...]:
        trainer, module = self._evaluator
        # With class weights, the loss can depend on how the samples are grouped into batches.
        weighted = class_weights_of(measured(self.spec["loss"], True)) != "none"
        loader = batches.in_order(self._tested((x, y)), (self.portion or len(x)) if weighted else PORTION)
        result = trainer.validate(module, loader, verbose=False)[0]
        self.body.to(self.device)  # the Trainer leaves it on the CPU
        return tuple(result["test/" + name] for name in ["loss", "accuracy", *metric_names(self.spec)])

    def layer_outputs(self, x: np.ndarray, training: bool) -> dict[str, np.ndarray]:
        before = {name: value.copy() for name, value in self.get_weights().items()}
        value, names, outputs = self._tensor(x), {end: name for name, end in self.ends.items()}, {}
        for end, module in enumerate([*self.body.train(training), self.last], 1):
            value = module(value)
            if end in names:
                array = value.detach().cpu().numpy().copy()
                outputs[names[end]] = np.moveaxis(array, 1, -1) if array.ndim == 4 else array
        self.set_weights(before)  # a batch moves the statistics of a BatchNormalization
        return outputs

    def step(self, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> dict[str, np.ndarray]:
        module = self._module()
        module.to(self.device).train()
        inputs, labels, *of_samples = batches.tensors_of((x, y) if weights is None else (x, y, weights), self.device)
        configuration.groups(self.spec["optimizer"])  # raises Unsupported, as in `fit`
        sums = {name: tensor.grad for name, tensor in self._tensors(trainable=True).items()} if self._within() else {}
        self.optimizer.zero_grad()
        logits, outputs = module(inputs)
        loss = module.loss(labels, logits, outputs, *of_samples) + module.penalty(reported=True)
        (loss + module.penalty(reported=False)).backward()
        module.train_accuracy.update(logits, outputs, labels, *of_samples)
        metrics_by_name: dict[str, Any] = dict(module.test_metrics.items())
        for metric in metrics_by_name.values():
            metric.update(outputs, labels)
        tensors = self._tensors(trainable=True)
        arrays = {"gradient/" + name: as_spec(gradient_of(tensor)).copy() for name, tensor in tensors.items()}
        arrays.update(logits=logits.detach().cpu().numpy(), outputs=outputs.detach().cpu().numpy(),
                      loss=np.array(loss.item()))
        arrays["accuracy"] = np.array(accuracies.torchmetric(module.train_accuracy).compute().item())
        arrays.update({name: np.array(metric.compute().item()) for name, metric in metrics_by_name.items()})
        self.micro += 1
        if self.group > 1:
            for name, tensor in tensors.items():
                tensor.grad = gradient_of(tensor) / self.group + sums.get(name, 0)
        if not self._within():
            rate = self.schedule.at(self.counted.steps_done, self.steps) if self.schedule else None
            optimizers.before_step(self.spec["optimizer"], self.optimizer, list(tensors.values()), rate)
            self.optimizer.step()
        return arrays

    def rates(self, values: Sequence[float]) -> list[float]:
        return optimizers.rates_of_plateau(self.spec["optimizer"]["learning_rate"], values)

    def fit(self, train: TrainingSamples, test: Samples, order: np.ndarray | None, watch: Watch) -> None:
        module = self._module()
        size = batching.batch_size(self.spec, len(train[0]))
        tensors = batches.tensors_of(train, self.device)
        loader: Any
        if self.own_order:
            loader = batches.own_order(tensors, size, self.spec["training"]["shuffle"])
        else:
            loader = batches.given_order(tensors, size or self.default_batch, order)
        self.portion = portion = size or self.default_batch
        validation = None
        if self.spec["training"]["validate"]:
            validation = batches.in_order(self._tested(test), portion)
        listener, self.micro = Listener(watch), 0
        module.train()  # `forward` leaves the body in evaluation mode, and a Trainer keeps the modes that it finds
        try:
            with callbacks.checkpoints(self.spec) as checkpoints:
                chosen = [listener, *callbacks.made(self.spec), *checkpoints]
                self._trainer(watch.epochs, *chosen).fit(module, loader, validation)
                callbacks.restore(self.spec, module, chosen)
        except Exception:
            watch.cut(module.taken())
            raise
        finally:
            self.body.to(self.device)  # the Trainer leaves it on the CPU

    @functools.cached_property
    def _evaluator(self) -> tuple[pl.Trainer, Module]:
        """The Trainer and the module of evaluations.

        They are created once, since a new Trainer searches all installed packages for callbacks, which takes longer
        than the evaluation.
        """
        return self._trainer(), self._module()

    def _module(self) -> Module:
        losses = self.spec["loss"], measured(self.spec["loss"], True)
        loss, of_test = (LossFunction(loss, self.activation, self.spec["data"]["labels"], self.width,
                                      self.spec["training"]["sample_weight"]) for loss in losses)
        accuracy, of_test_accuracy = (accuracies.metric(self.spec["accuracy"], weights, self.width)
                                      for weights in (weighting(self.spec), class_weights_of(losses[1])))
        return Module(self.body, self.last, loss, of_test, (accuracy, of_test_accuracy),
                      self._metrics,
                      lambda: optimizers.configured(self.spec["optimizer"], self.optimizer), self.spec["optimizer"],
                      self.spec["training"]["epoch_loss"], self.marked, self.penalties)

    def _metrics(self) -> dict[str, Any]:
        """Return new metrics of the spec by name; the accuracy is not among them."""
        return {METRICS[metric["is"]]: metrics.METRICS[metric["is"]](metric, self.width).made(
            {"torchmetrics": torchmetrics, "nn": torch.nn}) for metric in self.spec["metrics"]}

    def _trainer(self, epochs: int = 1, *listeners: pl.Callback) -> pl.Trainer:
        return pl.Trainer(max_epochs=epochs, accelerator="gpu" if self.device.type == "cuda" else "cpu", devices=1,
                          logger=False, enable_progress_bar=False, enable_model_summary=False,
                          enable_checkpointing=any(isinstance(each, pl.callbacks.ModelCheckpoint)
                                                   for each in listeners), callbacks=list(listeners),
                          accumulate_grad_batches=configuration.groups(self.spec["optimizer"]),
                          gradient_clip_val=configuration.trainers_clip(self.spec["optimizer"]["clip"]))

    def _tensors(self, trainable: bool = False) -> dict[str, Tensor]:
        """Return the weights as tensors by name; if `trainable`, only those with gradients."""
        return {name + "." + weight: tensor for name, module in self.weighted.items()
                for weight, tensor in zip(names_of(self.spec["layers"][int(name)]), weights_of(module))
                if not trainable or tensor.requires_grad}

    def _tested(self, samples: Samples) -> batches.Tensors:
        """Return samples that are evaluated as tensors; where the spec has sample weights, theirs are 1."""
        is_weighted = self.spec["training"]["sample_weight"] != "none"
        ones = (np.ones(len(samples[0]), np.float32),) if is_weighted else ()
        return batches.tensors_of((*samples, *ones), self.device)

    def _tensor(self, array: np.ndarray) -> Tensor:
        return batches.tensor_of(array, self.device)
