import pytorch_lightning as pl
import torch
import torch.nn as nn
import torch.nn.functional as F


class SpatialPyramid(nn.Module):
    def __init__(self, bins=(1, 2, 3)):
        super().__init__()
        self.pools = nn.ModuleDict({f"p{b}": nn.AdaptiveAvgPool2d(b) for b in bins})

    def forward(self, x):
        return torch.cat([pool(x).flatten(1) for pool in self.pools.values()], dim=1)


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=2, dilation=2)
        self.spp = SpatialPyramid()
        self.fc1 = nn.Linear(84, 16)
        self.fc2 = nn.Linear(16, 4)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = self.spp(x)
        x = F.relu(self.fc1(x))
        return self.fc2(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def configure_optimizers(self):
        groups = [{"params": [p for n, p in self.named_parameters() if n != "fc1.weight"]},
                  {"params": [self.fc1.weight], "weight_decay": 1e-2}]
        return torch.optim.SGD(groups, lr=0.1)
