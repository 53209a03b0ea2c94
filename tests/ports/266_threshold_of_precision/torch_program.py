import pytorch_lightning as pl
import torch
from torch import nn
from torchmetrics.classification import BinaryPrecision


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())
        self.precision_ = BinaryPrecision()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.binary_cross_entropy(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.precision_(self(x), y)
        self.log("precision", self.precision_, on_epoch=True)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
