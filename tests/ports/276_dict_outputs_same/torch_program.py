import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.volume_in = nn.Linear(2, 4)
        self.shared = nn.Linear(7, 8)
        self.direction = nn.Linear(8, 3)
        self.size = nn.Linear(8, 1)

    def forward(self, price, volume):
        x = torch.cat([price, torch.tanh(self.volume_in(volume))], dim=-1)
        x = torch.relu(self.shared(x))
        return {"direction": self.direction(x), "size": self.size(x)}

    def training_step(self, batch, batch_idx):
        (price, volume), (direction, size) = batch
        out = self(price, volume)
        return F.cross_entropy(out["direction"], direction) + 0.3 * F.mse_loss(out["size"], size)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
