import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.code = nn.Linear(8, 5)
        self.decode = nn.Linear(5, 8)

    def encode(self, x):
        return F.relu(self.code(x))

    def forward(self, x):
        return self.decode(self.encode(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        h = self.encode(x)
        return F.mse_loss(self.decode(h), y) + 0.01 * h.abs().mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
