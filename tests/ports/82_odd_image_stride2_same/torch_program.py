import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.down1 = nn.Conv2d(2, 4, 3, stride=2, padding=1)  # 15 is odd: Keras pads both sides
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))  # 8 is even: only right and bottom
        self.down2 = nn.Conv2d(4, 8, 3, stride=2)
        self.logits = nn.Linear(8, 2)

    def forward(self, x):
        x = torch.relu(self.down1(x))
        x = torch.relu(self.down2(self.pad(x)))
        return self.logits(x.mean((2, 3)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
