import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(9, 12), nn.SELU(), nn.Linear(12, 8), nn.SELU())
        self.policy = nn.Linear(8, 4)
        self.value = nn.Linear(8, 1)

    def forward(self, board):
        h = self.body(board)
        return self.policy(h), self.value(h)

    def training_step(self, batch, batch_idx):
        board, (pi, z) = batch
        logits, v = self(board)
        policy_loss = -(pi * F.log_softmax(logits, dim=1)).sum(1).mean()
        value_loss = F.mse_loss(v, z)
        return 0.5 * policy_loss + value_loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
