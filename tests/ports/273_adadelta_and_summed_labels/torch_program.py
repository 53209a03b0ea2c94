from collections import OrderedDict

import pytorch_lightning as pl
import torch
import torch.nn as nn


class Net(pl.LightningModule):
    def __init__(self, learning_rate=1.0):
        super().__init__()
        self.save_hyperparameters()
        self.model = nn.Sequential(OrderedDict([
            ("fc1", nn.Linear(15, 12, bias=False)),
            ("ln1", nn.LayerNorm(12)),
            ("act1", nn.LeakyReLU()),
            ("fc2", nn.Linear(12, 10, bias=False)),
            ("ln2", nn.LayerNorm(10)),
            ("act2", nn.LeakyReLU()),
            ("tags", nn.Linear(10, 6)),
        ]))
        self.loss = nn.BCEWithLogitsLoss(reduction="none")

    def forward(self, x):
        return self.model(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return self.loss(self(x), y).sum(dim=1).mean()

    def configure_optimizers(self):
        return torch.optim.Adadelta(self.parameters(), lr=self.hparams.learning_rate)
