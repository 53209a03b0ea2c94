import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional as F


class SElayer(nn.Module):
    def __init__(self, channels, reduction=2):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x):
        s = self.fc2(F.relu(self.fc1(self.avgpool(x))))
        return F.hardsigmoid(s) * x


class InvertedResidual(nn.Module):
    def __init__(self, n_in, mid, n_out, k, stride):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(n_in, mid, 1),
            nn.Hardswish(),
            nn.Conv2d(mid, mid, k, stride=stride, padding=(k - 1) // 2, groups=mid),
            nn.Hardswish(),
            SElayer(mid),
            nn.Conv2d(mid, n_out, 1),
            nn.ReLU6(),
        )

    def forward(self, x):
        return self.block(x)


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.block = InvertedResidual(3, 8, 6, 5, 2)
        self.classifier = nn.Linear(6, 4)

    def forward(self, x):
        x = self.block(x)
        return self.classifier(torch.mean(x, dim=[2, 3]))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.9, nesterov=True)
