"""The LightningModule that is trained, and who listens to it."""
import functools

import numpy as np
import pytorch_lightning as pl
import torch
import torchmetrics

from frameworks.lightning import configuration, optimizers


@functools.lru_cache(maxsize=8)
def places(n, device):
    """1 to n."""
    return torch.arange(1.0, n + 1, device=device)


def mark(some):
    """`frameworks.runtime.samples.mark` of what a step gets."""
    values = some.flatten(1)
    weighed = values @ places(values.shape[1], values.device)
    return places(len(values), values.device) @ weighed / len(values)


class Mean(torchmetrics.Metric):
    """Lightning's own mean of a loss that is logged in every step, by the same sums and so to the bit.

    torchmetrics' MeanMetric leaves out what is nan, or forgets the batch sizes where it is told not to.
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
    """What a user would write, but that the true loss of every step is kept, and that `log` is called once an epoch."""

    def __init__(self, body, last, loss, loss_of_test, accuracy, make_optimizer, optimizer_spec, marked):
        super().__init__()
        self.marked = marked  # whether images are, too
        self.optimizer_spec = optimizer_spec
        self.body, self.last, self.loss, self.make_optimizer = body, last, loss, make_optimizer
        self.loss_of_test = loss_of_test
        self.train_loss, self.test_loss = Mean(), Mean()
        self.train_accuracy, self.test_accuracy = accuracy(), accuracy()
        self.kept = []

    def forward(self, x):
        logits = self.body(x)
        return logits, self.last(logits)

    def taken(self):
        """Losses and marks of the steps since this was asked, float32 of shape (steps, 3)."""
        kept, self.kept = self.kept, []
        return torch.stack(kept).cpu().numpy() if kept else np.zeros((0, 3), np.float32)

    def configure_optimizers(self):
        return self.make_optimizer()

    def on_before_optimizer_step(self, optimizer):
        optimizers.shrink(self.optimizer_spec, optimizer)

    def configure_gradient_clipping(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
        own = configuration.own_clip(self.optimizer_spec["clip"])
        if own is None:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
        else:
            optimizers.clip(*own, self.parameters())

    def training_step(self, batch, index):
        loss = self._shared_step(batch, index, "train", self.loss, self.train_loss, self.train_accuracy)
        images = mark(batch[0]) if self.marked else places(1, loss.device)[0] * torch.nan
        self.kept.append(torch.stack([loss.detach(), mark(batch[1]), images]))
        return loss

    def validation_step(self, batch, index):
        self._shared_step(batch, index, "test", self.loss_of_test, self.test_loss, self.test_accuracy)

    def _shared_step(self, batch, index, part, loss_of, mean, accuracy):
        x, y = batch
        logits, outputs = self(x)
        loss = loss_of(y, logits, outputs)
        mean.update(loss, len(x))
        accuracy.update(logits, outputs, y)
        if index == 0:  # Lightning reads a logged metric when the epoch ends; `log` in every step doubles the epoch
            self.log(part + "/loss", mean, on_step=False, on_epoch=True)
            self.log(part + "/accuracy", getattr(accuracy, "own", accuracy), on_step=False, on_epoch=True)
        return loss


class Listener(pl.Callback):
    """Tells a `frameworks.runtime.training.Watch` what the trainer does."""

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
