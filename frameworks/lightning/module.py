"""The LightningModule that is trained, and the callback that reports its progress."""
import functools

import numpy as np
import pytorch_lightning as pl
import torch
import torchmetrics

from frameworks.lightning import configuration, optimizers


@functools.lru_cache(maxsize=8)
def positions(n, device):
    """Return a tensor of the numbers 1 to n."""
    return torch.arange(1.0, n + 1, device=device)


def checksum(samples):
    """Return the checksum of a batch of samples or labels, as `frameworks.runtime.samples` defines it."""
    values = samples.flatten(1)
    weighted = values @ positions(values.shape[1], values.device)
    return positions(len(values), values.device) @ weighted / len(values)


class Mean(torchmetrics.Metric):
    """The mean of a loss over an epoch. It is computed as Lightning does for a logged loss, and is equal bit for bit.

    torchmetrics' MeanMetric cannot replace it: it ignores NaN by default, and otherwise it ignores the batch sizes.
    """

    def __init__(self):
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, loss, n):
        self.total = self.total + loss * n
        self.count = self.count + n

    def compute(self):
        return self.total / self.count


class Module(pl.LightningModule):
    """The module that a user would write, except that it records the loss of every step and logs once per epoch.

    `body` maps samples to logits, and `last` logits to outputs. `accuracy`, `metrics` and `make_optimizer` are
    functions that create the accuracy, the other metrics by name, and the optimizer. `marked`: whether checksums of the
    images are recorded too, beside those of the labels.
    """

    def __init__(self, body, last, loss, loss_of_test, accuracy, metrics, make_optimizer, optimizer_spec, marked):
        super().__init__()
        self.marked = marked
        self.optimizer_spec = optimizer_spec
        self.body, self.last, self.loss, self.make_optimizer = body, last, loss, make_optimizer
        self.loss_of_test = loss_of_test
        self.train_loss, self.test_loss = Mean(), Mean()
        self.train_accuracy, self.test_accuracy = accuracy(), accuracy()
        self.train_metrics, self.test_metrics = (torch.nn.ModuleDict(metrics()) for _ in range(2))
        self.recordings = []

    def forward(self, x):
        logits = self.body(x)
        return logits, self.last(logits)

    def taken(self):
        """Return loss, checksum of the labels and checksum of the images of every step since the last call.

        The result is float32 of shape (steps, 3).
        """
        recordings, self.recordings = self.recordings, []
        return torch.stack(recordings).cpu().numpy() if recordings else np.zeros((0, 3), np.float32)

    def configure_optimizers(self):
        return self.make_optimizer()

    def on_before_optimizer_step(self, optimizer):
        optimizers.shrink(self.optimizer_spec, optimizer)

    def configure_gradient_clipping(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
        clip = configuration.own_clip(self.optimizer_spec["clip"])
        if clip is None:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
        else:
            optimizers.clip(*clip, self.parameters())

    def training_step(self, batch, index):
        loss = self._shared_step(batch, index, "train", self.loss, self.train_loss, self.train_accuracy,
                                 self.train_metrics)
        of_images = checksum(batch[0]) if self.marked else positions(1, loss.device)[0] * torch.nan
        self.recordings.append(torch.stack([loss.detach(), checksum(batch[1]), of_images]))
        return loss

    def validation_step(self, batch, index):
        self._shared_step(batch, index, "test", self.loss_of_test, self.test_loss, self.test_accuracy,
                          self.test_metrics)

    def _shared_step(self, batch, index, part, loss_of, mean, accuracy, metrics):
        x, y = batch
        logits, outputs = self(x)
        loss = loss_of(y, logits, outputs)
        mean.update(loss, len(x))
        accuracy.update(logits, outputs, y)
        for metric in metrics.values():
            metric.update(outputs, y)
        # Lightning computes a logged metric at the end of the epoch; `log` in every step would double the time.
        if index == 0:
            self.log(part + "/loss", mean, on_step=False, on_epoch=True)
            self.log(part + "/accuracy", getattr(accuracy, "metric", accuracy), on_step=False, on_epoch=True)
            for name, metric in metrics.items():
                self.log(part + "/" + name, metric, on_step=False, on_epoch=True)
        return loss


class Listener(pl.Callback):
    """Reports the progress of the Trainer to a `frameworks.runtime.training.Watch`."""

    def __init__(self, watch):
        self.watch = watch

    def on_train_epoch_start(self, trainer, module):
        self.watch.starts(trainer.current_epoch)

    def on_train_batch_end(self, trainer, module, outputs, batch, index):
        self.watch.model.micro += 1
        self.watch.at_step(trainer.current_epoch, index + 1)

    def on_train_epoch_end(self, trainer, module):
        reported = {name: float(value) for name, value in trainer.callback_metrics.items()}
        if self.watch.epoch(reported, module.taken()):
            trainer.should_stop = True
