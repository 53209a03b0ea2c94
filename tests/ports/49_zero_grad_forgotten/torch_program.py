import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    """Manual optimization: a second optimizer is planned."""

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.net = nn.Sequential(nn.Linear(5, 9), nn.ELU(), nn.Linear(9, 2))
        self.criterion = nn.L1Loss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        opt = self.optimizers()
        x, y = batch
        loss = self.criterion(self(x), y)
        self.manual_backward(loss)
        opt.step()
        self.log("loss", loss, prog_bar=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.02)
