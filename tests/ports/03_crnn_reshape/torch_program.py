import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, height=4, width=6):
        super().__init__()
        self.width = width
        self.conv = nn.Conv2d(1, 4, 3, padding="same")
        self.dense1 = nn.Linear(height * 4, 8)
        self.gru = nn.GRU(8, 5, batch_first=True)
        self.dense2 = nn.Linear(5, 3)
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, image):
        """image: (N, 1, width, height)"""
        x = torch.relu(self.conv(image))
        n, c, w, h = x.shape
        x = x.view(n, w, h * c)
        x = torch.relu(self.dense1(x))
        x, _ = self.gru(x)
        return self.dense2(x[:, -1])

    def training_step(self, batch, batch_idx):
        image, label = batch
        return self.criterion(self(image), label)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)
