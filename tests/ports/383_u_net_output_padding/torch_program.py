import pytorch_lightning as pl
import torch
from torch import nn


def dice_bce(pred, target, smooth=1e-6):
    inter = (pred * target).sum(dim=(1, 2, 3))
    total = pred.sum(dim=(1, 2, 3)) + target.sum(dim=(1, 2, 3))
    dice = (2 * inter + smooth) / (total + smooth)
    return nn.functional.binary_cross_entropy(pred, target) + (1 - dice).mean()


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.enc1 = nn.Conv2d(1, 4, 3, padding=1)
        self.enc2 = nn.Conv2d(4, 8, 3, stride=2, padding=1)
        self.dec1 = nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1)
        self.mask = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        e1 = torch.relu(self.enc1(x))
        e2 = torch.relu(self.enc2(e1))
        d1 = torch.relu(self.dec1(e2))
        return torch.sigmoid(self.mask(torch.cat([e1, d1], dim=1)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return {"loss": dice_bce(self(x), y)}

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
