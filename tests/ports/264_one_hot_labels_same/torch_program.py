import pytorch_lightning as pl
import torch
import torchmetrics
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(9, 12)
        self.out = nn.Linear(12, 4)
        self.accuracy = torchmetrics.Accuracy(task="multiclass", num_classes=4)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y.argmax(dim=1))

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.accuracy(self(x), y.argmax(dim=1))
        self.log("accuracy", self.accuracy, on_epoch=True)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2)
