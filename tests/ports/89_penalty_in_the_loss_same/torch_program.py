import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.d1 = nn.Linear(8, 10)
        self.d2 = nn.Linear(10, 10)
        self.d3 = nn.Linear(10, 1)

    def forward(self, x):
        x = self.d1(x).relu()
        x = self.d2(x).relu()
        return self.d3(x)

    def penalty(self):
        return 0.01 * (self.d1.weight ** 2).sum() + 0.001 * self.d2.weight.abs().sum()

    def training_step(self, batch, batch_idx):
        x, y = batch
        mse = nn.functional.mse_loss(self(x), y)
        self.log("mse", mse)
        return mse + self.penalty()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
