import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, hidden=(16, 12, 8), dropout=0.1, lr=0.01):
        super().__init__()
        self.save_hyperparameters()
        modules, n_in = [], 11
        for n_out in hidden:
            modules += [nn.Linear(n_in, n_out), nn.SELU(), nn.Dropout(dropout)]
            n_in = n_out
        self.net = nn.Sequential(*modules, nn.Linear(n_in, 1))
        self.loss = nn.HuberLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return self.loss(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr, momentum=0.9, nesterov=True)
