import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, classes=5, smoothing=0.1):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(7, 9), nn.ReLU())
        self.classes = nn.Linear(9, classes)
        self.smoothing = smoothing

    def forward(self, x):
        return torch.log_softmax(self.classes(self.body(x)), dim=-1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        y = y * (1 - self.smoothing) + self.smoothing / y.shape[1]
        return -(y * self(x)).sum(1).mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2)
