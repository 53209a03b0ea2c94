import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.enc1 = nn.Conv2d(1, 4, 3, stride=2)
        self.enc2 = nn.Conv2d(4, 4, 2)
        self.dec1 = nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1)
        self.dec2 = nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1)
        self.decoded = nn.Conv2d(4, 1, 3, padding=1)

    def encode(self, x):
        x = F.relu(self.enc1(x))
        return F.relu(self.enc2(x))

    def decode(self, z):
        x = F.relu(self.dec1(z))
        x = F.relu(self.dec2(x))
        return torch.sigmoid(self.decoded(x))

    def forward(self, x):
        return self.decode(self.encode(x))

    def training_step(self, batch, batch_idx):
        x, target = batch
        loss = F.mse_loss(self(x), target)
        self.log("reconstruction", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5)
