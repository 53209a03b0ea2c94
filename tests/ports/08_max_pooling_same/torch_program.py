import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.conv_a = nn.Conv2d(2, 6, 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.conv_b = nn.Conv2d(6, 4, 3, padding=1)
        self.head = nn.Linear(4, 1)

    def forward(self, x):
        x = F.elu(self.conv_a(x))
        x = self.pool(x)
        x = F.elu(self.conv_b(x))
        x = torch.amax(x, dim=(2, 3))
        return self.head(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.mse_loss(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.02)
