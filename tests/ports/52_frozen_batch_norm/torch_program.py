import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.base = nn.Sequential(
            nn.Linear(10, 8),
            nn.BatchNorm1d(8, eps=1e-5, momentum=0.1),
            nn.ReLU(),
        )
        for p in self.base.parameters():
            p.requires_grad = False
        self.classifier = nn.Linear(8, 3)

    def forward(self, x):
        return self.classifier(self.base(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.classifier.parameters(), lr=0.1)
