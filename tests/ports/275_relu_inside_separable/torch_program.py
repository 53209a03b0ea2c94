import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class SeparableConv1d(nn.Module):
    def __init__(self, n_in, n_out, k, multiplier=1, padding=0):
        super().__init__()
        self.depthwise = nn.Conv1d(n_in, n_in * multiplier, k, padding=padding, groups=n_in, bias=False)
        self.pointwise = nn.Conv1d(n_in * multiplier, n_out, 1)

    def forward(self, x):
        return self.pointwise(F.relu(self.depthwise(x)))


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.sep1 = SeparableConv1d(4, 6, 5, multiplier=2)
        self.sep2 = SeparableConv1d(6, 5, 3, padding=1)
        self.words = nn.Linear(5, 3)

    def forward(self, x):
        x = F.relu(self.sep1(x.transpose(1, 2)))
        x = F.avg_pool1d(x, 2)
        x = F.relu(self.sep2(x))
        return self.words(x.max(dim=-1).values)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
