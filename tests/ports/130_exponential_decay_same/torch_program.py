import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 6), nn.Softplus())
        self.head = nn.Linear(6, 2)
        self.criterion = nn.MSELoss()

    def forward(self, x):
        return self.head(self.body(x))

    def training_step(self, batch, _):
        return self.criterion(self.forward(batch[0]), batch[1])

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.parameters(), lr=0.2)
        return {"optimizer": opt,
                "lr_scheduler": {"scheduler": torch.optim.lr_scheduler.StepLR(opt, 2, gamma=0.5), "interval": "step"}}
