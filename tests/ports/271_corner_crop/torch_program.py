import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class DoubleConv(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.double_conv = nn.Sequential(nn.Conv2d(n_in, n_out, 3), nn.ReLU(inplace=True),
                                         nn.Conv2d(n_out, n_out, 3), nn.ReLU(inplace=True))

    def forward(self, x):
        return self.double_conv(x)


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.down = DoubleConv(1, 4)
        self.bottom = DoubleConv(4, 6)
        self.up = nn.ConvTranspose2d(6, 4, 2, stride=2)
        self.right = DoubleConv(8, 4)
        self.mask = nn.Conv2d(4, 1, 1)

    def forward(self, x):
        skip = self.down(x)
        x = self.up(self.bottom(F.max_pool2d(skip, 2)))
        height, width = x.shape[-2:]
        skip = skip[:, :, :height, :width]
        x = torch.cat([skip, x], dim=1)
        return self.mask(self.right(x))

    def training_step(self, batch, batch_idx):
        image, mask = batch
        logits = self(image)
        return F.binary_cross_entropy_with_logits(logits, mask)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
