from collections import OrderedDict

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


def conv(n_in, n_out, k):
    return nn.Sequential(OrderedDict([("conv", nn.Conv2d(n_in, n_out, k, padding=k // 2)), ("act", nn.ReLU())]))


class Inception(nn.Module):
    def __init__(self, n_in, f1, f3_in, f3, f5_in, f5, pool):
        super().__init__()
        self.branches = nn.ModuleList([
            conv(n_in, f1, 1),
            nn.Sequential(conv(n_in, f3_in, 1), conv(f3_in, f3, 3)),
            nn.Sequential(conv(n_in, f5_in, 1), conv(f5_in, f5, 5)),
            nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(n_in, pool, 1)),
        ])

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.a = Inception(3, 2, 3, 4, 2, 3, 2)
        self.b = Inception(11, 3, 2, 3, 2, 2, 2)
        self.head = nn.Linear(3 * 3 * 10, 5)

    def forward(self, x):
        x = F.avg_pool2d(self.b(self.a(x)), 3)
        x = x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)
        return self.head(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self(x), y.argmax(dim=1))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.9)
