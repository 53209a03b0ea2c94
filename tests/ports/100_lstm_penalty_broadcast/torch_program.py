import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 6, batch_first=True)
        self.value = nn.Linear(6, 1)

    def forward(self, x):
        _, (h, c) = self.lstm(x)
        return self.value(h[-1])

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD([
            {"params": self.lstm.parameters()},
            {"params": self.value.parameters(), "weight_decay": 0.02},
        ], lr=0.2)
