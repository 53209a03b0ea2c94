import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(5, 8), nn.Tanh())
        self.rate = nn.Linear(8, 2)
        self.criterion = nn.PoissonNLLLoss()

    def forward(self, x):
        return torch.exp(self.rate(self.body(x)))

    def training_step(self, batch, batch_idx):
        x, counts = batch
        return self.criterion(self(x), counts)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.001)
