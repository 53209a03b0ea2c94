import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, units=12):
        super().__init__()
        self.mean = torch.tensor([1.0, -2.0, 0.5, 3.0])
        self.std = torch.tensor([2.0, 1.0, 3.0, 0.5])
        self.model = nn.Sequential(nn.Linear(4, units), nn.Softsign(), nn.Linear(units, 1), nn.Softplus())

    def forward(self, x):
        return self.model((x - self.mean) / self.std)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = torch.log(torch.cosh(self(x) - y)).mean()
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
