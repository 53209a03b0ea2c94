import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class SqueezeExcite(nn.Module):
    def __init__(self, channels, ratio=2):
        super().__init__()
        self.reduce = nn.Conv2d(channels, channels // ratio, 1)
        self.expand = nn.Conv2d(channels // ratio, channels, 1)

    def forward(self, x):
        scale = F.adaptive_avg_pool2d(x, 1)
        scale = F.relu(self.reduce(scale))
        return x * torch.sigmoid(self.expand(scale))


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding="same")
        self.se = SqueezeExcite(8)
        self.project = nn.Conv2d(8, 4, 3)
        self.classifier = nn.Linear(4, 3)

    def forward(self, x):
        x = F.hardswish(self.stem(x))
        x = self.se(x)
        x = F.silu(self.project(x))
        x = x.amax(dim=(2, 3))
        return self.classifier(x)

    def training_step(self, batch, batch_idx):
        images, labels = batch
        return F.cross_entropy(self(images), labels)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
