import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    """Takes the arrays of Keras, (N, H, W, C), and flattens in its order."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 5, 3)
        self.pool = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(5, 7, 2)
        self.fc = nn.Linear(3 * 3 * 7, 4)

    def forward(self, images):
        x = images.movedim(-1, 1)
        x = torch.tanh(self.conv1(x))
        x = torch.tanh(self.conv2(self.pool(x)))
        return self.fc(x.movedim(1, -1).flatten(1))

    def training_step(self, batch, batch_idx):
        images, y = batch
        return nn.functional.cross_entropy(self(images), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.5)
