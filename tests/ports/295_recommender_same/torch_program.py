import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, n_users=20, n_items=30, k=6, reg=1e-4):
        super().__init__()
        self.save_hyperparameters()
        self.U = nn.Embedding(n_users, k)
        self.V = nn.Embedding(n_items, k)
        self.bu = nn.Embedding(n_users, 1)
        self.bv = nn.Embedding(n_items, 1)

    def forward(self, pairs):
        i, j = pairs.T
        return (self.U(i) * self.V(j)).sum(1) + self.bu(i).squeeze() + self.bv(j).squeeze()

    def training_step(self, batch, _):
        pairs, y = batch
        loss = F.binary_cross_entropy_with_logits(self(pairs), y.view(-1))
        penalty = self.U.weight.pow(2).sum() + self.V.weight.pow(2).sum()
        return loss + self.hparams.reg * penalty

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
