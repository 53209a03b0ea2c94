import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, l1=1e-3, l2=1e-2, activity=1e-3):
        super().__init__()
        self.save_hyperparameters()
        self.fc1 = nn.Linear(10, 12)
        self.fc2 = nn.Linear(12, 8)
        self.fc3 = nn.Linear(8, 1)

    def features(self, x):
        return F.relu(self.fc2(F.relu(self.fc1(x))))

    def forward(self, x):
        return self.fc3(self.features(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        h = self.features(x)
        loss = (self.fc3(h) - y).abs().mean()
        weight, bias = self.fc1.weight, self.fc1.bias
        loss = loss + self.hparams.l1 * weight.abs().sum() + self.hparams.l2 * weight.square().sum()
        loss = loss + self.hparams.l2 * bias.square().sum()
        return loss + self.hparams.activity * h.square().sum() / x.shape[0]

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
