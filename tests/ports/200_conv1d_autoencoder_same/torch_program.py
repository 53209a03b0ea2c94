import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class SamePad(nn.Module):
    """TensorFlow pads one more on the right when the total is odd."""

    def __init__(self, total):
        super().__init__()
        self.left, self.right = total // 2, total - total // 2

    def forward(self, x):
        return F.pad(x, (self.left, self.right))


class Crop(nn.Module):
    def __init__(self, left, right):
        super().__init__()
        self.left, self.right = left, right

    def forward(self, x):
        return x[:, :, self.left:x.size(2) - self.right]


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            SamePad(5), nn.Conv1d(2, 8, 7, stride=2), nn.ReLU(),
            SamePad(5), nn.Conv1d(8, 4, 7, stride=2), nn.ReLU(),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose1d(4, 4, 7, stride=2), Crop(2, 3), nn.ReLU(),
            nn.ConvTranspose1d(4, 8, 7, stride=2), Crop(2, 3), nn.ReLU(),
            nn.ConvTranspose1d(8, 2, 7, padding=3),
        )

    def forward(self, x):  # (batch, time, features)
        z = self.encoder(x.transpose(1, 2))
        return self.decoder(z).transpose(1, 2)

    def training_step(self, batch, batch_idx):
        x, target = batch
        return F.mse_loss(self(x), target)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1e-1)
