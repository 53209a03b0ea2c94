import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 2)
        self.conv2 = nn.Conv2d(8, 8, 3, 2)
        self.projection = nn.Linear(8, 6)
        self.temperature = 0.5

    def encode(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.adaptive_max_pool2d(x, 1).squeeze(-1).squeeze(-1)
        return self.projection(x)

    def forward(self, first, second):
        return torch.cat([self.encode(first), self.encode(second)], dim=1)

    def training_step(self, batch, batch_idx):
        (first, second), _ = batch
        z1, z2 = self(first, second).chunk(2, dim=1)
        z = F.normalize(torch.cat([z1, z2]), dim=1)
        sim = z @ z.T / self.temperature
        n = len(z1)
        sim = sim.masked_fill(torch.eye(2 * n, dtype=torch.bool, device=sim.device), -1e9)
        labels = torch.cat([torch.arange(n) + n, torch.arange(n)]).to(sim.device)
        return F.cross_entropy(sim, labels)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
