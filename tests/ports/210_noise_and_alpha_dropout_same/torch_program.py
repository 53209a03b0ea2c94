import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class GaussianNoise(nn.Module):
    def __init__(self, sigma):
        super().__init__()
        self.sigma = sigma

    def forward(self, x):
        if self.training and self.sigma != 0:
            x = x + torch.randn_like(x) * self.sigma
        return x


class GaussianDropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.std = (p / (1 - p)) ** 0.5

    def forward(self, x):
        if not self.training:
            return x
        return x * (1 + self.std * torch.randn_like(x))


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            GaussianNoise(0.1),
            nn.Linear(11, 16), nn.SELU(), nn.AlphaDropout(0.05),
            nn.Linear(16, 8), nn.SELU(), GaussianDropout(0.2),
            nn.Linear(8, 3),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
