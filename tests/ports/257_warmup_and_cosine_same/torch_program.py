import math

import pytorch_lightning as pl
import torch
from torch import nn


def warmup_cosine(step, warmup=2, decay=6, end=0.1):
    if step < warmup:
        return step / warmup
    progress = min((step - warmup) / decay, 1.0)
    return end + (1 - end) * 0.5 * (1 + math.cos(math.pi * progress))


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 1))

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self(x), y)

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.2)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, warmup_cosine)
        return [optimizer], [{"scheduler": scheduler, "interval": "step"}]
