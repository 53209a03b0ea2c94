import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class SeparableConv2d(nn.Module):
    def __init__(self, n_in, n_out, kernel_size):
        super().__init__()
        self.depthwise = nn.Conv2d(n_in, n_in, kernel_size, padding="same", groups=n_in)
        self.pointwise = nn.Conv2d(n_in, n_out, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.sep1 = SeparableConv2d(3, 6, 3)
        self.sep2 = SeparableConv2d(6, 8, 3)
        self.prediction = nn.Linear(8, 1)
        self.criterion = nn.BCEWithLogitsLoss()

    def forward(self, x):
        x = F.relu(self.sep1(x))
        x = F.relu(self.sep2(x))
        x = x.mean(dim=[-2, -1])
        return self.prediction(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return self.criterion(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5)
