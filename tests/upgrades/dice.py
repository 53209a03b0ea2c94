"""DiceScore: the mean over classes is another since torchmetrics 1.9 (pull request 3042)."""

import torch
from pytorch_lightning import LightningModule
from torch import nn
from torchmetrics.segmentation import DiceScore


class Net(LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(12, 3 * 4))
        self.dice = DiceScore(num_classes=3, input_format="index")

    def forward(self, x):
        return self.layers(x).reshape(-1, 3, 4)

    def training_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        loss = nn.functional.cross_entropy(out, y)
        self.log("loss", loss)
        self.log("dice", self.dice(out.argmax(1), y))
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
