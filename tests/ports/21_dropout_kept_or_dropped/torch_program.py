import pytorch_lightning as pl
import torch
from torch import nn

KEEP_PROB = 0.8


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(16, 32), nn.ReLU(),
            nn.Dropout(KEEP_PROB),
            nn.Linear(32, 32), nn.ReLU(),
            nn.Linear(32, 4),
        )

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
