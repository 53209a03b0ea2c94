import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.parts = nn.Linear(6, 5)
        self.out = nn.Linear(5, 1)

    def forward(self, x):
        return self.out(F.softplus(self.parts(x)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.mse_loss(self(x), y)

    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure=None):
        optimizer.step(closure=optimizer_closure)
        self.parts.weight.data.clamp_(min=0)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2)
