import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.logistic = nn.Linear(25, 1)

    def forward(self, x):
        return self.logistic(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.binary_cross_entropy_with_logits(self(x), y)

    def configure_optimizers(self):
        return torch.optim.Adagrad(self.parameters(), lr=0.1, eps=1e-7)
