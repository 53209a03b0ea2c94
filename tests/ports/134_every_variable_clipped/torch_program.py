import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        return ((self(batch[0]) - batch[1]) ** 2).mean()

    def on_before_optimizer_step(self, optimizer):
        for p in self.parameters():
            nn.utils.clip_grad_norm_(p, 0.1)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5)
