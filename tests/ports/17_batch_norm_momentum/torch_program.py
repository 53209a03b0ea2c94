import pytorch_lightning as pl
import torch
from torch import nn


def conv_bn(n_in, n_out):
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(n_out, eps=0.001, momentum=0.9),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(conv_bn(1, 4), conv_bn(4, 8))
        self.head = nn.Linear(2 * 2 * 8, 5)

    def forward(self, x):
        x = self.body(x).permute(0, 2, 3, 1)  # Keras flattens channels last
        return self.head(x.flatten(1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_loss", nn.functional.cross_entropy(self(x), y))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
