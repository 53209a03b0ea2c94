"""The LightningModule that is trained, and the callback that reports its progress."""

from __future__ import annotations

import functools
from typing import Any, Callable, Mapping, Sequence

import numpy as np
import torch
import torchmetrics
from torch import Tensor

from frameworks.lightning import configuration, optimizers
from frameworks.lightning.accuracies import Adapted, ByRule, torchmetric
from frameworks.lightning.api import pl
from frameworks.lightning.networks import Penalty
from frameworks.protocol import Json, Watch

LossOf = Callable[..., Tensor]
"""(labels, logits, outputs, the weights of the samples where the spec has any) -> the mean loss of the batch."""
Batch = tuple[Tensor, ...]
"""x, y, and the weights of the samples, of shape (batch, 1), where the spec has any."""


@functools.lru_cache(maxsize=8)
def positions(n: int, device: torch.device) -> Tensor:
    """Return the numbers 1 to n as a float tensor."""
    return torch.arange(1.0, n + 1, device=device)


def checksum(samples: Tensor) -> Tensor:
    """Return the checksum of a batch of samples or labels, as `frameworks.runtime.samples` defines it."""
    values = samples.flatten(1)
    weighted = values @ positions(values.shape[1], values.device)
    return positions(len(values), values.device) @ weighted / len(values)


class Mean(torchmetrics.Metric):
    """The mean of a loss over an epoch, computed as Lightning computes that of a logged loss, so that both are equal
    bit for bit (pytorch_lightning/trainer/connectors/logger_connector/result.py:234, version 2.6).

    MeanMetric of torchmetrics 1.9 cannot replace it: it drops nan by default, and with `nan_strategy="disable"` it
    ignores the batch sizes (torchmetrics/aggregation.py:99 and 107).
    """

    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, loss: Tensor, n: int) -> None:
        self.total = self.total + loss * n
        self.count = self.count + n

    def compute(self) -> Tensor:
        return self.total / self.count


class Module(pl.LightningModule):
    """The module that a user would write, except that it records the loss of every step, and logs a metric once per
    epoch.

    `body` maps samples to logits, and `last` logits to outputs. `accuracies` are those of training and test. `metrics`
    and `make_optimizer` are functions that create the other metrics by name, and the optimizer. `epoch_loss` is that of
    `scenarios.spec.Training`. `marked`: whether checksums of the images are recorded too, beside those of the labels.
    `penalties` are those of `networks.penalties`.
    """

    def __init__(self, body: torch.nn.Module, last: torch.nn.Module, loss: LossOf, loss_of_test: LossOf,
                 accuracies: tuple[ByRule | Adapted, ByRule | Adapted], metrics: Callable[[], Mapping[str, Any]],
                 make_optimizer: Callable[[], Any], optimizer_spec: Json, epoch_loss: str | None, marked: bool,
                 penalties: Sequence[tuple[Penalty, bool]]) -> None:
        super().__init__()
        self.marked, self.penalties = marked, penalties
        self.optimizer_spec, self.epoch_loss = optimizer_spec, epoch_loss
        self.body, self.last, self.loss, self.make_optimizer = body, last, loss, make_optimizer
        self.loss_of_test = loss_of_test
        self.train_loss, self.test_loss = Mean(), Mean()
        self.train_accuracy, self.test_accuracy = accuracies
        self.train_metrics, self.test_metrics = (torch.nn.ModuleDict(metrics()) for _ in range(2))
        self.recordings: list[Tensor] = []

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.body(x)
        return logits, self.last(logits)

    def taken(self) -> np.ndarray:
        """Return loss, checksum of the labels and checksum of the images of every step since the last call.

        The result is float32 of shape (steps, 3).
        """
        recordings, self.recordings = self.recordings, []
        return torch.stack(recordings).cpu().numpy() if recordings else np.zeros((0, 3), np.float32)

    def penalty(self, reported: bool) -> Tensor | int:
        """Return what regularizers add to the loss of the last batch: those that the reported loss contains, or those
        that it does not contain."""
        return sum((penalty() for penalty, is_reported in self.penalties if is_reported == reported), start=0)

    def configure_optimizers(self) -> Any:
        return self.make_optimizer()

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        optimizers.shrink(self.optimizer_spec, optimizer)

    def configure_gradient_clipping(self, optimizer: torch.optim.Optimizer,
                                    gradient_clip_val: int | float | None = None,
                                    gradient_clip_algorithm: str | None = None) -> None:
        clip = configuration.hook_clip(self.optimizer_spec["clip"])
        if clip is None:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
        else:
            norm, of, offset = clip
            optimizers.clip(norm, of, offset, self.parameters())

    def training_step(self, batch: Batch, index: int) -> Tensor:
        loss = self._shared_step(batch, index, "train", self.loss, self.train_loss, self.train_accuracy,
                                 self.train_metrics)
        of_images = checksum(batch[0]) if self.marked else positions(1, loss.device)[0] * torch.nan
        self.recordings.append(torch.stack([loss.detach(), checksum(batch[1]), of_images]))
        return loss + self.penalty(reported=False) if self.penalties else loss

    def validation_step(self, batch: Batch, index: int) -> None:
        self._shared_step(batch, index, "test", self.loss_of_test, self.test_loss, self.test_accuracy,
                          self.test_metrics)

    def _shared_step(self, batch: Batch, index: int, part: str, loss_of: LossOf, mean: Mean,
                     accuracy: ByRule | Adapted, metrics: torch.nn.ModuleDict) -> Tensor:
        x, y, *weights = batch
        logits, outputs = self(x)
        loss = loss_of(y, logits, outputs, *weights)
        if self.penalties:
            loss = loss + self.penalty(reported=True)
        self._log_loss(part, loss, len(x), index, mean)
        accuracy.update(logits, outputs, y, *weights)
        by_name: dict[str, Any] = dict(metrics.items())
        for metric in by_name.values():
            metric.update(outputs, y)
        if index == 0:  # Lightning computes a metric when the epoch ends; `log` in every step would double the time
            self.log(part + "/accuracy", torchmetric(accuracy), on_step=False, on_epoch=True)
            for name, metric in by_name.items():
                self.log(part + "/" + name, metric, on_step=False, on_epoch=True)
        return loss

    def _log_loss(self, part: str, loss: Tensor, n: int, index: int, mean: Mean) -> None:
        """Log the loss of n samples; `mean` is that of the epoch."""
        kind = self.epoch_loss if part == "train" else "mean_of_samples"
        if kind is None:
            self.log(part + "/loss", loss)
        elif kind == "last_step":
            self.log(part + "/loss", loss, on_step=True, on_epoch=False)
        else:
            mean.update(loss, n if kind == "mean_of_samples" else 1)
            if index == 0:
                self.log(part + "/loss", mean, on_step=False, on_epoch=True)


class Listener(pl.Callback):
    """Reports the progress of the Trainer to a `frameworks.runtime.watch.Watch`."""

    def __init__(self, watch: Watch) -> None:
        self.watch, self.first_rate = watch, 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self.first_rate = trainer.optimizers[0].param_groups[0]["lr"]
        self.watch.starts(trainer.current_epoch)

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any,
                           index: int) -> None:
        self.watch.model.micro += 1
        self.watch.at_step(trainer.current_epoch, index + 1)

    def on_train_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        assert isinstance(module, Module)
        reported = {name: float(value) for name, value in trainer.callback_metrics.items()}
        if self.watch.printed_rate == "next_step":
            reported["train/learning_rate"] = trainer.optimizers[0].param_groups[0]["lr"]
        elif self.watch.printed_rate != "none":
            reported["train/learning_rate"] = self.first_rate
        if self.watch.epoch(reported, module.taken()):
            trainer.should_stop = True
